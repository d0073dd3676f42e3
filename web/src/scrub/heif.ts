// HEIC and AVIF: keeps pictures and what they need, blanks Exif, XMP and all other items where they lie, and the names of items.
// ISO/IEC 14496-12, 8.11 (meta, iloc, iinf); ISO/IEC 23008-12, section 6 (properties) and annex A (Exif, XMP). Orientation is in irot and imir.
import { type Box, boxes, type Copy } from './boxes.ts'
import { describe, exif, orientationOnly } from './details.ts'
import { clearHandler, dataReferences } from './film.ts'
import { profile } from './icc.ts'
import { ensure, latin, same, uint } from './source.ts'

const PICTURES = /^(hvc1|hvt1|lhv1|hev1|av01|avc1|vvc1|evc1|j2k1|unci|grid|iovl|iden|tmap|mski)$/
const KEPT = /^(pitm|iref|grpl|ipma|ispe|pixi|irot|imir|clap|pasp|rloc|lsel|hvcC|lhvC|av1C|avcC|vvcC|auxC|a1op|a1lx|clli|mdcv|cclv|amve|iscl|tols|oinf|ster)$/

/** In: the file's `meta` box with its pictures. */
export async function heif(copy: Copy, meta: Box): Promise<void> {
  const { source } = copy
  const children = await boxes(source, meta.body + 4, meta.end)
  const find = (name: string): Box => {
    const box = children.find(({ type }) => type === name)
    ensure(box)
    return box
  }
  const idat = children.find(({ type }) => type === 'idat')
  if (idat) copy.media.push(idat)
  const types = await items(copy, find('iinf'))
  await locations(copy, find('iloc'), idat, types)
  for (const child of children) {
    const { type, body, end } = child
    if (type === 'hdlr') await clearHandler(copy, child)
    else if (type === 'dinf') await dataReferences(copy, child)
    else if (type === 'iprp') for (const part of await boxes(source, body, end)) await properties(copy, part)
    else if (type === 'ipro') ensure(false, 'hidden')
    else if (!KEPT.test(type) && !/^(iinf|iloc|idat)$/.test(type)) await copy.blank(child)
  }
}

async function properties(copy: Copy, box: Box): Promise<void> {
  const { source } = copy
  const { type, body, end } = box
  if (type === 'ipco') for (const child of await boxes(source, body, end)) await properties(copy, child)
  else if (type === 'colr') {
    if (/prof|rICC/.test(latin(await source.read(body, 4)))) {
      const old = (await source.read(body + 4, end - body - 4)).slice()
      const fresh = profile(old, copy.found)
      if (!same(old, fresh)) copy.write(body + 4, fresh)
    }
  // Free space keeps its place in the list, to which numbers refer.
  } else if (!KEPT.test(type)) await copy.blank(box)
}

/** Empties the items' names, and what the content of the others is called. Out: the type of each item. */
async function items(copy: Copy, { body, end }: Box): Promise<Map<number, string>> {
  const { source } = copy
  const types = new Map<number, string>()
  const from = body + (uint(await source.read(body, 1), 0, 1) ? 8 : 6)
  for (const { type, body, end: to } of await boxes(source, from, end)) {
    ensure(type === 'infe')
    const entry = await source.read(body, to - body)
    const version = uint(entry, 0, 1)
    ensure(version === 2 || version === 3)
    const wide = version === 3 ? 4 : 2
    const at = 4 + wide + 2
    types.set(uint(entry, 4, wide), latin(entry, at, at + 4))
    await copy.zero(body + at + 4, to, 'other')
  }
  return types
}

async function locations(copy: Copy, { body, end }: Box, idat: Box | undefined, types: Map<number, string>): Promise<void> {
  const table = await copy.source.read(body, end - body)
  let at = 0
  const next = (size: number): number => {
    at += size
    return uint(table, at - size, size)
  }
  const version = next(1)
  at += 3
  const sizes = next(2)
  const [offsetSize, lengthSize, baseSize, indexSize] = [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, version ? sizes & 15 : 0] as const
  ensure(version <= 2 && [offsetSize, lengthSize, baseSize, indexSize].every((size) => size === 0 || size === 4 || size === 8))
  const wide = version === 2 ? 4 : 2
  for (let count = next(wide); count > 0; count--) {
    const type = types.get(next(wide)) ?? ''
    const method = version ? next(2) & 15 : 0
    // Items in other files or in other items aren't followed.
    ensure(next(2) === 0 && method <= 1)
    const start = method ? idat?.body : 0
    ensure(start !== undefined)
    const base = start + next(baseSize)
    const keep = PICTURES.test(type)
    for (let extents = next(2), first = true; extents > 0; extents--, first = false) {
      at += indexSize
      const from = base + next(offsetSize)
      const length = next(lengthSize)
      // No length means everything: pictures and details would be the same bytes.
      ensure(length > 0)
      const kept = keep ? length : first ? await details(copy, type, from, length) : 0
      copy.claim(from, from + kept, true)
      copy.claim(from + kept, from + length, false)
    }
  }
}

/** In: the beginning of an item that isn't a picture. Out: how much of it is made anew. */
async function details(copy: Copy, type: string, from: number, length: number): Promise<number> {
  const block = await copy.source.read(from, Math.min(length, 1 << 20))
  const fresh = new Uint8Array(30)
  // An empty item would be refused by some readers, so the least Exif block is left.
  fresh.set(orientationOnly(1), 4)
  if (type === 'Exif' && length >= fresh.length) {
    const skip = 4 + uint(block, 0, 4)
    if (block.subarray(skip).some((byte) => byte !== 0)) exif(block.subarray(skip), copy.found)
    copy.write(from, fresh)
    return fresh.length
  }
  if (block.some((byte) => byte !== 0)) describe(block, copy.found)
  return 0
}
