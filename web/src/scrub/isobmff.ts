// The outermost boxes of HEIC, AVIF, MP4, MOV, M4A and 3GP.
// ISO/IEC 14496-12, table 1: which boxes are at the top. What isn't needed to see or hear is blanked, and bytes stay at their offsets.
import { type Box, boxes, Copy } from './boxes.ts'
import { Film } from './film.ts'
import { heif } from './heif.ts'
import { ensure, latin, type Found, type Parts, type Source } from './source.ts'

// Producer times (prft) and events (emsg) aren't among them.
const KEPT = /^(ftyp|styp|mdat|sidx|ssix|pdin)$/
const FILM = /^(moov|moof|mfra)$/

export async function isobmff(source: Source, found: Found): Promise<Parts> {
  const copy = new Copy(source, found)
  const film = new Film(copy)
  const list = await boxes(source, 0, source.size, true)
  const size = list.at(-1)?.end ?? 0
  if (size < source.size) found.add('other')
  const pictures = await pictureMeta(source, list)
  for (const box of list) {
    if (FILM.test(box.type)) await film.clean(box)
    else if (box === pictures) await heif(copy, box)
    else if (box.type === 'mdat') copy.media.push(box)
    else if (!KEPT.test(box.type)) await copy.blank(box)
  }
  if (list.some(({ type }) => type === 'moov')) film.finish()
  else ensure(pictures)
  ensure(!pictures || !film.fragmented, 'hidden')
  // Where a fragment's media lies isn't followed; there are no tracks to blank then.
  if (!film.fragmented) await copy.clearMedia()
  return copy.finish(size)
}

/** Only a `meta` box with the handler `pict` has pictures; others have nothing but details. */
async function pictureMeta(source: Source, list: Box[]): Promise<Box | undefined> {
  const meta = list.find(({ type }) => type === 'meta')
  return meta && /hdlr.{8}pict$/s.test(latin(await source.read(meta.body, 24))) ? meta : undefined
}
