// What came of it: stored, or sealed into a file; and the receipt, which exists here and nowhere else.
import type { App, Outcome } from '../app.ts'
import { button, element, paragraph } from '../element.ts'
import type { ReceiptText } from '../engine.ts'
import { heading } from '../frame.ts'

export function done(app: App): HTMLElement[] {
  const { texts, outcome } = app
  if (!outcome) return app.screens['start']!(app)
  const { receipt, stored, file } = outcome
  const parts: (HTMLElement | undefined)[] = [
    heading(texts.text(file ? 'saved-title' : 'stored-title')),
    file && paragraph(texts.text('saved-lead')),
    file && save(app, outcome, file),
    stored && paragraph(texts.text(stored.already ? 'stored-again' : 'stored-lead', { day: texts.day(stored.day) })),
    stored && element('details', {}, element('summary', {}, texts.text('tip-id')), paragraph(stored.id, 'id'), paragraph(texts.text('tip-id-hint'), 'hint')),
    receipt && element('section', {}, ...receiptPart(app, receipt)),
    finish(app, outcome),
  ]
  return parts.filter((part) => part !== undefined)
}

// A sealed file is nowhere else: the first press says so when it was not saved.
function finish(app: App, outcome: Outcome): HTMLElement {
  const { texts } = app
  const end = (): void => {
    app.wipe()
    app.go('start')
  }
  const warning = element('div', { className: 'problem', attr: { role: 'alert' } })
  const ask = (): void => warning.replaceChildren(paragraph(texts.text('saved-unsaved')), button(texts.text('finish-anyway'), end))
  const unsaved = (): boolean => outcome.file !== undefined && !outcome.saved
  return element('div', {}, warning, element('div', { className: 'buttons' }, button(texts.text('finish'), () => (unsaved() ? ask() : end()), 'primary')))
}

function save(app: App, outcome: Outcome, file: Blob): HTMLElement {
  outcome.address ??= URL.createObjectURL(file)
  const link = element('a', { className: 'button primary', download: 'tip.age', href: outcome.address }, app.texts.text('saved-button'))
  link.onclick = () => void (outcome.saved = true)
  return element('div', { className: 'buttons' }, link)
}

/** The receipt with what it is for. Its section has to stand in `main` itself, where printing finds it. */
export function receiptPart(app: App, receipt: ReceiptText): HTMLElement[] {
  const { texts } = app
  const said = element('p', { attr: { role: 'status' } })
  const words = element('p', { className: 'receipt', lang: receipt.lang, dir: 'ltr' }, receipt.words)
  const digits = element('p', { className: 'receipt', dir: 'ltr' }, receipt.digits)
  const both = element('div', { id: 'receipt' }, element('h3', {}, texts.text('receipt-words')), words, element('h3', {}, texts.text('receipt-digits')), digits)
  const copy = button(texts.text('receipt-copy'), () => {
    said.textContent = texts.text(copied(both) ? 'receipt-copied' : 'receipt-select')
  })
  return [
    element('h2', {}, texts.text('receipt-title')),
    paragraph(texts.text('receipt-lead')),
    both,
    paragraph(texts.text('receipt-warning'), 'warning'),
    paragraph(texts.text('receipt-lost')),
    element('div', { className: 'buttons' }, copy, button(texts.text('receipt-print'), () => print())),
    said,
    paragraph(texts.text('print-warning'), 'hint'),
  ]
}

// The old way: it works in insecure contexts, and under a policy that closes the clipboard to scripts.
function copied(shown: HTMLElement): boolean {
  getSelection()?.selectAllChildren(shown)
  return document.execCommand('copy')
}
