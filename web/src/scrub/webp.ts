// WebP: keeps the chunks that make the picture, the ICC profile and the orientation.
// RFC 9649, section 2: RIFF, the extended format (VP8X) and frames (ANMF), which have chunks of their own.
import { describe, exif, orientationOnly } from './details.ts'
import { profile } from './icc.ts'
import { bytes, ensure, latin, number, Parts, uint, type Found, type Source } from './source.ts'

const KEPT = /^(VP8 |VP8L|VP8X|ALPH|ANIM|ANMF|ICCP)$/
const IN_FRAME = /^(VP8 |VP8L|ALPH)$/
const FRAME_HEAD = 16
/** Bytes of an ANIM chunk: background and repetitions. */
const ANIMATION = 6
const EXIF_FLAG = 8
/** Flags that stay: profile, transparency, animation. The other bits say that there is Exif or XMP, or mean nothing. */
const KEPT_FLAGS = 0x32

type Chunk = { type: string, at: number, body: number, end: number, next: number }

export async function webp(source: Source, found: Found): Promise<Parts> {
  const end = 8 + uint(await source.read(4, 4), 0, 4, true)
  ensure(end <= source.size && end >= 20)
  if (end < source.size) found.add('other')
  const chunks = await list(source, 12, end)
  let orientation = 1
  const seen = new Set<string>()
  for (const { type, body, end } of chunks) {
    if (KEPT.test(type)) continue
    const block = await source.glance(body, end)
    // Some programs write the prefix “Exif” here, too, which belongs to JPEG alone.
    if (type === 'EXIF') orientation = exif(latin(block, 0, 4) === 'Exif' ? block.subarray(6) : block, found)
    else describe(block, found)
  }
  const out = new Parts(source.file)
  const head = bytes('RIFF    WEBP')
  out.put(head)
  let extended = false
  for (const { type, at, body, end, next } of chunks) {
    if (!KEPT.test(type)) continue
    // Except for frames, each chunk stands once. A second picture isn't shown.
    if (seen.has(type) && type !== 'ANMF') {
      found.add('other')
      continue
    }
    seen.add(type)
    if (type === 'ANIM') {
      // ANIM is read only when there are frames.
      const animated = chunks.some((other) => other.type === 'ANMF') && end - body >= ANIMATION
      if (!animated || end - body > ANIMATION) found.add('other')
      if (animated) out.put(bytes('ANIM'), number(ANIMATION, 4, true), (await source.read(body, ANIMATION)).slice())
      continue
    }
    await transparent(source, type, body, end, found)
    if (type === 'VP8X') {
      ensure(end - body >= 10)
      extended = true
      const canvas = (await source.read(body, 10)).slice()
      canvas[0] = (canvas[0]! & KEPT_FLAGS) | (orientation === 1 ? 0 : EXIF_FLAG)
      canvas.fill(0, 1, 4)
      out.put(bytes('VP8X'), number(10, 4, true), canvas)
    } else if (type === 'ICCP') {
      out.keep(at, body)
      out.put(profile((await source.read(body, end - body)).slice(), found), new Uint8Array(next - end))
    } else if (type === 'ANMF') {
      ensure(end - body > FRAME_HEAD)
      // Anything else in a frame would have to be cut out of its middle. No program is known to write it, so such a file isn't cleaned.
      const parts = await list(source, body + FRAME_HEAD, end)
      ensure(parts.length < 3 && parts.every((part) => IN_FRAME.test(part.type)), 'hidden')
      for (const part of parts) await transparent(source, part.type, part.body, part.end, found)
      out.keep(at, next)
    } else out.keep(at, next)
  }
  if (seen.has('ANMF') && (seen.has('VP8 ') || seen.has('VP8L'))) found.add('unseen')
  // Only the extended format has a place for Exif.
  if (orientation !== 1 && extended) out.put(bytes('EXIF'), number(26, 4, true), orientationOnly(orientation))
  head.set(number(out.length - 8, 4, true), 4)
  return out
}

/** Notes that something unseen may be left: under full transparency there may be a picture. */
async function transparent(source: Source, type: string, body: number, end: number, found: Found): Promise<void> {
  if (type === 'ALPH' || type === 'VP8L' && (await source.read(body, Math.min(end - body, 5)))[4]! & 16) found.add('unseen')
}

async function list(source: Source, from: number, to: number): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for (let at = from; at < to;) {
    const head = await source.read(at, 8)
    const body = at + 8
    const end = body + uint(head, 4, 4, true)
    const next = end + (end - at) % 2
    ensure(next <= to && chunks.length < 1 << 16)
    chunks.push({ type: latin(head, 0, 4), at, body, end, next })
    at = next
  }
  ensure(chunks.some(({ type }) => /^(VP8|ANMF|ALPH)/.test(type)))
  return chunks
}
