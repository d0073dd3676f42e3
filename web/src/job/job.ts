// A tip on its way: work that can be stopped, goes on where it was, and waits between tries. One at a time, and it outlives a change of language.
// In: the work (work.ts). Out: how far it is, and what to say when it failed.
import type { ReceiptText } from '../engine.ts'
import type { Draft } from '../tip/draft.ts'
import { Refused } from '../upload/upload.ts'
import { empty } from '../wipe.ts'

/** Longest pause between two tries, in seconds. */
const LONGEST = 60

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

function failure(error: unknown): string {
  if (error instanceof DOMException) return 'file-unreadable'
  if (error instanceof Refused) return `send-${error.reason === 'wrong' ? 'refused' : error.reason}`
  return (error as { reason?: string }).reason === 'too-large' ? 'files-too-large' : 'send-failed'
}
