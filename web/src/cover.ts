// A cover over the page, drawn when nobody has touched it for a while, and while the browser asks whether to leave. In: keys, clicks and movements.
// Out: a harmless heading and two buttons in place of the page. All that was written stays as it is.
import { button, element, refocus } from './element.ts'
import type { Texts } from './texts.ts'

/** After this time without a key, click or movement the cover is drawn, in milliseconds. */
const SILENCE = 5 * 60_000

/** What the cover needs of the page. */
export interface Covered {
  readonly texts: Texts
  /** The name of the shown screen. */
  readonly screen: string
  /** Whether the page was left for good. Then there is nothing to cover. */
  readonly isLeft: boolean
  leave(): void
}

export class Cover {
  /** The cover, while it is drawn. */
  #shown: HTMLElement | undefined
  /** Shows the page again, with the focus and the place where they were. */
  #restore = (): void => {}

  /** From now on, SILENCE without a sign of the writer draws the cover. */
  constructor(readonly page: Covered) {
    let silence = 0
    const heard = (): void => {
      clearTimeout(silence)
      silence = setTimeout(() => this.draw(), SILENCE)
    }
    for (const sign of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'input']) addEventListener(sign, heard, { capture: true, passive: true })
    heard()
  }

  /** Whether the cover hides the page now. */
  get isDrawn(): boolean {
    return this.#shown !== undefined
  }

  /** Hides the page until the writer asks to see it again. */
  draw(): void {
    const { page } = this
    if (page.isLeft || this.#shown) return
    const content = document.getElementById('page')
    const [name, before, scrolled] = [page.screen, document.activeElement as HTMLElement | null, scrollY]
    const show = button(page.texts.text('cover-show'), () => this.lift(), 'primary')
    this.#shown = element('main', {}, element('h1', {}, page.texts.text('away-title')),
      element('div', { className: 'buttons' }, show, button(page.texts.text('leave'), () => page.leave(), 'leave')))
    if (content) content.hidden = true
    document.body.append(this.#shown)
    show.focus()
    this.#restore = () => {
      if (content) content.hidden = false
      // The screen may be another by now: a tip goes on being sent under the cover.
      if (before) refocus(before)
      if (page.screen === name) scrollTo(0, scrolled)
    }
  }

  /** Takes the cover away; without one it does nothing. */
  lift(): void {
    if (!this.#shown) return
    this.#shown.remove()
    this.#shown = undefined
    this.#restore()
  }
}
