// Why nothing is sealed: the list of readers did not arrive, or can't be relied on.
import type { App, DirectoryState } from '../app.ts'
import { UNSAVED, button, element, paragraph } from '../element.ts'

/** Telephone of the Ministry of Justice for victims of trafficking. Its website, which has another name in French, stands in the text; named, never loaded. */
const HELP = { phone: '078\u00a005\u00a058\u00a000' }

/** Who helps a victim beside this letterbox. */
export const help = ({ texts }: App): HTMLElement[] => [paragraph(texts.text('start-victim')), paragraph(texts.text('start-help', HELP))]

/** What is wrong and what to do. */
export function refusal(app: App, refused: Extract<DirectoryState, { state: 'refused' }>): HTMLElement[] {
  const { texts } = app
  const values = refused.day === undefined ? {} : { day: texts.day(refused.day) }
  return [
    element('h2', {}, texts.text('directory-refused-title')),
    paragraph(texts.text(`directory-${refused.reason === 'not-vouched' ? 'contents' : refused.reason}`, values)),
    ...(refused.reason === 'expired' ? [paragraph(texts.text(app.offline ? 'expired-saved' : 'expired-online')), ...(app.offline ? [] : help(app))] : []),
    app.offline ? picker(app) : element('div', { className: 'buttons' }, button(texts.text('retry'), () => void app.load())),
  ]
}

// A page that was saved without its list, or whose list has run out, takes a newer one from a file.
function picker(app: App): HTMLElement {
  const input = element('input', { type: 'file', id: 'list', attr: { form: UNSAVED } })
  input.onchange = async () => {
    const file = input.files?.[0]
    if (file) await app.judge(await file.text().catch(() => ''))
  }
  return element('label', { className: 'field' }, element('span', {}, app.texts.text('directory-file')), input)
}
