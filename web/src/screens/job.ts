// A tip on its way: sealed in the worker, sent piece by piece, tried again for as long as it takes. One at a time, and it outlives a change
// of language. In: a draft or a sealed file. Out: the receipt, and what the relay said.
import type { App } from '../app.ts'
import type { Begun, Draft, ReceiptText } from '../engine.ts'
import { laterMessage } from '../tip/receipt.ts'
import { pieceOf } from '../tip/seal.ts'
import { sender } from '../upload/send.ts'
import { Lost, Refused, Upload, type Source, type Stored } from '../upload/upload.ts'
import { empty } from '../wipe.ts'
import { startWorker } from '../worker.ts'

/** Longest pause between two tries, in seconds. */
const LONGEST = 60
/** So often in a row an upload is begun anew after the relay has lost it. */
const LOST = 5
/** Refusals that time may cure. */
const PASSING = ['full', 'closed', 'unsure']

/** `until` is a time of performance.now(). */
type State =
  | { kind: 'running' }
  | { kind: 'waiting'; until: number; now: () => void }
  | { kind: 'failed'; text: string }

export class Job {
  /** From 0 to 1. */
  share = 0
  state: State = { kind: 'running' }
  /** Set by the screen that shows it. */
  changed: () => void = () => {}
  /** Whether the relay may have stored the tip without our hearing of it. */
  unsure: () => boolean = () => false
  /** From when the tip is being sealed. */
  receipt: ReceiptText | undefined
  #stop = new AbortController()
  #pending = false
  #again = false
  #settled: Promise<void> = Promise.resolve()
  /** Whether it was ended for good: what still comes of it is nobody's any more. */
  ended = false

  /** Does `work`, and again whenever it was stopped or failed and the writer wants it. `draft` is what it seals, if it seals. */
  constructor(
    readonly work: (job: Job) => Promise<void>,
    readonly draft?: Draft,
  ) {
    this.#begin()
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  at(share: number): void {
    if (this.signal.aborted) return
    this.share = share
    this.#become({ kind: 'running' })
  }

  /** Ends what is under way; `resume` goes on where it was. */
  stop(): void {
    this.#again = false
    this.#stop.abort(new Error('stopped'))
  }

  /** Goes on after a stop or a failure. What is still ending is waited for, so that nothing runs twice. */
  resume(): void {
    if (!this.#pending) return this.#begin()
    this.#again = this.signal.aborted
    this.#become({ kind: 'running' })
  }

  /** Ends it for good, and empties what it holds. Resolves when nothing of it goes on. */
  end(): Promise<void> {
    this.ended = true
    this.stop()
    this.changed = () => {}
    if (this.draft) empty(this.draft)
    this.receipt?.secret.fill(0)
    this.receipt = undefined
    return this.#settled
  }

  /** What is to be said of a job that was stopped. */
  stopped(): string {
    return this.unsure() ? 'send-unsure' : 'send-stopped'
  }

  /** The pause after a broken connection: 2, 4, 8 … seconds, or until the writer says so. Rejects at once when the writer stopped. One that
   *  isn't `told` says nothing. */
  wait(tries: number, told = true): Promise<void> {
    const seconds = Math.min(2 ** (tries + 1), LONGEST)
    const { signal } = this
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      }
      const now = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        this.#become({ kind: 'running' })
        resolve()
      }
      const timer = setTimeout(now, seconds * 1000)
      // A signal that was aborted before says nothing any more.
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop)
      if (told) this.#become({ kind: 'waiting', until: performance.now() + seconds * 1000, now })
    })
  }

  #begin(): void {
    this.#stop = new AbortController()
    this.#again = false
    this.#pending = true
    this.#become({ kind: 'running' })
    this.#settled = this.work(this).then(() => void (this.#pending = false), (error: unknown) => {
      this.#pending = false
      if (this.#again) return this.#begin()
      this.#become({ kind: 'failed', text: this.signal.aborted || this.unsure() ? this.stopped() : failure(error) })
    })
  }

  #become(state: State): void {
    this.state = state
    this.changed()
  }
}

/** Seals a draft and sends it, once `free` says that no other is being sealed. `before` is the receipt of a tip that may be stored: this
 *  one gets the same, so that it takes back both, and a number of its own, so that nobody sees that they belong together. */
export function sealAndSend(app: App, draft: Draft, free?: Promise<void>, before?: ReceiptText): Job {
  let [begun, upload]: [Begun | undefined, Upload | undefined] = [undefined, undefined]
  let id: string | undefined
  const next = async (): Promise<Uint8Array | undefined> => {
    const piece = await app.engine.call('piece')
    id = piece?.id ?? id
    return piece?.bytes
  }
  if (before) draft.secret = before.secret
  const job = new Job(async (job) => {
    await free
    for (let lost = 0; ; lost++) {
      // After a failure the same sealed bytes go on, so that nothing is stored twice.
      if (!begun || !upload) {
        if (job.unsure()) draft.message_number = laterMessage()
        begun = await app.engine.call('seal', draft)
        draft.secret = begun.receipt.secret
        job.receipt = begun.receipt
        upload = uploadOf(app, job, { length: begun.length, next })
      }
      try {
        const stored = await upload.run()
        if (id !== undefined && id !== stored.id) {
          // Whatever it speaks of, this tip may be stored as well.
          upload.unsure = true
          throw new Refused('unsure')
        }
        return finish(app, job, { receipt: begun.receipt, stored })
      } catch (error) {
        // The relay lost the unfinished upload: the same tip, with the same receipt, is sealed once more.
        if (error instanceof Lost || !isPassing(error, job)) upload = undefined
        if (!(error instanceof Lost)) throw error
        await again(job, lost)
      }
    }
  }, draft)
  if (before) {
    job.receipt = before
    job.unsure = () => true
  }
  return job
}

/** Sends a file that is sealed already. */
export function sendFile(app: App, file: Blob): Job {
  const upload = (job: Job): Upload => {
    const { size: length } = file
    // A file that is gone has no size any more.
    if (!length) throw new DOMException()
    const size = pieceOf(length)
    let at = 0
    return uploadOf(app, job, {
      length,
      next: () => Promise.resolve(at < length ? file.slice(at, (at += size)) : undefined),
    })
  }
  return new Job(async (job) => {
    for (let lost = 0; ; lost++) {
      try {
        const stored: Stored = await upload(job).run()
        return finish(app, job, { stored })
      } catch (error) {
        if (!(error instanceof Lost)) throw error
        await again(job, lost)
      }
    }
  })
}

/** Seals a draft into a file, in a page without a relay. */
export function sealInto(app: App, draft: Draft, free?: Promise<void>): Job {
  return new Job(async (job) => {
    await free
    const { length, receipt } = await app.engine.call('seal', draft)
    // Blobs may live on disk, and the browser drops them with the page.
    let file = new Blob()
    for (let piece; (piece = await app.engine.call('piece')); ) {
      job.signal.throwIfAborted()
      file = new Blob([file, piece.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' })
      job.at(file.size / length)
    }
    finish(app, job, { receipt, file })
  }, draft)
}

/** Whether two drafts are the same tip. Their language says only in what words the receipt is. */
export function isSame(one: Draft, other: Draft): boolean {
  const content = ({ message, details, files, readers, recipients }: Draft): unknown[] => [message, details, files, readers, recipients]
  return alike(content(one), content(other))
}

// Files are the same when they are the same object: their bytes are looked at once, when they are attached.
function alike(one: unknown, other: unknown): boolean {
  if (one === other || typeof one !== 'object' || typeof other !== 'object' || !one || !other || one instanceof Blob) return one === other
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))]
  return left.length === right.size && left.every(([name, value]) => right.has(name) && alike(value, right.get(name)))
}

function uploadOf(app: App, job: Job, source: Source): Upload {
  const upload = new Upload(
    source,
    sender(() => job.signal, () => startWorker(app.script)),
    { progress: (bytes) => job.at(bytes / source.length), wait: (tries, told) => job.wait(tries, told) },
  )
  // A doubt about an earlier upload of this tip stays.
  const before = job.unsure
  job.unsure = () => upload.unsure || before()
  return upload
}

function finish(app: App, job: Job, outcome: NonNullable<App['outcome']>): void {
  if (job.ended) return
  // The receipt outlives the job.
  job.receipt = undefined
  app.wipe()
  app.outcome = outcome
  app.go('done', true)
}

/** The pause before an upload that was lost is begun anew; there is an end to it. */
async function again(job: Job, lost: number): Promise<void> {
  if (lost === LOST) throw new Refused('closed')
  await job.wait(lost, false)
}

const isPassing = (error: unknown, job: Job): boolean => job.signal.aborted || (error instanceof Refused && PASSING.includes(error.reason))

function failure(error: unknown): string {
  if (error instanceof DOMException) return 'file-unreadable'
  if (error instanceof Refused) return `send-${error.reason === 'wrong' ? 'refused' : error.reason}`
  return (error as { reason?: string }).reason === 'too-large' ? 'files-too-large' : 'send-failed'
}
