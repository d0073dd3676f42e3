// Says where in a file a track's media lies, and whether all of it is shown.
// ISO/IEC 14496-12, 8.6.1 (stts), 8.6.6 (elst), 8.7.3 (stsz), 8.7.4 (stsc), 8.7.5 (stco, co64); QuickTime File Format, "Sound sample descriptions".
import { type Box, boxes } from './boxes.ts'
import { ensure, latin, uint, type Bytes, type Source } from './source.ts'

type Track = { handler: string, sizes: Bytes, runs: Bytes, offsets: Bytes, width: number, description: Bytes, shown: boolean }

/** An edit list that leaves out more than this hides something, in seconds. What codings delay is shorter. */
const CUT = 0.5

/** Reads the tables of a track. `scale` is how many units the film's header has in a second. */
export async function readTrack(source: Source, trak: Box, scale: number): Promise<Track> {
  const maybe = async (box: Box | undefined, name: string): Promise<Box | undefined> => box && (await boxes(source, box.body, box.end)).find(({ type }) => name.includes(type))
  const into = async (box: Box, name: string): Promise<Box> => {
    const found = await maybe(box, name)
    ensure(found)
    return found
  }
  const body = ({ body, end }: Box): Promise<Bytes> => source.read(body, end - body)
  const mdia = await into(trak, 'mdia')
  const stbl = await into(await into(mdia, 'minf'), 'stbl')
  const sizes = await into(stbl, 'stsz,stz2')
  ensure(sizes.type === 'stsz', 'hidden')
  const offsets = await into(stbl, 'stco,co64')
  const edits = await maybe(await maybe(trak, 'edts'), 'elst')
  const head = await body(await into(mdia, 'mdhd'))
  const on = uint(await body(await into(trak, 'tkhd')), 3, 1) & 1
  const track = {
    handler: latin(await body(await into(mdia, 'hdlr')), 8, 12),
    sizes: await body(sizes),
    runs: await body(await into(stbl, 'stsc')),
    offsets: await body(offsets),
    width: offsets.type === 'co64' ? 8 : 4,
    description: await body(await into(stbl, 'stsd')),
    shown: on > 0 && (!edits || whole(source, await body(edits), scale, await body(await into(stbl, 'stts')), uint(head, head[0] ? 20 : 12, 4))),
  }
  source.spend(uint(track.offsets, 4, 4) + (uint(track.sizes, 4, 4) ? 0 : uint(track.sizes, 8, 4)))
  return track
}

/** Whether the edit list shows the whole track. */
function whole(source: Source, edits: Bytes, scale: number, times: Bytes, units: number): boolean {
  let duration = 0
  const entries = uint(times, 4, 4)
  source.spend(entries)
  for (let i = 0; i < entries; i++) duration += uint(times, 8 + 8 * i, 4) * uint(times, 12 + 8 * i, 4) / units
  const width = edits[0] ? 8 : 4
  const shown: [number, number][] = []
  const count = uint(edits, 4, 4)
  source.spend(count)
  for (let i = 0; i < count; i++) {
    const at = 8 + i * (2 * width + 4)
    const from = at + width
    // A negative time shows nothing.
    if (edits[from]! < 128) shown.push([uint(edits, from, width) / units, uint(edits, at, width) / scale || Infinity])
  }
  let until = 0
  for (const [from, length] of shown.sort((a, b) => a[0] - b[0])) if (from - until <= CUT) until = Math.max(until, from + length)
  return duration - until <= CUT
}

/** The pieces of media of a track: where each begins and ends, and whether its end is only a guess. */
export function* chunks({ handler, sizes, runs, offsets, width, description }: Track): Generator<[number, number, boolean]> {
  const uniform = uint(sizes, 4, 4)
  const samples = uint(sizes, 8, 4)
  const runCount = uint(runs, 4, 4)
  const count = uint(offsets, 4, 4)
  // QuickTime gives the size of a sample of uncompressed sound as 1, whatever it really is.
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
