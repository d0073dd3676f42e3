// Boxes of ISO base media files, and a cleaned copy in which every byte stays at its offset.
// ISO/IEC 14496-12, section 4.2 (boxes), 8.1.2 (free space).
import { describe } from './details.ts'
import { bytes, ensure, latin, Parts, uint, type Bytes, type Removed, type Source } from './source.ts'

export type Box = { type: string, at: number, body: number, end: number }

/** Says which boxes lie between two offsets. At the top of a file, what follows the last box is left out. */
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

/** A part of the media: kept, or to be blanked. An open one goes on to the next. */
type Claim = { from: number, to: number, keep: boolean, open: boolean }

const GLANCE = 1 << 16

export class Copy {
  readonly #patches: { at: number, end: number, fresh?: Bytes }[] = []
  #claims: Claim[] = []
  #glances = 0
  /** Boxes with media: what nobody claims in them is blanked. */
  readonly media: Box[] = []

  constructor(readonly source: Source, readonly found: Set<Removed>) {}

  write(at: number, fresh: Bytes): void {
    this.#patches.push({ at, end: at + fresh.length, fresh })
  }

  /** Zeros from one offset to another. Counts as found when there was something. */
  async zero(from: number, to: number, sort?: Removed): Promise<void> {
    if (from >= to) return
    // Looks at the beginnings of the first ones only; the rest is blanked unseen.
    const block = await this.source.read(from, ++this.#glances < 4096 ? Math.min(to - from, GLANCE) : 0)
    if (block.some((byte) => byte !== 0)) {
      if (sort) this.found.add(sort)
      else describe(block, this.found)
    }
    this.#patches.push({ at: from, end: to })
  }

  /** Turns a box into free space of zeros. */
  async blank(box: Box): Promise<void> {
    await this.zero(box.body, box.end)
    if (box.type !== 'free') this.write(box.at + 4, bytes('free'))
  }

  claim(from: number, to: number, keep: boolean, open = false): void {
    if (to > from || open) this.#claims.push({ from, to, keep, open })
  }

  /** Blanks what isn't claimed as picture or sound: details, and what other programs have left behind. */
  async clearMedia(): Promise<void> {
    const claims = this.#claims.sort((a, b) => a.from - b.from)
    // Nothing would be left.
    ensure(claims.some(({ keep }) => keep))
    let i = 0
    let keptEnd = 0
    let blankEnd = 0
    for (const { body, end } of this.media.sort((a, b) => a.at - b.at)) {
      let at = body
      for (; i < claims.length && claims[i]!.from < end; i++) {
        const { from, keep, open } = claims[i]!
        const to = open ? Math.min(end, claims[i + 1]?.from ?? end) : claims[i]!.to
        // Not in the media, or both picture and details: this file isn't understood.
        ensure(from >= body && to <= end && from >= (keep ? blankEnd : keptEnd))
        await this.zero(at, from)
        if (keep) keptEnd = Math.max(keptEnd, to)
        else {
          blankEnd = Math.max(blankEnd, to)
          this.#patches.push({ at: from, end: to })
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
