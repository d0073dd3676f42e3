// Films: keeps the boxes that playing needs and blanks the others, times and names, and tracks that are neither picture nor sound.
// ISO/IEC 14496-12 section 8 (boxes), 14496-14 and -15 (sample entries), Apple QuickTime File Format (sound descriptions, tref, terminators).
import { type Box, boxes, type Copy } from './boxes.ts'
import { chunks, readTrack } from './samples.ts'
import { describe } from './details.ts'
import { ensure, uint } from './source.ts'

const CONTAINERS = /^(moov|trak|mdia|minf|stbl|edts|mvex|moof|traf|mfra|tapt)$/
const KEPT = /^([vshn]mhd|sthd|stts|ctts|cslg|st[sp]s|stsc|stsz|stco|co64|sdtp|sbgp|sgpd|subs|sai[zo]|elst|mehd|trex|trep|leva|m?fhd|tfhd|tfdt|trun|tfra|mfro|clef|prof|enof)$/
const TIMES = /^(mv|tk|md)hd$/
/** Tracks that are kept. What the others hold isn't seen or heard: places, motion, the camera's state. */
const SEEN = /^(vide|soun|pict|auxv)$/
/** Subtitles and chapters for people, but some drones write their flight there. */
const TEXT = /^(text|sbtl|subt|clcp|subp)$/
const REFERENCES = /^(auxl|sbas|scal|vdep|vplx)$/
/** Names of configurations end in C. */
const IN_SAMPLE_ENTRY = /^(...C|esds|d[ae]c[34]|hvcE|colr|pasp|fiel|clap|clli|CoLL|mdcv|SmDm|btrt|gama|amve|cclv|st3d|sv3d|vexu|hfov|auxi|ccst|wave|chan|chnl|srat|dOps|dfLa|alac|damr|d263|SA3D|dapa|\0{4})$/
const NEVER_IN_SAMPLE_ENTRY = /^(uuid|udta|meta|free|skip)$/

export class Film {
  fragmented = false
  #tracks = 0
  #dropped = 0
  #sound = false

  constructor(readonly copy: Copy) {}

  /** In: a box that may be any of a film's, at any level. */
  async clean(box: Box): Promise<void> {
    const { copy } = this
    const { source } = copy
    const { type, body, end } = box
    if (type === 'moof') this.fragmented = true
    if (type === 'trak' && !await this.#track(box)) {
      await copy.blank(box)
    } else if (CONTAINERS.test(type)) {
      for (const child of await boxes(source, body, end)) await this.clean(child)
    } else if (TIMES.test(type)) {
      const version = uint(await source.read(body, 1), 0, 1)
      const from = body + 4
      const to = from + (version ? 16 : 8)
      ensure(to <= end)
      await copy.zero(from, to, 'time')
    } else if (type === 'hdlr') {
      await clearHandler(copy, box)
    } else if (type === 'stsd') {
      await sampleEntries(copy, box, this.#sound)
    } else if (type === 'dinf') {
      await dataReferences(copy, box)
    } else if (type === 'tref') {
      // A reference to a track that is gone would be wrong.
      for (const child of await boxes(source, body, end)) if (!REFERENCES.test(child.type)) await copy.blank(child)
    } else if (!KEPT.test(type)) {
      // Compressed and protected films can't be followed.
      ensure(!/^(cmov|rmra|pssh|senc|sinf|stz2)$/.test(type), 'hidden')
      await copy.blank(box)
    }
  }

  /** Is called when every box has been seen. */
  finish(): void {
    ensure(this.#tracks)
    ensure(!this.fragmented || !this.#dropped, 'hidden')
  }

  /** Claims a track's media. Out: whether the track is kept. */
  async #track(box: Box): Promise<boolean> {
    const { copy } = this
    const track = await readTrack(copy.source, box)
    ensure(!TEXT.test(track.handler), 'hidden')
    const keep = SEEN.test(track.handler)
    this.#sound = track.handler === 'soun'
    if (keep) this.#tracks++
    else this.#dropped++
    let first = !keep
    for (const [from, to, open] of chunks(track)) {
      copy.claim(from, to, keep, open)
      if (first) describe(await copy.source.read(from, Math.min(to - from, 1 << 16)), copy.found)
      first = false
    }
    return keep
  }
}

/** Leaves the kind and empties maker and name. */
export async function clearHandler(copy: Copy, { body, end }: Box): Promise<void> {
  ensure(end - body >= 12)
  await copy.zero(body + 12, end, 'other')
}

/** Data elsewhere can't be cleaned, and its address is a detail: only references to this file are followed. */
export async function dataReferences(copy: Copy, { body, end }: Box): Promise<void> {
  for (const { type, body: from, end: to } of await boxes(copy.source, body, end)) {
    ensure(type === 'dref')
    for (const entry of await boxes(copy.source, from + 8, to)) {
      ensure(uint(await copy.source.read(entry.body, 4), 3, 1) & 1, 'hidden')
      await copy.zero(entry.body + 4, entry.end, 'other')
    }
  }
}

async function sampleEntries(copy: Copy, stsd: Box, sound: boolean): Promise<void> {
  const { source } = copy
  const version = uint(await source.read(stsd.body, 8), 0, 1)
  for (const { type, body, end } of await boxes(source, stsd.body + 8, stsd.end)) {
    // Encrypted, or pictures that may have details of their own.
    ensure(!/^(enc.|drm.|[mM]?jp[eg2].|mjp[ab]|dmb1)$/.test(type), 'hidden')
    const head = await source.read(body, sound ? 28 : 78)
    const longer = version ? 0 : [0, 16, 36][uint(head, 8, 2)] ?? 0
    // maker, then for pictures the compressor's name
    await copy.zero(body + 12, body + 16, 'device')
    if (!sound) await copy.zero(body + 42, body + 74, 'device')
    for (const child of await boxes(source, body + (sound ? 28 + longer : 78), end)) {
      if (NEVER_IN_SAMPLE_ENTRY.test(child.type)) await copy.blank(child)
      // It may hold details, and without it the film may not play.
      else ensure(IN_SAMPLE_ENTRY.test(child.type), 'hidden')
      if (child.type === 'damr') await copy.zero(child.body, child.body + 4, 'device')
    }
  }
}
