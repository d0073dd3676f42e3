// Takes back a tip by its receipt, later and from any machine, and with it every other tip of the same receipt. In: a typed receipt. Out: what the
// relay said. The receipt stays in the page; only tokens that are derived from it are sent.
import { button, element, field, paragraph } from '../element.ts'
import { heading, onward } from '../frame.ts'
import { heard } from '../upload/answer.ts'
import { exchange } from '../upload/exchange.ts'
import type { Failure } from '../worker.ts'
import type { Listed, Placed, Spoken, Visit, Working } from './given.ts'
import { addresses } from './start.ts'

/** What is shown while the relay is asked. */
const BUSY = '…'

/** The name of a text of the page, and its values. */
type Answer = [string, Record<string, string | number>]

export function withdraw(page: Spoken & Placed & Listed & Working & Visit): HTMLElement[] {
  const { texts } = page
  const title = heading(texts.text('withdraw-title'))
  if (page.offline) return [title, paragraph(texts.text('withdraw-offline')), addresses(page), element('div', { className: 'buttons' }, button(texts.text('back'), () => history.back()))]
  const typed = page.keep('typed', () => element('textarea', { rows: 4, autocomplete: 'off', spellcheck: false, translate: false, dir: 'auto' }))
  // Kept over a change of language: a question that is under way goes on, and the answer is said again in the new language.
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
    // Machines between here and the relay answer 404 as well; only the relay names this problem.
    if (status === 404 && type === 'urn:softinfo:problem:unknown-token') return ['withdraw-unknown', {}]
  } catch {}
  return ['withdraw-unreachable', {}]
}
