// Why nothing can be sealed now: the list of readers did not arrive, or can't be relied on. In: the refusal. Out: the reason, and what to do.
import type { ListState } from '../directory/list.ts'
import { UNSAVED, button, element, paragraph } from '../element.ts'
import type { Listed, Placed, Spoken } from './given.ts'

/** Telephone of the Ministry of Justice for victims of trafficking. The address of its website, another one in French, stands in the text; the page never
 *  loads it. */
const HELP = { phone: '078\u00a005\u00a058\u00a000' }

/** Where victims find help outside this letterbox. */
export const help = ({ texts }: Spoken): HTMLElement[] => [paragraph(texts.text('start-victim')), paragraph(texts.text('start-help', HELP))]

/** The reason, and a button or a file picker to try again. */
export function refusal(page: Spoken & Placed & Listed, refused: Extract<ListState, { state: 'refused' }>): HTMLElement[] {
  const { texts } = page
  const values = refused.day === undefined ? {} : { day: texts.day(refused.day) }
  return [
    element('h2', {}, texts.text('directory-refused-title')),
    paragraph(texts.text(`directory-${refused.reason === 'not-vouched' ? 'contents' : refused.reason}`, values)),
    ...(refused.reason === 'expired' ? [paragraph(texts.text(page.offline ? 'expired-saved' : 'expired-online')), ...(page.offline ? [] : help(page))] : []),
    page.offline ? picker(page) : element('div', { className: 'buttons' }, button(texts.text('retry'), () => void page.list.load())),
  ]
}

// A page that was saved without its list, or whose list has run out, takes a newer one from a file.
function picker(page: Spoken & Listed): HTMLElement {
  const input = element('input', { type: 'file', id: 'list', attr: { form: UNSAVED } })
  input.onchange = async () => {
    const file = input.files?.[0]
    if (file) await page.list.judge(await file.text().catch(() => ''))
  }
  return element('label', { className: 'field' }, element('span', {}, page.texts.text('directory-file')), input)
}
