// Everything that costs time: hashing, scrubbing, sealing, verifying. Runs in a worker. In and out: plain data that can be posted.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { DirectoryError, current, epochOn, verify, type Contents } from './directory/note.ts'
import { scrub, type Scrub } from './scrub/index.ts'
import type { Entry } from './tip/container.ts'
import type { Draft } from './tip/draft.ts'
import { author, digits, hasWords, newReceipt, parseReceipt, replyRecipient, thread, withdraw, withdrawAll, words } from './tip/receipt.ts'
import { reportBytes, type AttachmentNote } from './tip/report.ts'
import { seal, type Sealed } from './tip/seal.ts'

/** A directory to judge on the day `today`. `seen` is the last one that held; `floor` is the lowest version that the page takes. */
export interface DirectoryRequest {
  note: string
  root: string
  floor?: number
  today: string
  seen?: string
}

/** A verified directory, with the key of each holder for today. */
export interface Readers {
  contents: Contents
  keys: Record<string, string>
}

/** What attaching a file gives. */
export interface Attached {
  result: Scrub
  /** SHA-256 of the cleaned file, or of the file itself when it wasn't cleaned; hexadecimal. */
  sha256: string
}

/** What is known once sealing has begun: the bytes of the whole file, the bytes of a piece, and the receipt. */
export interface Begun {
  length: number
  piece: number
  receipt: ReceiptText
}

/** A receipt: 12 words in the language `lang`, 12 groups of digits, and the secret that both are made of. A tip that is sealed again with the same
 *  secret has the same receipt. */
export interface ReceiptText {
  words: string
  /** English where the language of the page has no list of words. */
  lang: string
  digits: string
  secret: Uint8Array
}

/** One piece of a sealed tip. `id` is the id of the tip, and set only when the piece is the whole tip. */
export interface PieceOut {
  bytes: Uint8Array
  id?: string
}

/** Bytes that are read at a time for hashing. */
const HASH_READ = 1024 * 1024
/** Largest file in bytes that is given to the browser's own SHA-256: it needs the whole file in memory. */
const HASH_WHOLE = 64 * 1024 * 1024
/** The tip whose pieces are given out now. */
let sealed: Sealed | undefined

/** The calls that the page makes, by name. */
export const calls = {
  /** Verifies a directory and picks each holder's key for today. Throws DirectoryError. */
  directory({ note, root, floor = 0, today, seen }: DirectoryRequest): Readers {
    const held = seen === undefined ? undefined : verify(seen, root)
    const directory = verify(note, root)
    // A page that was just opened has seen no directory yet, so it takes none older than the version it was made with.
    if (directory.contents.version < floor) throw new DirectoryError('rolled-back')
    const { contents } = current(directory, today, held)
    const keys = Object.fromEntries(contents.holders.flatMap((holder) => {
      const epoch = epochOn(holder, today)
      return epoch ? [[holder.id, epoch.recipient]] : []
    }))
    return { contents, keys }
  },

  /** Cleans a file of hidden details and hashes the result. Throws what reading the file throws. */
  async attach(file: Blob): Promise<Attached> {
    const result = await scrub(file)
    return { result, sha256: await hashOf(result.kind === 'scrubbed' ? result.blob : file) }
  },

  /** Begins to seal a draft; each call of `piece` then gives the next bytes. Throws TooLarge. */
  async seal(draft: Draft): Promise<Begun> {
    const secret = draft.secret ?? newReceipt()
    const { token, digest } = withdraw(secret, draft.message_number)
    const numbered = draft.files.map((file, n) => ({ ...file, name: `${String(n + 1).padStart(2, '0')}.${file.extension}` }))
    const notes = numbered.map(({ name, type, content, sha256, scrubbed }): AttachmentNote =>
      ({ name: `attachments/${name}`, media_type: type, size: content.size, sha256, scrubbed }))
    const keys = { thread: thread(secret), reply: await replyRecipient(secret), author: author(secret), withdraw_token: token }
    const report = reportBytes(draft.lang, draft.readers, draft.details, keys, notes)
    const entries: Entry[] = [
      { name: 'report.json', content: report },
      ...(draft.message ? [{ name: 'message.txt', content: new TextEncoder().encode(draft.message) }] : []),
      ...numbered.map(({ name, content }) => ({ name: `attachments/${name}`, content })),
      ...numbered.flatMap(({ name, original }) => (original ? [{ name: `originals/${name}`, content: original }] : [])),
    ]
    sealed = await seal(entries, draft.recipients, digest, draft.max)
    const lang = hasWords(draft.lang) ? draft.lang : 'en'
    return { length: sealed.length, piece: sealed.piece, receipt: { words: words(secret, lang), lang, digits: digits(secret), secret } }
  },

  /** The next piece, or undefined after the last. Throws what reading an attached file throws. */
  async piece(): Promise<PieceOut | undefined> {
    const next = await sealed?.pieces.next()
    if (!next || next.done) return undefined
    const bytes = next.value
    return bytes.length === sealed!.length ? { bytes, id: bytesToHex(sha256(bytes)) } : { bytes }
  },

  /** Reads a typed receipt and gives its withdraw tokens, one a line. Throws ReceiptError. */
  withdrawTokens(typed: string): string {
    return withdrawAll(parseReceipt(typed))
  },
}

async function hashOf(file: Blob): Promise<string> {
  // The browser's own SHA-256 is missing in insecure contexts; where JavaScript isn't compiled it is ten times as fast as ours.
  const native = crypto.subtle as SubtleCrypto | undefined
  if (native && file.size <= HASH_WHOLE) return bytesToHex(new Uint8Array(await native.digest('SHA-256', await file.arrayBuffer())))
  const hash = sha256.create()
  for (let at = 0; at < file.size; at += HASH_READ) hash.update(new Uint8Array(await file.slice(at, at + HASH_READ).arrayBuffer()))
  return bytesToHex(hash.digest())
}
