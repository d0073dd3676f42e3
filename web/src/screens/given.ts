// What a screen is given: narrow parts of the page. Each screen names those that it takes; the page itself has all of them (app.ts), and no
// screen knows it.
import type { ListState, ReaderList } from '../directory/list.ts'
import type { Job } from '../job/job.ts'
import type { Texts } from '../texts.ts'
import type { Engine } from '../worker.ts'
import type { Written } from '../written.ts'

/** The names of the screens; they also stand in the browser's history. */
export type Name = 'start' | 'readers' | 'write' | 'files' | 'check' | 'sending' | 'done' | 'withdraw' | 'sealed'

/** The language that is spoken now. */
export interface Spoken {
  readonly texts: Texts
  /** Changes it. */
  speak(lang: string): void
}

/** Whether the page was opened from a file: then there is no relay. */
export interface Placed {
  readonly offline: boolean
}

/** The way to the other screens. */
export interface Ways {
  /** The browser's back button comes back from there, unless it stands in place of the screen before. */
  go(name: Name, instead?: boolean): void
}

/** The ways out. */
export interface Exits {
  /** Wipes everything and shows something harmless, for good. */
  leave(): void
  /** The same for somebody who has finished. */
  end(): void
  /** A telephone number is pressed: what the browser then asks is no leaving. */
  calls(): void
}

/** What holds for as long as a screen is shown. */
export interface Visit {
  /** Called on leaving the screen: stops what it started. */
  onleave: (() => void) | undefined
  /** Called when the list of readers has come or was refused, or a file was looked through. */
  onchange: (() => void) | undefined
  /** A control that outlives a change of language, with what was typed or chosen. */
  keep<E extends HTMLElement>(name: string, make: () => E): E
  /** The same screen again, after something it shows has changed. */
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

/** The thread that hashes, cleans and seals. */
export interface Working {
  readonly engine: Engine
}

/** A tip on its way, or stopped on it. */
export interface Underway {
  job: Job | undefined
}

/** A list of readers that holds today. */
export type Ready = Extract<ListState, { state: 'ready' }>
