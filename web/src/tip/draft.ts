// A draft: a copy of what was written, and the readers it is for. Out: whether two drafts are the same tip.
import type { Details } from './report.ts'

/** A file of a draft. `sha256` is that of `content`, hexadecimal; `original` is set only if the writer chose to attach it too. */
export interface DraftFile {
  extension: string
  type: string
  content: Blob
  sha256: string
  scrubbed: boolean
  original?: Blob
}

/** A tip before it is sealed. */
export interface Draft {
  lang: string
  message: string
  details: Details
  files: DraftFile[]
  /** Ids of the holders it is for, and in the same order their keys for today. */
  readers: string[]
  recipients: string[]
  /** The directory's largest plaintext in bytes. */
  max: number
  /** The secret of an earlier receipt, when this tip gets the same one, and the number of its message in that thread. */
  secret?: Uint8Array
  message_number?: number
}

/** Whether two drafts are the same tip. Their languages may differ: the language only says in which words the receipt is given. */
export function isSame(one: Draft, other: Draft): boolean {
  const content = ({ message, details, files, readers, recipients }: Draft): unknown[] => [message, details, files, readers, recipients]
  return alike(content(one), content(other))
}

// Two files count as the same when they are the same object; their bytes aren't compared.
function alike(one: unknown, other: unknown): boolean {
  if (one === other || typeof one !== 'object' || typeof other !== 'object' || !one || !other || one instanceof Blob) return one === other
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))]
  return left.length === right.size && left.every(([name, value]) => right.has(name) && alike(value, right.get(name)))
}
