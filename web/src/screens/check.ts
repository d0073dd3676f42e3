// The last look before sealing. In: what was written, and the list of readers. Out: who will read it, what is sent, what could still give the writer
// away; then a job.
import { element, paragraph } from '../element.ts'
import { heading, onward, step } from '../frame.ts'
import type { Job } from '../job/job.ts'
import { sealAndSend, sealInto, type Sealing } from '../job/work.ts'
import { isSame, type Draft, type DraftFile } from '../tip/draft.ts'
import { freeTexts, isFilled } from '../tip/report.ts'
import type { PickedFile } from '../written.ts'
import { papersWarning } from './duty.ts'
import { describe, nameOf } from './files.ts'
import { kindsIn, marked } from './found.ts'
import type { Listed, Placed, Ready, Spoken, Underway, Ways, Writing } from './given.ts'
import { inLanguage } from './readers.ts'
import { stopped } from './sending.ts'

/** Largest text in bytes (docs/protocol.md 1.5). */
const MAX_MESSAGE = 16 * 1024 * 1024

type Checked = Spoken & Placed & Writing & Listed & Underway & Sealing & Ways

/** The screen; `directory` is a list of readers that holds today. */
export function check(page: Checked, directory: Ready): HTMLElement[] {
  const { texts, written } = page
  const chosen = directory.contents.holders.filter(({ id }) => written.readers.includes(id) && id in directory.keys).sort((one, other) => (one.id < other.id ? -1 : 1))
  const hidden = written.files.filter(({ state, keep }) => keep || typeof state === 'string' || state.kind !== 'scrubbed').length
  const found = [written.message, ...freeTexts(written.details)].flatMap((text) => kindsIn(page, text))
  const row = (label: string, ...values: (Node | string)[]): Node[] => [element('dt', {}, texts.text(label)), element('dd', {}, ...values)]
  return [
    step(page, 4),
    heading(texts.text('check-title')),
    ...stoppedBefore(page, directory),
    element('dl', {},
      ...row('check-readers', ...chosen.map((holder) => element('p', { translate: false }, inLanguage(page, holder.names, 'span') ?? holder.id))),
      ...row('check-text', texts.text('check-characters', { count: [...written.message].length }), written.message === '' ? '' : element('div', { className: 'text', dir: 'auto', translate: false, tabIndex: 0 }, ...marked(page, written.message))),
      ...(isFilled(written.details) ? row('check-details', list(detailsOf(page))) : []),
      ...row('check-files', new Intl.NumberFormat(texts.lang).format(written.files.length), written.files.length === 0 ? '' : list(filesOf(page)))),
    ...(found.length > 0 ? [element('div', { className: 'warning' }, paragraph(`${texts.text('found-count', { count: found.length })} ${texts.list([...new Set(found)])}.`), paragraph(texts.text('found-explain')))] : []),
    papersWarning(page),
    ...(hidden > 0 ? [paragraph(texts.text('check-hidden', { count: hidden }), 'warning')] : []),
    paragraph(texts.text('start-limits')),
    onward(page, texts.text(page.offline ? 'seal-button' : 'send-button'), () => {
      if (page.list.isYesterdays()) {
        // The page was left open overnight: the list is judged anew, and the writer looks at the choice of readers again.
        page.list.isNewDay = true
        void page.list.load()
        return void page.go('readers')
      }
      const reason = refuse(page, directory)
      if (reason !== undefined) return texts.text(reason)
      page.job = jobFor(page, directory)
      return void page.go('sending')
    }),
  ]
}

const list = (rows: (Node | string)[][]): HTMLElement => element('ul', {}, ...rows.map((row) => element('li', {}, ...row)))

const filesOf = (page: Spoken & Writing): string[][] => page.written.files.map((picked, n) => [`${nameOf(page, picked, n)}: ${describe(page, picked)}`, picked.keep ? ` ${page.texts.text('file-keep')}.` : ''])

/** Each detail that was filled in, behind the label of its field. */
function detailsOf(page: Spoken & Writing): (Node | string)[][] {
  const { texts, written: { details } } = page
  const say = (id: string): string => texts.text(id)
  const { place, work_visit: visit } = details
  const rows: [string, string][] = [
    ...details.categories.map((id): [string, string] => [say('categories-title'), say(`category-${id}`)]),
    [say('period-label'), details.period],
    [say('place-label'), place.text],
    [say('place-municipality'), place.municipality],
    [say('place-postcode'), place.postcode],
    ...details.offenders.flatMap((offender) => Object.entries(offender).map(([name, text]): [string, string] => [say(`offender-${name.replace('_', '-')}`), text])),
    [say('danger-title'), details.danger && say(`danger-${details.danger}`)],
    [say('minors-title'), details.minors && say(details.minors)],
    [say('visit-time'), visit.best_time],
    [say('visit-look-for'), visit.look_for],
  ]
  return rows.filter(([, text]) => text.trim()).map(([label, text]) => [element('strong', {}, label), ' ', element('bdi', { translate: false }, ...marked(page, text))])
}

/** The job for what is written now. When a stopped job has the same draft, it goes on, so that nothing is stored twice; else it is ended. */
function jobFor(page: Checked, directory: Ready): Job {
  const [draft, before] = [draftOf(page, directory), page.job]
  if (before?.draft && isSame(before.draft, draft)) {
    before.resume()
    return before
  }
  const receipt = before?.unsure() && before.receipt ? { ...before.receipt, secret: before.receipt.secret.slice() } : undefined
  const free = before?.end()
  return page.offline ? sealInto(page, draft, free) : sealAndSend(page, draft, free, receipt)
}

/** What is said of a job that was stopped: only if it has the same draft, or if its tip may be stored. */
function stoppedBefore(page: Checked, directory: Ready): HTMLElement[] {
  const { job } = page
  return job?.draft && isLookedThrough(page) && (job.unsure() || isSame(job.draft, draftOf(page, directory))) ? stopped(page, job) : []
}

/** Whether every file was looked through. The browser's forward button leads here before that, too. */
const isLookedThrough = ({ written }: Writing): boolean => written.files.every(({ state }) => typeof state !== 'string')

function refuse(page: Writing, directory: Ready): string | undefined {
  const { written } = page
  if (!isLookedThrough(page)) return 'file-checking'
  if (written.message.trim() === '' && written.files.length === 0 && !isFilled(written.details)) return 'check-empty'
  if (new TextEncoder().encode(written.message).length > MAX_MESSAGE) return 'check-too-long'
  if (!written.readers.some((id) => id in directory.keys)) return 'readers-none'
  return undefined
}

/** A copy of what is written now; later changes don't reach it. */
function draftOf({ written, texts }: Spoken & Writing, directory: Ready): Draft {
  // Sorted, so that the order of the keys doesn't tell in which order the readers were chosen.
  const readers = written.readers.filter((id) => id in directory.keys).sort()
  return {
    lang: texts.lang, message: written.message, details: structuredClone(written.details), files: written.files.map(draftFile),
    readers, recipients: readers.map((id) => directory.keys[id]!), max: directory.contents.max_bytes,
  }
}

function draftFile({ file, state, sha256, keep }: PickedFile): DraftFile {
  if (typeof state === 'string') throw new Error('not looked through')
  const { type, extension } = state.media
  const scrubbed = state.kind === 'scrubbed'
  return { extension, type, sha256, scrubbed, content: scrubbed ? state.blob : file, ...(scrubbed && keep && { original: file }) }
}
