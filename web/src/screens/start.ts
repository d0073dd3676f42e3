// The first screen: what this is and is not, and the ways from here.
import type { App } from '../app.ts'
import { button, element, keepFocus, paragraph } from '../element.ts'
import { heading } from '../frame.ts'
import { LANGUAGES } from '../texts.ts'
import { help, refusal } from './refused.ts'

export function start(app: App): HTMLElement[] {
  const { texts } = app
  const say = (id: string): string => texts.text(id)
  const languages = element('nav', { className: 'languages', attr: { 'aria-label': say('language') } }, ...Object.entries(LANGUAGES).map(([lang, name]) => {
    const choose = button(name, () => app.speak(lang))
    choose.lang = lang
    if (lang === texts.lang) choose.setAttribute('aria-current', 'true')
    return choose
  }))
  const part = (name: string): HTMLElement => element('section', {}, element('h2', {}, say(`start-${name}-title`)), paragraph(say(`start-${name}`)))
  const write = button(say('start-write'), () => app.go('readers'), 'primary')
  const other = element('section', { className: 'other' },
    element('h2', {}, say('start-other-title')),
    element('div', { className: 'buttons' },
      button(say('start-withdraw'), () => app.go('withdraw')),
      app.offline ? undefined : button(say('start-sealed'), () => app.go('sealed')),
      app.offline ? undefined : element('a', { href: '/softinfo.html', className: 'button', download: 'softinfo.html' }, say('start-save'))))
  return [
    languages,
    heading(say('start-title')),
    paragraph(say('start-lead'), 'lead'),
    danger(app, say('start-danger')),
    paragraph(say('start-limits')),
    element('div', { className: 'buttons' }, write),
    ...savedNotice(app),
    part('who'), part('anonymous'), part('soft'),
    element('section', {}, element('h2', {}, say('start-victim-title')), ...help(app)),
    other,
  ]
}

// The number can be pressed, where there is a telephone.
function danger(app: App, text: string): HTMLElement {
  const [before = '', after = ''] = text.split('112')
  return element('p', { className: 'danger' }, before, element('a', { href: 'tel:112', onclick: () => app.calls() }, '112'), after)
}

/** Where the letterbox is, by its list of readers: a copy can come from anywhere. */
export function addresses({ texts, directory }: App): HTMLElement {
  if (directory.state !== 'ready') return element('div', {})
  const rows = directory.contents.relays.map((relay) => element('li', {}, element('bdi', { className: 'id', translate: false }, relay)))
  return element('div', {}, paragraph(texts.text('saved-addresses')), element('ul', {}, ...rows))
}

// A saved page says what it is, and how long its list holds. Below the button, so that nothing moves under a finger.
function savedNotice(app: App): HTMLElement[] {
  if (!app.offline) return []
  const { texts } = app
  const list = element('div', { attr: { role: 'status' } })
  const show = (): void => {
    const { directory } = app
    if (directory.state === 'ready') list.replaceChildren(paragraph(texts.text('saved-until', { day: texts.day(directory.contents.expires) })), addresses(app))
    if (directory.state === 'refused') list.replaceChildren(...refusal(app, directory))
  }
  app.onchange = () => keepFocus(show)
  show()
  return [element('div', { className: 'notice' }, paragraph(texts.text('saved-notice')), list)]
}
