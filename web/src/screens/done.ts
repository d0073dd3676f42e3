// What came of a tip: it is stored, or sealed into a file. With it the receipt, which exists on this screen and nowhere else.
import { copy } from '../clipboard.ts'
import { button, element, paragraph } from '../element.ts'
import type { ReceiptText } from '../engine.ts'
import { heading } from '../frame.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Exits, Spoken } from './given.ts'

export function done(page: Spoken & Exits, outcome: Outcome): HTMLElement[] {
  const { texts } = page
  const { receipt, stored, file } = outcome
  const parts: (HTMLElement | undefined)[] = [
    heading(texts.text(file ? 'saved-title' : 'stored-title')),
    file && paragraph(texts.text('saved-lead')),
    file && save(page, outcome, file),
    stored && paragraph(texts.text(stored.already ? 'stored-again' : 'stored-lead', { day: texts.day(stored.day) })),
    stored && element('details', {}, element('summary', {}, texts.text('tip-id')), paragraph(stored.id, 'id'), paragraph(texts.text('tip-id-hint'), 'hint')),
    receipt && element('section', {}, ...receiptPart(page, receipt)),
    finish(page, outcome),
  ]
  return parts.filter((part) => part !== undefined)
}

// The sealed file exists only in this page. If it wasn't saved, the first press on “finish” warns instead of ending.
function finish(page: Spoken & Exits, outcome: Outcome): HTMLElement {
  const { texts } = page
  const warning = element('div', { className: 'problem', attr: { role: 'alert' } })
  const ask = (): void => warning.replaceChildren(paragraph(texts.text('saved-unsaved')), button(texts.text('finish-anyway'), () => page.end()))
  const unsaved = (): boolean => outcome.file !== undefined && !outcome.saved
  return element('div', {}, warning, element('div', { className: 'buttons' }, button(texts.text('finish'), () => (unsaved() ? ask() : page.end()), 'primary')))
}

function save(page: Spoken, outcome: Outcome, file: Blob): HTMLElement {
  outcome.address ??= URL.createObjectURL(file)
  const link = element('a', { className: 'button primary', download: 'tip.age', href: outcome.address }, page.texts.text('saved-button'))
  link.onclick = () => void (outcome.saved = true)
  return element('div', { className: 'buttons' }, link)
}

/** A receipt, and what it is for. The section around it has to be a child of `main`: the style for printing looks for it there. */
export function receiptPart(page: Spoken, receipt: ReceiptText): HTMLElement[] {
  const { texts } = page
  const said = element('p', { attr: { role: 'status' } })
  const words = form(texts.text('receipt-words'), 'words', receipt.words, receipt.lang)
  const numbers = form(texts.text('receipt-digits'), 'numbers', receipt.digits)
  // Where the words are in another language than the page, the numbers come first.
  const [first, second] = receipt.lang === texts.lang ? [words, numbers] : [numbers, words]
  const copied = button(texts.text('receipt-copy'), () => {
    const list = first.querySelector('ol')!
    const text = [...list.children].map((row) => row.textContent).join(' ')
    said.textContent = texts.text(copy(text, list) ? 'receipt-copied' : 'receipt-select')
  })
  return [
    element('h2', {}, texts.text('receipt-title')),
    paragraph(texts.text('receipt-lead')),
    element('div', { id: 'receipt', translate: false }, first, second),
    element('div', { className: 'warning' }, paragraph(texts.text('receipt-warning')), paragraph(texts.text('receipt-photo'))),
    paragraph(texts.text('receipt-lost')),
    element('div', { className: 'buttons' }, copied, button(texts.text('receipt-print'), () => print())),
    said,
    paragraph(texts.text('print-warning'), 'hint'),
  ]
}

// One form of the receipt. Its groups are numbered, because it is written down by hand and none may be left out.
function form(title: string, name: string, groups: string, lang = ''): HTMLElement {
  const rows = groups.split(' ').map((group) => element('li', {}, group))
  return element('div', {}, element('h3', { translate: true }, title), element('ol', { className: `receipt ${name}`, dir: 'ltr', ...(lang && { lang }) }, ...rows))
}
