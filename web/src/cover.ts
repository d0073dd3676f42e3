// A cover over the page while the writer does nothing, or while the browser asks whether to leave. In: the signs of somebody being there. Out:
// the page hidden behind a harmless heading and two buttons; all that was written stays as it is.
import { button, element, refocus } from './element.ts'
import type { Texts } from './texts.ts'

/** Time without a sign of the writer after which everything is covered, in milliseconds. */
const SILENCE = 5 * 60_000

/** What the cover needs of the page. */
export interface Covered {
  readonly texts: Texts
  /** The name of the shown screen. */
  readonly screen: string
  /** Whether the page was left for good: then there is nothing to cover. */
  readonly isLeft: boolean
  leave(): void
}

export class Cover {
  #shown: HTMLElement | undefined
  #restore = (): void => {}

  /** Begins to wait for silence. */
  constructor(readonly page: Covered) {
    let silence = 0
    const heard = (): void => {
      clearTimeout(silence)
      silence = setTimeout(() => this.draw(), SILENCE)
    }
    for (const sign of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'input']) addEventListener(sign, heard, { capture: true, passive: true })
    heard()
  }

  /** Whether everything is hidden now. */
  get isDrawn(): boolean {
    return this.#shown !== undefined
  }

  /** Hides everything until the writer wants to see it again. */
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
      // Meanwhile the tip may have been sent.
      if (before) refocus(before)
      if (page.screen === name) scrollTo(0, scrolled)
    }
  }

  /** Shows everything again, where it was. */
  lift(): void {
    if (!this.#shown) return
    this.#shown.remove()
    this.#shown = undefined
    this.#restore()
  }
}
