// Taking a tip back with its receipt, and whatever else is stored under it, later and from any machine. The receipt stays in the page; only the
// tokens derived from it are sent.
import type { App } from '../app.ts'
import { button, element, field, paragraph } from '../element.ts'
import { heading, onward } from '../frame.ts'
import { exchange } from '../upload/exchange.ts'
import { addresses } from './start.ts'
import type { Failure } from '../worker.ts'

export function withdraw(app: App): HTMLElement[] {
  const { texts } = app
  const title = heading(texts.text('withdraw-title'))
  if (app.offline) return [title, paragraph(texts.text('withdraw-offline')), addresses(app), element('div', { className: 'buttons' }, button(texts.text('back'), () => history.back()))]
  const typed = app.keep('typed', () => element('textarea', { rows: 4, autocomplete: 'off', spellcheck: false, translate: false, dir: 'auto' }))
  const said = element('div', { className: 'problem', attr: { role: 'alert' } })
  const stop = new AbortController()
  app.onleave = () => stop.abort()
  let busy = false
  const erase = async (): Promise<void> => {
    if (busy) return
    busy = true
    said.classList.add('good')
    said.replaceChildren(paragraph('…'))
    const [id, values] = await ask(app, typed.value, stop.signal)
    busy = false
    if (id === 'withdraw-erased') typed.value = ''
    said.classList.toggle('good', id === 'withdraw-erased')
    said.replaceChildren(paragraph(texts.text(id, values)))
  }
  return [title, paragraph(texts.text('withdraw-lead')), field(texts.text('withdraw-label'), typed), said, onward(app, texts.text('withdraw-button'), () => void erase())]
}

async function ask(app: App, typed: string, signal: AbortSignal): Promise<[string, Record<string, string | number>]> {
  let tokens: string
  try {
    tokens = await app.engine.call('withdrawTokens', typed)
  } catch (error) {
    const { reason = 'checksum', detail = {} } = error as Failure
    return [`receipt-${reason}`, detail]
  }
  try {
    const { status, body } = await exchange({ method: 'POST', url: '/withdraw', headers: { 'content-type': 'text/plain' }, body: new TextEncoder().encode(tokens) }, undefined, signal)
    if (status === 200) return ['withdraw-erased', { count: (JSON.parse(body) as { erased: number }).erased }]
    return [status === 404 ? 'withdraw-unknown' : 'withdraw-unreachable', {}]
  } catch {
    return ['withdraw-unreachable', {}]
  }
}
