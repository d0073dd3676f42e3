// Photos, videos and documents to attach. In: files that the writer picks or drops. Out: the files in `written`, cleaned of hidden details where that
// is possible; where it isn't, the screen says so. Names of files are never kept.
import { UNSAVED, button, choice, element, keepFocus, paragraph } from '../element.ts'
import { heading, onward, step } from '../frame.ts'
import type { PickedFile } from '../written.ts'
import type { Spoken, Visit, Ways, Working, Writing } from './given.ts'

/** Most files of a tip. */
const MOST = 99
/** Kinds of pictures that Tor Browser can show. */
const PICTURES = ['jpg', 'png', 'webp', 'gif', 'avif']
/** Sorts of details, in the order in which they are named. */
const KINDS = ['place', 'time', 'device', 'author', 'thumbnail', 'other'] as const

export function files(page: Spoken & Writing & Working & Visit & Ways): HTMLElement[] {
  const { texts, written } = page
  const list = element('ol', { className: 'files' })
  const problem = element('div', { className: 'problem', attr: { role: 'alert' } })
  // All rows are made anew when one file was looked through; the focus may be in another row and is kept there.
  const show = (): void => keepFocus(() => list.replaceChildren(...written.files.map((picked, n) => row(page, picked, n, show))))
  const add = (chosen: Iterable<File>): void => {
    const all = [...chosen]
    const fresh = all.filter(({ size }) => size > 0)
    const room = MOST - written.files.length
    problem.replaceChildren(
      ...(fresh.length > room ? [paragraph(texts.text('files-too-many', { max: MOST }))] : []),
      ...(fresh.length < all.length ? [paragraph(texts.text('files-empty'))] : []))
    for (const file of fresh.slice(0, room)) void take(page, file)
    show()
  }
  const input = element('input', { type: 'file', multiple: true, id: 'pick', className: 'unseen', attr: { form: UNSAVED } })
  input.onchange = () => {
    add(input.files ?? [])
    // Emptied, so that the same file can be chosen again and the element forgets the names.
    input.value = ''
  }
  const drop = element('div', { className: 'drop' }, input, element('label', { htmlFor: 'pick', className: 'button' }, texts.text('files-pick')), paragraph(texts.text('files-drop'), 'hint keys'))
  drop.ondragover = (event) => event.preventDefault()
  drop.ondrop = (event) => {
    event.preventDefault()
    add(event.dataTransfer?.files ?? [])
  }
  page.onchange = show
  show()
  return [
    step(page, 3),
    heading(texts.text('files-title')),
    paragraph(texts.text('files-lead')),
    paragraph(texts.text('files-look'), 'warning'),
    drop,
    problem,
    list,
    onward(page, texts.text('next'), () => {
      const unfinished = written.files.find(({ state }) => state === 'checking' || state === 'unreadable')
      if (unfinished) return texts.text(`file-${unfinished.state as string}`)
      return void page.go('check')
    }),
  ]
}

async function take(page: Writing & Working & Visit, file: File): Promise<void> {
  const picked: PickedFile = { file, state: 'checking', sha256: '', keep: false }
  page.written.files.push(picked)
  try {
    const { result, sha256 } = await page.engine.call('attach', file)
    picked.state = result
    picked.sha256 = sha256
  } catch {
    picked.state = 'unreadable'
  }
  // By now another screen may be shown; its own `onchange` is called then.
  page.onchange?.()
}

function row(page: Spoken & Writing, picked: PickedFile, n: number, show: () => void): HTMLElement {
  const { texts, written } = page
  const remove = button(texts.text('remove'), () => {
    written.files.splice(n, 1)
    show()
    document.getElementById('pick')?.focus()
  })
  remove.id = `remove-${n}`
  const name = nameOf(page, picked, n)
  remove.setAttribute('aria-label', `${texts.text('remove')}: ${name}`)
  return element('li', {}, element('strong', {}, name), preview(picked), element('p', { attr: { role: 'status' } }, describe(page, picked)), ...original(page, picked, n), remove)
}

// The picture as it will be sent, if the browser can show its kind. Kept for each file, because the list is made anew again and again.
const previews = new WeakMap<PickedFile, HTMLImageElement>()

function preview(picked: PickedFile): HTMLElement | undefined {
  const { file, state } = picked
  if (typeof state === 'string' || !PICTURES.includes(state.media.extension)) return undefined
  const made = previews.get(picked)
  if (made) return made
  const address = URL.createObjectURL(state.kind === 'scrubbed' ? state.blob : file)
  const image = element('img', { src: address, alt: '', decoding: 'async' })
  image.onload = () => URL.revokeObjectURL(address)
  image.onerror = () => {
    URL.revokeObjectURL(address)
    image.hidden = true
  }
  previews.set(picked, image)
  return image
}

/** What a file is called on the screen: its number, kind and size. Its real name is never shown or kept. */
export function nameOf({ texts }: Spoken, { file, state }: PickedFile, n: number): string {
  const type = typeof state === 'string' ? '…' : state.media.extension
  return texts.text('file-name', { number: n + 1, type, size: texts.size(file.size) })
}

/** What is said of the hidden details of a file. */
export function describe(page: Spoken, { state }: PickedFile): string {
  const { texts } = page
  if (typeof state === 'string' || state.kind !== 'scrubbed') return texts.text(`file-${typeof state === 'string' ? state : state.kind}`)
  const details = KINDS.filter((kind) => state.removed.includes(kind)).map((kind) => texts.text(`file-${kind}`))
  const taken = details.length > 0 ? texts.text('file-cleaned', { details: texts.list(details) }) : state.unseen ? '' : texts.text('file-nothing')
  return state.unseen ? `${taken} ${texts.text('file-unseen')}`.trim() : taken
}

// The choice to attach the original too. It is offered only if something was taken out: otherwise both are the same file.
function original(page: Spoken, picked: PickedFile, n: number): HTMLElement[] {
  const { state } = picked
  if (typeof state === 'string' || state.kind !== 'scrubbed' || state.removed.length === 0) return []
  const keep = choice('checkbox', 'keep', page.texts.text('file-keep'), picked.keep, (checked) => (picked.keep = checked))
  keep.querySelector('input')!.id = `keep-${n}`
  return [keep, paragraph(page.texts.text('file-keep-warning'), 'hint')]
}
