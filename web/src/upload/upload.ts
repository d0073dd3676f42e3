// Sends a sealed tip. A tip of one piece is one POST, like softinfo-tip's; a larger one goes in equal pieces as an IETF resumable upload
// (draft-ietf-httpbis-resumable-upload), so that a broken connection costs a part of a piece. In: pieces, a way to send. Out: id and day.
import { heard, type Answer, type Heard } from './answer.ts'

/** Sends one request. Rejects with Broken when no answer came. `sent` is called with the bytes of the body that have left. */
export type Send = (method: string, path: string, headers: Record<string, string>, body?: Uint8Array | Blob, sent?: (bytes: number) => void) => Promise<Answer>

/** No answer: the connection broke or stood still. */
export class Broken extends Error {}

/** The relay no longer has the upload: the tip has to be sealed and sent anew. */
export class Lost extends Error {}

/** Why an upload ends; for each there is a text of the page. */
export type Refusal = 'full' | 'closed' | 'unsure' | 'too-large' | 'refused' | 'wrong'
export class Refused extends Error {
  constructor(readonly reason: Refusal) {
    super(reason)
  }
}

/** A sealed tip: its bytes in all, and its pieces one after the other, then undefined. */
export interface Source {
  length: number
  next(): Promise<Uint8Array | Blob | undefined>
}

/** A stored tip: its id, the day it arrived, and whether it was stored before this upload. */
export interface Stored {
  id: string
  day: string
  already: boolean
}

/** What an upload tells its owner. */
export interface Watch {
  /** Called with the bytes of the tip that have left. */
  progress(bytes: number): void
  /** Makes a pause before the next try. Unless it is `told`, the connection didn't break, and nobody has to hear of the pause. */
  wait(tries: number, told?: boolean): Promise<void>
}

/** The upload ends when the relay has answered 409, “another offset”, this often in a row. */
const CONFLICTS = 4
const OCTETS = 'application/octet-stream'

/** An upload that can be run again after it failed, and goes on where it was. */
export class Upload {
  /** Bytes of the tip that the relay has, as far as we know. */
  #offset = 0
  /** Where the piece that is being sent begins, its bytes, and the next piece, which is made meanwhile. */
  #start = 0
  #piece: Uint8Array | Blob | undefined
  #following: Promise<Uint8Array | Blob | undefined> | undefined
  /** The address of the upload, once the relay has given one. */
  #location: string | undefined
  /** Answers of 409 in a row. */
  #conflicts = 0
  /** Whether the tip may be stored: a request that completes it has left, and no answer took that back. */
  unsure = false

  constructor(
    readonly source: Source,
    readonly send: Send,
    readonly watch: Watch,
  ) {}

  /** Sends the tip, or what is left of it. Throws Refused, Lost, or what the source throws. After a broken connection it tries again when `wait` resolves. */
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
    // This place takes no tips. It isn't a lost upload: none was begun.
    if (answer.status === 404) throw new Refused('wrong')
    if (whole || answer.status !== 201) return this.#finished(answer, whole)
    this.#location = answer.headers['location']
    if (!this.#location) throw new Refused('wrong')
    this.#offset = sizeOf(piece)
    return undefined
  }

  // Asks how many bytes the relay has. If it has lost the upload while the first piece is still here, the upload is begun anew; later pieces can't be
  // made again.
  async #resume(): Promise<Stored | undefined> {
    const answer = await this.#send('HEAD', this.#location!, {})
    if (answer.status === 404 && this.#start === 0) {
      this.#location = undefined
      return this.#create()
    }
    if (answer.status !== 204 && answer.status !== 200) return this.#finished(answer, false)
    if (answer.headers['upload-complete'] === '?1') return this.#again()
    this.#seek(answer)
    // The relay has all bytes, but was stopped before it had stored the tip.
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

  // The relay has another number of bytes than we thought, so it is asked. A relay or a machine in between that always says so would keep us for ever:
  // after CONFLICTS times the upload ends.
  async #elsewhere(last: boolean): Promise<Stored | undefined> {
    const before = this.#conflicts++
    if (this.#conflicts === CONFLICTS) {
      this.unsure ||= last
      throw new Refused(last ? 'unsure' : 'closed')
    }
    if (before > 0) await this.watch.wait(before - 1, false)
    return this.#resume()
  }

  // The relay has the whole tip, but its answer was lost. An empty last piece makes it answer again.
  async #again(): Promise<Stored> {
    this.#offset = this.source.length
    return this.#finished(await this.#ask(true, this.#send('PATCH', this.#location!, this.#headers(true), new Uint8Array())), true)
  }

  async #send(...request: Parameters<Send>): Promise<Heard> {
    return heard(await this.send(...request))
  }

  // While a completing request is under way the tip may be stored. A clear refusal takes that doubt back, but not the doubt of an earlier request.
  async #ask(completes: boolean, asked: Promise<Heard>): Promise<Heard> {
    const before = this.unsure
    this.unsure ||= completes
    const answer = await asked.catch((error: unknown) => {
      // The body couldn't be read, so nothing of it has left.
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
    // Earlier pieces are no longer here, so an upload of which the relay has less is lost.
    if (!(offset >= this.#start && offset <= this.#start + sizeOf(this.#piece!))) throw new Lost()
    this.#offset = offset
    this.watch.progress(offset)
  }
}

const sizeOf = (piece: Uint8Array | Blob): number => (piece instanceof Blob ? piece.size : piece.length)

/** Whether the tip may be stored after this answer to a completing request. Each refusal of the relay says that it isn't. An answer of a machine in between
 *  says it only by 404, nothing is there, and by 413, the body was too large to pass. */
const isDoubtful = ({ status, said }: Heard): boolean => said.stored !== false && status !== 404 && status !== 413

function judge({ status, said: { id, day, type } }: Heard, doubtful: boolean): Stored {
  if ((status === 201 || status === 200) && id !== undefined && day !== undefined) return { id, day, already: status === 200 }
  if (status === 404) throw new Lost()
  // The relay didn't get the whole body: the same as a broken connection.
  if (status === 408 || type?.endsWith(':interrupted')) throw new Broken()
  if (doubtful) throw new Refused('unsure')
  if (status === 507) throw new Refused('full')
  if (status >= 500) throw new Refused('closed')
  throw new Refused(status === 413 ? 'too-large' : status < 300 ? 'wrong' : 'refused')
}
