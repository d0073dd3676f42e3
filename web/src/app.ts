// The state of the page and the way through it. Everything lives in this object's memory and nowhere else; leaving drops it.
import { overwrite, watchCopies } from './clipboard.ts'
import { button, element, keepFocus, paragraph, refocus } from './element.ts'
import type { Readers, ReceiptText } from './engine.ts'
import type { Scrub } from './scrub/index.ts'
import type { Job } from './screens/job.ts'
import { LANGUAGES, Texts, preferred } from './texts.ts'
import { isFilled, type Details } from './tip/report.ts'
import { exchange } from './upload/exchange.ts'
import type { Stored } from './upload/upload.ts'
import { empty, forgetSearches } from './wipe.ts'
import { Engine, type Failure } from './worker.ts'

/** A file as the writer sees it. */
export interface PickedFile {
  file: Blob
  state: 'checking' | 'unreadable' | Scrub
  sha256: string
  keep: boolean
}

/** What the writer has put in so far. */
export interface Written {
  readers: string[]
  message: string
  details: Details
  files: PickedFile[]
}

/** Where the list of readers stands. */
export type DirectoryState =
  | { state: 'loading' }
  | ({ state: 'ready' } & Readers)
  | { state: 'refused'; reason: string; day?: string }

/** What came of a tip. `file` is a sealed tip that is still to be carried and sent. */
export interface Outcome {
  receipt?: ReceiptText
  stored?: Stored
  file?: Blob
  /** Where the file can be saved from, and whether the writer did. */
  address?: string
  saved?: boolean
}

/** What a screen is: made anew whenever it is shown or the language changes. */
export type Screen = (app: App) => HTMLElement[]

/** Time without a sign of the writer after which everything is covered, in milliseconds. */
const SILENCE = 5 * 60_000
/** Bytes that are made base64 at a time: threes, so that the parts can be put together. */
const PIECE = 3 * 8192
/** Time for three presses of the Shift key, in milliseconds. */
const SHIFTS = 3000
/** Time from a press on a telephone number until the browser has asked, in milliseconds. */
const CALL = 5000

const emptyDetails = (): Details => ({
  categories: [], period: '', place: { text: '', municipality: '', postcode: '' }, offenders: [], danger: '', minors: '',
  work_visit: { best_time: '', look_for: '' },
})

const emptyTip = (): Written => ({ readers: [], message: '', details: emptyDetails(), files: [] })

export class App {
  texts = new Texts(preferred())
  written = emptyTip()
  directory: DirectoryState = { state: 'loading' }
  /** A tip that is stored or sealed: shown, whatever the back button says, until the writer has finished with its receipt. */
  outcome: Outcome | undefined
  /** A tip on its way, or stopped on it. */
  job: Job | undefined
  /** Called on leaving the shown screen: stops what it started. */
  onleave: (() => void) | undefined
  /** Called when the list of readers has come or was refused, or a file was looked through, for the screen that shows it. */
  onchange: (() => void) | undefined
  engine: Engine
  /** Whether the list was judged anew because another day had begun. */
  newDay = false
  #name = 'start'
  #kept = new Map<string, HTMLElement>()
  #left = false
  #cover: HTMLElement | undefined
  #restore = (): void => {}
  #calling = false
  #seen: string | undefined
  #judged = ''

  /** `root` is the verifier key built into the page, `floor` the lowest version of a directory that it takes, `saved` the directory a saved page carries, `offline` a page opened from a file. */
  constructor(
    readonly script: string,
    readonly root: string,
    readonly floor: number,
    readonly saved: string | undefined,
    readonly offline: boolean,
    readonly screens: Record<string, Screen>,
    readonly frame: (app: App, content: HTMLElement[]) => void,
  ) {
    this.engine = new Engine(script)
    const { title } = document
    addEventListener('popstate', ({ state }: PopStateEvent) => this.#show(typeof state === 'string' ? state : 'start'))
    addEventListener('beforeunload', (event) => {
      const isCall = this.#calling
      this.#calling = false
      if (this.#left || isCall || !(this.holdsText() || this.outcome?.receipt)) return
      event.preventDefault()
      // Nobody else reads along while the browser asks, where it draws meanwhile: Firefox does, Chromium doesn't. Time stands still until it
      // has its answer; who is here after that has stayed.
      const wasCovered = this.#cover !== undefined
      this.cover()
      if (!wasCovered) setTimeout(() => this.#uncover())
    })
    // Some browsers keep a page that was left as it was, to show it again.
    addEventListener('pagehide', () => this.#gone())
    this.#watchShift()
    this.#watchSilence()
    watchCopies()
    // Printers put the title on every sheet, and in the list of what they printed.
    addEventListener('beforeprint', () => this.#left || (document.title = this.texts.text('receipt-words')))
    addEventListener('afterprint', () => this.#left || (document.title = title))
    history.replaceState('start', '')
    this.redraw()
    void this.load()
  }

  /** Gets the list of readers: from the relay, or from inside a saved page. Called once, and again when the writer asks. */
  async load(): Promise<void> {
    this.#stand({ state: 'loading' })
    if (this.saved !== undefined) return this.judge(this.saved)
    if (this.offline) return this.#stand({ state: 'refused', reason: 'unreachable' })
    try {
      const answer = await exchange({ method: 'GET', url: '/directory', headers: {} })
      if (answer.status !== 200) throw new Error('no directory')
      await this.judge(answer.body)
    } catch {
      this.#stand({ state: 'refused', reason: 'unreachable' })
    }
  }

  /** Judges a list of readers. What was seen before may not be undone by an older one. */
  async judge(note: string): Promise<void> {
    try {
      const today = dayNow()
      this.#judged = today
      const readers = await this.engine.call('directory', { note, root: this.root, floor: this.floor, today, ...(this.#seen !== undefined && { seen: this.#seen }) })
      this.#seen = note
      carry(note)
      this.#stand({ state: 'ready', ...readers })
    } catch (error) {
      const { reason = 'malformed', day } = error as Failure
      this.#stand({ state: 'refused', reason, ...(day !== undefined && { day }) })
    }
  }

  /** Whether another day has begun since the list was judged: it may have run out, and keys change by the day. */
  isYesterdays(): boolean {
    return this.#judged !== dayNow()
  }

  #stand(directory: DirectoryState): void {
    this.directory = directory
    this.onchange?.()
  }

  /** A telephone number is pressed: browsers ask then as if the page were left. */
  calls(): void {
    this.#calling = true
    setTimeout(() => (this.#calling = false), CALL)
  }

  /** Goes to a screen; the browser's back button comes back from it, unless it stands in place of the one before. */
  go(name: string, instead = false): void {
    if (this.#left) return
    if (instead) history.replaceState(name, '')
    else history.pushState(name, '')
    this.#show(name)
  }

  /** The shown screen. */
  get screen(): string {
    return this.#name
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
    keepFocus(() => this.frame(this, (this.screens[this.#name] ?? this.screens['start']!)(this)))
  }

  speak(lang: string): void {
    if (lang in LANGUAGES) this.texts = new Texts(lang)
    this.redraw()
    document.querySelector<HTMLElement>('#language, .languages [aria-current]')?.focus()
  }

  holdsText(): boolean {
    return this.written.message !== '' || this.written.files.length > 0 || isFilled(this.written.details)
  }

  /** Empties what was written, ends what is under way, and drops the thread that may hold some of it. */
  wipe(): void {
    this.onleave?.()
    this.onleave = undefined
    this.engine.stop()
    this.engine = new Engine(this.script)
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
    this.newDay = false
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
    this.directory = { state: 'loading' }
    // Nothing in the page says any longer what it was.
    for (const told of document.head.querySelectorAll('meta, link, script')) told.remove()
    document.title = this.texts.text('away-title')
    const heading = element('h1', { tabIndex: -1 }, title)
    const main = element('main', {}, heading)
    document.body.replaceChildren(main)
    const overwritten = overwrite(heading)
    main.append(...more(overwritten))
    // Shift alone is no press that browsers allow copying for: the next one is, or a click.
    const done = new AbortController()
    const again = (): void => void (overwrite(heading) && done.abort())
    if (overwritten === false) for (const press of ['click', 'keydown']) addEventListener(press, again, { signal: done.signal })
    scrollTo(0, 0)
    heading.focus()
  }

  // The browser has another page to show, and may come back to this one.
  #gone(): void {
    if (this.#left) return
    this.wipe()
    this.#name = 'start'
    history.replaceState('start', '')
    this.#uncover()
    this.redraw()
  }

  /** Hides everything until the writer wants to see it again. */
  cover(): void {
    if (this.#left || this.#cover) return
    const page = document.getElementById('page')
    const [name, before, scrolled] = [this.#name, document.activeElement as HTMLElement | null, scrollY]
    const show = button(this.texts.text('cover-show'), () => this.#uncover(), 'primary')
    this.#cover = element('main', {}, element('h1', {}, this.texts.text('away-title')),
      element('div', { className: 'buttons' }, show, button(this.texts.text('leave'), () => this.leave(), 'leave')))
    if (page) page.hidden = true
    document.body.append(this.#cover)
    show.focus()
    this.#restore = () => {
      if (page) page.hidden = false
      // Meanwhile the tip may have been sent.
      if (before) refocus(before)
      if (this.#name === name) scrollTo(0, scrolled)
    }
  }

  #uncover(): void {
    if (!this.#cover) return
    this.#cover.remove()
    this.#cover = undefined
    this.#restore()
  }

  #show(name: string): void {
    if (this.#left) return
    this.onleave?.()
    this.onleave = this.onchange = undefined
    this.#kept.clear()
    this.#name = this.outcome ? 'done' : name
    this.redraw()
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('h1')?.focus()
  }

  // Shift three times, as on GOV.UK's pages: no list, input method or dialog uses it. Together with another key or a press it means something else.
  #watchShift(): void {
    let presses: number[] = []
    let alone = false
    const none = (): void => {
      presses = []
      alone = false
    }
    addEventListener('keydown', ({ key, repeat, isComposing, ctrlKey, altKey, metaKey }) => {
      if (key !== 'Shift' || isComposing || ctrlKey || altKey || metaKey) none()
      else if (!repeat) alone = true
    }, { capture: true })
    addEventListener('pointerdown', none, { capture: true })
    addEventListener('keyup', ({ key, timeStamp, isComposing }) => {
      if (key !== 'Shift' || !alone || isComposing) return
      alone = false
      presses = [...presses, timeStamp].filter((pressed) => timeStamp - pressed < SHIFTS)
      if (presses.length === 3) this.leave()
    }, { capture: true })
  }

  #watchSilence(): void {
    let silence = 0
    const heard = (): void => {
      clearTimeout(silence)
      silence = setTimeout(() => this.cover(), SILENCE)
    }
    for (const sign of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'input']) addEventListener(sign, heard, { capture: true, passive: true })
    heard()
  }
}

// UTC, as everywhere in softinfo.
const dayNow = (): string => new Date().toISOString().slice(0, 10)

// A page that the browser saves takes the list of readers along. In pieces: a function takes no hundred thousand arguments.
function carry(note: string): void {
  const bytes = new TextEncoder().encode(note)
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)))
  document.getElementById('directory')?.remove()
  document.body.append(element('script', { type: 'text/plain', id: 'directory', textContent: text }))
}
