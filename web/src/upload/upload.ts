// Sends a sealed tip. A tip of one piece is one POST, like softinfo-tip's; a larger one goes in equal pieces as an IETF resumable upload
// (draft-ietf-httpbis-resumable-upload), so that a broken connection costs a part of a piece. In: pieces, a way to send. Out: id and day.
import { heard, type Answer, type Heard } from './answer.ts'

/** One request; rejects with Broken when no answer came. `sent` hears how many bytes of the body have left. */
export type Send = (method: string, path: string, headers: Record<string, string>, body?: Uint8Array | Blob, sent?: (bytes: number) => void) => Promise<Answer>

/** No answer: the connection broke or stood still. */
export class Broken extends Error {}

/** The relay's side of the upload is gone: the tip has to be sealed and sent anew. */
export class Lost extends Error {}

/** Why it ends; each is a text of the page. */
export type Refusal = 'full' | 'closed' | 'unsure' | 'too-large' | 'refused' | 'wrong'
export class Refused extends Error {
  constructor(readonly reason: Refusal) {
    super(reason)
  }
}

/** A tip as the engine gives it. */
export interface Source {
  length: number
  next(): Promise<Uint8Array | Blob | undefined>
}

/** What the relay said. */
export interface Stored {
  id: string
  day: string
  already: boolean
}

export interface Watch {
  /** Bytes that have left, of `length`. */
  progress(bytes: number): void
  /** Called after a broken connection; the next try begins when it resolves. One that isn't `told` is no broken connection. */
  wait(tries: number, told?: boolean): Promise<void>
}

/** So often in a row a relay may say that it stands elsewhere than the piece that was sent. */
const CONFLICTS = 4
const OCTETS = 'application/octet-stream'

/** An upload that can be run again after it failed, and goes on where it was. */
export class Upload {
  #offset = 0
  /** Where the piece in hand begins, its bytes, and the one after it, made while this one is sent. */
  #start = 0
  #piece: Uint8Array | Blob | undefined
  #following: Promise<Uint8Array | Blob | undefined> | undefined
  #location: string | undefined
  #conflicts = 0
  /** Whether a request that completes the tip has ever left without an answer: it may be stored. */
  unsure = false

  constructor(
    readonly source: Source,
    readonly send: Send,
    readonly watch: Watch,
  ) {}

  /** Throws Refused, Lost, or what the source throws. Broken connections are tried again for as long as `wait` allows. */
  async run(): Promise<Stored> {
    this.#conflicts = 0
    for (let tries = 0; ; tries++) {
      const before = this.#offset
      try {
        return await this.#go()
      } catch (error) {
        if (!(error instanceof Broken)) throw error
        if (this.#offset > before) tries = 0
        await this.watch.wait(tries)
      }
    }
  }

  async #go(): Promise<Stored> {
    this.#piece ??= await this.source.next()
    if (!this.#location) {
      const done = await this.#create()
      if (done) return done
    } else {
      const done = await this.#resume()
      if (done) return done
    }
    for (;;) {
      const size = sizeOf(this.#piece!)
      if (this.#offset >= this.#start + size) {
        this.#start += size
        this.#piece = await (this.#following ?? this.source.next())
        this.#following = undefined
        if (!this.#piece) throw new Lost()
      }
      const done = await this.#append()
      if (done) return done
    }
  }

  async #create(): Promise<Stored | undefined> {
    const piece = this.#piece!
    const whole = sizeOf(piece) === this.source.length
    const headers: Record<string, string> = { 'content-type': OCTETS }
    if (!whole) {
      headers['upload-complete'] = '?0'
      headers['upload-length'] = String(this.source.length)
      this.#following ??= this.source.next()
    }
    const answer = await this.#ask(whole, this.#send('POST', '/tips', headers, piece, (bytes) => this.watch.progress(bytes)))
    // No tips are taken here: where nothing was lost yet, there is nothing to begin anew.
    if (answer.status === 404) throw new Refused('wrong')
    if (whole || answer.status !== 201) return this.#finished(answer, whole)
    this.#location = answer.headers['location']
    if (!this.#location) throw new Refused('wrong')
    this.#offset = sizeOf(piece)
    return undefined
  }

  // Asks how far the relay got. The first piece is still here when its upload is gone; later ones can't be made again.
  async #resume(): Promise<Stored | undefined> {
    const answer = await this.#send('HEAD', this.#location!, {})
    if (answer.status === 404 && this.#start === 0) {
      this.#location = undefined
      return this.#create()
    }
    if (answer.status !== 204 && answer.status !== 200) return this.#finished(answer, false)
    if (answer.headers['upload-complete'] === '?1') return this.#again()
    this.#seek(answer)
    // All is there, and the relay was stopped before it had put it away.
    return this.#offset === this.source.length ? this.#again() : undefined
  }

  async #append(): Promise<Stored | undefined> {
    const [piece, from] = [this.#piece!, this.#offset - this.#start]
    const body = piece instanceof Blob ? piece.slice(from) : piece.subarray(from)
    const last = this.#start + sizeOf(piece) === this.source.length
    if (!last) this.#following ??= this.source.next()
    const answer = await this.#ask(last, this.#send('PATCH', this.#location!, this.#headers(last), body, (bytes) => this.watch.progress(this.#offset + bytes)))
    if (answer.status === 409) return this.#elsewhere(last)
    if (last || answer.status !== 204) return this.#finished(answer, last)
    this.#conflicts = 0
    this.#offset = this.#start + sizeOf(piece)
    return undefined
  }

  // The relay stands elsewhere than we thought, and is asked where. One that says so whatever it is sent, or a machine in between, would keep us for ever.
  async #elsewhere(last: boolean): Promise<Stored | undefined> {
    const before = this.#conflicts++
    if (this.#conflicts === CONFLICTS) {
      this.unsure ||= last
      throw new Refused(last ? 'unsure' : 'closed')
    }
    if (before > 0) await this.watch.wait(before - 1, false)
    return this.#resume()
  }

  // The tip is stored but its answer was lost on the way: the same answer again.
  async #again(): Promise<Stored> {
    this.#offset = this.source.length
    return this.#finished(await this.#ask(true, this.#send('PATCH', this.#location!, this.#headers(true), new Uint8Array())), true)
  }

  async #send(...request: Parameters<Send>): Promise<Heard> {
    return heard(await this.send(...request))
  }

  // The relay's refusal takes back the doubt that its own request raised, and no earlier one.
  async #ask(completes: boolean, asked: Promise<Heard>): Promise<Heard> {
    const before = this.unsure
    this.unsure ||= completes
    const answer = await asked.catch((error: unknown) => {
      // Of what can't be read nothing has left.
      if (!(error instanceof Broken)) this.unsure = before
      throw error
    })
    this.unsure = before || (completes && isDoubtful(answer))
    return answer
  }

  #finished(answer: Heard, completes: boolean): Stored {
    return judge(answer, completes && isDoubtful(answer))
  }

  #headers(complete: boolean): Record<string, string> {
    return { 'content-type': 'application/partial-upload', 'upload-offset': String(this.#offset), 'upload-complete': complete ? '?1' : '?0' }
  }

  #seek(answer: Heard): void {
    const offset = Number(answer.headers['upload-offset'] ?? NaN)
    // What lies before the piece in hand is gone from here, so a relay that lost it can't be helped.
    if (!(offset >= this.#start && offset <= this.#start + sizeOf(this.#piece!))) throw new Lost()
    this.#offset = offset
    this.watch.progress(offset)
  }
}

const sizeOf = (piece: Uint8Array | Blob): number => (piece instanceof Blob ? piece.size : piece.length)

/** Whether an answer leaves open if the tip is stored. The relay says so in each refusal; a machine in between knows it only of a place that
 *  isn't there, and of what is too large to go further. */
const isDoubtful = ({ status, said }: Heard): boolean => said.stored !== false && status !== 404 && status !== 413

function judge({ status, said: { id, day, type } }: Heard, doubtful: boolean): Stored {
  if ((status === 201 || status === 200) && id !== undefined && day !== undefined) return { id, day, already: status === 200 }
  if (status === 404) throw new Lost()
  // A part of what was sent did not arrive: as good as no answer.
  if (status === 408 || type?.endsWith(':interrupted')) throw new Broken()
  if (doubtful) throw new Refused('unsure')
  if (status === 507) throw new Refused('full')
  if (status >= 500) throw new Refused('closed')
  throw new Refused(status === 413 ? 'too-large' : status < 300 ? 'wrong' : 'refused')
}
