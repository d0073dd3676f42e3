// The last look before sealing: who reads, what goes, what could still give the writer away.
import type { App, PickedFile } from '../app.ts'
import { element, paragraph } from '../element.ts'
import type { Draft, DraftFile } from '../engine.ts'
import { heading, onward, step } from '../frame.ts'
import { findIdentifiers } from '../identifiers/index.ts'
import { isSame, sealInto, sealAndSend, type Job } from './job.ts'
import { inLanguage } from './readers.ts'
import { stopped } from './sending.ts'

/** Largest text in bytes (docs/protocol.md 1.5). */
const MAX_MESSAGE = 16 * 1024 * 1024

export function check(app: App): HTMLElement[] {
  const { texts, written, directory } = app
  if (directory.state !== 'ready') return app.screens['readers']!(app)
  const chosen = directory.contents.holders.filter(({ id }) => written.readers.includes(id))
  const hidden = written.files.filter(({ state, keep }) => keep || typeof state === 'string' || state.kind !== 'scrubbed').length
  const found = findIdentifiers(written.message).length
  const row = (label: string, ...values: (Node | string)[]): Node[] => [element('dt', {}, texts.text(label)), element('dd', {}, ...values)]
  return [
    step(app, 4),
    heading(texts.text('check-title')),
    ...stoppedBefore(app),
    element('dl', {},
      ...row('check-readers', ...chosen.map((holder) => element('p', {}, inLanguage(app, holder.names, 'span') ?? holder.id))),
      ...row('check-text', texts.text('check-characters', { count: [...written.message].length })),
      ...row('check-files', new Intl.NumberFormat(texts.lang).format(written.files.length))),
    ...(found > 0 ? [element('div', { className: 'warning' }, paragraph(texts.text('found-count', { count: found }).replace(/:\s*$/, '.')), paragraph(texts.text('found-explain')))] : []),
    ...(hidden > 0 ? [paragraph(texts.text('check-hidden', { count: hidden }), 'warning')] : []),
    onward(app, texts.text(app.offline ? 'seal-button' : 'send-button'), () => {
      if (app.isYesterdays()) {
        // A page left open overnight: the list is judged anew, and the choice looked at once more.
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

/** The job that was stopped goes on, so that nothing is stored twice; another draft gets another. */
function jobFor(app: App): Job {
  const [draft, before] = [draftOf(app), app.job]
  if (before?.draft && isSame(before.draft, draft)) {
    before.resume()
    return before
  }
  const receipt = before?.unsure() && before.receipt ? { ...before.receipt, secret: before.receipt.secret.slice() } : undefined
  before?.end()
  return app.offline ? sealInto(app, draft) : sealAndSend(app, draft, receipt)
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
  if (written.message.trim() === '' && written.files.length === 0) return 'check-empty'
  if (new TextEncoder().encode(written.message).length > MAX_MESSAGE) return 'check-too-long'
  if (directory.state !== 'ready' || !written.readers.some((id) => id in directory.keys)) return 'readers-none'
  return undefined
}

/** A copy: what the writer changes later is another draft. */
function draftOf(app: App): Draft {
  const { written, directory, texts } = app
  if (directory.state !== 'ready') throw new Error('no directory')
  const readers = written.readers.filter((id) => id in directory.keys)
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
