// The three kinds of work that a job does: it seals a draft and sends it piece by piece, sends a file that is sealed already, or seals a draft into a
// file. In: a draft or a sealed file. Out: the receipt, and what the relay said.
import type { Begun, ReceiptText } from '../engine.ts'
import type { Draft } from '../tip/draft.ts'
import { laterMessage } from '../tip/receipt.ts'
import { pieceOf } from '../tip/seal.ts'
import { sender } from '../upload/send.ts'
import { Lost, Refused, Upload, type Source, type Stored } from '../upload/upload.ts'
import { startWorker, type Engine } from '../worker.ts'
import { Job } from './job.ts'
import type { Outcome } from './outcome.ts'

/** After the relay has lost an upload this often in a row, no other is begun. */
const LOST = 5
/** Refusals that may pass with time: the same sealed bytes are kept for the next try. */
const PASSING = ['full', 'closed', 'unsure']

/** What these jobs need of the page. */
export interface Sealing {
  readonly engine: Engine
  /** The text of the page's own script, for workers that send. */
  readonly script: string
  /** Called once with what came of the tip; never after the job was ended. */
  finish(outcome: Outcome): void
}

/** Seals a draft and sends it. Begins when `free` resolves, because the worker seals one tip at a time. `before` is the receipt of an earlier tip of
 *  the same writer that may be stored. This tip gets the same receipt, so that one receipt takes back both, and another message number, so that
 *  nobody sees that the two belong together. */
export function sealAndSend(page: Sealing, draft: Draft, free?: Promise<void>, before?: ReceiptText): Job {
  let [begun, upload]: [Begun | undefined, Upload | undefined] = [undefined, undefined]
  let id: string | undefined
  const next = async (): Promise<Uint8Array | undefined> => {
    const piece = await page.engine.call('piece')
    id = piece?.id ?? id
    return piece?.bytes
  }
  if (before) draft.secret = before.secret
  const job = new Job(async (job) => {
    await free
    for (let lost = 0; ; lost++) {
      // After a failure the same sealed bytes are sent on: sealed anew they would be another tip, and both might be stored.
      if (!begun || !upload) {
        if (job.unsure()) draft.message_number = laterMessage()
        begun = await page.engine.call('seal', draft)
        draft.secret = begun.receipt.secret
        job.receipt = begun.receipt
        upload = uploadOf(page, job, { length: begun.length, next })
      }
      try {
        const stored = await upload.run()
        if (id !== undefined && id !== stored.id) {
          // The answer names another tip. This one may be stored all the same.
          upload.unsure = true
          throw new Refused('unsure')
        }
        return finish(page, job, { receipt: begun.receipt, stored })
      } catch (error) {
        // When the relay has lost the unfinished upload, the same draft is sealed again with the same receipt.
        if (error instanceof Lost || !isPassing(error, job)) upload = undefined
        if (!(error instanceof Lost)) throw error
        await again(job, lost)
      }
    }
  }, draft)
  if (before) {
    job.receipt = before
    job.unsure = () => true
  }
  return job
}

/** Sends a file that is sealed already. */
export function sendFile(page: Sealing, file: Blob): Job {
  const upload = (job: Job): Upload => {
    const { size: length } = file
    // A file that was deleted meanwhile has size 0.
    if (!length) throw new DOMException()
    const size = pieceOf(length)
    let at = 0
    return uploadOf(page, job, {
      length,
      next: () => Promise.resolve(at < length ? file.slice(at, (at += size)) : undefined),
    })
  }
  return new Job(async (job) => {
    for (let lost = 0; ; lost++) {
      try {
        const stored: Stored = await upload(job).run()
        return finish(page, job, { stored })
      } catch (error) {
        if (!(error instanceof Lost)) throw error
        await again(job, lost)
      }
    }
  })
}

/** Seals a draft into a file, in a page without a relay. */
export function sealInto(page: Sealing, draft: Draft, free?: Promise<void>): Job {
  return new Job(async (job) => {
    await free
    const { length, receipt } = await page.engine.call('seal', draft)
    // A growing Blob may be kept on the disk by the browser, sealed as it is; it goes with the page.
    let file = new Blob()
    for (let piece; (piece = await page.engine.call('piece')); ) {
      job.signal.throwIfAborted()
      file = new Blob([file, piece.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' })
      job.at(file.size / length)
    }
    finish(page, job, { receipt, file })
  }, draft)
}

function uploadOf(page: Sealing, job: Job, source: Source): Upload {
  const upload = new Upload(
    source,
    sender(() => job.signal, () => startWorker(page.script)),
    { progress: (bytes) => job.at(bytes / source.length), wait: (tries, told) => job.wait(tries, told) },
  )
  // When an earlier upload of this tip may be stored, a new one doesn't take that doubt away.
  const before = job.unsure
  job.unsure = () => upload.unsure || before()
  return upload
}

function finish(page: Sealing, job: Job, outcome: Outcome): void {
  if (job.ended) return
  // The outcome has the receipt now: ending the job would empty it.
  job.receipt = undefined
  page.finish(outcome)
}

/** Pauses before a lost upload is begun anew. Throws Refused when it was lost LOST times in a row. */
async function again(job: Job, lost: number): Promise<void> {
  if (lost === LOST) throw new Refused('closed')
  await job.wait(lost, false)
}

/** Whether the sealed bytes are kept: after a stop by the writer, and after a refusal that may pass. */
const isPassing = (error: unknown, job: Job): boolean => job.signal.aborted || (error instanceof Refused && PASSING.includes(error.reason))
