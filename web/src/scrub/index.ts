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
  /** `removed`: the sorts of details that were found; empty when there were none. `unseen`: something that isn't shown or heard may be left. */
  | { kind: 'scrubbed', media: Media, blob: Blob, removed: Removed[], unseen: boolean }
  /** This may contain hidden details, which can't be removed here. */
  | { kind: 'hidden', media: Media }
  /** It says what it is, but can't be followed; it may contain hidden details. */
  | { kind: 'damaged', media: Media }

type Cleaner = (source: Source, found: Found) => Promise<Parts>

const CLEANERS = new Map<string, Cleaner>([
  ['jpg', jpeg], ['png', png], ['webp', webp], ['txt', text],
  ['heic', isobmff], ['avif', isobmff], ['mp4', isobmff], ['mov', isobmff], ['m4a', isobmff], ['3gp', isobmff],
])

/** Throws only when the file can't be read. */
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

// Mails, web archives, cards and calendars look like text, and so does markup inside of it. What is packed into letters can't be read by its writer.
const PACKED = [
  /^\s*(From(:.*| \S+)@|(Received|X-[\w-]+|ARC-[\w-]+):|(From|To|Cc|Bcc|Date|Subject|Reply-To|Sender):.*\r?\n([\w-]+:|[ \t]))/i,
  /^((MIME-Version|Message-ID|Return-Path|Delivered-To|Content-Type|Content-Transfer-Encoding|DKIM-Signature|BEGIN):|begin [0-7]{3} )/im,
  /;base64,|%PDF-|\{\\rtf|<(!--|!doctype|\?xml|html|svg)/i,
]
/** Letters of all sorts without a space: no word is as long. */
const packed = (text: string): boolean => text.match(/[\w+/-]{60}/g)?.some((run) => /[a-z]/.test(run) && /[A-Z]/.test(run)) ?? false
/** A longer text isn't looked through, in bytes. */
const TEXT = 1 << 23
/** Characters without a look of their own, but for those that emoji are joined from. */
const UNSEEN = /[\p{DI}\x80-\x9f](?<!(?<=[\p{ExtPict}\p{EMod}]\ufe0f?)[\u200d\ufe0f])/u

/** Plain text has nothing hidden but such characters, when it is text to its end and nothing is packed into it. */
async function text(source: Source, found: Found): Promise<Parts> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const STEP = 1 << 20
  // More than anybody has read, and slow to look through without JIT.
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
