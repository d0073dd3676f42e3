// Making elements. Text is only ever set as text, so nothing that a person or a directory says becomes markup.

type Child = Node | string | false | undefined

/** What an element is given: properties, `on…` listeners, and attributes under `attr`. */
export type Given<E> = { [K in keyof E]?: E[K] } & { attr?: Record<string, string> }

/** Makes one element with its children; `false` and `undefined` among them are left out. */
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

/** Puts the focus on the first of these that is shown: `held`, which had it; what has the same id now; `instead`; the heading. A person who moves by
 *  keyboard then goes on from there, and not from the top of the page. */
export function refocus(held: HTMLElement, instead?: HTMLElement): void {
  const again = [held, held.id && document.getElementById(held.id)].find((element) => element && element.getClientRects().length > 0)
  const to = (again || instead) ?? document.querySelector<HTMLElement>('h1')
  // On a phone, focusing a field a second time would bring the keyboard up again.
  if (to !== document.activeElement) to?.focus({ preventScroll: true })
}

/** Runs `change`, which replaces elements of the page, and puts the focus back if it was in one of them. */
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

/** Id of the form that every control belongs to (frame.ts). Its autocomplete is off, so browsers write nothing of its controls to the disk. */
export const UNSAVED = 'unsaved'

/** A single line of text. `change` gets the whole text at each key. Browsers neither store it nor send it to a translation service. */
export function line(text: string, change: (text: string) => void): HTMLInputElement {
  const made = element('input', { type: 'text', value: text, autocomplete: 'off', spellcheck: false, translate: false, maxLength: 2000 })
  made.oninput = () => change(made.value)
  return made
}

/** A radio button or check box with its label. */
export function choice(type: 'radio' | 'checkbox', name: string, label: Child, checked: boolean, change: (checked: boolean) => void): HTMLElement {
  // Autocomplete can't be switched off for such a control itself; its form keeps what is ticked out of the browser's store of sessions.
  const input = element('input', { type, name, checked, attr: { form: UNSAVED } })
  input.onchange = () => change(input.checked)
  return element('label', { className: 'choice' }, input, element('span', {}, label))
}
