// The warning not to write about anybody's papers to a reader who must report doubts about them. In: the chosen readers. Out: the warning, or nothing.
import { element, paragraph } from '../element.ts'
import type { Listed, Spoken, Writing } from './given.ts'

/** Kinds of holders that must tell the immigration office when they doubt that somebody may stay in the country (Police Act, article 21). */
const MUST_REPORT = ['local-police', 'federal-police']

/** Shows the warning while such a reader is chosen. Where the readers are being chosen in `within`, it follows each change there. */
export function papersWarning({ texts, written, list }: Spoken & Writing & Listed, within?: HTMLElement): HTMLElement {
  const place = element('div', { attr: { role: 'status' } })
  const show = (): void => {
    const holders = list.state.state === 'ready' ? list.state.contents.holders : []
    const must = holders.some(({ id, kind }) => written.readers.includes(id) && MUST_REPORT.includes(kind))
    place.replaceChildren(...(must ? [paragraph(texts.text('duty-papers'), 'warning')] : []))
  }
  show()
  within?.addEventListener('change', show)
  return place
}
