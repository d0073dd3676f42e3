// The harmless page that is left when the writer goes, and the keys that lead there. In: its title and text. Out: a document that no longer
// says what it was. What was written has to be wiped before.
import { overwrite } from './clipboard.ts'
import { element } from './element.ts'

/** Time for three presses of the Shift key, in milliseconds. */
const SHIFTS = 3000

/** Replaces the document for good. `more` is told whether what was copied here was overwritten, and is given nothing when nothing was copied. */
export function showAway(tabTitle: string, title: string, more: (overwritten: boolean | undefined) => HTMLElement[]): void {
  // Nothing in the page says any longer what it was.
  for (const told of document.head.querySelectorAll('meta, link, script')) told.remove()
  document.title = tabTitle
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

/** Calls `leave` at Shift three times, as on GOV.UK's pages: no list, input method or dialog uses it. Together with another key or a press
 *  Shift means something else, and doesn't count. */
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
