// Points out what in a text could tell who wrote it. In: a control with text. Out: an element that lists the findings, soon after each change.
import { button, element, keepFocus, paragraph } from '../element.ts'
import { findIdentifiers } from '../identifiers/index.ts'
import type { Spoken } from './given.ts'

/** Pause after the last key before the text is looked through, in milliseconds. */
const PAUSE = 500
/** Most findings that are listed; the number of all is told. */
const MAX_FINDINGS = 20

export function watch(page: Spoken, control: HTMLInputElement | HTMLTextAreaElement): HTMLElement {
  const found = element('div', { className: 'found', attr: { role: 'status' } })
  let pause = 0
  control.addEventListener('input', () => {
    clearTimeout(pause)
    // When the screen was left meanwhile, the text may have been wiped and isn't looked at again.
    pause = setTimeout(() => control.isConnected && point(page, control, found), PAUSE)
  })
  point(page, control, found)
  return found
}

/** The text, with each finding marked and its kind as the title of the mark. */
export function marked(page: Spoken, text: string): (Node | string)[] {
  let from = 0
  const parts = findIdentifiers(text).flatMap(({ start, end, kind }) => {
    const before = text.slice(from, start)
    from = end
    return [before, element('mark', { translate: false, title: page.texts.text(`found-${kind}`) }, text.slice(start, end))]
  })
  return [...parts, text.slice(from)]
}

/** The kind of each finding in the text, in words; a kind that was found twice stands twice. */
export const kindsIn = ({ texts }: Spoken, text: string): string[] => findIdentifiers(text).map(({ kind }) => texts.text(`found-${kind}`))

function point(page: Spoken, control: HTMLInputElement | HTMLTextAreaElement, found: HTMLElement): void {
  const { texts } = page
  const findings = findIdentifiers(control.value)
  if (findings.length === 0) return keepFocus(() => found.replaceChildren(), control)
  const rows = findings.slice(0, MAX_FINDINGS).map(({ start, end, kind }, n) => {
    const show = button(texts.text('found-show'), () => {
      control.focus()
      control.setSelectionRange(start, end)
    })
    show.id = `${control.id}-${n}`
    const label = texts.text(`found-${kind}`)
    show.setAttribute('aria-label', `${texts.text('found-show')}: ${label}`)
    return element('li', {}, `${label}: `, element('mark', { dir: 'auto', translate: false }, control.value.slice(start, end)), ' ', show)
  })
  // The focus may be on a button of an earlier finding: it stays on the button in the same place, or goes to the control.
  keepFocus(() => found.replaceChildren(paragraph(texts.text('found-count', { count: findings.length })), element('ul', {}, ...rows), paragraph(texts.text('found-explain'), 'hint')), control)
}
