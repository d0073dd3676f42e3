// Blanks what a colour profile says beside colours: names, dates, the screen's model and serial number. Lengths and colours stay.
// ICC.1:2022, sections 7.2 (header), 7.3 (tag table), 9 and 10 (tags and types). A calibrated screen's curves stay, and are its own.
import { bytes, ensure, latin, number, same, uint, type Bytes, type Removed } from './source.ts'

const COLOURS = /^(wtpt|bkpt|chad|cicp|gamt|lumi|[rgbk](XYZ|TRC)|[ADB]2[ADB]\d)$/

/** A profile that can't be followed becomes zeros: readers then take sRGB. */
export function profile(old: Bytes, found: Set<Removed>): Bytes {
  const fresh = new Uint8Array(old.length)
  let sort: Removed = 'other'
  try {
    const count = uint(old, 128, 4)
    ensure(latin(old, 36, 40) === 'acsp' && count < 256)
    fresh.set(old.subarray(0, 128))
    // CMM, platform, maker and model, creator and checksum
    for (const [from, to] of [[4, 8], [24, 36], [40, 44], [48, 56], [80, 128]] as const) fresh.fill(0, from, to)
    fresh.set(bytes('\x07\xd0\0\x01\0\x01'), 24)
    const kept: Bytes[] = []
    const colours: [number, number][] = []
    for (let i = 0; i < count; i++) {
      const entry = old.subarray(132 + 12 * i, 144 + 12 * i)
      const name = latin(entry, 0, 4)
      const at = uint(entry, 4, 4)
      const end = at + uint(entry, 8, 4)
      ensure(at >= 132 + 12 * count && end <= old.length)
      if (name === 'mmod') sort = 'device'
      if (COLOURS.test(name)) colours.push([at, end])
      else if (name !== 'desc' && name !== 'cprt') continue
      else {
        // Required tags: an empty text of the same type.
        ensure(end - at >= 16)
        fresh.set(old.subarray(at, at + 4), at)
        if (old[at] === 0x6d) fresh[at + 15] = 12
        else if (old[at] === 0x64) fresh[at + 11] = 1
      }
      kept.push(entry)
    }
    for (const [at, end] of colours) fresh.set(old.subarray(at, end), at)
    fresh.set(number(kept.length, 4), 128)
    kept.forEach((entry, i) => fresh.set(entry, 132 + 12 * i))
  } catch {
    fresh.fill(0)
  }
  if (!same(old, fresh)) found.add(sort)
  return fresh
}
