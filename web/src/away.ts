// The harmless page that stands in place of this one when the writer leaves, and the keys for leaving. In: its title and text. Out: a document that
// no longer says what it was. Whoever calls this has wiped what was written.
import { overwrite } from './clipboard.ts'
import { element } from './element.ts'

/** The three presses of the Shift key have to come within this time, in milliseconds. */
const SHIFTS = 3000

/** Replaces the document for good. `more` makes the text below the title; it is told whether the clipboard was overwritten, and gets undefined when
 *  nothing was copied from this page. */
export function showAway(tabTitle: string, title: string, more: (overwritten: boolean | undefined) => HTMLElement[]): void {
  // The head names the root key and holds the script: both would say what this page was.
  for (const told of document.head.querySelectorAll('meta, link, script')) told.remove()
  document.title = tabTitle
  const heading = element('h1', { tabIndex: -1 }, title)
  const main = element('main', {}, heading)
  document.body.replaceChildren(main)
  const overwritten = overwrite(heading)
  main.append(...more(overwritten))
  // Browsers let a script copy only in answer to a click or a key, and the Shift key alone doesn't count. So the next click or key tries again.
  const done = new AbortController()
  const again = (): void => void (overwrite(heading) && done.abort())
  if (overwritten === false) for (const press of ['click', 'keydown']) addEventListener(press, again, { signal: done.signal })
  scrollTo(0, 0)
  heading.focus()
}

/** Calls `leave` when Shift is pressed three times, as on GOV.UK's pages: no list, input method or dialog uses that. A Shift that is held together
 *  with another key, or during a click, doesn't count. */
export function watchShift(leave: () => void): void {
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
    if (presses.length === 3) leave()
  }, { capture: true })
}
