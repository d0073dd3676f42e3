// PNG and APNG: keeps the chunks that make the picture, the orientation, and the ICC profile without its name.
// W3C PNG, third edition: section 5 (chunks and CRC), 11 (which chunks there are), annex on eXIf.
import { describe, exif, orientationOnly } from './details.ts'
import { profile, PROFILE_MOST } from './icc.ts'
import { bytes, ensure, latin, number, numbers, Parts, same, uint, type Bytes, type Found, type Source } from './source.ts'

// sPLT and hIST aren't among them: they are for a screen of few colours, and no colour of the picture depends on them.
/** How long each may be, in bytes; tRNS has its length from the colours. */
const KEPT = numbers('IHDR13,PLTE768,IDATInfinity,IEND0,gAMA4,cHRM32,sRGB1,sBIT4,bKGD6,pHYs9,cICP4,mDCV24,cLLI8,acTL8,fcTL26,fdATInfinity')
const CHUNKS = 1 << 16
/** A larger profile is left out; deflate makes at most a thousandfold of it. */
const ICC_MOST = 1 << 19
/** So many bytes of pixels are counted, and so many are looked at for opacity. */
const PIXELS = 1 << 28
const OPACITY = 1 << 26
/** What is packed is unpacked in such pieces, so that little is held. */
const PIECE = 1 << 13

export async function png(source: Source, found: Found): Promise<Parts> {
  const out = new Parts(source.file)
  const seen = new Set<string>()
  const data: [number, number][] = []
  let at = 8
  let oriented = false
  let colours = 0
  source.ahead = 1 << 18
  out.keep(0, at)
  const header = (await source.read(16, 13)).slice()
  for (let chunks = 0; ; chunks++) {
    const head = await source.read(at, 8)
    const length = uint(head, 0, 4)
    const type = latin(head, 4)
    const body = at + 8
    const end = body + length + 4
    ensure(/^[A-Za-z]{4}$/.test(type) && end <= source.size && (at > 8 || type === 'IHDR' && length === 13) && chunks < CHUNKS)
    const most = type === 'tRNS' ? [2, 0, 6, colours][header[9]!] : KEPT.get(type)
    // All but these stand once.
    const again = seen.has(type) && !/^(IDAT|f[cd]AT)$/.test(type)
    if (type === 'PLTE' && !again) colours = length / 3
    seen.add(type)
    // An unknown chunk that says it is critical: the picture isn't what this file believes.
    ensure(most !== undefined || type >= 'a')
    if (type === 'IEND') {
      if (source.size > end || length) found.add('other')
      if (length) put(out, type, new Uint8Array(0))
      else out.keep(at, end)
      if (await hides(source, header, data, seen)) found.add('unseen')
      return out
    }
    if (type === 'IDAT') data.push([body, body + length])
    // Where pixels have their own colours, nobody reads a palette.
    const read = type !== 'PLTE' || header[9] === 3
    if (most !== undefined && length <= most && !again && read) {
      if (type === 'tRNS' && header[9] === 3 && (await source.read(body, length)).filter((alpha) => !alpha).length > 1) found.add('unseen')
      out.keep(at, end)
    } else if (type === 'iCCP' && length <= ICC_MOST && !again) {
      const old = await source.read(body, length)
      const fresh = await profileChunk(source, body, old, found)
      if (fresh === old) out.keep(at, end)
      else if (fresh) put(out, type, fresh)
    } else {
      const block = await source.glance(body, body + length)
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

/** Whether there may be more than what is shown: pixels without opacity, more pixels than the picture has, or frames. */
async function hides(source: Source, header: Bytes, data: [number, number][], seen: Set<string>): Promise<boolean> {
  const [depth, colour, , , interlaced] = header.subarray(8)
  const rgba = colour === 6 && depth === 8
  // One row, the number of its filter included.
  const row = 1 + Math.ceil(uint(header, 0, 4) * depth! * [1, 0, 3, 1, 2, 0, 4][colour!]! / 8)
  const length = row * uint(header, 4, 4)
  const framed = ['acTL', 'fcTL', 'fdAT'].some((type) => seen.has(type))
  if (framed || interlaced || !(length <= (rgba ? OPACITY : PIXELS)) || colour! > 3 && !rgba) return true
  let at = 0
  let filter = 0
  try {
    await unpack(source, data, (part) => {
      for (let i = 0; rgba && i < part.length;) {
        const x = (at + i) % row
        const end = Math.min(part.length, i + row - x)
        if (!x) filter = part[i]!
        // While all before is opaque, what the filter makes of one more opaque pixel is known.
        const top = at + i < row
        const opaque = (left: boolean): number => !filter || (filter === 1 ? left : filter === 2 ? top : left && top) ? 255 : filter === 3 && (left || top) ? 128 : 0
        let alpha = i + (x ? -x & 3 : 4)
        let sound = x > 4 || alpha >= end || part[alpha] === opaque(true)
        if (x < 5) alpha += 4
        const others = opaque(false)
        for (; alpha < end; alpha += 4) if (part[alpha] !== others) sound = false
        ensure(sound)
        i = end
      }
      at += part.length
      ensure(at <= length)
    })
  } catch {
    return true
  }
  return at !== length
}

const NAME = bytes('icc\0\0')

/** In and out: name, 0, method 0, zlib. The same bytes when there is nothing to clean, nothing when it can't be read. */
async function profileChunk(source: Source, body: number, chunk: Bytes, found: Found): Promise<Bytes | undefined> {
  try {
    const parts: Bytes[] = []
    let length = 0
    await unpack(source, [[body + chunk.indexOf(0) + 2, body + chunk.length]], (part) => {
      parts.push(part)
      ensure((length += part.length) <= PROFILE_MOST)
    })
    const old = new Uint8Array(await new Blob(parts).arrayBuffer())
    const fresh = profile(old, found)
    if (same(old, fresh) && same(chunk.subarray(0, 5), NAME)) return chunk
    const repacked = new Uint8Array(await new Response(new Blob([fresh]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer())
    const out = new Uint8Array(5 + repacked.length)
    out.set(NAME)
    out.set(repacked, 5)
    return out
  } catch {
    found.add('other')
    return undefined
  }
}

/** Unpacks zlib that lies in pieces, from and to. Throws when it is damaged, has more behind its end, or `take` throws. */
async function unpack(source: Source, data: [number, number][], take: (part: Bytes) => void): Promise<void> {
  const pieces = async function* () {
    for (let [from, to] of data) for (; from < to; from += PIECE) yield source.read(from, Math.min(PIECE, to - from))
  }()
  const packed = new ReadableStream<Bytes>({
    async pull(stream) {
      const { value, done } = await pieces.next()
      if (done) stream.close()
      else stream.enqueue(value)
    },
  })
  const reader = packed.pipeThrough(new DecompressionStream('deflate')).getReader()
  try {
    for (let next; !(next = await reader.read()).done;) take(next.value as Bytes)
  } catch (error) {
    await reader.cancel().catch(() => {})
    throw error
  }
}

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
