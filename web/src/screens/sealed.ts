// Sends a file that was sealed elsewhere. In: a file. Out: a job. A file that isn't a sealed tip is refused here, before a byte of it leaves.
import { UNSAVED, element, field, paragraph } from '../element.ts'
import { heading, onward } from '../frame.ts'
import { sendFile, type Sealing } from '../job/work.ts'
import { isFileLength } from '../tip/padding.ts'
import type { Listed, Spoken, Underway, Visit, Ways } from './given.ts'
import { stopped } from './sending.ts'

/** How every age file begins. */
const MAGIC = 'age-encryption.org/v1\n'

export function sealed(page: Spoken & Listed & Underway & Sealing & Visit & Ways): HTMLElement[] {
  const { texts } = page
  const input = page.keep('chosen', () => element('input', { type: 'file', attr: { form: UNSAVED } }))
  const problem = element('div', { className: 'problem', attr: { role: 'alert' } })
  return [
    heading(texts.text('sealed-title')),
    ...(page.job && !page.job.draft ? stopped(page, page.job) : []),
    paragraph(texts.text('sealed-lead')),
    field(texts.text('sealed-label'), input),
    problem,
    onward(page, texts.text('sealed-button'), () => {
      const file = input.files?.[0]
      if (!file) return texts.text('sealed-none')
      void isTip(file).then((right) => {
        if (!right) return problem.replaceChildren(paragraph(texts.text('sealed-wrong')))
        void page.job?.end()
        page.job = sendFile(page, file)
        page.go('sending')
      }, () => problem.replaceChildren(paragraph(texts.text('file-unreadable'))))
      return undefined
    }),
  ]
}

/** Whether a file has the beginning and the size of a tip. Throws what reading the file throws; a deleted file has size 0, so that one is read. */
async function isTip(file: Blob): Promise<boolean> {
  if (!file.size) await file.arrayBuffer()
  const start = await file.slice(0, MAGIC.length).text()
  return start === MAGIC && isFileLength(file.size, Number.MAX_SAFE_INTEGER)
}
