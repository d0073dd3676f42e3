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
  // The form is there for the browser alone (UNSAVED); Enter in a line would submit it.
  const unsaved = element('form', { id: UNSAVED, autocomplete: 'off', method: 'dialog', hidden: true, onsubmit: (event) => event.preventDefault() })
  // Only #page is replaced: the script stays in the body, so a page that the browser saves still works.
  document.getElementById('page')?.replaceChildren(unsaved, header, element('main', {}, ...content), footer)
  // Screen readers begin at the heading, so the step is read out with it.
  if (document.getElementById('step')) document.querySelector('h1')?.setAttribute('aria-describedby', 'step')
}

/** The heading of a screen. It gets the focus when the screen is shown, so that a screen reader begins there. */
export const heading = (text: string): HTMLElement => element('h1', { tabIndex: -1 }, text)

/** The line “Step 2 of 4”. */
export const step = (page: Spoken, step: number): HTMLElement => element('p', { className: 'step', id: 'step' }, page.texts.text('step', { step, steps: 4 }))

/** The buttons “back” and `label` at the end of a screen. When `next` gives a text, it is shown as the reason why one can't go on, and read out. */
export function onward(page: Spoken, label: string, next: () => string | undefined): HTMLElement {
  const problem = element('div', { className: 'problem', attr: { role: 'alert' } })
  const forward = button(label, () => {
    const reason = next()
    problem.replaceChildren(...(reason === undefined ? [] : [element('p', {}, reason)]))
  }, 'primary')
  return element('div', {}, problem, element('div', { className: 'buttons' }, button(page.texts.text('back'), () => history.back()), forward))
}
