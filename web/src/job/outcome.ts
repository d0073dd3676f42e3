// What came of a tip: shown until the writer has finished with its receipt.
import type { ReceiptText } from '../engine.ts'
import type { Stored } from '../upload/upload.ts'

/** Either `stored` is set, when the relay has the tip, or `file`, when the tip was sealed into a file that is still to be carried and sent. */
export interface Outcome {
  /** Undefined for a file that was sealed elsewhere: whoever sealed it has its receipt. */
  receipt?: ReceiptText
  stored?: Stored
  file?: Blob
  /** A blob address that `file` can be saved from; revoked when the tip is wiped. */
  address?: string
  /** Whether the writer has pressed to save `file`. */
  saved?: boolean
}
