// The choice of readers. In: the holders of the directory, with their duty cards. Out: the ids of one to three of them.
import type { Holder } from '../directory/note.ts'
import { choice, element, paragraph } from '../element.ts'
import { heading, onward, step } from '../frame.ts'
import { CATEGORIES } from '../tip/report.ts'
import { papersWarning } from './duty.ts'
import type { Listed, Placed, Spoken, Visit, Ways, Writing } from './given.ts'
import { refusal } from './refused.ts'

/** Most readers of a tip. */
const MOST = 3

export function readers(page: Spoken & Placed & Writing & Listed & Visit & Ways): HTMLElement[] {
  const { texts, list, written } = page
  const directory = list.state
  page.onchange = () => page.redraw()
  const title = [step(page, 1), heading(texts.text('readers-title'))]
  if (directory.state === 'loading') return [...title, element('p', { attr: { role: 'status' } }, texts.text('directory-loading'))]
  if (directory.state === 'refused') return [...title, element('div', { className: 'problem', attr: { role: 'alert' } }, ...refusal(page, directory))]
  // A holder that has no key any more is taken out of the choice: its box is disabled, so the writer couldn't.
  written.readers = written.readers.filter((id) => id in directory.keys)
  const cards = directory.contents.holders.map((holder) => card(page, holder, holder.id in directory.keys))
  const choices = element('fieldset', { className: 'cards' }, element('legend', { className: 'unseen' }, texts.text('readers-title')), ...cards)
  return [
    ...title,
    list.isNewDay && element('div', { className: 'notice', attr: { role: 'status' } }, paragraph(texts.text('new-day')), paragraph(texts.text('text-here'))),
    paragraph(texts.text('readers-lead')),
    choices,
    papersWarning(page, choices),
    onward(page, texts.text('next'), () => {
      if (written.readers.length === 0) return texts.text('readers-none')
      if (written.readers.length > MOST) return texts.text('readers-too-many')
      list.isNewDay = false
      return void page.go('write')
    }),
  ].filter((part) => part !== false)
}

function card(page: Spoken & Writing, holder: Holder, open: boolean): HTMLElement {
  const { texts, written } = page
  const name = inLanguage(page, holder.names, 'strong') ?? element('strong', {}, holder.id)
  const box = choice('checkbox', 'reader', name, written.readers.includes(holder.id), (checked) => {
    written.readers = written.readers.filter((id) => id !== holder.id)
    if (checked) written.readers.push(holder.id)
  })
  const input = box.querySelector('input')!
  input.disabled = !open
  const duty = inLanguage(page, holder.duty_card, 'p')
  if (duty) {
    duty.id = `duty-${holder.id}`
    input.setAttribute('aria-describedby', duty.id)
  }
  const matters = (holder.categories ?? []).flatMap((matter) => matterIn(page, matter) ?? [])
  const competence = inLanguage(page, holder.competence, 'p')
  competence?.classList.add('hint')
  return element('div', { className: 'card' }, box,
    !open && paragraph(texts.text('readers-no-key')),
    duty,
    matters.length > 0 && paragraph(texts.text('readers-works-on', { matters: texts.list(matters) }), 'hint'),
    competence)
}

// The text for what a holder works on: a category of the report or a group of categories. Others have no text, and are left out (docs/protocol.md 4).
function matterIn({ texts }: Spoken, matter: string): string | undefined {
  const [group = '', ...rest] = matter.split('-')
  const id = matter
  if (matter in CATEGORIES) return texts.text(`group-${group}`)
  if (CATEGORIES[group]?.includes(rest.join('-'))) return texts.text(`category-${id}`)
  return undefined
}

/** The text in the language of the page, else in English, else in any. The element says which language that is. */
export function inLanguage(page: Spoken, texts: Record<string, string> | undefined, tag: 'strong' | 'p' | 'span'): HTMLElement | undefined {
  const lang = [page.texts.lang, 'en', ...Object.keys(texts ?? {})].find((lang) => texts?.[lang])
  return lang === undefined ? undefined : element(tag, { lang, dir: 'auto' }, texts![lang])
}
