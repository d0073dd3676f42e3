// Messages in coded pictures (SEI), where programs and cameras write their names, settings and more: they become filler of the same length.
// What shows the picture is untouched. ITU-T H.264 7.3.1, 7.3.2.3, 7.4.1 and H.265 7.3.1, 7.3.5, 7.4.2 (units and messages), ISO/IEC 14496-15, 5.3.3 and
// 8.3.3 (configurations).
import type { Box, Copy } from './boxes.ts'
import { latin, same, uint, type Bytes } from './source.ts'

/** How units are told apart: `width` bytes give the length of each, and `hevc` says that they are of H.265. */
export type Coding = { width: number, hevc: boolean }

/** Messages that stay: about buffers, times of display, colours and depth. All others can hold anything. */
const NEEDED = /^(0|1|6|19|45|47|129|13[0237]|144|14[78]|165|17[67])$/
/** A file with a larger unit of messages isn't followed, in bytes. */
const MOST = 1 << 16
/** Most units of a file that are looked at. */
const UNITS = 1 << 19

/** Cleans units that follow each other between two offsets. Gives false, and changes nothing, when they don't fill that part to its end. */
export async function cleanUnits(copy: Copy, from: number, to: number, { width, hevc }: Coding): Promise<boolean> {
  const { source } = copy
  const changes: [number, Bytes][] = []
  const head = hevc ? 2 : 1
  for (let at = from; at < to;) {
    if (at + width + head > to) return false
    if (++copy.units > UNITS) return false
    const start = source.held(at, width + head) ?? await source.read(at, width + head)
    const length = uint(start, 0, width)
    const type = hevc ? start[width]! >> 1 & 63 : start[width]! & 31
    at += width
    if (length < head || at + length > to) return false
    const message = hevc ? type === 39 || type === 40 : type === 6
    // Types of filler, reserved and unspecified ones. 62 and 63 are left: Dolby Vision is in them.
    if (message || (hevc ? type === 38 || type > 40 && type < 62 : !type || type === 12 || type > 21)) {
      if (length > MOST) return false
      const old = source.held(at, length) ?? await source.read(at, length)
      if (!message || !needed(old, head)) {
        const fresh = new Uint8Array(length).fill(255)
        fresh.set(hevc ? [old[0]! & 129 | 76, old[1]!] : [12])
        if (length > head) fresh[length - 1] = 128
        if (!same(old, fresh)) changes.push([at, fresh])
      }
    }
    at += length
  }
  return changes.every(([at, fresh]) => copy.change(at, fresh))
}

function needed(unit: Bytes, head: number): boolean {
  // The bytes go that keep content from looking like the start of another unit.
  const text = latin(unit, head).replace(/\0\0\x03/g, '\0\0')
  let at = 0
  const number = (): number => {
    let value = 0
    for (let byte = 255; byte === 255;) value += byte = text.charCodeAt(at++)
    return value
  }
  while (at < text.length - 1) {
    const type = number()
    const length = number()
    at += length
    if (!NEEDED.test(String(type))) return false
  }
  return text.slice(at) === '\x80'
}

export const CONFIGURATION = /^(avc|hvc)C$/

/** Cleans a box of configuration. Out: how units are told apart; undefined when it can't be followed. */
export async function coding(copy: Copy, { type, body: from, end }: Box): Promise<Coding | undefined> {
  const hevc = type === 'hvcC'
  const config = await copy.source.read(from, end - from)
  if (config.length > MOST || config.length < (hevc ? 23 : 7)) return undefined
  const width = (config[hevc ? 21 : 4]! & 3) + 1
  let at = hevc ? 23 : 5
  const units = async (count: number | undefined): Promise<boolean> => {
    const start = at
    for (; count && at + 2 <= config.length; count--) at += 2 + uint(config, at, 2)
    return !count && at <= config.length && await cleanUnits(copy, from + start, from + at, { width: 2, hevc })
  }
  let sound = width !== 3
  if (hevc) {
    for (let arrays = config[22]!; sound && arrays > 0; arrays--) {
      at += 3
      sound = at <= config.length && await units(uint(config, at - 2, 2))
    }
  } else {
    sound = sound && await units(config[at++]! & 31) && await units(config[at++])
    // For the high profiles: chroma and depths, then more units.
    if (at + 3 < config.length) {
      at += 4
      sound = sound && await units(config[at - 1])
    }
  }
  return sound && at === config.length ? { width, hevc } : undefined
}
