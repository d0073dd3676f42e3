// JPEG: keeps the picture's own segments, an empty JFIF header, Adobe's colour transform, the ICC profile and the orientation.
// ITU-T T.81 annex B (markers), T.871 (JFIF), T.872 6.5.3 (Adobe), ICC.1 annex B.4, CIPA DC-007 (MPF: further pictures after the end).
import { describe, exif, orientationOnly } from './details.ts'
import { profile } from './icc.ts'
import { bytes, ensure, latin, Parts, uint, type Bytes, type Removed, type Source } from './source.ts'

const EXIF = 'Exif\0\0'
const ICC = 'ICC_PROFILE\0'

export async function jpeg(source: Source, found: Set<Removed>): Promise<Parts> {
  const out = new Parts(source.file)
  const icc: Bytes[] = []
  let at = 2
  let fills = 0
  let scans = 0
  let jfif = false
  let oriented = false
  out.keep(0, 2)
  for (;;) {
    const head = await source.read(at, 2)
    const code = head[1]!
    ensure(head[0] === 0xff)
    if (code === 0xff) {
      at++
      ensure(++fills < 4096)
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
      const next = await endOfScan(source, end)
      out.keep(at, next)
      at = next
      continue
    }
    const picture = (code >= 0xc0 && code <= 0xcf && code !== 0xc8) || (code >= 0xdb && code <= 0xdf)
    ensure(picture || code >= 0xe0 && code <= 0xef || code === 0xfe)
    if (picture) out.keep(at, end)
    else {
      const body = await source.read(at + 4, end - at - 4)
      const starts = (name: string): boolean => latin(body, 0, name.length) === name
      if (code === 0xe0 && starts('JFIF\0') && body.length >= 14 && !jfif) {
        jfif = true
        out.put(bytes('\xff\xe0\0\x10'), body.slice(0, 12), new Uint8Array(2))
        if (body.length > 14) found.add('thumbnail')
      } else if (code === 0xee && starts('Adobe') && body.length >= 12) {
        out.put(bytes('\xff\xee\0\x0e'), body.slice(0, 12))
      } else if (code === 0xe2 && starts(ICC)) {
        const chunk = (await source.read(at, end - at)).slice()
        icc.push(chunk)
        out.put(chunk)
      } else if (code === 0xe1 && starts(EXIF)) {
        const orientation = exif(body.subarray(6), found)
        if (orientation !== 1 && !oriented) {
          oriented = true
          out.put(bytes(`\xff\xe1\0\x22${EXIF}`), orientationOnly(orientation))
        }
      } else if (code === 0xe0 && starts('JFXX')) found.add('thumbnail')
      else describe(body, found)
    }
    at = end
  }
}

/** Where the next marker begins that doesn't belong to the scan. The search for 0xFF is native, so it is quick without JIT. */
async function endOfScan(source: Source, at: number): Promise<number> {
  for (;;) {
    const chunk = await source.read(at, Math.min(source.size - at, 1 << 20))
    ensure(chunk.length > 1)
    let i = chunk.indexOf(0xff)
    while (i >= 0 && i + 1 < chunk.length) {
      const next = chunk[i + 1]!
      const belongs = next === 0 || (next >= 0xd0 && next <= 0xd7)
      if (!belongs && next !== 0xff) return at + i
      i = chunk.indexOf(0xff, i + (belongs ? 2 : 1))
    }
    at += i < 0 ? chunk.length : i
  }
}

/** Cleans in place, because a profile may be spread over segments in any order. */
async function cleanProfile(segments: Bytes[], found: Set<Removed>): Promise<void> {
  ensure(segments.every((segment) => segment.length >= 18))
  const parts = segments.sort((a, b) => a[16]! - b[16]!).map((segment) => segment.subarray(18))
  const fresh = parts.length ? profile(new Uint8Array(await new Blob(parts).arrayBuffer()), found) : new Uint8Array(0)
  let at = 0
  for (const part of parts) {
    part.set(fresh.subarray(at, at + part.length))
    at += part.length
  }
}
