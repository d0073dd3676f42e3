// JPEG: keeps the picture's own segments, an empty JFIF header, Adobe's colour transform, the ICC profile and the orientation.
// ITU-T T.81 annex B (markers), T.871 (JFIF), T.872 6.5.3 (Adobe), ICC.1 annex B.4, CIPA DC-007 (MPF: further pictures after the end).
import { describe, exif, orientationOnly } from './details.ts'
import { profile } from './icc.ts'
import { bytes, ensure, latin, Parts, uint, type Bytes, type Found, type Source } from './source.ts'

const EXIF = 'Exif\0\0'
const ICC = 'ICC_PROFILE\0'
/** Most segments that are followed; ordinary files have some dozens. */
const SEGMENTS = 4096
/** Most bytes of tables and heads of frames, which stay. */
const TABLES = 1 << 16
/** Most bytes of settings of arithmetic coding (DAC), which stay. */
const CONDITIONING = 128

export async function jpeg(source: Source, found: Found): Promise<Parts> {
  const out = new Parts(source.file)
  const icc: Bytes[] = []
  let at = 2
  let scans = 0
  let frames = 0
  let tables = 0
  let conditioning = 0
  let jfif = false
  let adobe = false
  let oriented = false
  out.keep(0, 2)
  for (let segments = 0; ; segments++) {
    ensure(segments < SEGMENTS)
    const head = await source.read(at, 2)
    const code = head[1]!
    // Bytes between segments are skipped, as decoders do.
    if (head[0] !== 0xff || !marks(code) || code === 1) {
      if (head[0] !== 0xff || code !== 0xff) found.add('other')
      at = await nextMarker(source, head[0] === 0xff && code === 1 ? at + 2 : at)
      continue
    }
    if (code === 0xd9) {
      ensure(scans)
      out.keep(at, at + 2)
      // Further pictures, films and makers' trailers follow the end of the first picture.
      if (source.size > at + 2) found.add('other')
      await cleanProfile(icc, found)
      return out
    }
    const end = at + 2 + uint(await source.read(at + 2, 2), 0, 2)
    ensure(end >= at + 4 && end <= source.size)
    if (code === 0xda) {
      scans++
      ensure(frames && end - at === 8 + 2 * (await source.read(at + 4, 1))[0]!)
      const next = await nextMarker(source, end)
      out.keep(at, next)
      at = next
      continue
    }
    const picture = (code >= 0xc0 && code <= 0xcf && code !== 0xc8) || (code >= 0xdb && code <= 0xdd)
    ensure(picture || code >= 0xe0 && code <= 0xef || code === 0xfe)
    if (picture) {
      const body = await source.read(at + 4, end - at - 4)
      // A second frame would be a second picture.
      if (code >= 0xc0 && code !== 0xc4 && code < 0xcc || code > 0xcc && code < 0xd0) ensure(!frames++)
      tables += end - at
      if (code === 0xcc) conditioning += body.length
      ensure(tables <= TABLES && conditioning <= CONDITIONING && exact(code, body))
      out.keep(at, end)
    } else {
      const length = end - at - 4
      const name = await source.read(at + 4, Math.min(length, 14))
      const starts = (start: string): boolean => latin(name, 0, start.length) === start
      if (code === 0xe0 && starts('JFIF\0') && length >= 14 && !jfif) {
        jfif = true
        out.put(bytes('\xff\xe0\0\x10'), name.slice(0, 12), new Uint8Array(2))
        if (length > 14) found.add('thumbnail')
      } else if (code === 0xee && starts('Adobe') && length >= 12 && !adobe) {
        adobe = true
        if (length > 12) found.add('other')
        out.put(bytes('\xff\xee\0\x0e'), name.slice(0, 12))
      } else if (code === 0xe2 && starts(ICC)) {
        const chunk = (await source.read(at, end - at)).slice()
        icc.push(chunk)
        out.put(chunk)
      } else if (code === 0xe0 && starts('JFXX')) found.add('thumbnail')
      else {
        const body = await source.glance(at + 4, end)
        if (code !== 0xe1 || !starts(EXIF)) describe(body, found)
        else {
          const orientation = exif(body.subarray(6), found)
          if (orientation !== 1 && !oriented) {
            oriented = true
            out.put(bytes(`\xff\xe1\0\x22${EXIF}`), orientationOnly(orientation))
          }
        }
      }
    }
    at = end
  }
}

/** A 0xFF that begins a marker: no stuffed byte, no restart, no fill follows it. */
const marks = (code: number): boolean => code !== 0 && (code < 0xd0 || code > 0xd7) && code !== 0xff

/** Whether a table or the head of a frame is as long as its content says. Decoders refuse another length, and it would have room for anything. */
function exact(code: number, body: Bytes): boolean {
  let end = 0
  if (code === 0xdb) while (end < body.length) end += body[end]! > 15 ? 129 : 65
  else if (code === 0xc4) while (end + 17 <= body.length) end += body.subarray(end + 1, end + 17).reduce((sum, count) => sum + count, 17)
  else if (code === 0xcc) end = body.length & ~1
  else end = code > 0xcf ? 2 : 6 + 3 * body[5]!
  return end === body.length
}

/** Where the next marker begins after the data of a scan. The search for 0xFF is the browser's own, so it is quick without JIT. */
async function nextMarker(source: Source, at: number): Promise<number> {
  for (;;) {
    const chunk = await source.read(at, Math.min(source.size - at, 1 << 20))
    ensure(chunk.length > 1)
    let i = chunk.indexOf(0xff)
    while (i >= 0 && i + 1 < chunk.length) {
      const next = chunk[i + 1]!
      if (marks(next)) return at + i
      i = chunk.indexOf(0xff, i + (next === 0xff ? 1 : 2))
    }
    at += i < 0 ? chunk.length : i
  }
}

/** Cleans a profile in its segments, over which it may be spread in any order. */
async function cleanProfile(segments: Bytes[], found: Found): Promise<void> {
  ensure(segments.length < 256 && segments.every((segment) => segment.length >= 18))
  const parts = segments.sort((a, b) => a[16]! - b[16]!).map((segment) => segment.subarray(18))
  const fresh = parts.length ? profile(new Uint8Array(await new Blob(parts).arrayBuffer()), found) : new Uint8Array(0)
  let at = 0
  for (const part of parts) {
    part.set(fresh.subarray(at, at + part.length))
    at += part.length
  }
}
