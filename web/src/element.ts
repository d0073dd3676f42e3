// Making elements. Text is only ever set as text, so nothing that a person or a directory says becomes markup.

type Child = Node | string | false | undefined

/** What an element is given: properties, `on…` listeners, and attributes under `attr`. */
export type Given<E> = { [K in keyof E]?: E[K] } & { attr?: Record<string, string> }

/** One element. */
export function element<T extends keyof HTMLElementTagNameMap>(tag: T, given: Given<HTMLElementTagNameMap[T]> = {}, ...children: Child[]): HTMLElementTagNameMap[T] {
  const { attr, ...properties } = given
  const made = document.createElement(tag)
  Object.assign(made, properties)
  for (const [name, value] of Object.entries(attr ?? {})) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== false && child !== undefined))
  return made
}

/** A paragraph. */
export const paragraph = (text: string, className = ''): HTMLParagraphElement => element('p', { className }, text)

/** A button that is no submit button. */
export function button(text: string, onclick: () => void, className = ''): HTMLButtonElement {
  return element('button', { type: 'button', className, onclick }, text)
}

/** Gives the focus back to what had it, to what has its id now, or to what stands `instead` of it: nobody is left at the top of the page. */
export function refocus(held: HTMLElement, instead?: HTMLElement): void {
  const again = [held, held.id && document.getElementById(held.id)].find((element) => element && element.getClientRects().length > 0)
  const to = (again || instead) ?? document.querySelector<HTMLElement>('h1')
  // Who has it already would see the keyboard come again on a phone.
  if (to !== document.activeElement) to?.focus({ preventScroll: true })
}

/** Changes what the page shows, and keeps the focus in it. */
export function keepFocus(change: () => void, instead?: HTMLElement): void {
  const held = document.activeElement as HTMLElement | null
  const wasHere = document.getElementById('page')?.contains(held)
  change()
  if (held && wasHere) refocus(held, instead)
}

let fields = 0

/** A labelled control, with an optional hint that belongs to it. */
export function field(label: string, control: HTMLInputElement | HTMLTextAreaElement, hint?: string): HTMLElement {
  control.id = `field-${++fields}`
  const described = hint === undefined ? undefined : element('span', { id: `${control.id}-hint`, className: 'hint' }, hint)
  if (described) control.setAttribute('aria-describedby', described.id)
  return element('div', { className: 'field' }, element('label', { htmlFor: control.id }, label), described, control)
}

/** Id of the form that every control belongs to (frame.ts): browsers keep nothing of its controls on the disk. */
export const UNSAVED = 'unsaved'

/** A single line for `text`, which goes to `change` as it is typed. Browsers keep nothing of it, and translate none of it elsewhere. */
export function line(text: string, change: (text: string) => void): HTMLInputElement {
  const made = element('input', { type: 'text', value: text, autocomplete: 'off', spellcheck: false, translate: false, maxLength: 2000 })
  made.oninput = () => change(made.value)
  return made
}

/** A radio button or check box with its label. */
export function choice(type: 'radio' | 'checkbox', name: string, label: Child, checked: boolean, change: (checked: boolean) => void): HTMLElement {
  // Such a control has no autocomplete of its own: what is ticked stays out of a browser's store of sessions by its form.
  const input = element('input', { type, name, checked, attr: { form: UNSAVED } })
  input.onchange = () => change(input.checked)
  return element('label', { className: 'choice' }, input, element('span', {}, label))
}
