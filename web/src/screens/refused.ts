// Why nothing is sealed: the list of readers did not arrive, or can't be relied on.
import type { App, DirectoryState } from '../app.ts'
import { button, element, paragraph } from '../element.ts'

/** What is wrong and what to do. */
export function refusal(app: App, refused: Extract<DirectoryState, { state: 'refused' }>): HTMLElement[] {
  const { texts } = app
  const values = refused.day === undefined ? {} : { day: texts.day(refused.day) }
  return [
    element('h2', {}, texts.text('directory-refused-title')),
    paragraph(texts.text(`directory-${refused.reason}`, values)),
    app.offline ? picker(app) : element('div', { className: 'buttons' }, button(texts.text('retry'), () => void app.load())),
  ]
}

// A page that was saved without its list, or whose list has run out, takes a newer one from a file.
function picker(app: App): HTMLElement {
  const input = element('input', { type: 'file', autocomplete: 'off' })
  input.onchange = async () => {
    const file = input.files?.[0]
    if (file) await app.judge(await file.text().catch(() => ''))
  }
  return element('label', { className: 'field' }, element('span', {}, app.texts.text('directory-file')), input)
}
