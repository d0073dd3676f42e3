// Boxes of ISO base media files, and a cleaned copy in which every byte stays at its offset.
// ISO/IEC 14496-12, section 4.2 (boxes), 8.1.2 (free space).
import { describe } from './details.ts'
import { bytes, ensure, latin, numbers, Parts, uint, type Bytes, type Found, type Removed, type Source } from './source.ts'

export type Box = { type: string, at: number, body: number, end: number }

/** The boxes between two offsets. At the top of a file, bytes after the last box that aren't a box are left out. */
export async function boxes(source: Source, from: number, to: number, top = false): Promise<Box[]> {
  const list: Box[] = []
  // Old QuickTime files end a list with four zero bytes.
  for (let at = from; at + 8 <= to;) {
    const head = await source.read(at, 8)
    const type = latin(head, 4)
    let size = uint(head, 0, 4)
    let body = at + 8
    if (size === 1) {
      ensure(body + 8 <= to)
      size = uint(await source.read(body, 8), 0, 8)
      body += 8
    } else if (size === 0 && top) size = to - at
    const end = at + size
    if (end < body || end > to || (top && !/^[ -~\xa9]{4}$/.test(type))) {
      ensure(top && list.some(isIndex) && !/^(mdat|moov|moof|meta)$/.test(type))
      break
    }
    ensure(list.length < 1 << 16)
    list.push({ type, at, body, end })
    at = end
  }
  return list
}

const isIndex = ({ type }: Box): boolean => type === 'moov' || type === 'meta'

/** A part of the media that is kept, or blanked. An open one reaches to the beginning of the next. */
type Claim = { from: number, to: number, keep: boolean, open: boolean }

/** Most pieces of media that are followed; a film of many hours has fewer. */
const CLAIMS = 1 << 20
/** Most changes to a file: browsers are slow with a Blob of more parts. */
const PATCHES = 1 << 16
/** Most of these changes that messages in coded pictures may take up. */
const CHANGES = 1 << 14

/** Bytes of the content of each box in version 0. What follows in a box is unknown. */
const LENGTHS = numbers('mvhd100,tkhd84,mdhd24,vmhd12,smhd8,nmhd4,hmhd20,pasp8,fiel2,clap32,clli4,mdcv24,btrt12,gama4,frma4,mp4a4,enda2,chan16,ispe12,irot1,imir1,a1op1,lsel2,pitm6,rloc12,pixi9,st3d5,hfov4,damr9,d2637,dac33,ccst8,srat8,amve8,CoLL8,SmDm28,dvcC24,dvvC24,dvwC24,sthd4,cslg24,mehd8,trex24,mfhd8,mfro8,clef12,prof12,enof12')
/** Bytes of each entry of a table. */
const ENTRIES = numbers('stts8,ctts8,stss4,stps4,stsc12,stsz4,stco4,co648,elst12')

/** A copy of a file in which some bytes are others, all at the same offsets. */
export class Copy {
  readonly #patches: { at: number, end: number, fresh?: Bytes }[] = []
  #claims: Claim[] = []
  #changes = 0
  /** Units of coded pictures that were looked at so far. */
  units = 0
  /** Boxes with media. What isn't claimed in them is blanked. */
  readonly media: Box[] = []

  constructor(readonly source: Source, readonly found: Found) {}

  /** Puts `fresh` in place of as many bytes at `at`. */
  write(at: number, fresh: Bytes): void {
    this.#patch(at, at + fresh.length, fresh)
  }

  /** The same inside media. Gives false when CHANGES is used up; then nothing is changed. */
  change(at: number, fresh: Bytes): boolean {
    if (++this.#changes > CHANGES) return false
    this.found.add('other')
    this.write(at, fresh)
    return true
  }

  /** Zeros the bytes from one offset to another. If they weren't zero, something was found: of the sort `sort`, or of what they look like. */
  async zero(from: number, to: number, sort?: Removed): Promise<void> {
    if (from >= to) return
    const block = await this.source.glance(from, to)
    if (block.some((byte) => byte !== 0)) {
      if (sort) this.found.add(sort)
      else describe(block, this.found)
    } else if (block.length === to - from) return
    this.#patch(from, to)
  }

  /** The boxes inside a box. Bytes after the last that are too few for another are zeroed. */
  async children(from: number, to: number): Promise<Box[]> {
    const list = await boxes(this.source, from, to)
    await this.zero(list.at(-1)?.end ?? from, to)
    return list
  }

  #patch(at: number, end: number, fresh?: Bytes): void {
    ensure(this.#patches.length < PATCHES)
    this.#patches.push({ at, end, ...(fresh && { fresh }) })
  }

  /** Turns a box into free space of zeros. */
  async blank(box: Box): Promise<void> {
    await this.zero(box.body, box.end, /gps|xyz|loci/i.test(box.type) ? 'place' : undefined)
    if (box.type !== 'free') this.write(box.at + 4, bytes('free'))
  }

  /** Zeros what follows the known content of a box; nothing when the box isn't known. */
  async cap({ type, body, end }: Box): Promise<void> {
    let length = LENGTHS.get(type) ?? 0
    const each = ENTRIES.get(type)
    if (!length && !each) return
    const head = await this.source.read(body, Math.min(end - body, 16))
    const later = head[0] ? 1 : 0
    if (/^(mv|tk|md)hd$/.test(type)) length += 12 * later
    if (type === 'cslg') length += 20 * later
    if (type === 'pitm') length += 2 * later
    if (type === 'mehd') length += 4 * later
    if (type === 'chan') length += 20 * uint(head, 12, 4)
    if (type === 'stsz') length = 12 + (uint(head, 4, 4) ? 0 : each! * uint(head, 8, 4))
    else if (each) length = 8 + uint(head, 4, 4) * (each + (type === 'elst' ? 8 * later : 0))
    await this.zero(body + length, end)
  }

  /** Claims a part of the media, as picture or sound to keep or as something to blank. */
  claim(from: number, to: number, keep: boolean, open = false): void {
    if (to <= from && !open) return
    const last = this.#claims.at(-1)
    if (last && !open && !last.open && last.keep === keep && last.to === from) last.to = to
    else {
      ensure(this.#claims.length < CLAIMS)
      this.#claims.push({ from, to, keep, open })
    }
  }

  /** Blanks all media that isn't claimed to be kept: details, and what other programs have left behind. */
  async clearMedia(): Promise<void> {
    const claims = this.#claims.sort((a, b) => a.from - b.from)
    // Without a part to keep, nothing of the file would be left.
    ensure(claims.some(({ keep }) => keep))
    let i = 0
    let keptEnd = 0
    let blankEnd = 0
    for (const { body, end } of this.media.sort((a, b) => a.at - b.at)) {
      let at = body
      for (; i < claims.length && claims[i]!.from < end; i++) {
        const { from, keep, open } = claims[i]!
        const to = open ? Math.min(end, claims[i + 1]?.from ?? end) : claims[i]!.to
        // Outside the media, or claimed both as picture and as details: this file isn't understood.
        ensure(from >= body && to <= end && from >= (keep ? blankEnd : keptEnd))
        await this.zero(at, from)
        if (keep) keptEnd = Math.max(keptEnd, to)
        else {
          blankEnd = Math.max(blankEnd, to)
          this.#patch(from, to)
        }
        at = Math.max(at, to)
      }
      await this.zero(at, end)
    }
    ensure(i === claims.length)
  }

  finish(size: number): Parts {
    const out = new Parts(this.source.file)
    let at = 0
    for (const { at: from, end, fresh } of this.#patches.sort((a, b) => a.at - b.at)) {
      if (from > at) out.keep(at, from)
      at = Math.max(at, from)
      if (fresh) out.put(fresh.subarray(at - from))
      else if (end > at) out.zero(end - at)
      at = Math.max(at, end)
    }
    if (size > at) out.keep(at, size)
    return out
  }
}
