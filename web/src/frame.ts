// What stands around every screen: the language, and the way out.
import { UNSAVED, button, element, paragraph } from './element.ts'
import type { Exits, Name, Spoken } from './screens/given.ts'
import { LANGUAGES } from './texts.ts'

/** Shows a screen's content in its frame. */
export function frame(page: Spoken & Exits & { readonly screen: Name }, content: HTMLElement[]): void {
  const { texts } = page
  const select = element('select', { id: 'language', autocomplete: 'off' }, ...Object.entries(LANGUAGES).map(([lang, name]) =>
    element('option', { value: lang, lang, defaultSelected: lang === texts.lang }, name)))
  select.onchange = () => {
    page.speak(select.value)
    document.getElementById('language')?.focus()
  }
  const leave = button(texts.text('leave'), () => page.leave(), 'leave')
  leave.title = texts.text('leave-wipes')
  // The first screen has a button for each language instead.
  const language = element('span', {}, element('label', { htmlFor: 'language', className: 'unseen' }, texts.text('language')), select)
  const header = element('header', {}, page.screen !== 'start' && language, leave)
  const footer = element('footer', {}, paragraph(texts.text('leave-wipes')), paragraph(texts.text('leave-keys'), 'keys'))
  // Nothing is ever submitted: Enter in a line does nothing.
  const unsaved = element('form', { id: UNSAVED, autocomplete: 'off', method: 'dialog', hidden: true, onsubmit: (event) => event.preventDefault() })
  // Only this part of the body: a page that the browser saves keeps its script.
  document.getElementById('page')?.replaceChildren(unsaved, header, element('main', {}, ...content), footer)
  // A screen reader begins at the heading, so it says there, too, how far one is.
  if (document.getElementById('step')) document.querySelector('h1')?.setAttribute('aria-describedby', 'step')
}

/** The heading of a screen; gets the focus when the screen is shown, so that a screen reader begins there. */
export const heading = (text: string): HTMLElement => element('h1', { tabIndex: -1 }, text)

/** Where in the four steps of a tip a screen stands. */
export const step = (page: Spoken, step: number): HTMLElement => element('p', { className: 'step', id: 'step' }, page.texts.text('step', { step, steps: 4 }))

/** The buttons at the end of a screen. `next` may refuse by giving a reason, which is then shown and read out. */
export function onward(page: Spoken, label: string, next: () => string | undefined): HTMLElement {
  const problem = element('div', { className: 'problem', attr: { role: 'alert' } })
  const forward = button(label, () => {
    const reason = next()
    problem.replaceChildren(...(reason === undefined ? [] : [element('p', {}, reason)]))
  }, 'primary')
  return element('div', {}, problem, element('div', { className: 'buttons' }, button(page.texts.text('back'), () => history.back()), forward))
}
