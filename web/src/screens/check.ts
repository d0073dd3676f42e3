// The last look before sealing: who reads, what goes, what could still give the writer away.
import type { App, PickedFile } from '../app.ts'
import { element, paragraph } from '../element.ts'
import type { Draft, DraftFile } from '../engine.ts'
import { heading, onward, step } from '../frame.ts'
import { freeTexts, isFilled } from '../tip/report.ts'
import { papersWarning } from './duty.ts'
import { describe, nameOf } from './files.ts'
import { kindsIn, marked } from './found.ts'
import { isSame, sealInto, sealAndSend, type Job } from './job.ts'
import { inLanguage } from './readers.ts'
import { stopped } from './sending.ts'

/** Largest text in bytes (docs/protocol.md 1.5). */
const MAX_MESSAGE = 16 * 1024 * 1024

export function check(app: App): HTMLElement[] {
  const { texts, written, directory } = app
  if (directory.state !== 'ready') return app.screens['readers']!(app)
  const chosen = directory.contents.holders.filter(({ id }) => written.readers.includes(id) && id in directory.keys).sort((one, other) => (one.id < other.id ? -1 : 1))
  const hidden = written.files.filter(({ state, keep }) => keep || typeof state === 'string' || state.kind !== 'scrubbed').length
  const found = [written.message, ...freeTexts(written.details)].flatMap((text) => kindsIn(app, text))
  const row = (label: string, ...values: (Node | string)[]): Node[] => [element('dt', {}, texts.text(label)), element('dd', {}, ...values)]
  return [
    step(app, 4),
    heading(texts.text('check-title')),
    ...stoppedBefore(app),
    element('dl', {},
      ...row('check-readers', ...chosen.map((holder) => element('p', { translate: false }, inLanguage(app, holder.names, 'span') ?? holder.id))),
      ...row('check-text', texts.text('check-characters', { count: [...written.message].length }), written.message === '' ? '' : element('div', { className: 'text', dir: 'auto', translate: false, tabIndex: 0 }, ...marked(app, written.message))),
      ...(isFilled(written.details) ? row('check-details', list(detailsOf(app))) : []),
      ...row('check-files', new Intl.NumberFormat(texts.lang).format(written.files.length), written.files.length === 0 ? '' : list(filesOf(app)))),
    ...(found.length > 0 ? [element('div', { className: 'warning' }, paragraph(`${texts.text('found-count', { count: found.length })} ${texts.list([...new Set(found)])}.`), paragraph(texts.text('found-explain')))] : []),
    papersWarning(app),
    ...(hidden > 0 ? [paragraph(texts.text('check-hidden', { count: hidden }), 'warning')] : []),
    paragraph(texts.text('start-limits')),
    onward(app, texts.text(app.offline ? 'seal-button' : 'send-button'), () => {
      if (app.isYesterdays()) {
        // A page left open overnight: the list is judged anew, and the choice looked at once more.
        app.newDay = true
        void app.load()
        return void app.go('readers')
      }
      const reason = refuse(app)
      if (reason !== undefined) return texts.text(reason)
      app.job = jobFor(app)
      return void app.go('sending')
    }),
  ]
}

const list = (rows: (Node | string)[][]): HTMLElement => element('ul', {}, ...rows.map((row) => element('li', {}, ...row)))

const filesOf = (app: App): string[][] => app.written.files.map((picked, n) => [`${nameOf(app, picked, n)}: ${describe(app, picked)}`, picked.keep ? ` ${app.texts.text('file-keep')}.` : ''])

/** What was filled in, each with the words of its field. */
function detailsOf(app: App): (Node | string)[][] {
  const { texts, written: { details } } = app
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
  return rows.filter(([, text]) => text.trim()).map(([label, text]) => [element('strong', {}, label), ' ', element('bdi', { translate: false }, ...marked(app, text))])
}

/** The job that was stopped goes on, so that nothing is stored twice; another draft gets another. */
function jobFor(app: App): Job {
  const [draft, before] = [draftOf(app), app.job]
  if (before?.draft && isSame(before.draft, draft)) {
    before.resume()
    return before
  }
  const receipt = before?.unsure() && before.receipt ? { ...before.receipt, secret: before.receipt.secret.slice() } : undefined
  const free = before?.end()
  return app.offline ? sealInto(app, draft, free) : sealAndSend(app, draft, free, receipt)
}

/** Told while it is about this draft, or about a tip that may be stored. */
function stoppedBefore(app: App): HTMLElement[] {
  const { job } = app
  return job?.draft && isLookedThrough(app) && (job.unsure() || isSame(job.draft, draftOf(app))) ? stopped(app, job) : []
}

// The browser's forward button leads here too, while a file is still being looked through.
const isLookedThrough = ({ written }: App): boolean => written.files.every(({ state }) => typeof state !== 'string')

function refuse(app: App): string | undefined {
  const { written, directory } = app
  if (!isLookedThrough(app)) return 'file-checking'
  if (written.message.trim() === '' && written.files.length === 0 && !isFilled(written.details)) return 'check-empty'
  if (new TextEncoder().encode(written.message).length > MAX_MESSAGE) return 'check-too-long'
  if (directory.state !== 'ready' || !written.readers.some((id) => id in directory.keys)) return 'readers-none'
  return undefined
}

/** A copy: what the writer changes later is another draft. */
function draftOf(app: App): Draft {
  const { written, directory, texts } = app
  if (directory.state !== 'ready') throw new Error('no directory')
  // One order everywhere, whoever was chosen first.
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
