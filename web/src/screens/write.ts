// The tip itself: free text first, then details that help an investigator, all of them optional. What could give the writer away is pointed out
// during writing; nothing is forbidden.
import { button, choice, element, field, line, paragraph } from '../element.ts'
import { heading, onward, step } from '../frame.ts'
import { CATEGORIES, allTexts, isFilled, type Details, type Offender } from '../tip/report.ts'
import { papersWarning } from './duty.ts'
import { watch } from './found.ts'
import type { Listed, Spoken, Ways, Writing } from './given.ts'

export function write(page: Spoken & Writing & Listed & Ways): HTMLElement[] {
  const { texts, written } = page
  const message = element('textarea', { value: written.message, rows: 12, autocomplete: 'off', spellcheck: false, translate: false, dir: 'auto' })
  message.oninput = () => (written.message = message.value)
  return [
    step(page, 2),
    heading(texts.text('write-title')),
    paragraph(texts.text('write-lead')),
    paragraph(texts.text('write-warning'), 'warning'),
    papersWarning(page),
    field(texts.text('write-label'), message),
    watch(page, message),
    more(page, written.details),
    onward(page, texts.text('next'), () => void page.go('files')),
  ]
}

function more(page: Spoken, details: Details): HTMLElement {
  const say = (id: string): string => page.texts.text(id)
  const { place, work_visit: visit } = details
  return element('details', { open: isFilled(details) },
    element('summary', {}, say('details-title')),
    paragraph(say('details-lead')),
    categories(page, details),
    detail(page, say('period-label'), details.period, (text) => (details.period = text), say('period-hint')),
    detail(page, say('place-label'), place.text, (text) => (place.text = text)),
    detail(page, say('place-municipality'), place.municipality, (text) => (place.municipality = text)),
    detail(page, say('place-postcode'), place.postcode, (text) => (place.postcode = text)),
    offenders(page, details),
    radios(page, 'danger', say('danger-title'), { now: say('danger-now'), soon: say('danger-soon'), no: say('danger-no') }, details.danger, (value) => (details.danger = value as Details['danger'])),
    radios(page, 'minors', say('minors-title'), { yes: say('yes'), no: say('no') }, details.minors, (value) => (details.minors = value as Details['minors'])),
    element('fieldset', {}, element('legend', {}, say('visit-title')),
      detail(page, say('visit-time'), visit.best_time, (text) => (visit.best_time = text)),
      detail(page, say('visit-look-for'), visit.look_for, (text) => (visit.look_for = text))))
}

// A labelled line. Like the free text, it is looked through for what could give the writer away.
function detail(page: Spoken, label: string, text: string, change: (text: string) => void, hint?: string): HTMLElement {
  const control = line(text, change)
  const shown = field(label, control, hint)
  shown.append(watch(page, control))
  return shown
}

function categories(page: Spoken, details: Details): HTMLElement {
  const groups = Object.entries(CATEGORIES).map(([group, names]) =>
    element('fieldset', {}, element('legend', {}, page.texts.text(`group-${group}`)), ...names.map((name) => {
      const id = `${group}-${name}`
      return choice('checkbox', 'category', page.texts.text(`category-${id}`), details.categories.includes(id), (checked) => {
        const chosen = new Set(details.categories)
        if (checked) chosen.add(id)
        else chosen.delete(id)
        details.categories = [...chosen].sort()
      })
    })))
  return element('div', { attr: { role: 'group', 'aria-labelledby': 'categories' } }, element('h2', { id: 'categories' }, page.texts.text('categories-title')), ...groups)
}

function offenders(page: Spoken, details: Details): HTMLElement {
  const say = (id: string): string => page.texts.text(id)
  const list = element('div', {})
  const empty = (): Offender => ({ name: '', enterprise_number: '', address: '', vehicle: '', other: '' })
  // There is always a form for one offender. Only forms with something in them become part of the tip.
  const shown = details.offenders.length > 0 ? [...details.offenders] : [empty()]
  const keep = (): void => void (details.offenders = shown.filter((offender) => allTexts(offender).length > 0))
  const show = (): void => list.replaceChildren(...shown.map((offender, n) => {
    const lines = (Object.keys(offender) as (keyof Offender)[]).map((name) =>
      detail(page, say(`offender-${name.replace('_', '-')}`), offender[name], (text) => {
        offender[name] = text
        keep()
      }))
    const remove = button(say('remove'), () => {
      shown.splice(n, 1)
      keep()
      show()
      list.querySelector('input')?.focus()
    })
    return element('fieldset', {}, element('legend', {}, page.texts.text('offender-number', { number: n + 1 })), ...lines, shown.length > 1 && remove)
  }))
  show()
  const add = button(say('offender-add'), () => {
    shown.push(empty())
    show()
    list.lastElementChild?.querySelector('input')?.focus()
  })
  return element('div', {}, element('h2', {}, say('offender-title')), list, add)
}

function radios(page: Spoken, name: string, title: string, answers: Record<string, string>, chosen: string, change: (value: string) => void): HTMLElement {
  const all = { ...answers, '': page.texts.text('no-answer') }
  return element('fieldset', {}, element('legend', {}, title), ...Object.entries(all).map(([value, label]) =>
    choice('radio', name, label, value === chosen, () => change(value))))
}
