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

/** A directory to judge; `seen` is one that held before, `floor` the version that the page was made with. */
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

/** A file to attach, as it travels. */
export interface Attached {
  result: Scrub
  /** SHA-256 of what is attached, hexadecimal. */
  sha256: string
}

/** What is known once sealing has begun. */
export interface Begun {
  length: number
  piece: number
  receipt: ReceiptText
}

/** The receipt in its forms. `secret` lets the same tip be sealed once more. */
export interface ReceiptText {
  words: string
  /** Language of the words. */
  lang: string
  digits: string
  secret: Uint8Array
}

/** One piece; `id` is the tip's when the piece is the whole tip. */
export interface PieceOut {
  bytes: Uint8Array
  id?: string
}

const HASH_READ = 1024 * 1024
/** Largest file in bytes that is hashed by the browser itself, which takes a whole file only. */
const HASH_WHOLE = 64 * 1024 * 1024
let sealed: Sealed | undefined

/** The calls a page makes, by name. */
export const calls = {
  /** Throws DirectoryError. */
  directory({ note, root, floor = 0, today, seen }: DirectoryRequest): Readers {
    const held = seen === undefined ? undefined : verify(seen, root)
    const directory = verify(note, root)
    // Whoever opens the page for the first time has seen none: the page itself knows how new a list has to be.
    if (directory.contents.version < floor) throw new DirectoryError('rolled-back')
    const { contents } = current(directory, today, held)
    const keys = Object.fromEntries(contents.holders.flatMap((holder) => {
      const epoch = epochOn(holder, today)
      return epoch ? [[holder.id, epoch.recipient]] : []
    }))
    return { contents, keys }
  },

  /** Takes hidden details out of a file and hashes what is left. Throws what reading the file throws. */
  async attach(file: Blob): Promise<Attached> {
    const result = await scrub(file)
    return { result, sha256: await hashOf(result.kind === 'scrubbed' ? result.blob : file) }
  },

  /** Begins to seal a draft; `piece` gives the bytes. Throws TooLarge. */
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

  /** The next piece, or nothing after the last. Throws what reading a file throws. */
  async piece(): Promise<PieceOut | undefined> {
    const next = await sealed?.pieces.next()
    if (!next || next.done) return undefined
    const bytes = next.value
    return bytes.length === sealed!.length ? { bytes, id: bytesToHex(sha256(bytes)) } : { bytes }
  },

  /** Every withdraw token of a receipt that a person typed, one a line. Throws ReceiptError. */
  withdrawTokens(typed: string): string {
    return withdrawAll(parseReceipt(typed))
  },
}

async function hashOf(file: Blob): Promise<string> {
  // Not in every context, but ten times faster where JavaScript is not compiled.
  const native = crypto.subtle as SubtleCrypto | undefined
  if (native && file.size <= HASH_WHOLE) return bytesToHex(new Uint8Array(await native.digest('SHA-256', await file.arrayBuffer())))
  const hash = sha256.create()
  for (let at = 0; at < file.size; at += HASH_READ) hash.update(new Uint8Array(await file.slice(at, at + HASH_READ).arrayBuffer()))
  return bytesToHex(hash.digest())
}
