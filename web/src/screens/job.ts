// A tip on its way: sealed in the worker, sent piece by piece, tried again for as long as it takes. One at a time, and it outlives a change
// of language. In: a draft or a sealed file. Out: the receipt, and what the relay said.
import type { App } from '../app.ts'
import type { Begun, Draft } from '../engine.ts'
import { pieceOf } from '../tip/seal.ts'
import { sender } from '../upload/send.ts'
import { Lost, Refused, Upload, type Source, type Stored } from '../upload/upload.ts'
import { startWorker } from '../worker.ts'

/** Longest pause between two tries, in seconds. */
const LONGEST = 60
/** Refusals that time may cure. */
const PASSING = ['full', 'closed', 'unsure']

type State =
  | { kind: 'running' }
  | { kind: 'waiting'; seconds: number; now: () => void }
  | { kind: 'failed'; text: string; again: () => void }

export class Job {
  /** From 0 to 1. */
  share = 0
  state: State = { kind: 'running' }
  /** Set by the screen that shows it. */
  changed: () => void = () => {}
  #stop = new AbortController()
  /** Whether the relay may have stored the tip without our hearing of it. */
  unsure: () => boolean = () => false

  /** Does `work`, and again whenever it failed and the writer wants it. */
  constructor(readonly work: (job: Job) => Promise<void>) {
    this.#begin()
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  at(share: number): void {
    this.share = share
    this.#become({ kind: 'running' })
  }

  /** Ends what is under way; `again` goes on where it was. */
  stop(): void {
    this.#stop.abort(new Error('stopped'))
  }

  /** The pause after a broken connection: 2, 4, 8 … seconds, or until the writer says so. */
  wait(tries: number): Promise<void> {
    const seconds = Math.min(2 ** (tries + 1), LONGEST)
    return new Promise((resolve, reject) => {
      const now = (): void => {
        clearTimeout(timer)
        this.#become({ kind: 'running' })
        resolve()
      }
      const timer = setTimeout(now, seconds * 1000)
      this.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(this.signal.reason as Error)
      })
      this.#become({ kind: 'waiting', seconds, now })
    })
  }

  #begin(): void {
    this.#stop = new AbortController()
    this.#become({ kind: 'running' })
    this.work(this).catch((error: unknown) => {
      const text = this.signal.aborted ? (this.unsure() ? 'send-unsure' : 'send-stopped') : failure(error)
      this.#become({ kind: 'failed', text, again: () => this.#begin() })
    })
  }

  #become(state: State): void {
    this.state = state
    this.changed()
  }
}

/** Seals a draft and sends it. */
export function sealAndSend(app: App, draft: Draft): Job {
  let [begun, upload]: [Begun | undefined, Upload | undefined] = [undefined, undefined]
  let id: string | undefined
  const next = async (): Promise<Uint8Array | undefined> => {
    const piece = await app.engine.call('piece')
    id = piece?.id ?? id
    return piece?.bytes
  }
  return new Job(async (job) => {
    for (;;) {
      // After a failure the same sealed bytes go on, so that nothing is stored twice.
      if (!begun || !upload) {
        begun = await app.engine.call('seal', draft)
        draft.secret = begun.receipt.secret
        upload = uploadOf(app, job, { length: begun.length, next })
      }
      try {
        const stored = await upload.run()
        if (id !== undefined && id !== stored.id) throw new Refused('wrong')
        return finish(app, { receipt: begun.receipt, stored })
      } catch (error) {
        // The relay lost the unfinished upload: the same tip, with the same receipt, is sealed once more.
        if (error instanceof Lost || !isPassing(error, job)) upload = undefined
        if (!(error instanceof Lost)) throw error
      }
    }
  })
}

/** Sends a file that is sealed already. */
export function sendFile(app: App, file: Blob): Job {
  const upload = (job: Job): Upload => {
    const size = pieceOf(file.size)
    let at = 0
    return uploadOf(app, job, {
      length: file.size,
      next: () => Promise.resolve(at < file.size ? file.slice(at, (at += size)) : undefined),
    })
  }
  return new Job(async (job) => {
    for (;;) {
      try {
        const stored: Stored = await upload(job).run()
        return finish(app, { stored })
      } catch (error) {
        if (!(error instanceof Lost)) throw error
      }
    }
  })
}

/** Seals a draft into a file, in a page without a relay. */
export function sealInto(app: App, draft: Draft): Job {
  return new Job(async (job) => {
    const { length, receipt } = await app.engine.call('seal', draft)
    // Blobs may live on disk, and the browser drops them with the page.
    let file = new Blob()
    for (let piece; (piece = await app.engine.call('piece')); ) {
      job.signal.throwIfAborted()
      file = new Blob([file, piece.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' })
      job.at(file.size / length)
    }
    finish(app, { receipt, file })
  })
}

function uploadOf(app: App, job: Job, source: Source): Upload {
  const upload = new Upload(
    source,
    sender(() => job.signal, () => startWorker(app.script)),
    { progress: (bytes) => job.at(bytes / source.length), wait: (tries) => job.wait(tries) },
  )
  job.unsure = () => upload.unsure
  return upload
}

function finish(app: App, outcome: NonNullable<App['outcome']>): void {
  app.wipe()
  app.outcome = outcome
  app.go('done', true)
}

const isPassing = (error: unknown, job: Job): boolean => job.signal.aborted || (error instanceof Refused && PASSING.includes(error.reason))

function failure(error: unknown): string {
  if (error instanceof Refused) return `send-${error.reason === 'wrong' ? 'refused' : error.reason}`
  return (error as { reason?: string }).reason === 'too-large' ? 'files-too-large' : 'send-failed'
}
