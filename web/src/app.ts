// The state of the page and the way through it. Everything lives in this object's memory and nowhere else; leaving drops it.
import { showAway, watchShift } from './away.ts'
import { watchCopies } from './clipboard.ts'
import { Cover } from './cover.ts'
import { ReaderList, type Origin } from './directory/list.ts'
import { keepFocus, paragraph } from './element.ts'
import type { Job } from './job/job.ts'
import type { Outcome } from './job/outcome.ts'
import type { Name } from './screens/given.ts'
import { LANGUAGES, Texts, preferred } from './texts.ts'
import { empty, forgetSearches } from './wipe.ts'
import { Engine } from './worker.ts'
import { emptyTip, holdsText } from './written.ts'

/** Makes the content of a screen. Called whenever the screen is shown and whenever the language changes. */
export type Screen = (app: App) => HTMLElement[]

/** Time from a press on a telephone number until the browser has asked, in milliseconds. */
const CALL = 5000

export class App {
  texts = new Texts(preferred())
  written = emptyTip()
  /** What came of the last tip. While it is set only the screen `done` is shown, even after the back button: its receipt is nowhere else. */
  outcome: Outcome | undefined
  /** The tip that is being sealed or sent, or whose sending was stopped. */
  job: Job | undefined
  /** Set by the shown screen; called when that screen is left, to stop what it started. */
  onleave: (() => void) | undefined
  /** Set by the shown screen; called when the list of readers has come or was refused, and when a file was looked through. */
  onchange: (() => void) | undefined
  readonly engine: Engine
  readonly list: ReaderList
  readonly offline: boolean
  #name: Name = 'start'
  #kept = new Map<string, HTMLElement>()
  /** Aborted when the writer leaves. */
  #leaving = new AbortController()
  readonly #cover: Cover
  /** True for CALL milliseconds after a telephone number was pressed. */
  #calling = false

  /** `script` is the text of the page's own script; `frame` puts a screen's content into the document. */
  constructor(
    readonly script: string,
    origin: Origin,
    readonly screens: Record<Name, Screen>,
    readonly frame: (app: App, content: HTMLElement[]) => void,
  ) {
    this.engine = new Engine(script)
    this.offline = origin.offline
    this.list = new ReaderList(origin, this.engine, () => this.onchange?.(), this.#leaving.signal)
    const { title } = document
    addEventListener('popstate', ({ state }: PopStateEvent) => this.#show(this.#isName(state) ? state : 'start'))
    addEventListener('beforeunload', (event) => {
      const isCall = this.#calling
      this.#calling = false
      if (this.isLeft || isCall || !(holdsText(this.written) || this.outcome?.receipt)) return
      event.preventDefault()
      // The page is covered while the browser asks whether to leave. Firefox draws the cover meanwhile, Chromium doesn't. The timer runs only after
      // the answer, and only in a page that stayed: then the cover is lifted.
      const wasCovered = this.#cover.isDrawn
      this.#cover.draw()
      if (!wasCovered) setTimeout(() => this.#cover.lift())
    })
    // Some browsers keep a page that was left in memory, and show it again when the writer comes back.
    addEventListener('pagehide', () => this.#gone())
    watchShift(() => this.leave())
    this.#cover = new Cover(this)
    watchCopies()
    // Printers put the page's title on every sheet and into their list of jobs, so it names the receipt and not this letterbox.
    addEventListener('beforeprint', () => this.isLeft || (document.title = this.texts.text('receipt-words')))
    addEventListener('afterprint', () => this.isLeft || (document.title = title))
    history.replaceState('start', '')
    this.redraw()
    void this.list.load()
  }

  /** Call it when a telephone number is pressed: browsers then fire `beforeunload`, though the page stays. */
  calls(): void {
    this.#calling = true
    setTimeout(() => (this.#calling = false), CALL)
  }

  /** Shows a screen. The browser's back button leads back to the screen before; with `instead`, to the one before that. */
  go(name: Name, instead = false): void {
    if (this.isLeft) return
    if (instead) history.replaceState(name, '')
    else history.pushState(name, '')
    this.#show(name)
  }

  /** The name of the shown screen. */
  get screen(): Name {
    return this.#name
  }

  /** Whether the writer has left. Then every call that would show something does nothing. */
  get isLeft(): boolean {
    return this.#leaving.signal.aborted
  }

  /** Gives the same control each time it is asked for by name, so that a change of language keeps what was typed. Forgotten with its screen. */
  keep<E extends HTMLElement>(name: string, make: () => E): E {
    const kept = (this.#kept.get(name) as E | undefined) ?? make()
    this.#kept.set(name, kept)
    return kept
  }

  /** Makes the shown screen anew, after something that it shows has changed. */
  redraw(): void {
    if (this.isLeft) return
    document.documentElement.lang = this.texts.lang
    document.documentElement.dir = this.texts.direction
    keepFocus(() => this.frame(this, this.screens[this.#name](this)))
  }

  /** Changes the language; an unknown one changes nothing. */
  speak(lang: string): void {
    if (lang in LANGUAGES) this.texts = new Texts(lang)
    this.redraw()
    document.querySelector<HTMLElement>('#language, .languages [aria-current]')?.focus()
  }

  /** Wipes the tip that was written, and shows what came of it. */
  finish(outcome: Outcome): void {
    this.wipe()
    this.outcome = outcome
    this.go('done', true)
  }

  /** Empties what was written, ends the job, and ends the worker, whose memory may hold some of it. */
  wipe(): void {
    this.onleave?.()
    this.onleave = undefined
    if (this.isLeft) this.engine.stop()
    else this.engine.restart()
    void this.job?.end()
    this.job = undefined
    empty(this.written)
    this.written = emptyTip()
    if (this.outcome?.address) URL.revokeObjectURL(this.outcome.address)
    if (this.outcome) empty(this.outcome)
    this.outcome = undefined
    // An element that is no longer shown still holds its text until the browser frees it.
    for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')) field.value = ''
    this.#kept.clear()
    this.list.isNewDay = false
    forgetSearches()
  }

  /** Wipes everything and shows something harmless, for good: only loading the page again brings it back. */
  leave(): void {
    this.#close(this.texts.text('away-title'), () => [paragraph(this.texts.text('away-text'))])
  }

  /** Like `leave`, for a writer who has finished: the page says what was wiped, and what could not be. */
  end(): void {
    const say = (id: string): HTMLElement => paragraph(this.texts.text(id))
    this.#close(this.texts.text('wiped-title'), (overwritten) =>
      [...(overwritten === false ? [say('wiped-not-clipboard')] : []), say('wiped-left')])
  }

  // `more` makes the text below the title. It is told whether the clipboard was overwritten; undefined when nothing was copied from here.
  #close(title: string, more: (overwritten: boolean | undefined) => HTMLElement[]): void {
    this.#leaving.abort()
    this.wipe()
    this.list.state = { state: 'loading' }
    showAway(this.texts.text('away-title'), title, more)
  }

  // The browser shows another page and may keep this one to come back to: it is left empty, at its start.
  #gone(): void {
    if (this.isLeft) return
    this.wipe()
    this.#name = 'start'
    history.replaceState('start', '')
    this.#cover.lift()
    this.redraw()
  }

  #show(name: Name): void {
    if (this.isLeft) return
    this.onleave?.()
    this.onleave = this.onchange = undefined
    this.#kept.clear()
    this.#name = this.outcome ? 'done' : name
    this.redraw()
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('h1')?.focus()
  }

  #isName(state: unknown): state is Name {
    return typeof state === 'string' && Object.hasOwn(this.screens, state)
  }
}
