// The first screen: what this letterbox is and is not, the languages, and the ways to the other screens.
import { button, element, keepFocus, paragraph } from '../element.ts'
import { heading } from '../frame.ts'
import { LANGUAGES } from '../texts.ts'
import type { Exits, Listed, Placed, Spoken, Visit, Ways } from './given.ts'
import { help, refusal } from './refused.ts'

export function start(page: Spoken & Placed & Listed & Visit & Ways & Exits): HTMLElement[] {
  const { texts } = page
  const say = (id: string): string => texts.text(id)
  const languages = element('nav', { className: 'languages', attr: { 'aria-label': say('language') } }, ...Object.entries(LANGUAGES).map(([lang, name]) => {
    const choose = button(name, () => page.speak(lang))
    choose.lang = lang
    if (lang === texts.lang) choose.setAttribute('aria-current', 'true')
    return choose
  }))
  const part = (name: string): HTMLElement => element('section', {}, element('h2', {}, say(`start-${name}-title`)), paragraph(say(`start-${name}`)))
  const write = button(say('start-write'), () => page.go('readers'), 'primary')
  const other = element('section', { className: 'other' },
    element('h2', {}, say('start-other-title')),
    element('div', { className: 'buttons' },
      button(say('start-withdraw'), () => page.go('withdraw')),
      page.offline ? undefined : button(say('start-sealed'), () => page.go('sealed')),
      page.offline ? undefined : element('a', { href: '/softinfo.html', className: 'button', download: 'softinfo.html' }, say('start-save'))))
  return [
    languages,
    heading(say('start-title')),
    paragraph(say('start-lead'), 'lead'),
    danger(page, say('start-danger')),
    paragraph(say('start-limits')),
    element('div', { className: 'buttons' }, write),
    ...savedNotice(page),
    part('who'), part('anonymous'), part('soft'),
    element('section', {}, element('h2', {}, say('start-victim-title')), ...help(page)),
    other,
  ]
}

// The sentence about danger, with 112 as a link that telephones can call.
function danger(page: Exits, text: string): HTMLElement {
  const [before = '', after = ''] = text.split('112')
  return element('p', { className: 'danger' }, before, element('a', { href: 'tel:112', onclick: () => page.calls() }, '112'), after)
}

/** The addresses of the letterbox, from the signed list: a saved copy can come from anybody, so the writer compares them. */
export function addresses({ texts, list }: Spoken & Listed): HTMLElement {
  const { state } = list
  if (state.state !== 'ready') return element('div', {})
  const rows = state.contents.relays.map((relay) => element('li', {}, element('bdi', { className: 'id', translate: false }, relay)))
  return element('div', {}, paragraph(texts.text('saved-addresses')), element('ul', {}, ...rows))
}

// What a saved page says of itself: that it is one, and how long its list holds. It stands below the button, so that the button doesn't move when the
// list has been judged.
function savedNotice(page: Spoken & Placed & Listed & Visit): HTMLElement[] {
  if (!page.offline) return []
  const { texts } = page
  const list = element('div', { attr: { role: 'status' } })
  const show = (): void => {
    const { state } = page.list
    if (state.state === 'ready') list.replaceChildren(paragraph(texts.text('saved-until', { day: texts.day(state.contents.expires) })), addresses(page))
    if (state.state === 'refused') list.replaceChildren(...refusal(page, state))
  }
  page.onchange = () => keepFocus(show)
  show()
  return [element('div', { className: 'notice' }, paragraph(texts.text('saved-notice')), list)]
}
