// Removes hidden details from a file without touching what is seen and heard. In: a file. Out: a cleaned one, or the word that it can't be.
// What is cleaned, and what isn't, is told in docs/scrubbing.md. Only structure is read; the result is made of slices.
import { isobmff } from './isobmff.ts'
import { jpeg } from './jpeg.ts'
import { mediaOf, textOf, type Media } from './media.ts'
import { png } from './png.ts'
import { ensure, Parts, Source, Stop, type Found, type Removed } from './source.ts'
import { webp } from './webp.ts'

export type { Media, Removed }

export type Scrub =
  /** Cleaned. `removed` has the sorts of details that were found and taken out; `unseen` says that something that nobody sees or hears may be left. */
  | { kind: 'scrubbed', media: Media, blob: Blob, removed: Removed[], unseen: boolean }
  /** Not cleaned: the page can't take details out of this kind of file, or of what is in it. */
  | { kind: 'hidden', media: Media }
  /** Not cleaned: the file is of a kind that the page knows, but doesn't keep to its rules. */
  | { kind: 'damaged', media: Media }

type Cleaner = (source: Source, found: Found) => Promise<Parts>

const CLEANERS = new Map<string, Cleaner>([
  ['jpg', jpeg], ['png', png], ['webp', webp], ['txt', text],
  ['heic', isobmff], ['avif', isobmff], ['mp4', isobmff], ['mov', isobmff], ['m4a', isobmff], ['3gp', isobmff],
])

/** Cleans a file. Throws only what reading the file throws. */
export async function scrub(file: Blob): Promise<Scrub> {
  const source = new Source(file)
  const media = mediaOf(await source.read(0, Math.min(file.size, 4096)))
  const clean = CLEANERS.get(media.extension)
  if (!clean) return { kind: 'hidden', media }
  const found: Found = new Set()
  try {
    const parts = await clean(source, found)
    const unseen = found.delete('unseen')
    return { kind: 'scrubbed', media, blob: parts.blob(media.type), removed: [...found] as Removed[], unseen }
  } catch (error) {
    if (error instanceof Stop) return { kind: error.kind, media }
    throw error
  }
}

// Signs of what looks like text but isn't: mails, web archives, cards, calendars, markup. Nor is text in which other data is encoded as letters: a writer
// can't see what is in it.
const PACKED = [
  /^\s*(From(:.*| \S+)@|(Received|X-[\w-]+|ARC-[\w-]+):|(From|To|Cc|Bcc|Date|Subject|Reply-To|Sender):.*\r?\n([\w-]+:|[ \t]))/i,
  /^((MIME-Version|Message-ID|Return-Path|Delivered-To|Content-Type|Content-Transfer-Encoding|DKIM-Signature|BEGIN):|begin [0-7]{3} )/im,
  /;base64,|%PDF-|\{\\rtf|<(!--|!doctype|\?xml|html|svg)/i,
]
/** Whether there is a run of 60 capitals, small letters and digits without a space. No word is as long. */
const packed = (text: string): boolean => text.match(/[\w+/-]{60}/g)?.some((run) => /[a-z]/.test(run) && /[A-Z]/.test(run)) ?? false
/** A longer text isn't cleaned, in bytes. */
const TEXT = 1 << 23
/** Characters that can't be seen, without those that join or colour emoji. */
const UNSEEN = /[\p{DI}\x80-\x9f](?<!(?<=[\p{ExtPict}\p{EMod}]\ufe0f?)[\u200d\ufe0f])/u

/** Looks through plain text. If it is text to its end with nothing encoded in it, only characters that can't be seen could hide anything. */
async function text(source: Source, found: Found): Promise<Parts> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const STEP = 1 << 20
  // Nobody has read so long a text, and looking through it is slow without JIT.
  ensure(source.size <= TEXT, 'hidden')
  for (let at = 0; at < source.size; at += STEP) {
    const block = textOf(await source.read(at, Math.min(STEP, source.size - at)), decoder)
    ensure(block !== undefined && !packed(block) && !PACKED.some((sign, i) => (!at || i) && sign.test(block)), 'hidden')
    if (UNSEEN.test(block)) found.add('unseen')
  }
  const parts = new Parts(source.file)
  parts.keep(0, source.size)
  return parts
}
