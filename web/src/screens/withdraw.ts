// Taking a tip back with its receipt, and whatever else is stored under it, later and from any machine. The receipt stays in the page; only the
// tokens derived from it are sent.
import { button, element, field, paragraph } from '../element.ts'
import { heading, onward } from '../frame.ts'
import { heard } from '../upload/answer.ts'
import { exchange } from '../upload/exchange.ts'
import type { Failure } from '../worker.ts'
import type { Listed, Placed, Spoken, Visit, Working } from './given.ts'
import { addresses } from './start.ts'

const BUSY = '…'

/** A text of the page and its values. */
type Answer = [string, Record<string, string | number>]

export function withdraw(page: Spoken & Placed & Listed & Working & Visit): HTMLElement[] {
  const { texts } = page
  const title = heading(texts.text('withdraw-title'))
  if (page.offline) return [title, paragraph(texts.text('withdraw-offline')), addresses(page), element('div', { className: 'buttons' }, button(texts.text('back'), () => history.back()))]
  const typed = page.keep('typed', () => element('textarea', { rows: 4, autocomplete: 'off', spellcheck: false, translate: false, dir: 'auto' }))
  // It outlives a change of language, with what is asked and what is said.
  const said: HTMLElement & { answer?: Answer | undefined } = page.keep('said', () => element('div', { className: 'problem', attr: { role: 'alert' } }))
  const say = (answer: Answer): void => said.replaceChildren(paragraph(page.texts.text(...answer)))
  if (said.answer) say(said.answer)
  const erase = async (): Promise<void> => {
    if (said.textContent === BUSY) return
    const stop = new AbortController()
    page.onleave = () => stop.abort()
    said.classList.add('good')
    said.answer = undefined
    said.replaceChildren(paragraph(BUSY))
    const answer = await ask(page, typed.value, stop.signal)
    const isErased = answer[0] === 'withdraw-erased'
    if (isErased) typed.value = ''
    said.classList.toggle('good', isErased)
    say(said.answer = answer)
  }
  return [title, paragraph(texts.text('withdraw-lead')), field(texts.text('withdraw-label'), typed), said, onward(page, texts.text('withdraw-button'), () => void erase())]
}

async function ask(page: Working, typed: string, signal: AbortSignal): Promise<Answer> {
  let tokens: string
  try {
    tokens = await page.engine.call('withdrawTokens', typed)
  } catch (error) {
    const { reason = 'checksum', detail = {} } = error as Failure
    return [`receipt-${reason}`, detail]
  }
  try {
    const request = { method: 'POST', url: '/withdraw', headers: { 'content-type': 'text/plain' }, body: new TextEncoder().encode(tokens) }
    const { status, said: { erased, type } } = heard(await exchange(request, undefined, signal))
    if (status === 200 && erased !== undefined) return ['withdraw-erased', { count: erased }]
    // A machine in between has places that it doesn't know, too.
    if (status === 404 && type === 'urn:softinfo:problem:unknown-token') return ['withdraw-unknown', {}]
  } catch {}
  return ['withdraw-unreachable', {}]
}
