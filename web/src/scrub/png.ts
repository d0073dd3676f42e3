// PNG and APNG: keeps the chunks that make the picture, the orientation, and the ICC profile without its name.
// W3C PNG, third edition: section 5 (chunks and CRC), 11 (which chunks there are), annex on eXIf.
import { describe, exif, orientationOnly } from './details.ts'
import { profile, PROFILE_MOST } from './icc.ts'
import { bytes, ensure, latin, number, numbers, Parts, same, uint, type Bytes, type Found, type Source } from './source.ts'

/** Most bytes of each chunk that is kept; that of tRNS depends on the colours. Not kept are sPLT and hIST, which are for screens of few colours: no colour of
 *  the picture depends on them. */
const KEPT = numbers('IHDR13,PLTE768,IDATInfinity,IEND0,gAMA4,cHRM32,sRGB1,sBIT4,bKGD6,pHYs9,cICP4,mDCV24,cLLI8,acTL8,fcTL26,fdATInfinity')
const CHUNKS = 1 << 16
/** A profile of more packed bytes is left out. Unpacked it is at most a thousand times as long. */
const ICC_MOST = 1 << 19
/** Bytes of pixels that are counted, and of those that are looked at for opacity; beyond them, something unseen may be left. */
const PIXELS = 1 << 28
const OPACITY = 1 << 26
/** Bytes that are unpacked at a time, so that little is in memory. */
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
    // Other chunks stand once; a second one goes.
    const again = seen.has(type) && !/^(IDAT|f[cd]AT)$/.test(type)
    if (type === 'PLTE' && !again) colours = length / 3
    seen.add(type)
    // A chunk that is unknown and critical (its first letter is a capital): the picture can't be shown without knowing it.
    ensure(most !== undefined || type >= 'a')
    if (type === 'IEND') {
      if (source.size > end || length) found.add('other')
      if (length) put(out, type, new Uint8Array(0))
      else out.keep(at, end)
      if (await hides(source, header, data, seen)) found.add('unseen')
      return out
    }
    if (type === 'IDAT') data.push([body, body + length])
    // A palette is read only when the pixels refer to it.
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
  // Bytes of a row, with the one that gives its filter.
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
        // As long as all pixels before are opaque, it is known what each filter makes of one more opaque pixel.
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

/** Cleans an iCCP chunk: a name, 0, method 0, zlib. Out: the same bytes when there was nothing to clean, undefined when it can't be read. */
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

/** Unpacks zlib data that lies in pieces, each given by its two offsets. Throws when it is damaged, when more follows its end, and when `take` throws. */
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
