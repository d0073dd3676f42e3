// Cleaning of attached files (web/src/scrub, docs/scrubbing.md). Real files are in fixtures/scrub; what no tool here makes is built by fixtures/scrub/build.mjs.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { deflateSync, inflateSync } from 'node:zlib'
import {
  album, avcC, be, box, brand, chunk, coded, description, esds, filler, film, full, gamma, header, heard, heic, hvcC, icc, latin, little, picture, pngChunks, riff, riffChunks, screen, segment, sei, sound, track,
  units, XMP, xyz,
} from './fixtures/scrub/build.mjs'
import { altered, numbers } from './fixtures/altered.mjs'
import { openChromium, openFirefox } from './browsers.mjs'
import { bundle, load } from './module.mjs'

const { scrub } = await load('scrub/index.ts')

const folder = new URL('fixtures/scrub/', import.meta.url)
const fixture = (name) => readFileSync(new URL(name, folder))
const fixtures = readdirSync(folder).filter((name) => !/md$|mjs$/.test(name))
const content = async (blob) => Buffer.from(await blob.arrayBuffer())

/** In: bytes. Out: the cleaned ones and what was found. A second run must find nothing and change nothing. */
async function clean(input) {
  const result = await scrub(new Blob([input]))
  assert.equal(result.kind, 'scrubbed')
  const bytes = await content(result.blob)
  const again = await scrub(result.blob)
  assert.deepEqual([again.kind, again.removed], ['scrubbed', []])
  assert.deepEqual(await content(again.blob), bytes)
  return { ...result, bytes }
}

const unseenOf = async (input) => (await clean(input)).unseen
const kind = async (input) => (await scrub(new Blob([input]))).kind

function assertUnmarked(bytes) {
  const text = bytes.toString('latin1')
  assert.doesNotMatch(text, /MARK|2021[:-]02|\+52\.5|adobe:ns|Lav[cf]5|Handler\0/)
  // 52.512345 as exiftool writes it: 52/1 30/1 …
  assert.equal(bytes.indexOf(be(0x3400000001n, 8)), -1)
}

// JPEG

for (const name of ['camera.jpg', 'progressive.jpg']) {
  test(`${name}: every detail goes, the picture and its orientation stay`, async () => {
    const input = fixture(name)
    const { bytes, media, removed } = await clean(input)
    assert.deepEqual(media, { type: 'image/jpeg', extension: 'jpg' })
    for (const sort of ['place', 'time', 'device', 'author']) assert.ok(removed.includes(sort), sort)
    assertUnmarked(bytes)
    // From the tables on, the file is the same; the scan, and the scans of the progressive one, are in it.
    const picture = bytes.subarray(bytes.indexOf(latin('\xff\xdb')))
    assert.ok(picture.equals(input.subarray(-picture.length)))
    assert.ok(picture.length > 300 && picture.includes(latin('\xff\xda')))
    assert.ok(bytes.includes(latin('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0')))
  })
}

test('JPEG: the primaries of a profile stay, the screen that it names and its curves go', async () => {
  const { bytes } = await clean(fixture('camera.jpg'))
  const input = fixture('camera.jpg')
  const profile = (file) => file.subarray(file.indexOf('ICC_PROFILE\0') + 14)
  assert.equal(profile(bytes).subarray(36, 40).toString(), 'acsp')
  const tag = (file, name) => {
    const entry = profile(file).indexOf(name, 128)
    assert.ok(entry > 0)
    const at = profile(file).readUInt32BE(entry + 4)
    return profile(file).subarray(at, at + profile(file).readUInt32BE(entry + 8))
  }
  for (const name of ['rXYZ', 'gXYZ', 'bXYZ', 'wtpt']) assert.deepEqual(tag(bytes, name), tag(input, name))
  assert.equal(tag(bytes, 'rTRC').toString('latin1', 0, 10), 'para\0\0\0\0\0\x03')
  for (const name of ['mmod', 'chad']) assert.ok(input.includes(name) && !bytes.includes(name), name)
})

test('JPEG: a profile in several segments is one profile', async () => {
  const input = fixture('camera.jpg')
  const at = input.indexOf('ICC_PROFILE\0') - 4
  const end = at + 2 + input.readUInt16BE(at + 2)
  const body = input.subarray(at + 18, end).toString('latin1')
  const cut = body.indexOf('MARK') + 6
  const split = Buffer.concat([input.subarray(0, at), segment('\xe2', `ICC_PROFILE\0\x02\x02${body.slice(cut)}`), segment('\xe2', `ICC_PROFILE\0\x01\x02${body.slice(0, cut)}`), input.subarray(end)])
  const { bytes } = await clean(split)
  assertUnmarked(bytes)
  assert.ok(bytes.includes('acsp'))
})

test('JPEG: everything after the end goes, wherever an end seems to be', async () => {
  const input = fixture('camera.jpg')
  const { bytes } = await clean(input)
  const planted = Buffer.concat([
    latin('\xff\xd8'), segment('\xe0', 'JFXX\0\x10\xff\xd8\xff\xd9MARK'), segment('\xe2', 'MPF\0MARK'), segment('\xe1', 'http://ns.adobe.com/xmp/extension/\0MARK'),
    segment('\xeb', 'JPMARK'), segment('\xff\xff\xfe', 'MARK\xff\xd9'), bytes.subarray(2), fixture('progressive.jpg'), latin('MotionPhoto_Data'), fixture('film.mp4'), latin('SEFTMARK'),
  ])
  const result = await clean(planted)
  assert.deepEqual(result.bytes, bytes)
  assert.ok(result.removed.includes('thumbnail'))
})

test('JPEG: restarts, stuffed and fill bytes belong to the scan, also over the borders of what is read at once', async () => {
  const clear = (await clean(fixture('camera.jpg'))).bytes
  const scan = clear.lastIndexOf(latin('\xff\xda'))
  const start = scan + 2 + clear.readUInt16BE(scan + 2)
  for (const length of [(1 << 20) - 2, (1 << 20) - 1, 1 << 20]) {
    const data = Buffer.concat([Buffer.alloc(length, 7), latin('\xff\0\xff\xd0\xff\0\xff\xd7\xff\xff\xff\xff\0')])
    const long = Buffer.concat([clear.subarray(0, start), data, latin('\xff\xff\xd9')])
    assert.deepEqual((await clean(Buffer.concat([long, latin('MARK')]))).bytes, long)
  }
})

test('JPEG: the segment that says how colours are mixed stays once, and as long as it is', async () => {
  const { bytes } = await clean(fixture('camera.jpg'))
  const adobe = (more) => segment('\xee', `Adobe\0\x64\0\0\0\0\x01${more}`)
  const build = (...parts) => Buffer.concat([bytes.subarray(0, 2), ...parts, bytes.subarray(2)])
  assert.deepEqual((await clean(build(adobe('')))).removed, [])
  for (const parts of [[adobe('MARK')], [adobe(''), segment('\xee', 'AdobeMARKMAR')]]) {
    const cleaned = await clean(build(...parts))
    assert.deepEqual([cleaned.bytes, cleaned.removed], [build(adobe('')), ['other']])
  }
})

test('JPEG: no orientation is written when there was none, and none but 2 to 8', async () => {
  const input = fixture('camera.jpg')
  for (const [value, expected] of [[1, false], [3, true], [9, false]]) {
    const turned = Buffer.from(input)
    const entry = turned.indexOf(latin('\x01\x12\0\x03\0\0\0\x01'))
    turned.writeUInt16BE(value, entry + 8)
    assert.equal((await clean(turned)).bytes.includes('Exif'), expected)
  }
})

test('JPEG: the thumbnail of JFIF goes, its resolution stays', async () => {
  const { bytes, removed } = await clean(Buffer.concat([latin('\xff\xd8'), segment('\xe0', 'JFIF\0\x01\x02\x01\0\x48\0\x48\x01\x01MRK'), (await clean(fixture('camera.jpg'))).bytes.subarray(20)]))
  assert.deepEqual(bytes.subarray(2, 20), segment('\xe0', 'JFIF\0\x01\x02\x01\0\x48\0\x48\0\0'))
  assert.deepEqual(removed, ['thumbnail'])
})

// PNG and WebP

test('PNG: every detail goes, pixels, colours and orientation stay', async () => {
  const input = fixture('camera.png')
  const { bytes, media, removed } = await clean(input)
  assert.equal(media.extension, 'png')
  for (const sort of ['place', 'time', 'device', 'author']) assert.ok(removed.includes(sort), sort)
  assertUnmarked(bytes)
  const chunks = pngChunks(bytes)
  assert.deepEqual(chunks.map(({ type }) => type).filter((type) => !/^(gAMA|cHRM|bKGD|pHYs)$/.test(type)), ['IHDR', 'iCCP', 'eXIf', 'IDAT', 'IEND'])
  const idat = (list) => list.filter(({ type }) => type === 'IDAT')
  assert.deepEqual(idat(chunks), idat(pngChunks(input)))
  assert.equal(chunks.find(({ type }) => type === 'eXIf').body[19], 6)
  const profile = chunks.find(({ type }) => type === 'iCCP').body
  assert.equal(profile.toString('latin1', 0, 5), 'icc\0\0')
  const inner = inflateSync(profile.subarray(5))
  assert.ok(inner.includes('acsp'))
  assertUnmarked(inner)
})

test('PNG: times, unknown chunks and what follows the end go; frames of an animation stay', async () => {
  const parts = pngChunks(fixture('camera.png'))
  const [head, data] = [parts[0], parts.find(({ type }) => type === 'IDAT')]
  const frame = [chunk('acTL', be(1, 8)), chunk('fcTL', be(1, 26)), chunk('fdAT', be(7, 9))]
  const signature = fixture('camera.png').subarray(0, 8)
  const kept = Buffer.concat([signature, chunk('IHDR', head.body), ...frame, chunk('IDAT', data.body), chunk('IEND', Buffer.alloc(0))])
  const text = deflateSync(latin('MARK'))
  const planted = Buffer.concat([
    signature, chunk('IHDR', head.body), chunk('tIME', be(1, 7)), chunk('zTXt', Buffer.concat([latin('Comment\0\0'), text])), chunk('caBX', latin('MARK')), ...frame,
    chunk('iTXt', latin('XML:com.adobe.xmp\0\0\0\0\0MARK')), chunk('sPLT', latin('MARK\0')), chunk('iCCP', latin('MARK\0\0MARK')), chunk('IDAT', data.body), chunk('vpAg', latin('MARK')),
    chunk('IEND', Buffer.alloc(0)), latin('MARK'),
  ])
  assert.deepEqual((await clean(planted)).bytes, kept)
  assert.equal(await kind(Buffer.concat([signature, chunk('IHDR', head.body), chunk('CgBI', be(1, 4)), chunk('IEND', Buffer.alloc(0))])), 'damaged')
})

test('WebP: every detail goes, the picture, colours and orientation stay', async () => {
  const input = fixture('camera.webp')
  const { bytes, removed } = await clean(input)
  for (const sort of ['place', 'time', 'device', 'author']) assert.ok(removed.includes(sort), sort)
  assertUnmarked(bytes)
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8)
  const chunks = riffChunks(bytes)
  assert.deepEqual(chunks.map(({ type }) => type), ['VP8X', 'ICCP', 'VP8 ', 'EXIF'])
  assert.equal(chunks[0].body[0], 0x28)
  assert.equal(chunks[3].body[19], 6)
  assert.deepEqual(chunks[2], riffChunks(input).find(({ type }) => type === 'VP8 '))
})

test('WebP: unknown chunks, flags and what follows go; animations stay', async () => {
  const frame = Buffer.concat([Buffer.alloc(16), latin('VP8 '), little(3), latin('abc\0')])
  const head = (flags) => Buffer.concat([Buffer.from([flags, 0, 0, 0]), Buffer.alloc(6, 1)])
  const planted = riff([['VP8X', head(0x1e)], ['ANIM', Buffer.alloc(6)], ['ANMF', frame], ['XMP ', latin('MARK!')], ['JUNK', latin('MARK')]])
  const { bytes } = await clean(Buffer.concat([planted, latin('MARK')]))
  assert.deepEqual(bytes, riff([['VP8X', head(0x12)], ['ANIM', Buffer.alloc(6)], ['ANMF', frame]]))
  const longer = await clean(riff([['VP8X', head(2)], ['ANIM', latin('\0\0\0\0\0\0MARK')], ['ANMF', frame]]))
  assert.deepEqual([longer.bytes, longer.removed], [riff([['VP8X', head(2)], ['ANIM', Buffer.alloc(6)], ['ANMF', frame]]), ['other']])
  const still = await clean(riff([['VP8X', head(0)], ['ANIM', latin('MARK!!')], ['VP8 ', latin('ab')]]))
  assert.deepEqual([still.bytes, still.removed], [riff([['VP8X', head(0)], ['VP8 ', latin('ab')]]), ['other']])
  const odd = Buffer.concat([frame, latin('MARK'), little(4), latin('MARK')])
  assert.equal(await kind(riff([['VP8X', head(2)], ['ANMF', odd]])), 'hidden')
})

// HEIC, AVIF and films

for (const name of ['camera.heic', 'camera.avif']) {
  test(`${name}: Exif and XMP are blanked where they lie, all else stays`, async () => {
    const input = fixture(name)
    const { bytes, media, removed } = await clean(input)
    assert.equal(media.extension, name.slice(-4))
    for (const sort of ['place', 'time', 'device', 'author']) assert.ok(removed.includes(sort), sort)
    assertUnmarked(bytes)
    assert.equal(bytes.length, input.length)
    // The picture lies before the details.
    const picture = input.indexOf('mdat') + 4
    const details = input.indexOf('MM\0*', picture) - 10
    assert.deepEqual(bytes.subarray(picture, details), input.subarray(picture, details))
    assert.ok(details - picture > 100)
  })
}

for (const version of [0, 1, 2]) {
  test(`HEIC: items in several pieces, locations of version ${version}`, async () => {
    const { file, at } = heic(version)
    const { bytes, removed } = await clean(file)
    assertUnmarked(bytes)
    assert.equal(bytes.length, file.length - 4)
    assert.equal(bytes.toString('latin1', at, at + 5), 'HELLO')
    assert.equal(bytes.toString('latin1', at + 5 + XMP.length, at + 10 + XMP.length), 'WORLD')
    assert.ok(bytes.subarray(at + 5, at + 5 + XMP.length).every((byte) => byte === 0))
    assert.ok(removed.includes('place'))
  })
}

test('HEIC: locations that lead elsewhere are not believed', async () => {
  assert.equal(await kind(heic(1, { reference: 1 }).file), 'damaged')
  const { file, at } = heic(0)
  const moved = Buffer.from(file)
  // The picture's first piece now overlaps with the details.
  moved.writeBigUInt64BE(BigInt(at + 3), moved.indexOf(be(at, 8)))
  assert.equal(await kind(moved), 'damaged')
})

for (const name of ['film.mp4', 'film.mov', 'fragments.mp4', 'audio.m4a']) {
  test(`${name}: every detail goes, the media and its offsets stay`, async () => {
    const input = fixture(name)
    const { bytes, unseen } = await clean(input)
    assert.equal(bytes.length, input.length)
    const media = input.indexOf('mdat') + 4
    const end = media - 8 + input.readUInt32BE(media - 8)
    // What is inside of fragments stays, and is told (docs/scrubbing.md).
    assertUnmarked(name === 'fragments.mp4' ? Buffer.concat([bytes.subarray(0, media), bytes.subarray(end)]) : bytes)
    assert.equal(unseen, name === 'fragments.mp4')
    assert.ok(!bytes.includes('x264') || unseen)
    const altered = []
    for (let at = media; at < end; at++) if (bytes[at] !== input[at]) altered.push(at)
    if (name === 'fragments.mp4') return assert.deepEqual(altered, [])
    // What is altered: the message of the program that coded the picture, its name in the sound, and the track with a time code.
    const text = input.toString('latin1')
    const spans = [/\x06\x05\xff.*?x264 - core[ -~]+\0\x80/s, /Lavc59\.37\.100/].map((words) => {
      const found = words.exec(text.slice(media))
      return found ? [media + found.index, media + found.index + found[0].length] : [0, 0]
    })
    const others = altered.filter((at) => !spans.some(([from, to]) => at >= from && at < to))
    if (name !== 'film.mov') assert.deepEqual(others, [])
    else assert.ok(others.length && others.at(-1) - others[0] < 4 && others.every((at) => bytes[at] === 0))
  })
}

test('films: telemetry among the media is blanked, and so is what no track claims', async () => {
  for (const options of [{}, { version: 1, wide: true }]) {
    const media = ['PICTURE1', 'SOUND111', 'GPS5MARK', 'PICTURE2', 'freeGPS MARK', 'SOUND222', 'GPS5MARK', 'PICTURE3']
    const at = (n) => brand.length + 8 + media.slice(0, n).join('').length
    const file = Buffer.concat([
      brand, box('mdat', ...media),
      film(track('vide', picture, [[at(0), 8], [at(3), 8], [at(7), 8]], options), track('soun', sound, [[at(1), 8], [at(5), 8]], { ...options, uniform: 2 }),
        track('meta', box('gpmd', be(1, 8)), [[at(2), 8], [at(6), 8]], options)),
      box('free', 'MARK'), box('sefd', 'MARK'), box('uuid', 'MARK'.repeat(4)), be(0, 4),
    ])
    const { bytes, removed } = await clean(file)
    assertUnmarked(bytes)
    assert.ok(removed.includes('place') && removed.includes('time'))
    assert.equal(bytes.length, file.length - 4)
    const zeros = '\0'.repeat(8)
    const text = bytes.toString('latin1', at(0), at(8))
    // Plain sound doesn't give its true size, so what follows it stays until the next piece.
    assert.equal(text, ['PICTURE1', 'SOUND111', zeros, 'PICTURE2', '\0'.repeat(12), 'SOUND222', zeros, 'PICTURE3'].join(''))
    assert.ok(bytes.includes('\x67sps'))
    assert.equal(bytes.toString('latin1').match(/trak/g).length, 2)
  }
})

test('films: what is not understood is not called clean', async () => {
  const media = [[brand.length + 8, 4]]
  const whole = (...tracks) => Buffer.concat([brand, box('mdat', 'DATA'), film(...tracks)])
  assert.equal(await kind(whole(track('vide', picture, media))), 'scrubbed')
  assert.equal(await kind(whole(track('vide', picture, media), track('text', sound, []))), 'hidden')
  assert.equal(await kind(whole(track('vide', box('encv', Buffer.alloc(78)), media))), 'hidden')
  assert.equal(await kind(whole(track('vide', box('jpeg', Buffer.alloc(78)), media))), 'hidden')
  assert.equal(await kind(whole(track('vide', box('avc1', Buffer.alloc(78), box('what', '')), media))), 'hidden')
  assert.equal(await kind(Buffer.concat([whole(track('vide', picture, []), track('meta', picture, [])), box('moof')])), 'hidden')
  assert.equal(await kind(whole(track('vide', picture, [[4, 4]]))), 'damaged')
  assert.equal(await kind(whole(track('vide', picture, media), track('meta', picture, media))), 'damaged')
  assert.equal(await kind(whole(track('meta', picture, media))), 'damaged')
  assert.equal(await kind(Buffer.concat([brand, box('mdat', 'DATA')])), 'damaged')
  assert.equal(await kind(whole(track('vide', picture, media)).subarray(0, -1)), 'damaged')
})

test('films: a large one is neither read nor held', async () => {
  const SIZE = 200 << 20
  const block = new Blob([new Uint8Array(1 << 20).fill(5)])
  for (const size of [be(1, 4), be(0, 4)]) {
    const large = size.at(-1) === 1 ? be(SIZE + 16, 8) : Buffer.alloc(0)
    const ends = large.length === 0
    const start = (index) => brand.length + index.length + 8 + large.length
    const moov = (at) => film(track('vide', picture, [[at, SIZE - (60 << 20)]]), track('meta', box('mebx', be(1, 8)), [[at + SIZE - (60 << 20), 60 << 20]]))
    const index = ends ? moov(start(moov(0))) : Buffer.alloc(0)
    const blob = new Blob([brand, index, size, 'mdat', large, ...Array.from({ length: 200 }, () => block), ends ? '' : moov(start(index))])
    let read = 0
    const slice = blob.slice.bind(blob)
    blob.slice = (...range) => {
      const part = slice(...range)
      const bytes = part.arrayBuffer.bind(part)
      part.arrayBuffer = async () => {
        const got = await bytes()
        read += got.byteLength
        return got
      }
      return part
    }
    const before = process.memoryUsage().arrayBuffers
    const result = await scrub(blob)
    assert.equal(result.kind, 'scrubbed')
    assert.equal(result.blob.size, blob.size)
    assert.ok(read < 4 << 20, `${read} bytes read`)
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20)
    const byte = async (at) => (await content(result.blob.slice(at, at + 1)))[0]
    const at = start(index)
    assert.deepEqual(await Promise.all([at, at + (140 << 20) - 1, at + (140 << 20), at + (200 << 20) - 1].map(byte)), [5, 5, 0, 0])
  }
})

// What had been left behind

test('texts: mails, archives and cards, and what is packed into letters, are not called clean', async () => {
  const base64 = 'MARKb64'.repeat(9)
  for (const text of [
    'From writer@example.org Mon May  4 2026\nSubject: x\n\nHello', 'Received: from mail.example.org\n\tby mx; Mon\n\nHello', 'Return-Path: <a@example.org>\n\nHello', 'From: Writer <writer@example.org>\n\nHello',
    'MIME-Version: 1.0\n\nHello', 'From: <Saved by Browser>\r\nSnapshot-Content-Location: https://example.org\r\n\r\nHello', 'Subject: x\nDate: Mon, 4 May 2026\n\nHello', 'X-Mailer: MARK\nSubject: x\n\nHello',
    'BEGIN:VCARD\r\nVERSION:3.0\r\nPHOTO:x\r\nEND:VCARD', 'begin:vcalendar\nEND:VCALENDAR', 'Note\n\nBEGIN:VCARD\nEND:VCARD', `Hello\n\n${base64}\n`, `> ${base64}`, `{"photo":"${base64}"}`, 'see data:image/jpeg;base64,/9j/',
    'Hello\nContent-Type: image/jpeg\n', 'Hello\nbegin 644 photo.jpg\nM', 'Hello <!-- MARK --> world', 'see\n<svg><title>MARK</title></svg>', `${'a'.repeat(1 << 20)}\nDelivered-To: a@example.org\n`,
  ]) assert.equal(await kind(text), 'hidden', text.slice(0, 40))
  for (const text of [
    'From my window I saw him.\nReceived nothing.', 'Date: Monday\nI was there.', `${'-'.repeat(99)}\n${'_'.repeat(99)}\n${'='.repeat(99)}`, 'to: the police', 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft', '1 < 2 > 0',
  ]) assert.deepEqual((await clean(text)).unseen, false, text)
})

test('texts: characters without a look are told, but for those that emoji need', async () => {
  for (const text of ['a\u200bb', 'a\u200c', 'a\u2060b', 'a\u00adb', 'a\ufeffb', '\u{e0041}', 'a\ufe0f', 'a\u200d', 'a\u0085b']) assert.ok(await unseenOf(text), JSON.stringify(text))
  for (const text of ['Grüße \u{1f600}', '\u2764\ufe0f', '\u{1f469}\u200d\u{1f680}', '\u{1f469}\u{1f3fd}\u200d\u2764\ufe0f\u200d\u{1f469}', '\ufeffa', 'مرحبا']) assert.equal(await unseenOf(text), false, JSON.stringify(text))
})

test('PDF: it is one wherever readers look for its beginning', async () => {
  for (const before of ['', '\n', 'junk '.repeat(200), '\xef\xbb\xbf']) {
    const result = await scrub(new Blob([latin(`${before}%PDF-1.7\n1 0 obj`)]))
    assert.deepEqual([result.kind, result.media.extension], ['hidden', 'pdf'])
  }
  assert.equal(await kind(`${'a '.repeat(5000)}%PDF-1.7`), 'hidden')
})

const one = (type, entry, options) => Buffer.concat([brand, box('mdat', 'DATA'), film(track(type, entry, [[brand.length + 8, 4]], options))])

test('films: codings that hold files with details of their own are not called clean', async () => {
  for (const type of ['mjp2', 'mjpg', 'AVDJ', 'png ', 'tiff', 'dvcp', 'jpeg', 'what']) assert.equal(await kind(one('vide', coded(type))), 'hidden', type)
  for (const type of [0x6c, 0x6d, 0x6e, 0]) assert.equal(await kind(one('vide', coded('mp4v', esds(type)))), 'hidden', String(type))
  assert.equal(await kind(one('vide', coded('mp4v'))), 'hidden')
  for (const entry of [coded('mp4v', esds(0x20)), coded('avc1', avcC()), coded('hvc1', hvcC()), coded('apch'), coded('vp09', full('vpcC', 1, be(0, 8)))]) assert.equal(await kind(one('vide', entry)), 'scrubbed')
})

test('films: MP3 and other sound with details of its own is not called clean', async () => {
  for (const type of ['.mp3', 'ms\0U', 'what']) assert.equal(await kind(one('soun', heard(type))), 'hidden', type)
  for (const type of [0x69, 0x6b, 0xdd]) assert.equal(await kind(one('soun', heard('mp4a', esds(type)))), 'hidden', String(type))
  assert.equal(await kind(one('soun', heard('mp4a', box('wave', box('frma', 'mp4a'), esds(0x6b))))), 'hidden')
  // Its descriptor says that it ends before the coding does, and readers take the rest all the same.
  const said = (tag, length) => {
    const changed = esds(0x40)
    changed[changed.indexOf(latin(tag)) + 1] = length
    return one('soun', heard('mp4a', changed))
  }
  for (const length of [0, 5, 17, 18, 19, 20, 21]) assert.equal(await kind(said('\x03\x19', length)), 'hidden', `stream ${length}`)
  for (const length of [0, 12, 13, 14, 15, 16, 18, 20]) assert.equal(await kind(said('\x04\x11', length)), 'hidden', `configuration ${length}`)
  for (const length of [0, 1, 3, 5]) assert.equal(await kind(said('\x05\x02', length)), 'hidden', `decoder ${length}`)
  // What stands behind the coding goes, however long the descriptor says that it is; the constant end stays.
  for (const end of ['\x06\x01\x02', '\x06\x80\x80\x80\x01\x02', '']) {
    for (const length of [22, 30, 40]) {
      const file = one('soun', heard('mp4a', full('esds', 0, '\x03', be(length, 1), '\0\0\0\x04\x11\x40\x15', be(0, 11), '\x05\x02\x11\x90', end, '\x43\x04MARK')))
      assert.ok((await clean(file)).bytes.includes(latin(`\x05\x02\x11\x90${end}${'\0'.repeat(6)}`)), `${length} ${end.length}`)
    }
  }
  const flac = (more) => heard('fLaC', full('dfLa', 0, more ? '\0' : '\x80', be(34, 3), be(0, 34), more))
  assert.equal(await kind(one('soun', flac('\x84\0\0\x04MARK'))), 'hidden')
  for (const entry of [heard('mp4a', esds(0x40)), heard('mp4a', box('wave', box('frma', 'mp4a'), esds(0x40))), flac(''), heard('alac'), heard('sowt')]) assert.equal(await kind(one('soun', entry)), 'scrubbed')
})

const USER = [5, 'MARKMARKMARKMARK settings and a name']
const NAMES = [4, 'MARK']
/** The units of a stream: as they are, and as they are to be. */
const STREAMS = {
  avc1: [
    ['\x09\xf0', '\x09\xf0'], [sei('\x06', USER), filler('\x0c', 55 - 15)], ['\x67sps', '\x67sps'], [sei('\x06', [1, 'a'], [6, 'b']), sei('\x06', [1, 'a'], [6, 'b'])],
    [sei('\x06', [0, 'a\0\0\x03\x01'], NAMES), filler('\x0c', 15)], [sei('\x06', [200, 'MARK'.repeat(80)]), filler('\x0c', 325)], ['\x1fMARK', filler('\x0c', 5)], ['\x0cMARK', filler('\x0c', 5)], ['\x65slice', '\x65slice'],
  ],
  hvc1: [
    ['\x46\x01\x50', '\x46\x01\x50'], [sei('\x4e\x01', USER), filler('\x4c\x01', 56 - 15)], [sei('\x50\x03', [144, 'abcd'], NAMES), filler('\x4c\x03', 15)], [sei('\x4e\x01', [137, 'a'.repeat(24)]), sei('\x4e\x01', [137, 'a'.repeat(24)])],
    ['\x7c\x01Dolby', '\x7c\x01Dolby'], ['\x60\x01MARK', filler('\x4c\x01', 6)], ['\x26\x01slice', '\x26\x01slice'],
  ],
}
for (const [type, stream] of Object.entries(STREAMS)) {
  const [before, after] = [0, 1].map((i) => units(...stream.map((unit) => unit[i])))
  const config = type === 'avc1' ? avcC(['\x67sps'], ['\x68pps', sei('\x06', USER).toString('latin1')]) : hvcC([['\x42\x01sps'], [sei('\x4e\x01', USER).toString('latin1')]])

  test(`films: messages in ${type} that can hold anything become filler of the same length`, async () => {
    assert.equal(after.length, before.length)
    const at = brand.length + 8
    const build = (data) => Buffer.concat([brand, box('mdat', data), film(track('vide', coded(type, config), [[at, before.length]]))])
    const { bytes, removed, unseen } = await clean(build(before))
    assert.deepEqual(bytes.subarray(at, at + after.length), after)
    assertUnmarked(bytes)
    assert.deepEqual([removed.includes('other'), unseen], [true, false])
  })

  test(`films: ${type} that cannot be followed is left as it is, and told`, async () => {
    const at = brand.length + 8
    for (const data of [before.subarray(0, -1), Buffer.concat([before, latin('\0')]), Buffer.concat([before, be(0, 4)])]) {
      const { bytes, unseen } = await clean(Buffer.concat([brand, box('mdat', data), film(track('vide', coded(type, config), [[at, data.length]]))]))
      assert.deepEqual(bytes.subarray(at, at + data.length), data)
      assert.ok(unseen)
    }
    for (const odd of [box(type === 'avc1' ? 'avcC' : 'hvcC', 'config'), '']) assert.ok(await unseenOf(one('vide', coded(type, odd))))
  })

  test(`HEIC: messages in ${type} that can hold anything become filler too`, async () => {
    const { at, file } = album([[1, type, before], [2, 'Exif', '\0\0\0\0']], [], [config])
    const { bytes, unseen } = await clean(file)
    assert.deepEqual(bytes.subarray(at, at + after.length), after)
    assertUnmarked(bytes)
    assert.equal(unseen, false)
    assert.ok(await unseenOf(album([[1, type, before.subarray(1)]], [], [config]).file))
  })
}

test('films: more messages than can be cleaned are told', async () => {
  const data = units(...Array.from({ length: 20_000 }, () => sei('\x06', NAMES)))
  assert.ok((await scrub(new Blob([brand, box('mdat', data), film(track('vide', coded('avc1', avcC()), [[brand.length + 8, data.length]]))]))).unseen)
})

test('films: profiles and names in the description of the coding are cleaned, boxes that no player needs go', async () => {
  const colour = box('colr', 'prof', screen())
  const entry = coded('avc1', avcC(), colour, box('sv3d', full('svhd', 0, 'MARK\0'), box('proj', full('prhd', 0, be(0, 12)))), full('auxi', 0, 'urn:MARK:aux\0'), box('logs', 'MARK'), box('chrm', 'MARK'))
  const { bytes, removed } = await clean(one('vide', entry))
  assertUnmarked(bytes)
  assert.ok(bytes.includes('mntrRGB ') && bytes.includes('urn:xxxxxxxx\0') && removed.includes('device'))
  assert.equal(await kind(one('vide', coded('avc1', avcC(), box('logC', 'MARK')))), 'hidden')
  assert.equal(await kind(one('soun', heard('mp4a', box('wave', esds(0x40), box('what', 'MARK'))))), 'hidden')
  assertUnmarked((await clean(one('soun', heard('mp4a', box('wave', box('frma', 'mp4aMARK'), esds(0x40), box('udta', 'MARK')))))).bytes)
})

test('profiles: that of one screen becomes sRGB or Display P3', async () => {
  const png = (profile) => Buffer.concat([signature, ...square(2), chunk('iCCP', Buffer.concat([latin('MARK\0\0'), deflateSync(profile)])), dots(2), chunk('IEND', be(0, 0))])
  const inside = async (profile) => {
    const { bytes, removed } = await clean(png(profile))
    return { profile: inflateSync(pngChunks(bytes).find(({ type }) => type === 'iCCP').body.subarray(5)), removed }
  }
  const tag = (file, name) => {
    const at = file.indexOf(name, 128)
    return at < 0 ? undefined : file.subarray(file.readUInt32BE(at + 4), file.readUInt32BE(at + 4) + file.readUInt32BE(at + 8))
  }
  const SRGB = [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.7141]]
  const P3 = [[0.51512, 0.2412, -0.00105], [0.29198, 0.69225, 0.04189], [0.1571, 0.06657, 0.78407]]
  const curves = { rTRC: Buffer.concat([latin('curv'), be(0, 4), be(16, 4), be(7, 32)]), gTRC: gamma(2.21), bTRC: gamma(2.2), vcgt: latin('vcgtMARK'), chad: latin('MARK') }
  for (const [name, primaries, expected] of [['own', undefined, SRGB], ['wide', [[0.53, 0.25, 0], [0.28, 0.68, 0.05], [0.16, 0.07, 0.77]], P3], ['P3', P3, P3]]) {
    const { profile, removed } = await inside(screen(curves, primaries))
    assertUnmarked(profile)
    assert.ok(removed.includes('device'), name)
    for (const [i, colour] of ['rXYZ', 'gXYZ', 'bXYZ'].entries()) for (const j of [0, 1, 2]) assert.ok(Math.abs(tag(profile, colour).readInt32BE(8 + 4 * j) / 65536 - expected[i][j]) < 0.0001, `${name} ${colour} ${j}`)
    assert.equal(tag(profile, 'rTRC').toString('latin1', 0, 4), 'para')
    assert.deepEqual(tag(profile, 'gTRC'), latin('curv\0\0\0\0\0\0\0\x01\x02\x33'))
    assert.deepEqual([tag(profile, 'vcgt'), tag(profile, 'chad')], [undefined, undefined])
    assert.equal(tag(profile, 'wtpt').readInt32BE(8), 63190)
  }
  // Colours that many share stay, and so do those that are no screen's.
  for (const profile of [screen({}, P3), screen({}, [[0.6097, 0.3111, 0.0195], [0.2053, 0.6257, 0.0609], [0.1492, 0.0632, 0.7446]]), icc({ rXYZ: xyz(0.5, 0.2, 0), gXYZ: xyz(0.3, 0.7, 0), bXYZ: xyz(0.1, 0.1, 0.8), rTRC: gamma(1.7) }, 'scnr')]) {
    for (const name of ['rXYZ', 'bXYZ', 'rTRC']) assert.deepEqual(tag((await inside(profile)).profile, name), tag(profile, name), name)
  }
  // A screen's tables of colours can't be replaced, so nothing is left.
  assert.ok((await inside(icc({ desc: description('MARK'), A2B0: latin('MARK') }))).profile.every((byte) => byte === 0))
})

const slice = units('\x26\x01slice')
test('HEIC: pictures that the shown one does not need go, and the names that makers give to others', async () => {
  const gone = (name) => units(`\x26\x01MARK ${name}`)
  const pictures = [[1, 'grid', 'gridgrid'], [2, 'hvc1', slice], [3, 'hvc1', gone('THUMB')], [4, 'hvc1', gone('WHOLE')], [5, 'grid', 'MARKGRID'], [6, 'hvc1', gone('TILE')], [7, 'hvc1', units('\x26\x01depth')], [8, 'tmap', 'MARK']]
  const references = [['dimg', 1, 2], ['thmb', 3, 1], ['dimg', 5, 6], ['auxl', 7, 1], ['dimg', 8, 1, 7]]
  const vendor = full('auxC', 0, 'urn:com:MARK:2020:gain\0sub')
  for (const [properties, kept] of [[[hvcC(), vendor], false], [[hvcC(), vendor, full('auxC', 0, 'urn:mpeg:hevc:2015:auxid:1\0')], true]]) {
    const { at, file } = album(pictures, references, properties)
    const { bytes, removed, unseen } = await clean(file)
    assertUnmarked(bytes)
    assert.equal(bytes.toString('latin1', at, at + 8 + slice.length), `gridgrid${slice.toString('latin1')}`)
    assert.ok(bytes.includes('urn:xxxxxxxxxxxxxxxxxx\0\0\0\0'))
    assert.deepEqual([bytes.includes('depth'), bytes.includes('auxl'), unseen], [kept, kept, kept])
    assert.deepEqual(bytes.toString('latin1').match(/infe.{8}..../gs).map((entry) => entry.slice(12)), ['grid', 'hvc1', 'free', 'free', 'free', 'free', kept ? 'hvc1' : 'free', 'free'])
    assert.deepEqual(bytes.toString('latin1').match(/dimg|thmb/g), ['dimg'])
    assert.ok(removed.includes('thumbnail') && removed.includes('other'))
  }
  assert.equal(await unseenOf(album([[1, 'hvc1', slice]]).file), false)
  assert.equal(await unseenOf(album([[1, 'av01', slice]]).file), true)
})

test('HEIC: what follows the head of a grid goes, and so does the content of what is another picture', async () => {
  const of = (type, body) => album([[1, type, latin(body)], [2, 'hvc1', slice]], [['dimg', 1, 2]]).file
  for (const [type, before, after] of [['grid', 'g\0idgridMARK', 'g\0idgrid\0\0\0\0'], ['grid', 'g\x01idgridgridMARK', 'g\x01idgridgrid\0\0\0\0'], ['iden', 'MARKMARK', '\0'.repeat(8)]]) {
    const { bytes, removed } = await clean(of(type, before))
    assert.deepEqual([bytes, removed], [of(type, after), ['other']])
  }
})

const signature = fixture('camera.png').subarray(0, 8)
/** The head of a square picture: 8 bits of a colour type, 6 for red, green, blue and opacity. */
const square = (width, colour = 2, more = be(0, 3)) => [chunk('IHDR', Buffer.concat([be(width, 4), be(width, 4), be(8, 1), be(colour, 1), more]))]
const dots = (width, bytes = width * (1 + 3 * width), fill = 0) => chunk('IDAT', deflateSync(Buffer.alloc(bytes, fill)))
const end = chunk('IEND', be(0, 0))

test('PNG: pixels that may be under full transparency are told', async () => {
  // Every filter, over what is opaque, and one pixel that isn't.
  const rows = (change) => {
    const before = Buffer.alloc(16)
    const out = []
    for (let y = 0; y < 6; y++) {
      const row = Buffer.from(Array.from({ length: 16 }, (_, i) => i % 4 === 3 ? 255 : (i * 37 + y * 91) & 255))
      if (change) change(row, y)
      const filter = y && (y - 1) % 5 || 4 * (y < 1)
      out.push(Buffer.from([filter]), Buffer.from(row.map((byte, i) => {
        const [a, b, c] = [i > 3 ? row[i - 4] : 0, before[i], i > 3 ? before[i - 4] : 0]
        const p = a + b - c
        const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
        return byte - [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter]
      })))
      before.set(row)
    }
    return Buffer.concat(out)
  }
  const file = (pixels, head = chunk('IHDR', Buffer.concat([be(4, 4), be(6, 4), latin('\x08\x06\0\0\0')]))) => Buffer.concat([signature, head, chunk('IDAT', deflateSync(pixels)), end])
  assert.equal(await unseenOf(file(rows())), false)
  for (let y = 0; y < 6; y++) for (const x of [3, 7, 15]) assert.ok(await unseenOf(file(rows((row, at) => { if (at === y) row[x] = 0 }))), `${x} ${y}`)
  assert.ok(await unseenOf(Buffer.concat([signature, ...square(2, 4), dots(2, 10), end])))
  const palette = (alpha) => Buffer.concat([signature, ...square(2, 3), chunk('PLTE', be(1, 9)), chunk('tRNS', latin(alpha)), dots(2, 6), end])
  assert.deepEqual([await unseenOf(palette('\0\xff')), await unseenOf(palette('\0\0'))], [false, true])
  // No longer than there are colours.
  for (const [colour, length] of [[0, 2], [2, 6], [3, 3], [4, 0]]) {
    const cleared = (...more) => Buffer.concat([signature, ...square(2, colour), ...(colour === 3 ? [chunk('PLTE', be(1, 9))] : []), ...more, dots(2), end])
    assert.deepEqual((await clean(cleared(chunk('tRNS', Buffer.alloc(length + 1, 'M'))))).bytes, cleared(), `colour ${colour}`)
    const right = cleared(chunk('tRNS', Buffer.alloc(length, 'M')))
    if (length) assert.deepEqual((await clean(right)).bytes, right, `colour ${colour}`)
  }
})

test('PNG: more pixels than the picture has, more frames and more of one sort are told or go', async () => {
  const file = (...parts) => Buffer.concat([signature, ...parts])
  const clear = file(...square(2), dots(2), end)
  assert.equal(await unseenOf(clear), false)
  assert.equal(await unseenOf(file(...square(2), dots(2, 15), end)), true)
  assert.equal(await unseenOf(file(...square(2), dots(2, 13), end)), true)
  assert.equal(await unseenOf(file(...square(2, 2, be(1, 3)), dots(2), end)), true)
  assert.equal(await unseenOf(file(...square(2), chunk('acTL', be(1, 8)), dots(2), end)), true)
  for (const type of ['fcTL', 'fdAT']) assert.equal(await unseenOf(file(...square(2), dots(2), chunk(type, latin('MARK')), end)), true, type)
  for (const planted of [
    file(...square(2), dots(2), chunk('IEND', latin('MARK'))), file(...square(2), chunk('gAMA', latin('MARKMARK')), dots(2), end), file(...square(2), chunk('sRGB', latin('MARK')), dots(2), end),
  ]) assert.deepEqual((await clean(planted)).bytes, clear)
  const gamma = chunk('gAMA', be(45455, 4))
  assert.deepEqual((await clean(file(...square(2), gamma, chunk('gAMA', latin('MARK')), dots(2), end))).bytes, file(...square(2), gamma, dots(2), end))
  assert.equal(await kind(file(chunk('IHDR', Buffer.concat([square(2)[0].subarray(8, 21), latin('MARK')])), dots(2), end)), 'damaged')
})

test('WebP: what may be under full transparency is told, a second picture goes', async () => {
  const head = (flags) => Buffer.concat([Buffer.from([flags, 0, 0, 0]), Buffer.alloc(6, 1)])
  const lossless = (opacity) => latin(`\x2f\0\0\0${opacity ? '\x10' : '\0'}data`)
  assert.equal(await unseenOf(riff([['VP8L', lossless(false)]])), false)
  assert.equal(await unseenOf(riff([['VP8L', lossless(true)]])), true)
  assert.equal(await unseenOf(riff([['VP8X', head(16)], ['ALPH', latin('ab')], ['VP8 ', latin('ab')]])), true)
  assert.equal(await unseenOf(riff([['VP8X', head(2)], ['ANMF', Buffer.concat([Buffer.alloc(16), latin('VP8L'), little(9), lossless(true), latin('\0')])]])), true)
  const { bytes, removed } = await clean(riff([['VP8 ', latin('ab')], ['VP8 ', latin('MARK')]]))
  assert.deepEqual([bytes, removed], [riff([['VP8 ', latin('ab')]]), ['other']])
})

for (const [name, open] of [['Chromium', () => openChromium()], ['Firefox without JIT', () => openFirefox({ level: 'safer' })]]) {
  test(`${name}: pictures look the same, and what follows packed pixels is told`, async () => {
    const tab = await open()
    try {
      await tab.goto('about:blank')
      const packed = deflateSync(Buffer.alloc(14))
      const files = {
        ...Object.fromEntries(['camera.jpg', 'progressive.jpg', 'camera.png', 'camera.webp', 'camera.avif'].map((file) => [file, fixture(file)])),
        plain: Buffer.concat([signature, ...square(2), chunk('IDAT', packed), end]),
        longer: Buffer.concat([signature, ...square(2), chunk('IDAT', Buffer.concat([packed, latin('MARKMARK')])), end]),
        bomb: Buffer.concat([signature, ...square(2), chunk('iCCP', Buffer.concat([latin('a\0\0'), deflateSync(Buffer.alloc(64 << 20))])), dots(2), end]),
      }
      const results = await tab.page.evaluate(`(async () => { ${await bundle('scrub/index.ts', 'scrubbing')}
        const look = async (blob) => {
          const image = new Image()
          image.src = URL.createObjectURL(blob)
          await image.decode()
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d')
          canvas.drawImage(image, 0, 0)
          return canvas.getImageData(0, 0, image.naturalWidth, image.naturalHeight).data.join()
        }
        const results = {}
        for (const [name, letters] of Object.entries(${JSON.stringify(Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, bytes.toString('base64')])))})) {
          const blob = new Blob([Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0))])
          const { kind, unseen, blob: cleaned } = await scrubbing.scrub(blob)
          results[name] = [kind, unseen, await look(blob) === await look(cleaned)]
        }
        return results
      })()`)
      const clear = ['scrubbed', false, true]
      assert.deepEqual(results, {
        'camera.jpg': clear, 'progressive.jpg': clear, 'camera.png': clear, 'camera.webp': clear, 'camera.avif': ['scrubbed', true, true], plain: clear, longer: ['scrubbed', true, true], bomb: clear,
      })
    } finally {
      await tab.close()
    }
  })
}

for (const [name, open] of [['Chromium', openChromium], ['Firefox', openFirefox]]) {
  test(`${name}: finds in a file what is found here, and writes the same`, async () => {
    const at = brand.length + 8
    const seis = Object.entries(STREAMS).map(([type, stream]) => {
      const data = units(...stream.map(([unit]) => unit))
      return [`messages in ${type}`, Buffer.concat([brand, box('mdat', data), film(track('vide', coded(type, type === 'avc1' ? avcC() : hvcC()), [[at, data.length]]))])]
    })
    const photo = fixture('camera.jpg')
    const files = {
      // What is packed anew differs by who packs it.
      ...Object.fromEntries(fixtures.filter((file) => !file.endsWith('png')).map((file) => [file, fixture(file)])), ...Object.fromEntries(seis),
      screen: Buffer.concat([photo.subarray(0, 2), segment('\xe2', Buffer.concat([latin('ICC_PROFILE\0\x01\x01'), screen()])), photo.subarray(photo.indexOf(latin('\xff\xdb')))]),
      descriptor: one('soun', heard('mp4a', full('esds', 0, '\x03\x80\x80\x80\x22\0\0\0\x04\x80\x80\x80\x14\x40\x15', be(0, 11), '\x05\x80\x80\x80\x02\x11\x90\x06\x80\x80\x80\x01\x02'))),
    }
    const tab = await open()
    try {
      await tab.goto('about:blank')
      for (const [file, bytes] of Object.entries(files)) {
        const there = await tab.page.evaluate(`(async () => { ${await bundle('scrub/index.ts', 'scrubbing')}
          const { kind, unseen, removed, blob } = await scrubbing.scrub(new Blob([Uint8Array.from(atob('${bytes.toString('base64')}'), (letter) => letter.charCodeAt(0))]))
          return { kind, unseen, removed, bytes: blob && btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer()))) }
        })()`)
        const { kind, unseen, removed, blob } = await scrub(new Blob([bytes]))
        assert.equal(kind, 'scrubbed', file)
        assert.deepEqual(there, { kind, unseen, removed, bytes: (await content(blob)).toString('base64') }, file)
      }
    } finally {
      await tab.close()
    }
  })
}

test('films: scenes that no edit shows are told, and tracks that are off or beside another', async () => {
  const at = brand.length + 8
  const samples = Array.from({ length: 10 }, (_, i) => [at + i * 6, 6])
  const whole = (...tracks) => Buffer.concat([brand, box('mdat', units(...Array(20).fill('\x65a')).subarray(0, 60).fill(Buffer.from('\0\0\0\x02\x65a', 'latin1'))), film(...tracks)])
  const edited = (edits, options) => unseenOf(whole(track('vide', coded('avc1', avcC()), samples, { edits, ...options })))
  for (const edits of [undefined, [[10, 0]], [[4, -1], [10, 0]], [[5, 5], [5, 0]], [[0, 0]]]) assert.equal(await edited(edits), false, JSON.stringify(edits))
  for (const edits of [[[9, 0]], [[9, 1]], [[4, 0], [4, 5]], [[10, -1]], []]) assert.equal(await edited(edits), true, JSON.stringify(edits))
  assert.equal(await edited(undefined, { on: 0 }), true)
  const half = [samples.slice(0, 5), samples.slice(5)].map((list) => track('vide', coded('avc1', avcC()), list))
  assert.equal(await unseenOf(whole(...half)), true)
})

test('films: what follows the known content of a box goes', async () => {
  for (const input of [one('vide', coded('avc1', avcC(), box('pasp', be(1, 8), 'MARK')), { slack: 'MARK' }), one('vide', coded('s263', box('d263', 'MARK\0\0\0MARK'))), one('soun', heard('samr', box('damr', 'MARK\0\0\0\0\0MARK')))]) {
    const { bytes } = await clean(input)
    assertUnmarked(bytes)
    assert.equal(bytes.length, input.length)
  }
})

/** Every box of a file as the way to it from the top. `inner` is how long the head of each sort is that holds others. */
function* boxesOf(file, inner, from = 0, to = file.length, way = []) {
  for (let at = from; at + 8 <= to; at += file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8)
    const here = [...way, { at, type, size: file.readUInt32BE(at) }]
    yield here
    if (type in inner) yield* boxesOf(file, inner, at + 8 + inner[type], at + here.at(-1).size, here)
  }
}

test('films: what follows the last box in another goes, wherever it is', async () => {
  for (const [name, mp4a] of [['film.mp4', 28], ['film.mov', 44], ['audio.m4a', 28]]) {
    const inner = { moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, edts: 0, dinf: 0, dref: 8, stsd: 8, avc1: 78, mp4a, wave: 0, tref: 0 }
    const input = fixture(name)
    const ways = [...boxesOf(input, inner)]
    assert.ok(ways.length > 20, `${name} has ${ways.length}`)
    for (const way of ways) {
      const end = way.at(-1).at + way.at(-1).size
      const planted = Buffer.concat([input.subarray(0, end), latin('MARKMAR'), input.subarray(end)])
      for (const { at, size } of way) planted.writeUInt32BE(size + 7, at)
      const result = await scrub(new Blob([planted]))
      const where = `${name}: ${way.map(({ type }) => type).join('/')}`
      if (result.kind === 'scrubbed' && !result.unseen) assert.ok(!(await content(result.blob)).includes('MARKMAR'), where)
      // A description of the coding that has more in it isn't followed any more.
      else assert.match(where, /avcC|ftyp|free|wide|mdat/)
    }
  }
})

test('HEIC: what follows the content of a box goes, wherever it is, and so do groups of pictures', async () => {
  const inner = { meta: 4, iprp: 0, ipco: 0, iinf: 6, iref: 4, grpl: 0 }
  const properties = [hvcC(), full('ispe', 0, be(64, 8)), full('pixi', 0, '\x03\x08\x08\x08'), box('irot', '\0'), box('pasp', be(1, 8)), box('colr', 'nclx', be(1, 7)), full('rloc', 0, be(0, 8))]
  const slice = units('\x26\x01slice')
  const { file } = album([[1, 'hvc1', slice], [2, 'hvc1', slice]], [['thmb', 2, 1]], properties, [box('grpl', full('altr', 0, be(3, 4), be(1, 4), be(1, 4)))])
  const plain = await clean(file)
  assert.deepEqual([plain.unseen, plain.bytes.includes('altr')], [false, false])
  for (const way of boxesOf(file, inner)) {
    for (const more of [latin('MARKMAR'), latin('MARK'.repeat(10))]) {
      const end = way.at(-1).at + way.at(-1).size
      const planted = Buffer.concat([file.subarray(0, end), more, file.subarray(end)])
      for (const { at, size } of way) planted.writeUInt32BE(size + more.length, at)
      // The pictures have moved.
      const items = planted.indexOf('iloc') + 12
      for (const item of way[0].type === 'mdat' ? [] : [0, 1]) planted.writeUInt32BE(planted.readUInt32BE(items + 14 * item + 6) + more.length, items + 14 * item + 6)
      const result = await scrub(new Blob([planted]))
      const where = way.map(({ type }) => type).join('/')
      if (result.kind === 'scrubbed' && !result.unseen) assert.ok(!(await content(result.blob)).includes('MARK'), where)
      // A description that has more in it isn't followed, and longer letters in the place of boxes are none.
      else assert.ok(/hvcC/.test(where) || more.length > 7 && /meta$|iinf$|iref$|ip..$/.test(where), `${where} ${result.kind}`)
    }
  }
})

test('HEIC: what follows the list that says which properties a picture has goes, in each of its forms', async () => {
  const listed = (version, wide, size, ...numbers) => (more) => full('ipma', version, be(2, 4), ...[1, 2].flatMap((id) => [be(id, wide), be(numbers.length, 1), ...numbers.map((number) => be(number, size))]), more)
  const forms = [listed(0, 2, 1, 0x81, 0x7f, 3), listed(1, 4, 1, 0x81, 0x7f), listed(0, 2, 2, 0x8001, 0x7fff), listed(1, 4, 2, 0x8001, 0x7fff, 3)]
  for (const [n, form] of forms.entries()) {
    const file = (more) => {
      const associations = form(more)
      // The flag that makes numbers wider.
      associations[11] = n >> 1
      return album([[1, 'hvc1', units('\x26\x01slice')], [2, 'hvc1', units('\x26\x01slice')]], [['dimg', 1, 2]], [hvcC()], [], associations).file
    }
    const { bytes, removed } = await clean(file('MARKMARK'))
    assert.deepEqual([bytes, removed], [file('\0'.repeat(8)), ['other']], `form ${n}`)
  }
})

test('films: boxes that no player needs, stand where nobody reads them or once more, go', async () => {
  const plain = await clean(one('vide', coded('avc1', avcC()), { within: [box('tapt', full('clef', 0, be(9, 8)))] }))
  assert.ok(plain.bytes.includes('clef'))
  for (const type of ['sgpd', 'sbgp', 'subs', 'sdtp', 'saiz', 'saio', 'leva', 'trep', 'stts', 'co64', 'clef', 'trun', 'mvhd', 'tkhd', 'cslg', 'vmhd', 'hdlr', 'mdia']) {
    const marked = full(type, 0, be(0, 40), 'MARK'.repeat(50))
    for (const [where, options] of [['stbl', { tables: [marked] }], ['trak', { within: [marked] }]]) {
      const { bytes, removed } = await clean(one('vide', coded('avc1', avcC()), options))
      assertUnmarked(bytes)
      assert.ok(removed.includes('other'), `${type} in ${where}`)
    }
  }
  const long = await clean(one('vide', coded('avc1', avcC()), { within: [box('tapt', full('clef', 0, be(9, 8), 'MARK'))], tables: [full('cslg', 0, be(1, 20), 'MARK')] }))
  assertUnmarked(long.bytes)
  const at = brand.length + 8
  const moov = (...more) => Buffer.concat([brand, box('mdat', 'DATA'), box('moov', header('mvhd', 1), track('vide', coded('avc1', avcC()), [[at, 4]]), ...more), box('free')])
  for (const type of ['sgpd', 'leva', 'clef', 'mfhd', 'trun', 'stbl']) assertUnmarked((await clean(moov(full(type, 0, be(0, 40), 'MARK')))).bytes)
  assert.equal(await unseenOf(moov(box('mvex', full('trex', 0, 'MARK'.repeat(5))))), true)
})

test('films: at the top of a file only what plays stays, once, and no brand but a known one', async () => {
  const slice = units('\x65slice')
  const at = (head) => head.length + 8
  const whole = (head, ...more) => Buffer.concat([head, box('mdat', slice), film(track('vide', coded('avc1', avcC()), [[at(head), slice.length]])), ...more])
  const plain = await clean(whole(brand))
  for (const type of ['free', 'skip', 'wide', 'uuid', 'styp', 'sidx', 'ssix', 'pdin', 'prft', 'emsg', 'meta', 'udta', 'trak', 'what', 'ftyp', 'moov']) {
    const { bytes, unseen, removed } = await clean(whole(brand, box(type, be(0, 16), 'MARK'.repeat(20))))
    assertUnmarked(bytes)
    assert.deepEqual([bytes.subarray(0, plain.bytes.length), removed.includes('other')], [plain.bytes, true], type)
    assert.equal(unseen, false, type)
  }
  // The sound of a second film is not heard.
  const head = Buffer.concat([brand, box('mdat', slice, 'MARK')])
  const second = box('moov', header('mvhd', 1), track('soun', heard('mp4a', esds(0x40)), [[at(brand) + slice.length, 4]]))
  assertUnmarked((await clean(Buffer.concat([head, film(track('vide', coded('avc1', avcC()), [[at(brand), slice.length]])), second]))).bytes)
  const brands = async (text) => (await clean(whole(box('ftyp', text)))).bytes.toString('latin1', 8, 8 + text.length)
  for (const [before, after] of [
    ['isom\0\0\x02\0isomiso2avc1mp41', 'isom\0\0\x02\0isomiso2avc1mp41'], ['qt  \x20\x05\x03\0qt  \0\0\0\0\0\0\0\0', 'qt  \x20\x05\x03\0qt  \0\0\0\0\0\0\0\0'],
    ['mp42MARKmp42isom', 'mp42\0\0\0\0mp42isom'], ['mp42\0\0\0\0MARKisomMARKisomMA', 'mp42\0\0\0\0mp42isommp42mp42\0\0'], ['MARK\0\0\0\0MARKmp41', 'mp41\0\0\0\0mp41mp41'], ['MARK', 'isom'],
    [`mp42\0\0\0\0${'mp42'.repeat(300)}${'MARK'.repeat(300)}`, `mp42\0\0\0\0${'mp42'.repeat(254)}${'\0'.repeat(1384)}`],
  ]) assert.equal(await brands(before), after, JSON.stringify(before.slice(0, 40)))
  // An index of fragments stays beside them, and all of it is told.
  const fragments = await clean(Buffer.concat([fixture('fragments.mp4'), box('sidx', be(0, 24))]))
  assert.deepEqual([fragments.bytes.includes('sidx'), fragments.unseen], [true, true])
})

test('films: of two sounds one is not heard, and of a film beside a picture one is not seen', async () => {
  const at = brand.length + 8
  const voice = (from) => track('soun', heard('mp4a', esds(0x40)), [[from, 2]])
  const whole = (...tracks) => Buffer.concat([brand, box('mdat', 'DATA'), film(...tracks)])
  assert.equal(await unseenOf(whole(voice(at))), false)
  assert.equal(await unseenOf(whole(voice(at), voice(at + 2))), true)
  const shown = album([[1, 'hvc1', units('\x26\x01slice')]], [], [hvcC()])
  assert.equal(await unseenOf(shown.file), false)
  const both = Buffer.concat([shown.file, box('mdat', 'DATA'), film(voice(shown.file.length + 8))])
  assert.equal(await unseenOf(both), true)
})

test('films and HEIC: a colour box of an unknown kind goes, and so does what follows a known one', async () => {
  const colours = [box('colr', 'nclx', be(1, 6), '\x80MARK'), box('colr', 'nclc', be(1, 6), 'MARK'), box('colr', 'MARKMARKMARK')]
  for (const colour of colours) {
    for (const input of [one('vide', coded('avc1', avcC(), colour)), album([[1, 'hvc1', units('\x26\x01slice')]], [], [hvcC(), colour]).file]) {
      const { bytes, removed } = await clean(input)
      assertUnmarked(bytes)
      assert.ok(removed.includes('other'))
    }
  }
})

test('PNG: a palette beside pixels with colours of their own goes, and so does what counts them', async () => {
  const parts = pngChunks(fixture('camera.png'))
  const [head, data] = [parts[0], parts.find(({ type }) => type === 'IDAT')]
  const signature = fixture('camera.png').subarray(0, 8)
  const build = (...more) => Buffer.concat([signature, chunk('IHDR', head.body), ...more, chunk('IDAT', data.body), chunk('IEND', Buffer.alloc(0))])
  assert.equal(head.body[9], 2)
  const { bytes, removed } = await clean(build(chunk('PLTE', latin('MARKMARKMARK')), chunk('hIST', latin('MARKMARK'))))
  assert.deepEqual([bytes, removed], [build(), ['other']])
})

test('JPEG: tables and heads are as long as they say, and there is one picture', async () => {
  const { bytes } = await clean(fixture('camera.jpg'))
  const at = (marker) => bytes.indexOf(latin(`\xff${marker}`))
  for (const marker of ['\xdb', '\xc4', '\xc0', '\xda']) {
    const from = at(marker)
    const length = bytes.readUInt16BE(from + 2)
    const longer = Buffer.concat([bytes.subarray(0, from + 2), be(length + 4, 2), bytes.subarray(from + 4, from + 2 + length), latin('MARK'), bytes.subarray(from + 2 + length)])
    assert.equal(await kind(longer), 'damaged', JSON.stringify(marker))
  }
  const arithmetic = (...lengths) => kind(Buffer.concat([bytes.subarray(0, 2), ...lengths.map((length) => segment('\xcc', 'M'.repeat(length))), bytes.subarray(2)]))
  assert.deepEqual([await arithmetic(4, 4), await arithmetic(3), await arithmetic(130), await arithmetic(128, 2)], ['scrubbed', 'damaged', 'damaged', 'damaged'])
  const frame = bytes.subarray(at('\xc0'))
  assert.equal(await kind(Buffer.concat([bytes.subarray(0, -2), frame])), 'damaged')
  const tables = Buffer.concat([bytes.subarray(0, at('\xc4')), ...Array(700).fill(bytes.subarray(at('\xc4'), at('\xda'))), bytes.subarray(at('\xda'))])
  assert.equal(await kind(tables), 'damaged')
})

test('JPEG: bytes between segments are skipped, as decoders do', async () => {
  const { bytes } = await clean(fixture('camera.jpg'))
  const from = bytes.indexOf(latin('\xff\xdb'))
  for (const junk of ['MARK', '\0', '\xff\0MARK', '\xff\xd3MARK', '\xff\x01', `${'MARK'.repeat(1 << 18)}`]) {
    const result = await clean(Buffer.concat([bytes.subarray(0, from), latin(junk), bytes.subarray(from)]))
    assert.deepEqual([result.bytes, result.removed], [bytes, ['other']], JSON.stringify(junk.slice(0, 9)))
  }
})

test('a place is named whenever one goes', async () => {
  const exif = (tag, more = '') => segment('\xe1', `Exif\0\0MM\0*\0\0\0\x08\0\x01${tag}\0\x04\0\0\0\x01\0\0\x40\0\0\0\0\0${more}`)
  const { bytes } = await clean(fixture('camera.jpg'))
  // Its directory is beyond the block, so that nothing of it can be read.
  assert.deepEqual((await clean(Buffer.concat([bytes.subarray(0, 2), exif('\x88\x25'), bytes.subarray(2)]))).removed.includes('place'), true)
  for (const type of ['gps ', 'loci', '\xa9xyz']) {
    const moov = box('moov', box('mvhd', be(0, 100)), track('vide', picture, [[brand.length + 8, 4]]), box(type, '\x01\x02\x03'))
    assert.ok((await clean(Buffer.concat([brand, box('mdat', 'DATA'), moov]))).removed.includes('place'), type)
  }
  assert.ok((await clean(Buffer.concat([brand, box('mdat', 'DATA', 'xyz'), film(track('vide', picture, [[brand.length + 8, 4]]), track('meta', box('camm', be(1, 8)), [[brand.length + 12, 3]]))]))).removed.includes('place'))
})

// Hostile files: what they may cost is counted, never timed.

/** How many bytes `work` turns into text to look at them, and how many it unpacks. */
async function cost(work) {
  const { TextDecoder, DecompressionStream } = globalThis
  const counts = { looked: 0, unpacked: 0 }
  globalThis.TextDecoder = class extends TextDecoder {
    decode(block, options) {
      counts.looked += block?.byteLength ?? 0
      return super.decode(block, options)
    }
  }
  globalThis.DecompressionStream = class {
    constructor(kind) {
      const stream = new DecompressionStream(kind)
      this.writable = stream.writable
      this.readable = stream.readable.pipeThrough(new TransformStream({ transform: (part, to) => { counts.unpacked += part.length; to.enqueue(part) } }))
    }
  }
  try {
    return { ...counts, ...await work(), ...counts }
  } finally {
    Object.assign(globalThis, { TextDecoder, DecompressionStream })
  }
}

test('hostile: a profile that unpacks to very much is unpacked to 4 MB, and one of several', async () => {
  const bomb = chunk('iCCP', Buffer.concat([latin('a\0\0'), deflateSync(Buffer.alloc(64 << 20))]))
  const file = Buffer.concat([signature, ...square(2), bomb, bomb, bomb, dots(2), end])
  const result = await cost(async () => ({ bytes: (await clean(file)).bytes }))
  assert.deepEqual(result.bytes, Buffer.concat([signature, ...square(2), dots(2), end]))
  assert.ok(result.unpacked < 32 << 20, `${result.unpacked} bytes`)
})

test('hostile: pixels beyond the picture are not unpacked', async () => {
  const result = await cost(async () => ({ unseen: (await scrub(new Blob([signature, ...square(2), dots(2, 128 << 20), end]))).unseen }))
  assert.ok(result.unseen && result.unpacked < 32 << 20, `${result.unpacked} bytes`)
})

test('hostile: items that all lie on one place are looked at within a budget', async () => {
  const COUNT = 2000
  const build = (at) => full('meta', 0, full('hdlr', 0, be(0, 4), 'pict', be(0, 13)), full('pitm', 0, be(1, 2)),
    full('iinf', 0, be(COUNT, 2), ...Array.from({ length: COUNT }, (_, i) => full('infe', 2, be(i + 1, 2), be(0, 2), i ? 'mime' : 'hvc1', '\0'))),
    full('iloc', 0, be(0x4400, 2), be(COUNT, 2), ...Array.from({ length: COUNT }, (_, i) => Buffer.concat([be(i + 1, 2), be(0, 2), be(1, 2), be(at + (i ? slice.length : 0), 4), be(i ? 1 << 20 : slice.length, 4)]))),
    box('iprp', box('ipco', hvcC())))
  const head = box('ftyp', 'heic\0\0\0\0mif1heic')
  const file = Buffer.concat([head, build(head.length + build(0).length + 8), box('mdat', slice, Buffer.alloc(1 << 20, 'MARK'))])
  const result = await cost(async () => scrub(new Blob([file])))
  assert.ok(result.looked < 64 << 20, `${result.looked} bytes`)
  assert.equal(result.kind, 'scrubbed')
  assert.ok(!(await content(result.blob)).includes('MARK'))
})

test('hostile: a text that nobody can have read, and very many units of a film, are not looked through', async () => {
  assert.equal(await kind(Buffer.alloc(9 << 20, 'word ')), 'hidden')
  const data = Buffer.alloc(5 * 600_000).fill(units('\x09'))
  assert.ok(await unseenOf(Buffer.concat([brand, box('mdat', data), film(track('vide', coded('avc1', avcC()), [[brand.length + 8, data.length]]))])))
  const opaque = Buffer.alloc(4200 * 16_801, 0)
  assert.equal(await unseenOf(Buffer.concat([signature, ...square(4200, 6), chunk('IDAT', deflateSync(opaque, { level: 1 })), end])), true)
})

test('hostile: very many chunks, segments, samples and boxes end it', async () => {
  assert.equal(await kind(Buffer.concat([signature, ...square(2), ...Array(70_000).fill(chunk('teXt', be(0, 0))), dots(2), end])), 'damaged')
  const { bytes } = await clean(fixture('camera.jpg'))
  assert.equal(await kind(Buffer.concat([bytes.subarray(0, 2), ...Array(5000).fill(latin('\xff\xfe\0\x02')), bytes.subarray(2)])), 'damaged')
  const many = (count, gap) => {
    const offsets = Buffer.alloc(4 * count)
    for (let i = 0; i < count; i++) offsets.writeUInt32BE(brand.length + 8 + i * gap, 4 * i)
    const stbl = box('stbl', full('stsd', 0, be(1, 4), heard('sowt')), full('stts', 0, be(0, 4)), full('stsc', 0, be(1, 4), be(1, 4), be(1, 4), be(1, 4)), full('stsz', 0, be(4, 4), be(count, 4)), full('stco', 0, be(count, 4), offsets))
    const trak = box('trak', full('tkhd', 0, be(0, 80)), box('mdia', full('mdhd', 0, be(0, 20)), full('hdlr', 0, be(0, 4), 'soun', be(0, 12)), box('minf', stbl)))
    return Buffer.concat([brand, box('mdat', Buffer.alloc(gap * count, 1)), box('moov', full('mvhd', 0, be(0, 96)), trak)])
  }
  assert.equal(await kind(many(3_000_000, 1)), 'damaged')
  assert.equal(await kind(many(70_000, 5)), 'damaged')
  assert.equal(await kind(many(1_200_000, 5)), 'damaged')
  // Pieces that follow each other are one.
  assert.equal(await kind(many(1_200_000, 4)), 'scrubbed')
})

// All

test('what a file is, its bytes say', async () => {
  const kinds = [
    ['%PDF-1.7', 'pdf', 'hidden'], ['GIF89a', 'gif', 'hidden'], ['II*\0', 'tiff', 'hidden'], ['MM\0*', 'tiff', 'hidden'], ['PK\x03\x04', 'zip', 'hidden'],
    ['\x1aE\xdf\xa3\x9fB\x82\x84webm', 'webm', 'hidden'], ['\x1aE\xdf\xa3\x9fB\x82\x88matroska', 'mkv', 'hidden'], ['ID3\x04', 'mp3', 'hidden'], ['\xff\xfb\x90', 'mp3', 'hidden'],
    ['OggS', 'ogg', 'hidden'], ['RIFF\0\0\0\0WAVE', 'wav', 'hidden'], ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'ole', 'hidden'], ['{\\rtf1', 'rtf', 'hidden'], ['%!PS-Adobe', 'ps', 'hidden'],
    ['<?xml version="1.0"?><svg/>', 'xml', 'hidden'], ['\xef\xbb\xbf <html>', 'xml', 'hidden'], ['\0\0\0\x18ftypcrx \0\0\0\0', 'cr3', 'hidden'], ['\xff\xfeh\0i\0', 'bin', 'hidden'], ['<\x80\xff', 'bin', 'hidden'], ['\x01\x02', 'bin', 'hidden'],
    ['', 'txt', 'scrubbed'], ['Gr\xc3\xbc\xc3\x9fe\r\n\t', 'txt', 'scrubbed'], [`${'a'.repeat(4095)}\xc3\xbc`, 'txt', 'scrubbed'], [`${'a'.repeat(5000)}\0`, 'txt', 'hidden'],
    [`${'a'.repeat((1 << 20) - 1)}\xc3\xbc${'a'.repeat(9)}\xff`, 'txt', 'hidden'], ['\xff\xd8\xff', 'jpg', 'damaged'], ['\x89PNG\r\n\x1a\n', 'png', 'damaged'], ['RIFF\0\0\0\0WEBP', 'webp', 'damaged'],
    ['\0\0\0\x14ftyp3gp4\0\0\0\0', '3gp', 'damaged'], ['\0\0\0\x10moov', 'mov', 'damaged'],
  ]
  for (const [beginning, extension, expected] of kinds) {
    const result = await scrub(new Blob([latin(beginning)]))
    assert.deepEqual([result.media.extension, result.kind], [extension, expected], beginning.slice(0, 40))
    if (expected === 'scrubbed') assert.deepEqual([await content(result.blob), result.removed], [latin(beginning), []])
  }
})

// The bound is on hanging; how long it takes is measured by benches/page.mjs.
test('whatever is cut off or altered, nothing is thrown, all ends, and what is clean stays clean', { timeout: 600_000 }, async () => {
  const random = numbers()
  const inputs = [...fixtures.map(fixture), heic(1).file]
  for (const input of inputs) {
    for (let round = 0; round < 250; round++) {
      const bytes = altered(input, round, random)
      const result = await scrub(new Blob([bytes]))
      if (result.kind !== 'scrubbed') continue
      const again = await scrub(result.blob)
      assert.deepEqual([again.kind, again.removed], ['scrubbed', []])
    }
  }
  const noise = Buffer.from(Array.from({ length: 5000 }, () => random(256)))
  for (const input of inputs) {
    for (const keep of [4, 12, 64, 300]) assert.ok(['damaged', 'hidden', 'scrubbed'].includes(await kind(Buffer.concat([input.subarray(0, keep), noise]))))
  }
})

test('what is said of a file: nothing is called clean while something may be left', async () => {
  const { describe } = await load('screens/files.ts')
  const texts = { text: (id, values) => id === 'file-cleaned' ? `cleaned(${values.details})` : id, list: (items) => items.join() }
  const said = (state) => describe({ texts }, { state })
  const scrubbed = (removed, unseen) => said({ kind: 'scrubbed', removed, unseen })
  assert.equal(scrubbed([], false), 'file-nothing')
  assert.equal(scrubbed([], true), 'file-unseen')
  assert.equal(scrubbed(['time', 'place'], false), 'cleaned(file-place,file-time)')
  assert.equal(scrubbed(['time'], true), 'cleaned(file-time) file-unseen')
  for (const kind of ['hidden', 'damaged']) assert.equal(said({ kind }), `file-${kind}`)
})

test('a file that cannot be read is the caller’s to tell', async () => {
  const blob = new Blob(['x'])
  blob.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) })
  await assert.rejects(scrub(blob), { name: 'NotReadableError' })
})
