// A tip on its way. In: the work to do (work.ts). Out: how far it is, and what to say when it fails. A job can be stopped, goes on where it was, and
// pauses between tries. The page has at most one, and a change of language leaves it alone.
import type { ReceiptText } from '../engine.ts'
import type { Draft } from '../tip/draft.ts'
import { Refused } from '../upload/upload.ts'
import { empty } from '../wipe.ts'

/** Longest pause between two tries, in seconds. */
const LONGEST = 60

/** What the job does now. `until` is when the pause ends, as a time of performance.now(), and `now` ends it early; `text` names a text of the page. */
type State =
  | { kind: 'running' }
  | { kind: 'waiting'; until: number; now: () => void }
  | { kind: 'failed'; text: string }

export class Job {
  /** How much of the tip is done, from 0 to 1. */
  share = 0
  state: State = { kind: 'running' }
  /** Called whenever `share` or `state` has changed; set by the screen that shows the job. */
  changed: () => void = () => {}
  /** Whether the relay may have stored the tip though its answer never came. */
  unsure: () => boolean = () => false
  /** The receipt of the tip; undefined until sealing has begun. */
  receipt: ReceiptText | undefined
  #stop = new AbortController()
  /** Whether `work` is still running or still ending. */
  #pending = false
  /** Whether `work` begins again as soon as it has ended. */
  #again = false
  /** Resolves when `work` has ended, whether well or not. */
  #settled: Promise<void> = Promise.resolve()
  /** Whether the job was ended for good. Results that still come of it are then dropped. */
  ended = false

  /** Runs `work` at once, and again after each `resume`. `draft` is what it seals; undefined when it sends a file that is sealed already. */
  constructor(
    readonly work: (job: Job) => Promise<void>,
    readonly draft?: Draft,
  ) {
    this.#begin()
  }

  /** Aborted when the run that goes on now is stopped. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Says how far the work is, from 0 to 1. Ignored after a stop. */
  at(share: number): void {
    if (this.signal.aborted) return
    this.share = share
    this.#become({ kind: 'running' })
  }

  /** Stops the run; `resume` goes on where it was. */
  stop(): void {
    this.#again = false
    this.#stop.abort(new Error('stopped'))
  }

  /** Goes on after a stop or a failure. A run that is still ending is waited for, so two never run at the same time. */
  resume(): void {
    if (!this.#pending) return this.#begin()
    this.#again = this.signal.aborted
    this.#become({ kind: 'running' })
  }

  /** Ends the job for good and empties what it holds. Resolves when its run has ended. */
  end(): Promise<void> {
    this.ended = true
    this.stop()
    this.changed = () => {}
    if (this.draft) empty(this.draft)
    this.receipt?.secret.fill(0)
    this.receipt = undefined
    return this.#settled
  }

  /** The name of the text that says what a stop has left: a tip that may be stored, or one that isn't. */
  stopped(): string {
    return this.unsure() ? 'send-unsure' : 'send-stopped'
  }

  /** Pauses after a broken connection: 2, 4, 8 … seconds, or until the writer wants to go on. Rejects at once when the job is stopped. Unless it is
   *  `told`, the screen doesn't show the pause. */
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
      // A signal that is aborted already fires no event.
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

/** The name of the text that says what went wrong. */
function failure(error: unknown): string {
  if (error instanceof DOMException) return 'file-unreadable'
  if (error instanceof Refused) return `send-${error.reason === 'wrong' ? 'refused' : error.reason}`
  return (error as { reason?: string }).reason === 'too-large' ? 'files-too-large' : 'send-failed'
}
