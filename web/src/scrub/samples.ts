// Says where in a file a track's media lies.
// ISO/IEC 14496-12, 8.7.3 (stsz), 8.7.4 (stsc), 8.7.5 (stco, co64); QuickTime File Format, "Sound sample descriptions".
import { type Box, boxes } from './boxes.ts'
import { ensure, latin, uint, type Bytes, type Source } from './source.ts'

type Track = { handler: string, sizes: Bytes, runs: Bytes, offsets: Bytes, width: number, description: Bytes }

export async function readTrack(source: Source, trak: Box): Promise<Track> {
  const into = async (box: Box, name: RegExp): Promise<Box> => {
    const found = (await boxes(source, box.body, box.end)).find(({ type }) => name.test(type))
    ensure(found)
    return found
  }
  const body = ({ body, end }: Box): Promise<Bytes> => source.read(body, end - body)
  const mdia = await into(trak, /^mdia$/)
  const stbl = await into(await into(mdia, /^minf$/), /^stbl$/)
  const sizes = await into(stbl, /^st(sz|z2)$/)
  ensure(sizes.type === 'stsz', 'hidden')
  const offsets = await into(stbl, /^(stco|co64)$/)
  return {
    handler: latin(await body(await into(mdia, /^hdlr$/)), 8, 12),
    sizes: await body(sizes),
    runs: await body(await into(stbl, /^stsc$/)),
    offsets: await body(offsets),
    width: offsets.type === 'co64' ? 8 : 4,
    description: await body(await into(stbl, /^stsd$/)),
  }
}

/** Pieces of media: from, to, and whether the end is only a guess. */
export function* chunks({ handler, sizes, runs, offsets, width, description }: Track): Generator<[number, number, boolean]> {
  const uniform = uint(sizes, 4, 4)
  const samples = uint(sizes, 8, 4)
  const runCount = uint(runs, 4, 4)
  const count = uint(offsets, 4, 4)
  // QuickTime gives 1 as the size of a sample of plain sound, whatever it is.
  const open = uniform > 0 && handler === 'soun' && (uint(description, 24, 2) > 0 || uniform < uint(description, 32, 2) * uint(description, 34, 2) / 8)
  let sample = 0
  let run = -1
  let each = 0
  let next = runCount ? uint(runs, 8, 4) : Infinity
  ensure(!count || next === 1)
  for (let chunk = 1; chunk <= count; chunk++) {
    while (chunk >= next) {
      run++
      each = uint(runs, 12 + 12 * run, 4)
      next = run + 1 < runCount ? uint(runs, 20 + 12 * run, 4) : Infinity
    }
    const from = uint(offsets, 8 + width * (chunk - 1), width)
    const last = Math.min(samples, sample + each)
    let to = from
    if (uniform) {
      to += uniform * (last - sample)
      sample = last
    } else for (; sample < last; sample++) to += uint(sizes, 12 + 4 * sample, 4)
    yield [from, to, open]
  }
}
