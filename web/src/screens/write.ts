// The tip itself: free text first, then what helps an investigator, all of it optional. While one writes, what could give the writer
// away is pointed out, and nothing is stopped.
import type { App } from '../app.ts'
import { button, choice, element, field, line, paragraph } from '../element.ts'
import { heading, onward, step } from '../frame.ts'
import { findIdentifiers } from '../identifiers/index.ts'
import { CATEGORIES, type Details, type Offender } from '../tip/report.ts'

/** Pause after the last key before the text is looked through, in milliseconds. */
const PAUSE = 500
const MAX_FINDINGS = 20

export function write(app: App): HTMLElement[] {
  const { texts, written } = app
  const message = element('textarea', { value: written.message, rows: 12, autocomplete: 'off', spellcheck: false, dir: 'auto' })
  const found = element('div', { className: 'found', attr: { role: 'status' } })
  let pause = 0
  message.oninput = () => {
    written.message = message.value
    clearTimeout(pause)
    pause = setTimeout(() => point(app, message, found), PAUSE)
  }
  if (written.message) point(app, message, found)
  app.onleave = () => clearTimeout(pause)
  return [
    step(app, 2),
    heading(texts.text('write-title')),
    paragraph(texts.text('write-lead')),
    paragraph(texts.text('write-warning'), 'warning'),
    field(texts.text('write-label'), message),
    found,
    more(app, written.details),
    onward(app, texts.text('next'), () => void app.go('files')),
  ]
}

function point(app: App, message: HTMLTextAreaElement, found: HTMLElement): void {
  const { texts } = app
  const findings = findIdentifiers(message.value)
  if (findings.length === 0) return found.replaceChildren()
  const rows = findings.slice(0, MAX_FINDINGS).map(({ start, end, kind }) => {
    const show = button(texts.text('found-show'), () => {
      message.focus()
      message.setSelectionRange(start, end)
    })
    const label = texts.text(`found-${kind}`)
    show.setAttribute('aria-label', `${texts.text('found-show')}: ${label}`)
    return element('li', {}, `${label}: `, element('mark', { dir: 'auto' }, message.value.slice(start, end)), ' ', show)
  })
  found.replaceChildren(paragraph(texts.text('found-count', { count: findings.length })), element('ul', {}, ...rows), paragraph(texts.text('found-explain'), 'hint'))
}

function more(app: App, details: Details): HTMLElement {
  const say = (id: string): string => app.texts.text(id)
  const { place, work_visit: visit } = details
  const filled = JSON.stringify(details).length > JSON.stringify({ ...details, categories: [], offenders: [] }).length
  return element('details', { open: filled },
    element('summary', {}, say('details-title')),
    paragraph(say('details-lead')),
    categories(app, details),
    field(say('period-label'), line(details.period, (text) => (details.period = text)), say('period-hint')),
    field(say('place-label'), line(place.text, (text) => (place.text = text))),
    field(say('place-municipality'), line(place.municipality, (text) => (place.municipality = text))),
    field(say('place-postcode'), line(place.postcode, (text) => (place.postcode = text))),
    offenders(app, details),
    radios(app, 'danger', say('danger-title'), { now: say('danger-now'), soon: say('danger-soon'), no: say('danger-no') }, details.danger, (value) => (details.danger = value as Details['danger'])),
    radios(app, 'minors', say('minors-title'), { yes: say('yes'), no: say('no') }, details.minors, (value) => (details.minors = value as Details['minors'])),
    element('fieldset', {}, element('legend', {}, say('visit-title')),
      field(say('visit-time'), line(visit.best_time, (text) => (visit.best_time = text))),
      field(say('visit-look-for'), line(visit.look_for, (text) => (visit.look_for = text)))))
}

function categories(app: App, details: Details): HTMLElement {
  const groups = Object.entries(CATEGORIES).map(([group, names]) =>
    element('fieldset', {}, element('legend', {}, app.texts.text(`group-${group}`)), ...names.map((name) => {
      const id = `${group}-${name}`
      return choice('checkbox', 'category', app.texts.text(`category-${id}`), details.categories.includes(id), (checked) => {
        const chosen = new Set(details.categories)
        if (checked) chosen.add(id)
        else chosen.delete(id)
        details.categories = [...chosen].sort()
      })
    })))
  return element('div', { attr: { role: 'group', 'aria-labelledby': 'categories' } }, element('h2', { id: 'categories' }, app.texts.text('categories-title')), ...groups)
}

function offenders(app: App, details: Details): HTMLElement {
  const say = (id: string): string => app.texts.text(id)
  const list = element('div', {})
  const empty = (): Offender => ({ name: '', enterprise_number: '', address: '', vehicle: '', other: '' })
  const show = (): void => {
    if (details.offenders.length === 0) details.offenders.push(empty())
    list.replaceChildren(...details.offenders.map((offender, n) => {
      const lines = (Object.keys(offender) as (keyof Offender)[]).map((name) =>
        field(say(`offender-${name.replace('_', '-')}`), line(offender[name], (text) => (offender[name] = text))))
      const remove = button(say('remove'), () => {
        details.offenders.splice(n, 1)
        show()
        list.querySelector('input')?.focus()
      })
      return element('fieldset', {}, element('legend', {}, app.texts.text('offender-number', { number: n + 1 })), ...lines, details.offenders.length > 1 && remove)
    }))
  }
  show()
  const add = button(say('offender-add'), () => {
    details.offenders.push(empty())
    show()
    list.lastElementChild?.querySelector('input')?.focus()
  })
  return element('div', {}, element('h2', {}, say('offender-title')), list, add)
}

function radios(app: App, name: string, title: string, answers: Record<string, string>, chosen: string, change: (value: string) => void): HTMLElement {
  const all = { ...answers, '': app.texts.text('no-answer') }
  return element('fieldset', {}, element('legend', {}, title), ...Object.entries(all).map(([value, label]) =>
    choice('radio', name, label, value === chosen, () => change(value))))
}
