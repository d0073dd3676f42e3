// What a screen is given: narrow parts of the page. The signature of each screen names the parts that it takes, so it can reach nothing else. The App
// has all parts (app.ts); no screen imports it.
import type { ListState, ReaderList } from '../directory/list.ts'
import type { Job } from '../job/job.ts'
import type { Texts } from '../texts.ts'
import type { Engine } from '../worker.ts'
import type { Written } from '../written.ts'

/** The names of the screens; they also stand in the browser's history. */
export type Name = 'start' | 'readers' | 'write' | 'files' | 'check' | 'sending' | 'done' | 'withdraw' | 'sealed'

/** The language of the page. */
export interface Spoken {
  readonly texts: Texts
  /** Changes the language. */
  speak(lang: string): void
}

/** Whether the page was opened from a file: then there is no relay. */
export interface Placed {
  readonly offline: boolean
}

/** The way to the other screens. */
export interface Ways {
  /** Shows another screen. The browser's back button leads back from it, unless it is shown `instead` of the one before. */
  go(name: Name, instead?: boolean): void
}

/** The ways out. */
export interface Exits {
  /** Wipes everything and shows something harmless, for good. */
  leave(): void
  /** Like `leave`, for a writer who has finished: the page says what was wiped. */
  end(): void
  /** Call it when a telephone number is pressed: browsers fire `beforeunload` then, though the page stays. */
  calls(): void
}

/** What holds for as long as a screen is shown. */
export interface Visit {
  /** Called when the screen is left, to stop what it started. */
  onleave: (() => void) | undefined
  /** Called when the list of readers has come or was refused, and when a file was looked through. */
  onchange: (() => void) | undefined
  /** Gives the same control each time it is asked for by name, so that a change of language keeps what was typed. */
  keep<E extends HTMLElement>(name: string, make: () => E): E
  /** Makes the screen anew, after something that it shows has changed. */
  redraw(): void
}

/** What the writer has put in. */
export interface Writing {
  readonly written: Written
}

/** The list of readers. */
export interface Listed {
  readonly list: ReaderList
}

/** What hashes, cleans and seals. */
export interface Working {
  readonly engine: Engine
}

/** The tip that is being sealed or sent, or whose sending was stopped. */
export interface Underway {
  job: Job | undefined
}

/** A list of readers that holds today. */
export type Ready = Extract<ListState, { state: 'ready' }>
