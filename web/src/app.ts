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

/** What a screen is: made anew whenever it is shown or the language changes. */
export type Screen = (app: App) => HTMLElement[]

/** Time from a press on a telephone number until the browser has asked, in milliseconds. */
const CALL = 5000

export class App {
  texts = new Texts(preferred())
  written = emptyTip()
  /** A tip that is stored or sealed: shown, whatever the back button says, until the writer has finished with its receipt. */
  outcome: Outcome | undefined
  /** A tip on its way, or stopped on it. */
  job: Job | undefined
  /** Called on leaving the shown screen: stops what it started. */
  onleave: (() => void) | undefined
  /** Called when the list of readers has come or was refused, or a file was looked through, for the screen that shows it. */
  onchange: (() => void) | undefined
  readonly engine: Engine
  readonly list: ReaderList
  readonly offline: boolean
  #name: Name = 'start'
  #kept = new Map<string, HTMLElement>()
  #left = false
  readonly #cover: Cover
  /** Whether a telephone number was pressed a moment ago. */
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
    this.list = new ReaderList(origin, this.engine, () => this.onchange?.())
    const { title } = document
    addEventListener('popstate', ({ state }: PopStateEvent) => this.#show(this.#isName(state) ? state : 'start'))
    addEventListener('beforeunload', (event) => {
      const isCall = this.#calling
      this.#calling = false
      if (this.#left || isCall || !(holdsText(this.written) || this.outcome?.receipt)) return
      event.preventDefault()
      // Nobody else reads along while the browser asks, where it draws meanwhile: Firefox does, Chromium doesn't. Time stands still until it
      // has its answer; who is here after that has stayed.
      const wasCovered = this.#cover.isDrawn
      this.#cover.draw()
      if (!wasCovered) setTimeout(() => this.#cover.lift())
    })
    // Some browsers keep a page that was left as it was, to show it again.
    addEventListener('pagehide', () => this.#gone())
    watchShift(() => this.leave())
    this.#cover = new Cover(this)
    watchCopies()
    // Printers put the title on every sheet, and in the list of what they printed.
    addEventListener('beforeprint', () => this.#left || (document.title = this.texts.text('receipt-words')))
    addEventListener('afterprint', () => this.#left || (document.title = title))
    history.replaceState('start', '')
    this.redraw()
    void this.list.load()
  }

  /** A telephone number is pressed: browsers ask then as if the page were left. */
  calls(): void {
    this.#calling = true
    setTimeout(() => (this.#calling = false), CALL)
  }

  /** Goes to a screen; the browser's back button comes back from it, unless it stands in place of the one before. */
  go(name: Name, instead = false): void {
    if (this.#left) return
    if (instead) history.replaceState(name, '')
    else history.pushState(name, '')
    this.#show(name)
  }

  /** The shown screen. */
  get screen(): Name {
    return this.#name
  }

  /** Whether the writer has left: then nothing is shown any more. */
  get isLeft(): boolean {
    return this.#left
  }

  /** A control that outlives a change of language, with what was typed or chosen, for as long as its screen is shown. */
  keep<E extends HTMLElement>(name: string, make: () => E): E {
    const kept = (this.#kept.get(name) as E | undefined) ?? make()
    this.#kept.set(name, kept)
    return kept
  }

  /** The same screen again, after something it shows has changed. */
  redraw(): void {
    if (this.#left) return
    document.documentElement.lang = this.texts.lang
    document.documentElement.dir = this.texts.direction
    keepFocus(() => this.frame(this, this.screens[this.#name](this)))
  }

  /** Changes the language. */
  speak(lang: string): void {
    if (lang in LANGUAGES) this.texts = new Texts(lang)
    this.redraw()
    document.querySelector<HTMLElement>('#language, .languages [aria-current]')?.focus()
  }

  /** Shows what came of a tip; nothing else of it is left. */
  finish(outcome: Outcome): void {
    this.wipe()
    this.outcome = outcome
    this.go('done', true)
  }

  /** Empties what was written, ends what is under way, and drops the thread that may hold some of it. */
  wipe(): void {
    this.onleave?.()
    this.onleave = undefined
    this.engine.restart()
    void this.job?.end()
    this.job = undefined
    empty(this.written)
    this.written = emptyTip()
    if (this.outcome?.address) URL.revokeObjectURL(this.outcome.address)
    if (this.outcome) empty(this.outcome)
    this.outcome = undefined
    // A field keeps its text for as long as the element lives.
    for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')) field.value = ''
    this.#kept.clear()
    this.list.isNewDay = false
    forgetSearches()
  }

  /** Wipes everything and shows something harmless, for good: only loading the page again brings it back. */
  leave(): void {
    this.#close(this.texts.text('away-title'), () => [paragraph(this.texts.text('away-text'))])
  }

  /** The same for somebody who has finished and is to know what was wiped, and what could not be. */
  end(): void {
    const say = (id: string): HTMLElement => paragraph(this.texts.text(id))
    this.#close(this.texts.text('wiped-title'), (overwritten) =>
      [...(overwritten === false ? [say('wiped-not-clipboard')] : []), say('wiped-left')])
  }

  // `more` is told whether what was copied here was overwritten, if anything was.
  #close(title: string, more: (overwritten: boolean | undefined) => HTMLElement[]): void {
    this.wipe()
    this.engine.stop()
    this.#left = true
    this.list.state = { state: 'loading' }
    showAway(this.texts.text('away-title'), title, more)
  }

  // The browser has another page to show, and may come back to this one.
  #gone(): void {
    if (this.#left) return
    this.wipe()
    this.#name = 'start'
    history.replaceState('start', '')
    this.#cover.lift()
    this.redraw()
  }

  #show(name: Name): void {
    if (this.#left) return
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
