// The outermost boxes of HEIC, AVIF, MP4, MOV, M4A and 3GP.
// ISO/IEC 14496-12, table 1: which boxes are at the top. What isn't needed to see or hear is blanked, and bytes stay at their offsets.
import { type Box, boxes, Copy } from './boxes.ts'
import { Film } from './film.ts'
import { heif } from './heif.ts'
import { bytes, ensure, latin, type Found, type Parts, type Source } from './source.ts'

// Events (emsg), times of producers (prft) and hints for servers (styp, ssix, pdin) are blanked, too.
const FILM = /^(moov|mfra)$/
/** Brands that standards and players give a meaning. Any other, one that stands twice, and a version can hold anything. */
const BRANDS = /^(iso[m2-9a-c]|[ah]vc1|hev1|av01|mp[247]1|mp42|qt  |[FM]4[ABPV] |M4V[HP]|f4v |3g[2egmprst][1-9a-c]|mmp4|MSNV|XAVC|dash|ms(dh|ix|f1)|lmsg|cmf[2cfls]|piff|dby1|av(c[is]|i[fos])|he[iv][cmsx]|mi(f[1-3]|af)|MA1[AB]|Mi(H[ABE]|Pr)|tmap|\0{4})$/
const VERSIONS = /^(\0\0[\0-\t][\0\x01]| \x05\x03\0)$/
/** Longest list of brands that is read, in bytes: longer than a list of all of them. */
const MOST_BRANDS = 1024

export async function isobmff(source: Source, found: Found): Promise<Parts> {
  const copy = new Copy(source, found)
  const film = new Film(copy)
  const list = await boxes(source, 0, source.size, true)
  const size = list.at(-1)?.end ?? 0
  if (size < source.size) found.add('other')
  const pictures = await pictureMeta(source, list)
  const has = (name: string): boolean => list.some(({ type }) => type === name)
  const fragmented = has('moof')
  const seen = new Set<string>()
  for (const box of list) {
    const { type } = box
    // Of most boxes nobody reads a second one.
    const again = seen.has(type)
    seen.add(type)
    if (type === 'moof' || FILM.test(type) && !again) await film.clean(box)
    else if (box === pictures) await heif(copy, box)
    else if (type === 'mdat') copy.media.push(box)
    else if (type === 'ftyp' && !again) await brands(copy, box)
    // This box says where fragments lie, which isn't followed.
    else if (type !== 'sidx' || !fragmented) await copy.blank(box)
  }
  if (has('moov')) film.finish()
  else ensure(pictures)
  ensure(!pictures || !fragmented, 'hidden')
  // A file with both a film and pictures: one of them isn't shown.
  if (pictures && has('moov')) found.add('unseen')
  // Of a film in fragments all media is kept: where it lies isn't followed, and no track is blanked.
  if (!fragmented) await copy.clearMedia()
  return copy.finish(size)
}

/** Puts a known brand in place of each unknown or repeated one, and empties an unusual version. */
async function brands(copy: Copy, { body, end }: Box): Promise<void> {
  const old = latin(await copy.source.read(body, Math.min(end - body, MOST_BRANDS)))
  const [major = '', version = '', ...others] = old.match(/.{4}/gs) ?? []
  const first = [major, ...others].find((brand) => BRANDS.test(brand) && brand > '\0\0\0\0') ?? 'isom'
  const fresh = [first, VERSIONS.test(version) ? version : '\0\0\0\0', ...others.map((brand, i) => !BRANDS.test(brand) || others.indexOf(brand) < i && brand > '\0\0\0\0' ? first : brand)]
    .join('').padEnd(old.length, '\0').slice(0, old.length)
  if (fresh !== old) {
    copy.found.add('other')
    copy.write(body, bytes(fresh))
  }
  await copy.zero(body + old.length, end)
}

/** Whether a `meta` box has pictures: its handler is `pict`. Other `meta` boxes hold nothing but details. */
async function pictureMeta(source: Source, list: Box[]): Promise<Box | undefined> {
  const meta = list.find(({ type }) => type === 'meta')
  return meta && /hdlr.{8}pict$/s.test(latin(await source.read(meta.body, 24))) ? meta : undefined
}
