// HEIC and AVIF: keeps the picture that is shown and its transparency, blanks all other items where they lie (pictures, Exif, XMP), and the names of items.
// ISO/IEC 14496-12, 8.11 (meta, iloc, iinf); ISO/IEC 23008-12, section 6 (properties) and annex A (Exif, XMP). Orientation is in irot and imir.
import type { Box, Copy } from './boxes.ts'
import { describe, exif, orientationOnly } from './details.ts'
import { cleanColour, cleanName, clearHandler, dataReferences } from './film.ts'
import { bytes, ensure, latin, uint } from './source.ts'
import { cleanUnits, coding, CONFIGURATION, type Coding } from './units.ts'

const TRANSPARENCY = /^urn:mpeg:.*(alpha|auxid:1)\0/
/** Codings whose units are looked into. */
const UNITS = /^(hvc1|hev1|avc1)$/
const PICTURES = /^(hvc1|hvt1|lhv1|hev1|av01|avc1|vvc1|evc1|j2k1|unci|grid|iovl|iden|tmap|mski)$/
const KEPT = /^(pitm|iref|ipma|ispe|pixi|irot|imir|clap|pasp|rloc|lsel|lhvC|av1C|vvcC|a1op|a1lx|clli|mdcv|cclv|amve|iscl|tols|oinf|ster)$/

type Item = { at: number, type: string }

/** In: the file's `meta` box with its pictures. */
export async function heif(copy: Copy, meta: Box): Promise<void> {
  const children = await copy.children(meta.body + 4, meta.end)
  const find = (name: string): Box => {
    const box = children.find(({ type }) => type === name)
    ensure(box)
    return box
  }
  const idat = children.find(({ type }) => type === 'idat')
  if (idat) copy.media.push(idat)
  const { units, transparent } = await properties(copy, find('iprp'))
  const types = await items(copy, find('iinf'))
  await unreached(copy, find('pitm'), children.find(({ type }) => type === 'iref'), types, transparent)
  await locations(copy, find('iloc'), idat, types, units)
  for (const child of children) {
    const { type } = child
    if (type === 'hdlr') await clearHandler(copy, child)
    else if (type === 'dinf') await dataReferences(copy, child)
    else if (type === 'pitm') await copy.cap(child)
    else if (type === 'ipro') ensure(false, 'hidden')
    else if (!KEPT.test(type) && !/^(iinf|iloc|idat|iprp)$/.test(type)) await copy.blank(child)
  }
}

/** Out: how the units of pictures are told apart, nothing when that isn't the same for all; and whether one of them is transparency. */
async function properties(copy: Copy, { body, end }: Box): Promise<{ units: Coding | undefined, transparent: boolean }> {
  let transparent = false
  const codings: (Coding | undefined)[] = []
  for (const part of await copy.children(body, end)) {
    // Free space keeps its place in the list, to which numbers refer.
    for (const box of part.type === 'ipco' ? await copy.children(part.body, part.end) : [part]) {
      await copy.cap(box)
      if (box.type === 'ipma') await capAssociations(copy, box)
      if (box.type === 'colr') await cleanColour(copy, box)
      else if (box.type === 'auxC') transparent = TRANSPARENCY.test(await cleanName(copy, box)) || transparent
      else if (CONFIGURATION.test(box.type)) codings.push(await coding(copy, box))
      else if (!KEPT.test(box.type)) await copy.blank(box)
    }
  }
  const [first] = codings
  const units = codings.every((other) => other?.width === first?.width && other?.hevc === first?.hevc) ? first : undefined
  return { units, transparent }
}

/** Zeros what follows the list that says which properties an item has. */
async function capAssociations(copy: Copy, { body, end }: Box): Promise<void> {
  const list = await copy.source.read(body, end - body)
  let at = 8
  for (let items = uint(list, 4, 4); items > 0; items--) {
    copy.source.spend(1)
    at += list[0] ? 5 : 3
    at += uint(list, at - 1, 1) << (list[3]! & 1)
  }
  await copy.zero(body + at, end)
}

/** Empties the items' names, and what the content of the others is called. Out: where each item's type stands, and what it is. */
async function items(copy: Copy, { body, end }: Box): Promise<Map<number, Item>> {
  const { source } = copy
  const types = new Map<number, Item>()
  const from = body + (uint(await source.read(body, 1), 0, 1) ? 8 : 6)
  for (const { type, body, end: to } of await copy.children(from, end)) {
    ensure(type === 'infe')
    const entry = await source.read(body, Math.min(to - body, 16))
    const version = uint(entry, 0, 1)
    ensure(version === 2 || version === 3)
    const wide = version === 3 ? 4 : 2
    const at = 4 + wide + 2
    types.set(uint(entry, 4, wide), { at: body + at, type: latin(entry, at, at + 4) })
    await copy.zero(body + at + 4, to, 'other')
  }
  return types
}

/** Blanks the pictures that the shown one doesn't need: thumbnails, depth, gain maps, further pictures, and those it was made from. */
async function unreached(copy: Copy, pitm: Box, iref: Box | undefined, types: Map<number, Item>, transparent: boolean): Promise<void> {
  const { source, found } = copy
  const head = await source.read(pitm.body, pitm.end - pitm.body)
  const reached = new Set([uint(head, 4, head[0] ? 4 : 2)])
  const references: { box: Box, from: number, to: number[] }[] = []
  if (iref) {
    const wide = uint(await source.read(iref.body, 1), 0, 1) ? 4 : 2
    for (const box of await copy.children(iref.body + 4, iref.end)) {
      const list = await source.read(box.body, box.end - box.body)
      const to = Array.from({ length: uint(list, wide, 2) }, (_, i) => uint(list, wide + 2 + i * wide, wide))
      references.push({ box, from: uint(list, 0, wide), to })
      await copy.zero(box.body + wide + 2 + to.length * wide, box.end)
    }
  }
  for (let before = 0; before < reached.size;) {
    before = reached.size
    for (const { box: { type }, from, to } of references) {
      source.spend(1 + to.length)
      // A transparency refers to its picture, not the picture to it.
      if (transparent && type === 'auxl' && to.some((id) => reached.has(id))) {
        reached.add(from)
        found.add('unseen')
      }
      if (reached.has(from) && !/^(auxl|thmb|cdsc)$/.test(type)) for (const id of to) reached.add(id)
    }
  }
  const thumbnails = new Set(references.filter(({ box }) => box.type === 'thmb').map(({ from }) => from))
  const gone = new Set<number>()
  for (const [id, item] of types) {
    if (reached.has(id) || !PICTURES.test(item.type)) continue
    gone.add(id)
    item.type = 'free'
    copy.write(item.at, bytes('free'))
    found.add(thumbnails.has(id) ? 'thumbnail' : 'other')
  }
  for (const { box, from } of references) if (gone.has(from)) copy.write(box.at + 4, bytes('free'))
}

async function locations(copy: Copy, { body, end }: Box, idat: Box | undefined, types: Map<number, Item>, units: Coding | undefined): Promise<void> {
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
    const type = types.get(next(wide))?.type ?? ''
    const method = version ? next(2) & 15 : 0
    // Items that lie in other files or in other items aren't followed.
    ensure(next(2) === 0 && method <= 1)
    const start = method ? idat?.body : 0
    ensure(start !== undefined)
    const base = start + next(baseSize)
    const keep = PICTURES.test(type)
    const pieces = next(2)
    // Other codings, AVIF's for one, have messages as well; those aren't looked into.
    if (keep && !/^(grid|iovl|iden|tmap)$/.test(type) && !(pieces === 1 && units && UNITS.test(type))) copy.found.add('unseen')
    for (let extents = pieces, first = true; extents > 0; extents--, first = false) {
      copy.source.spend(1)
      at += indexSize
      const from = base + next(offsetSize)
      const length = next(lengthSize)
      // A length of 0 means the whole file: pictures and details would be the same bytes.
      ensure(length > 0)
      if (pieces === 1 && units && UNITS.test(type) && !await cleanUnits(copy, from, from + length, units)) copy.found.add('unseen')
      // The flag of a grid says how long it is; an `iden` is the same as another picture, and has no bytes of its own.
      ensure(type !== 'grid' || pieces === 1, 'hidden')
      const most = type === 'grid' ? 8 + 4 * ((await copy.source.read(from, 2))[1]! & 1) : type === 'iden' ? 0 : length
      await copy.zero(from + most, from + length, 'other')
      const kept = keep ? length : first ? await details(copy, type, from, length) : 0
      copy.claim(from, from + kept, true)
      copy.claim(from + kept, from + length, false)
    }
  }
  await copy.zero(body + at, end)
}

/** Cleans an item that isn't a picture. Out: how many of its first bytes were written anew and stay; the rest is blanked. */
async function details(copy: Copy, type: string, from: number, length: number): Promise<number> {
  const block = await copy.source.glance(from, from + length)
  const fresh = new Uint8Array(30)
  // Some readers refuse an empty item, so the smallest Exif block is left.
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
