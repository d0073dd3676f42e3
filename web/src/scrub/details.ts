// Says what sorts of details a block of bytes holds, and makes the one Exif block that is left in a file: its orientation.
// Exif 2.32 (JEITA CP-3451), TIFF 6.0. The sorts are for the writer's information; what is removed doesn't depend on them.
import { bytes, latin, uint, type Bytes, type Found, type Removed } from './source.ts'

const SORTS = new Map<number, Removed>([
  [0x010f, 'device'], [0x0110, 'device'], [0x927c, 'device'], [0xa431, 'device'], [0xa433, 'device'], [0xa434, 'device'], [0xa435, 'device'], [0xc62f, 'device'],
  [0x0132, 'time'], [0x9003, 'time'], [0x9004, 'time'], [0x013b, 'author'], [0x8298, 'author'], [0x9c9d, 'author'], [0xa430, 'author'],
  [2, 'place'], [4, 'place'], [29, 'time'],
])
const ORIENTATION = 0x0112
const EXIF_IFD = 0x8769
const GPS_IFD = 0x8825

/** In: an Exif block from its byte order on. Out: the orientation, 1 to 8. */
export function exif(block: Uint8Array, found: Found): number {
  const little = block[0] === 0x49
  let orientation = 1
  let directories = 0
  let entries = 0
  const directory = (at: number, main: boolean): void => {
    if (++directories > 8) return
    const count = uint(block, at, 2, little)
    for (let i = 0; i < count; i++) {
      const entry = at + 2 + 12 * i
      if (++entries > 4096) return
      const tag = uint(block, entry, 2, little)
      if (tag === GPS_IFD) found.add('place')
      if (tag === EXIF_IFD || tag === GPS_IFD) directory(uint(block, entry + 8, 4, little), false)
      else if (main && tag === ORIENTATION) orientation = uint(block, entry + 8, 2, little)
      else found.add(SORTS.get(tag) ?? 'other')
    }
    if (main && uint(block, at + 2 + 12 * count, 4, little)) found.add('thumbnail')
  }
  try {
    directory(uint(block, 4, 4, little), true)
  } catch {
    // A damaged block goes in any case; only its orientation would have been of use.
    found.add('other')
  }
  return orientation >= 1 && orientation <= 8 ? orientation : 1
}

/** An Exif block that holds nothing but the orientation. */
export const orientationOnly = (orientation: number): Bytes =>
  bytes(`MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0${String.fromCharCode(orientation)}\0\0\0\0\0\0`)

// XMP and PNG keywords, QuickTime user data and keys, IPTC records (0x1c 0x02), Photoshop's thumbnail resources.
const WORDS: [Removed, RegExp][] = [
  ['place', /GPS|ocation|\xa9xyz|loci|camm|\$G[NP]|:City|:Country|\x1c\x02[Z_e]/],
  ['time', /Date|Time|date:|\xa9day|creationdate|\x1c\x02[7<]/],
  ['device', /:Ma[kn]|:Model|Serial|Lens|\xa9ma[kn]|\xa9mod|quicktime\.m[ao]|camera/i],
  ['author', /dc:creator|Artist|Author|Copyright|rights|Owner|\xa9(ART|aut|cpy)|\x1c\x02[Pt]/],
  ['thumbnail', /humbnail|8BIM\x04[\x09\x0c]/],
]

export function describe(block: Uint8Array, found: Found): void {
  const text = latin(block)
  const sorts = WORDS.filter(([, words]) => words.test(text))
  for (const [sort] of sorts) found.add(sort)
  if (!sorts.length) found.add('other')
}
