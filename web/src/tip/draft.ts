// What is sealed: a copy of what was written, for certain readers. In: texts and files. Out: the same, and whether two of them are one tip.
import type { Details } from './report.ts'

/** A file of a draft; `original` only where the writer chose to keep it. */
export interface DraftFile {
  extension: string
  type: string
  content: Blob
  sha256: string
  scrubbed: boolean
  original?: Blob
}

/** What a writer wants to send. */
export interface Draft {
  lang: string
  message: string
  details: Details
  files: DraftFile[]
  /** Holder ids, and their keys for today. */
  readers: string[]
  recipients: string[]
  /** The directory's largest plaintext in bytes. */
  max: number
  /** An earlier receipt, when the tip is sealed once more, and which message of its thread it is by then. */
  secret?: Uint8Array
  message_number?: number
}

/** Whether two drafts are the same tip. Their language says only in what words the receipt is. */
export function isSame(one: Draft, other: Draft): boolean {
  const content = ({ message, details, files, readers, recipients }: Draft): unknown[] => [message, details, files, readers, recipients]
  return alike(content(one), content(other))
}

// Files are the same when they are the same object: their bytes are looked at once, when they are attached.
function alike(one: unknown, other: unknown): boolean {
  if (one === other || typeof one !== 'object' || typeof other !== 'object' || !one || !other || one instanceof Blob) return one === other
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))]
  return left.length === right.size && left.every(([name, value]) => right.has(name) && alike(value, right.get(name)))
}
