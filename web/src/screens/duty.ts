// Papers of anybody don't belong in a tip to a reader whose duty it is to report doubts about them. In: what was chosen. Out: a warning.
import { element, paragraph } from '../element.ts'
import type { Listed, Spoken, Writing } from './given.ts'

/** Kinds of holders who must report to the immigration office when they doubt somebody's residence (Police Act, article 21). */
const MUST_REPORT = ['local-police', 'federal-police']

/** Says so while such a reader is chosen; where readers can be chosen `within` something, it follows the choice. */
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
