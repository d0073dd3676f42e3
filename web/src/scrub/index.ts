// Removes hidden details from a file without touching what is seen and heard. In: a file. Out: a cleaned one, or the word that it can't be.
// What is cleaned, and what isn't, is told in docs/scrubbing.md. Only structure is read; the result is made of slices.
import { isobmff } from './isobmff.ts'
import { jpeg } from './jpeg.ts'
import { isText, mediaOf, type Media } from './media.ts'
import { png } from './png.ts'
import { ensure, Parts, Source, Stop, type Removed } from './source.ts'
import { webp } from './webp.ts'

export type { Media, Removed }

export type Scrub =
  /** `removed`: the sorts of details that were found; empty when there were none. */
  | { kind: 'scrubbed', media: Media, blob: Blob, removed: Removed[] }
  /** This may contain hidden details, which can't be removed here. */
  | { kind: 'hidden', media: Media }
  /** It says what it is, but can't be followed; it may contain hidden details. */
  | { kind: 'damaged', media: Media }

type Cleaner = (source: Source, found: Set<Removed>) => Promise<Parts>

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
  const found = new Set<Removed>()
  try {
    const parts = await clean(source, found)
    return { kind: 'scrubbed', media, blob: parts.blob(media.type), removed: [...found] }
  } catch (error) {
    if (error instanceof Stop) return { kind: error.kind, media }
    throw error
  }
}

/** Plain text has nothing hidden, when it is text to its end. */
async function text(source: Source): Promise<Parts> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const STEP = 1 << 20
  for (let at = 0; at < source.size; at += STEP) {
    ensure(isText(await source.read(at, Math.min(STEP, source.size - at)), decoder), 'hidden')
  }
  const parts = new Parts(source.file)
  parts.keep(0, source.size)
  return parts
}
