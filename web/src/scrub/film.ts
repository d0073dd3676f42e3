// Films: keeps the boxes that playing needs and blanks the others, times and names, and tracks that are neither picture nor sound.
// ISO/IEC 14496-12 section 8 (boxes), 14496-14 and -15 (sample entries), Apple QuickTime File Format (sound descriptions, tref, terminators).
import type { Box, Copy } from './boxes.ts'
import { chunks, readTrack } from './samples.ts'
import { describe } from './details.ts'
import { profile } from './icc.ts'
import { bytes, ensure, latin, same, uint } from './source.ts'
import { cleanUnits, coding, CONFIGURATION, type Coding } from './units.ts'

// Boxes that are kept, each with the box that it has to stand in: elsewhere no player reads it, and it could hold anything. Groups of samples, their parts
// and their dependencies aren't kept: films play without them.
const CONTAINERS = /^( (moov|moof|mfra)|moov (trak|mvex)|trak (mdia|edts|tapt)|mdia minf|minf stbl|moof traf)$/
const KEPT = /^(minf ([vsn]m|hm|st)hd|stbl (stts|ctts|cslg|st[sp]s|stsc|stsz|stco|co64)|edts elst|tapt (clef|prof|enof)|mvex (mehd|trex)|moof mfhd|traf (tfhd|tfdt|trun)|mfra (tfra|mfro))$/
const TIMES = /^(moov mv|trak tk|mdia md)hd$/
/** Boxes of which there may be several. Of all others players read only the first, so a second is blanked. */
const SEVERAL = /^(trak|trex|traf|trun|tfra)$/
/** Handlers of tracks that are kept. Other tracks hold what isn't seen or heard: places, motion, the camera's state. */
const SEEN = /^(vide|soun|pict|auxv)$/
/** Handlers of subtitles and chapters. Some drones write their flight there, so such a film isn't cleaned. */
const TEXT = /^(text|sbtl|subt|clcp|subp)$/
const REFERENCES = /^(auxl|sbas|scal|vdep|vplx)$/
/** Codings whose frames hold no details. Those of Motion JPEG, DV and MP3 do: their frames are whole files. */
const PICTURES = /^(avc[1-4]|hvc[12]|hev[12]|dvh[1e]|dva[1v]|vv[ic]1|av01|vp0[89]|mp4v|[hs]263|ap(c[hnso]|4[hx])|SVQ[13]|raw )$/i
const SOUNDS = /^(mp4a|[ae]c-[34]|Opus|fLaC|alac|apac|mh[am]1|samr|sawb|sowt|twos|raw |NONE|in24|in32|fl32|fl64|[fil]pcm|[ua]law|ima4|Qclp|QDM2)$/
/** The codings that mp4v and mp4a may stand for: parts of MPEG-2 and MPEG-4, Dolby's, Opus. */
const OBJECT_TYPES = /[ !#@`-hj\xa5\xa6\xad]/
/** The descriptor of an elementary stream: its length, the length of the decoder's configuration, the coding, and the length of what the decoder is told. */
const DESCRIPTOR = /^.{4}\x03([\x80-\xff]{0,3}[\0-\x7f])..[\0-\x1f]\x04([\x80-\xff]{0,3}[\0-\x7f])(.).{12}(?:\x05([\x80-\xff]{0,3}[\0-\x7f]))?/s
const IN_SAMPLE_ENTRY = /^((avc|hvc|lhv|av1|vpc|vvc|dvc|dvv|dvw|mha|evc|apv)C|esds|d[ae]c[34]|hvcE|colr|pasp|fiel|clap|clli|CoLL|mdcv|SmDm|btrt|gama|amve|cclv|st3d|sv3d|vexu|hfov|auxi|ccst|wave|chan|chnl|srat|dOps|dfLa|alac|damr|d263|SA3D|dapa|\0{4})$/
/** Boxes that are blanked in a sample entry. The last two are Apple's; no player needs them. */
const NEVER_IN_SAMPLE_ENTRY = /^(uuid|udta|meta|free|skip|logs|chrm)$/
const IN_WAVE = /^(frma|esds|enda|chan|alac|mp4a|samr|damr|SMI |\0{4})$/

/** A film that is being cleaned, box by box. */
export class Film {
  /** Whether the film comes in fragments, each with its own table. */
  fragmented = false
  /** Tracks that are kept, and tracks that are blanked. */
  #tracks = 0
  #dropped = 0
  /** Units in a second, as the film's header says. */
  #scale = 1
  #pictures = 0
  #sounds = 0
  /** Whether the track in hand is sound. */
  #sound = false
  /** How units of its media are told apart; true for AAC; undefined when they can't be followed. */
  #units: Coding | boolean | undefined

  constructor(readonly copy: Copy) {}

  /** Cleans a box and all in it. `parent` is the type of the box that it stands in. */
  async clean(box: Box, parent = ''): Promise<void> {
    const { copy } = this
    const { source } = copy
    const { type, body, end } = box
    const place = `${parent} ${type}`
    if (type === 'moof') this.fragmented = true
    // These say where fragments lie, which isn't followed.
    if (type === 'mvex' || type === 'mfra') copy.found.add('unseen')
    await copy.cap(box)
    if (place === 'moov trak') await this.#track(box)
    else if (CONTAINERS.test(place)) await this.#inside(box)
    else if (TIMES.test(place)) {
      const version = uint(await source.read(body, 1), 0, 1)
      const from = body + 4
      const to = from + (version ? 16 : 8)
      ensure(to <= end)
      if (type === 'mvhd') this.#scale = uint(await source.read(to, 4), 0, 4)
      await copy.zero(from, to, 'time')
    } else if (/^m\w+ hdlr$/.test(place)) {
      await clearHandler(copy, box)
    } else if (place === 'stbl stsd') {
      this.#units = await sampleEntries(copy, box, this.#sound)
    } else if (place === 'minf dinf') {
      await dataReferences(copy, box)
    } else if (place === 'trak tref') {
      // Other references may lead to a track that is blanked.
      for (const child of await copy.children(body, end)) if (!REFERENCES.test(child.type)) await copy.blank(child)
    } else if (!KEPT.test(place)) {
      // Compressed and protected films can't be followed.
      ensure(!/^(cmov|rmra|pssh|senc|sinf|stz2)$/.test(type), 'hidden')
      await copy.blank(box)
    }
  }

  /** To be called after the last box. */
  finish(): void {
    ensure(this.#tracks)
    ensure(!this.fragmented || !this.#dropped, 'hidden')
    // Of two tracks of pictures only one is shown, and of two sounds only one is heard.
    if (this.fragmented || this.#pictures > 1 || this.#sounds > 1) this.copy.found.add('unseen')
  }

  async #inside({ type, body, end }: Box): Promise<void> {
    const seen = new Set<string>()
    for (const child of await this.copy.children(body, end)) {
      const name = child.type === 'co64' ? 'stco' : child.type
      if (seen.has(name) && !SEVERAL.test(name)) await this.copy.blank(child)
      else await this.clean(child, type)
      seen.add(name)
    }
  }

  /** Cleans a track and claims its media; a track that isn't seen or heard is blanked with its media. */
  async #track(box: Box): Promise<void> {
    const { copy } = this
    const { source, found } = copy
    const track = await readTrack(source, box, this.#scale)
    ensure(!TEXT.test(track.handler), 'hidden')
    const keep = SEEN.test(track.handler)
    const sound = track.handler === 'soun'
    if (keep) this.#tracks++
    else this.#dropped++
    let first = !keep
    for (const [from, to, open] of chunks(track)) {
      copy.claim(from, to, keep, open)
      if (first) describe(await source.glance(from, to), found)
      first = false
    }
    if (!keep) return copy.blank(box)
    if (sound) this.#sounds++
    else this.#pictures++
    if (!track.shown) found.add('unseen')
    this.#sound = sound
    this.#units = undefined
    await this.#inside(box)
    const units = this.#units as Coding | boolean | undefined
    if (!units && !sound) found.add('unseen')
    source.ahead = 1 << 20
    for (const [from, to] of units ? chunks(track) : []) {
      if (units === true) {
        await aacFill(copy, from, to)
        break
      }
      if (!await cleanUnits(copy, from, to, units as Coding)) found.add('unseen')
    }
    source.ahead = 1 << 14
  }
}

/** Cleans a handler: its kind stays, its maker and name are emptied. */
export async function clearHandler(copy: Copy, { body, end }: Box): Promise<void> {
  ensure(end - body >= 12)
  await copy.zero(body + 12, end, 'other')
}

/** Cleans references to where the data lies. Only data in this file can be cleaned; an address elsewhere stops the cleaning, and would be a detail itself. */
export async function dataReferences(copy: Copy, { body, end }: Box): Promise<void> {
  for (const { type, body: from, end: to } of await copy.children(body, end)) {
    ensure(type === 'dref')
    for (const entry of await copy.children(from + 8, to)) {
      ensure(uint(await copy.source.read(entry.body, 4), 3, 1) & 1, 'hidden')
      await copy.zero(entry.body + 4, entry.end, 'other')
    }
  }
}

/** Cleans a description of colours: a profile in place, two other kinds to their known length; any other is blanked. */
export async function cleanColour(copy: Copy, box: Box): Promise<void> {
  const { body, end } = box
  const kind = latin(await copy.source.read(body, 4))
  if (/ncl[cx]/.test(kind)) return copy.zero(body + (kind === 'nclx' ? 11 : 10), end)
  if (!/prof|rICC/.test(kind)) return copy.blank(box)
  const old = (await copy.source.read(body + 4, end - body - 4)).slice()
  const fresh = profile(old, copy.found)
  if (!same(old, fresh)) copy.write(body + 4, fresh)
}

/** Cleans the name that says what an additional picture is for. Names of the standard stay; any other may be a maker's own, and becomes x's. Out: the name
 *  that is left. */
export async function cleanName(copy: Copy, { body, end }: Box): Promise<string> {
  const old = latin(await copy.source.read(body + 4, end - body - 4))
  const name = old.split('\0')[0]!
  const fresh = (/^urn:(mpeg:|x*$)/.test(name) ? name : 'urn:'.padEnd(name.length, 'x').slice(0, name.length)).padEnd(old.length, '\0')
  if (fresh !== old) {
    copy.found.add('device')
    copy.write(body + 4, bytes(fresh))
  }
  return fresh
}

/** Cleans the sample entries of a track. Out: how units of its media are told apart, true for AAC; undefined when there are several entries, or when units
 *  can't be told apart. */
async function sampleEntries(copy: Copy, stsd: Box, sound: boolean): Promise<Coding | boolean | undefined> {
  const { source } = copy
  const version = uint(await source.read(stsd.body, 8), 0, 1)
  const entries = await copy.children(stsd.body + 8, stsd.end)
  let units: Coding | boolean | undefined
  for (const { type, body, end } of entries) {
    // Encrypted, or pictures and sound that may have details of their own.
    ensure((sound ? SOUNDS : PICTURES).test(type), 'hidden')
    const head = await source.read(body, sound ? 28 : 78)
    const longer = version ? 0 : [0, 16, 36][uint(head, 8, 2)] ?? 0
    // The maker; and for pictures the name of the compressor.
    await copy.zero(body + 12, body + 16, 'device')
    if (!sound) await copy.zero(body + 42, body + 74, 'device')
    let described = !/^mp4/.test(type)
    const inside = async (child: Box, known: RegExp): Promise<void> => {
      if (NEVER_IN_SAMPLE_ENTRY.test(child.type)) return copy.blank(child)
      // An unknown box may hold details, and the film may not play without it.
      ensure(known.test(child.type), 'hidden')
      await copy.cap(child)
      if (child.type === '\0\0\0\0') await copy.zero(child.body, child.end)
      if (child.type === 'wave') for (const part of await copy.children(child.body, child.end)) await inside(part, IN_WAVE)
      if (child.type === 'esds') {
        const esds = latin(await source.read(child.body, child.end - child.body))
        const [, stream = '', config = '', kind = '', decoder] = DESCRIPTOR.exec(esds) ?? []
        ensure(OBJECT_TYPES.test(kind), 'hidden')
        // Each descriptor gives its length in seven bits a byte. Some players ignore that, so a film where a descriptor ends before its content isn't
        // cleaned.
        const end = (from: number, said: string): number => [...said].reduce((sum, byte) => sum * 128 + byte.charCodeAt(0) % 128, 0) + from + said.length
        const to = end(9 + stream.length, config)
        const inner = 9 + stream.length + config.length + 13
        ensure(to === (decoder === undefined ? inner : end(inner + 1, decoder)) && to <= end(5, stream), 'hidden')
        // After it only the ending that all such descriptors have is kept.
        await copy.zero(child.body + to + (/^\x06\x80{0,3}\x01\x02/.exec(esds.slice(to))?.[0].length ?? 0), child.end)
        described = true
        if (kind === '@') units = true
      }
      // FLAC: 42 bytes are the stream's own block. Comments and cover pictures may follow it.
      if (child.type === 'dfLa') ensure(child.end - child.body === 42, 'hidden')
      if (child.type === 'damr' || child.type === 'd263') await copy.zero(child.body, child.body + 4, 'device')
      if (child.type === 'colr') await cleanColour(copy, child)
      if (child.type === 'auxi') await cleanName(copy, child)
      if (child.type === 'sv3d') for (const part of await copy.children(child.body, child.end)) if (part.type === 'svhd') await copy.zero(part.body + 4, part.end, 'other')
      if (CONFIGURATION.test(child.type)) units = await coding(copy, child)
    }
    for (const child of await copy.children(body + (sound ? 28 + longer : 78), end)) await inside(child, IN_SAMPLE_ENTRY)
    ensure(described, 'hidden')
  }
  return entries.length === 1 ? units : undefined
}

/** Programs write their name into the fill element that the first frame begins with. ISO/IEC 14496-3, tables 4.57 and 4.121. */
async function aacFill(copy: Copy, from: number, to: number): Promise<void> {
  const frame = await copy.source.read(from, Math.min(to - from, 512))
  const bits = (at: number, count: number): number => (uint(frame, at >> 3, 3) >> (24 - count - at % 8)) & ((1 << count) - 1)
  if (frame.length < 4 || bits(0, 3) !== 6) return
  const long = bits(3, 4) === 15
  const start = long ? 15 : 7
  const end = start + 8 * (long ? 14 + bits(7, 8) : bits(3, 4))
  // Four bits give the kind of filler. Only kind 0 is mere filling; decoders need the others.
  if (end >> 3 <= frame.length && !bits(start, 4)) await copy.zero(from + (start + 4 >> 3) + 1, from + (end >> 3), 'other')
}
