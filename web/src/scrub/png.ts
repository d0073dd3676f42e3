// PNG and APNG: keeps the chunks that make the picture, the orientation, and the ICC profile without its name.
// W3C PNG, third edition: section 5 (chunks and CRC), 11 (which chunks there are), annex on eXIf.
import { describe, exif, orientationOnly } from './details.ts'
import { profile } from './icc.ts'
import { bytes, ensure, latin, number, Parts, same, uint, type Bytes, type Removed, type Source } from './source.ts'

// sPLT isn't among them: it has a name of its own, and no colour of the picture depends on it.
const KEPT = /^(IHDR|PLTE|IDAT|IEND|tRNS|gAMA|cHRM|sRGB|sBIT|bKGD|pHYs|hIST|cICP|mDCV|cLLI|acTL|fcTL|fdAT)$/
/** A chunk that is thrown away is looked at this far, to say what it held. */
const GLANCE = 1 << 16
/** A larger profile is left out; deflate makes at most a thousandfold of it. */
const ICC_MOST = 1 << 19

export async function png(source: Source, found: Set<Removed>): Promise<Parts> {
  const out = new Parts(source.file)
  let at = 8
  let oriented = false
  source.ahead = 1 << 18
  out.keep(0, at)
  for (;;) {
    const head = await source.read(at, 8)
    const length = uint(head, 0, 4)
    const type = latin(head, 4)
    const body = at + 8
    const end = body + length + 4
    ensure(/^[A-Za-z]{4}$/.test(type) && end <= source.size && (at > 8 || type === 'IHDR'))
    if (KEPT.test(type)) out.keep(at, end)
    // An unknown chunk that says it is critical: the picture isn't what this file believes.
    else ensure(type >= 'a')
    if (type === 'IEND') {
      if (source.size > end) found.add('other')
      return out
    }
    if (type === 'iCCP' && length <= ICC_MOST) {
      const old = await source.read(body, length)
      const fresh = await profileChunk(old, found)
      if (fresh === old) out.keep(at, end)
      else if (fresh) put(out, type, fresh)
    } else if (!KEPT.test(type)) {
      const block = await source.read(body, Math.min(length, GLANCE))
      const orientation = type === 'eXIf' ? exif(block, found) : 1
      if (orientation !== 1 && !oriented) {
        oriented = true
        put(out, type, orientationOnly(orientation))
      }
      if (type === 'tIME') found.add('time')
      else if (type !== 'eXIf') describe(block, found)
    }
    at = end
  }
}

const NAME = bytes('icc\0\0')

/** In and out: name, 0, method 0, zlib. The same bytes when there is nothing to clean, nothing when it can't be read. */
async function profileChunk(chunk: Bytes, found: Set<Removed>): Promise<Bytes | undefined> {
  const packed = chunk.slice(chunk.indexOf(0) + 2)
  try {
    const old = await through(packed, new DecompressionStream('deflate'))
    const fresh = profile(old, found)
    if (same(old, fresh) && same(chunk.subarray(0, 5), NAME)) return chunk
    const repacked = await through(fresh, new CompressionStream('deflate'))
    const out = new Uint8Array(5 + repacked.length)
    out.set(NAME)
    out.set(repacked, 5)
    return out
  } catch {
    found.add('other')
    return undefined
  }
}

const through = async (input: Bytes, stream: CompressionStream | DecompressionStream): Promise<Bytes> =>
  new Uint8Array(await new Response(new Blob([input]).stream().pipeThrough(stream)).arrayBuffer())

function put(out: Parts, type: string, body: Bytes): void {
  const name = bytes(type)
  let crc = -1
  for (const part of [name, body]) {
    for (const byte of part) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
    }
  }
  out.put(number(body.length, 4), name, body, number(~crc >>> 0, 4))
}
