// Blanks what a colour profile says beside colours: names, dates, the screen's model and serial number. Its length stays, and so do the colours; only the
// profile of one particular screen becomes that of a standard screen. ICC.1:2022, sections 7.2 (header), 7.3 (tag table), 9 and 10 (tags and types).
import { bytes, ensure, latin, number, same, uint, type Bytes, type Found, type Removed } from './source.ts'

const COLOURS = /^(wtpt|bkpt|chad|cicp|gamt|lumi|[rgbk](XYZ|TRC)|[ADB]2[ADB]\d)$/
/** Tags that are written only by calibration and by the makers of screens. */
const SCREEN = /^(vcg[tp]|mmod|ndin|aa[rgb]g)$/
const PRIMARIES = ['rXYZ', 'gXYZ', 'bXYZ']
/** X and Y of the primaries in ten thousandths: sRGB, Display P3, Adobe RGB, ProPhoto, BT.2020, Generic RGB, Apple RGB, ColorMatch. */
const STANDARD = [
  [4361, 2225, 3851, 7169, 1431, 606], [5151, 2412, 2920, 6922, 1571, 666], [6097, 3111, 2053, 6257, 1492, 632], [7977, 2880, 1352, 7119, 313, 1],
  [6735, 2790, 1657, 6753, 1251, 456], [4543, 2419, 3533, 6739, 1566, 843], [4756, 2552, 3397, 6726, 1490, 723], [5093, 2749, 3209, 6581, 1340, 670],
]
const WHITE = [63190, 65536, 54061]
const SRGB = [[28578, 14581, 912], [25241, 46981, 6362], [9376, 3972, 46799]]
const P3 = [[33759, 15806, -69], [19135, 45367, 2745], [10296, 4363, 51385]]
/** The curve of sRGB and of Display P3. */
const CURVE = bytes('para\0\0\0\0\0\x03\0\0\0\x02ff\0\0\xf2\xa7\0\0\x0d\x59\0\0\x13\xd0\0\0\x0a\x5b')
/** A gamma of 2.2, for tags that are too short for CURVE. */
const GAMMA = bytes('curv\0\0\0\0\0\0\0\x01\x02\x33')
/** A larger profile is emptied, in bytes. */
export const PROFILE_MOST = 1 << 22

/** Cleans a profile. One that can't be followed, or whose tags overlap, becomes zeros; readers then take sRGB. */
export function profile(old: Bytes, found: Found): Bytes {
  const { fresh, sort } = cleaned(old)
  if (!same(old, fresh)) found.add(sort)
  return same(fresh, cleaned(fresh).fresh) ? fresh : fresh.fill(0)
}

function cleaned(old: Bytes): { fresh: Bytes, sort: Removed } {
  const fresh = new Uint8Array(old.length)
  let sort: Removed = 'other'
  try {
    const count = uint(old, 128, 4)
    ensure(latin(old, 36, 40) === 'acsp' && count < 256 && old.length <= PROFILE_MOST)
    fresh.set(old.subarray(0, 128))
    // CMM, platform, maker and model, creator and checksum
    for (const [from, to] of [[4, 8], [24, 36], [40, 44], [48, 56], [80, 128]] as const) fresh.fill(0, from, to)
    fresh.set(bytes('\x07\xd0\0\x01\0\x01'), 24)
    const tags = Array.from({ length: count }, (_, i) => {
      const entry = old.slice(132 + 12 * i, 144 + 12 * i)
      const at = uint(entry, 4, 4)
      const end = at + uint(entry, 8, 4)
      ensure(at >= 132 + 12 * count && end <= old.length)
      return { entry, name: latin(entry, 0, 4), at, end }
    })
    const own = PRIMARIES.flatMap((primary) => tags.filter(({ name }) => name === primary).flatMap(({ at }) => [8, 12].map((place) => (uint(old, at + place, 4) | 0) / 6.5536)))
    const standard = own.length === 6 && STANDARD.some((space) => space.every((value, i) => Math.abs(value - own[i]!) < 15))
    const screen = latin(old, 12, 20) === 'mntrRGB ' && (!standard || tags.some(({ name }) => SCREEN.test(name)))
    if (screen) {
      sort = 'device'
      ensure(own.length === 6)
      fresh.set(bytes('\x04\x30\0\0'), 8)
    }
    const space = own[0]! - own[2]! > 1370 ? P3 : SRGB
    const kept: Bytes[] = []
    const colours: [number, Bytes][] = []
    for (const { entry, name, at, end } of tags) {
      if (name === 'desc' || name === 'cprt') {
        // Required tags: an empty text of the same type.
        ensure(end - at >= 16)
        fresh.set(screen ? bytes('mluc') : old.subarray(at, at + 4), at)
        if (fresh[at] === 0x6d) fresh[at + 15] = 12
        else if (fresh[at] === 0x64) fresh[at + 11] = 1
      } else {
        let value = old.subarray(at, end)
        if (screen) {
          const xyz = name === 'wtpt' ? WHITE : standard ? undefined : space[PRIMARIES.indexOf(name)]
          if (xyz) value = bytes(`XYZ \0\0\0\0${xyz.map((x) => latin(number(x, 4))).join('')}`)
          else if (/^[rgb]TRC$/.test(name)) value = end - at < CURVE.length ? GAMMA : CURVE
          else if (!PRIMARIES.includes(name)) continue
          ensure(value.length <= end - at)
          entry.set(number(value.length, 4), 8)
        } else if (!COLOURS.test(name)) continue
        colours.push([at, value])
      }
      kept.push(entry)
    }
    for (const [at, value] of colours) fresh.set(value, at)
    fresh.set(number(kept.length, 4), 128)
    kept.forEach((entry, i) => fresh.set(entry, 132 + 12 * i))
  } catch {
    fresh.fill(0)
  }
  return { fresh, sort }
}
