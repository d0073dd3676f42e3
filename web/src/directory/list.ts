// The list of readers as the page has it. In: the directory from the relay, from inside a saved page, or from a file of the writer. Out: who
// can be sealed to today, or why nobody can. The list that held goes into the page, so that a copy saved by the browser takes it along.
import { element } from '../element.ts'
import type { Engine, Failure } from '../worker.ts'
import type { Readers } from '../engine.ts'
import { exchange } from '../upload/exchange.ts'

/** Whether there is a list of readers that can be used. `reason` is a Refusal of note.ts or `unreachable`; `day` is the day on which the list ran out, or
 *  from which it holds. */
export type ListState =
  | { state: 'loading' }
  | ({ state: 'ready' } & Readers)
  | { state: 'refused'; reason: string; day?: string }

/** What a page is made with. */
export interface Origin {
  /** The verifier key that the directory has to be signed with. */
  readonly root: string
  /** The lowest version of a directory that the page takes. */
  readonly floor: number
  /** The directory that a saved page carries. */
  readonly saved: string | undefined
  /** Whether the page was opened from a file: then there is no relay. */
  readonly offline: boolean
}

/** Bytes that are turned into base64 at a time. A multiple of three, so that the parts joined are the base64 of the whole. */
const PIECE = 3 * 8192

export class ReaderList {
  state: ListState = { state: 'loading' }
  /** Whether the screen of readers has to say that the list was judged anew because another day had begun. */
  isNewDay = false
  /** The last directory that held. An older one is refused from then on. */
  #seen: string | undefined
  /** The day on which the list was last judged. */
  #judged = ''

  /** `changed` is called whenever `state` has become another. `left` is aborted when the writer leaves: then what is asked for is given up, and a list
   *  that comes all the same is neither judged nor put into the document. */
  constructor(
    readonly origin: Origin,
    readonly engine: Engine,
    readonly changed: () => void,
    readonly left: AbortSignal,
  ) {}

  /** Gets the list, from the relay or from inside a saved page, and judges it. Called at the start, and again when the writer asks. */
  async load(): Promise<void> {
    const { saved, offline } = this.origin
    this.#stand({ state: 'loading' })
    if (saved !== undefined) return this.judge(saved)
    if (offline) return this.#stand({ state: 'refused', reason: 'unreachable' })
    try {
      const answer = await exchange({ method: 'GET', url: '/directory', headers: {} }, undefined, this.left)
      if (answer.status !== 200) throw new Error('no directory')
      await this.judge(answer.body)
    } catch {
      this.#stand({ state: 'refused', reason: 'unreachable' })
    }
  }

  /** Verifies a directory; `state` then says what came of it. One that is older than the last that held is refused. */
  async judge(note: string): Promise<void> {
    // Without a worker, as after leaving, this thread would do it.
    if (this.left.aborted) return
    try {
      const { root, floor } = this.origin
      const today = dayNow()
      this.#judged = today
      const readers = await this.engine.call('directory', { note, root, floor, today, ...(this.#seen !== undefined && { seen: this.#seen }) })
      if (this.left.aborted) return
      this.#seen = note
      carry(note)
      this.#stand({ state: 'ready', ...readers })
    } catch (error) {
      const { reason = 'malformed', day } = error as Failure
      this.#stand({ state: 'refused', reason, ...(day !== undefined && { day }) })
    }
  }

  /** Whether another day has begun since the list was judged. The list may have run out then, and holders may have other keys. */
  isYesterdays(): boolean {
    return this.#judged !== dayNow()
  }

  #stand(state: ListState): void {
    if (this.left.aborted) return
    this.state = state
    this.changed()
  }
}

// UTC, as everywhere in softinfo.
const dayNow = (): string => new Date().toISOString().slice(0, 10)

// Puts the list into the document, so that a page that the browser saves has it. Encoded in parts, because a function can't take a hundred thousand
// arguments.
function carry(note: string): void {
  const bytes = new TextEncoder().encode(note)
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)))
  document.getElementById('directory')?.remove()
  document.body.append(element('script', { type: 'text/plain', id: 'directory', textContent: text }))
}
