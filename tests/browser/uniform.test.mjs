// Uniform: the relay can't tell tips of the page from those of softinfo-tip. Every byte of the header that isn't random is the same, every length
// is, the reader's stanza stands anywhere, and what is random is spread alike, bit by bit. A form carries a file that one of the two has sealed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { openChromium } from './browsers.mjs'
import { Built, exampleIdentity } from './built.mjs'
import { send, writeTip } from './journey.mjs'
import { INSPECTORATE, Scene, program } from './scene.mjs'

// By its path: the package shows this class to nobody, and only a single key's view of single stanzas tells where the reader's is.
const { HybridIdentity } = await import(new URL('../../web/node_modules/age-encryption/dist/recipients.js', import.meta.url))
const { Stanza } = await import(new URL('../../web/node_modules/age-encryption/dist/index.js', import.meta.url))

/// Tips of each maker. A maker that always puts the reader first, or leaves one bit of a stanza as it is, shows long before.
const TIPS = 160
/// A test that compares honest makers may fail once in a million runs for each of its statistics.
const Z = 6.2
const directory = new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url).pathname
let scene, identity
before(async () => {
  scene = await Scene.start()
  identity = new HybridIdentity(await exampleIdentity())
})
after(() => scene.stop())

function parse(sealed) {
  const bytes = Buffer.from(sealed)
  const end = bytes.indexOf('\n', bytes.indexOf('\n--- ') + 1) + 1
  const lines = bytes.subarray(0, end).toString('latin1').split('\n')
  const stanzas = []
  for (let n = 1; lines[n].startsWith('-> mlkem768x25519'); n += 2) stanzas.push({ argument: lines[n].split(' ')[2], body: lines[n + 1] })
  const fixed = lines.map((line) => (line.startsWith('-> ') ? line.split(' ').map((word, n) => (n < 2 ? word : word.length)).join(' ') : line.startsWith('--- ') ? `--- ${line.length}` : line.startsWith('age-') ? line : line.length))
  return { fixed: fixed.join('\n'), stanzas, reader: position(stanzas), payload: bytes.subarray(end), length: bytes.length }
}

/// Which of the four is the reader's, counted from 0.
function position(stanzas) {
  const mine = stanzas.map(({ argument, body }) => identity.unwrapFileKey([new Stanza(['mlkem768x25519', argument], new Uint8Array(Buffer.from(body, 'base64')))]) !== null)
  assert.equal(mine.filter(Boolean).length, 1)
  return mine.indexOf(true)
}

/// How far counts are from one another, in standard deviations of chance: two samples, the same bins.
function difference(a, b) {
  const [n, m] = [a, b].map((counts) => counts.reduce((sum, count) => sum + count, 0))
  let chi = 0
  let free = -1
  for (let bin = 0; bin < a.length; bin++) {
    if (a[bin] + b[bin] === 0) continue
    free += 1
    chi += (Math.sqrt(m / n) * a[bin] - Math.sqrt(n / m) * b[bin]) ** 2 / (a[bin] + b[bin])
  }
  // Wilson and Hilferty's cube root, good from a few degrees of freedom on.
  return free < 1 ? 0 : (Math.cbrt(chi / free) - (1 - 2 / (9 * free))) / Math.sqrt(2 / (9 * free))
}

const counts = (bins) => new Array(bins).fill(0)

/// What the relay could count over many tips of one maker.
function statistics(tips) {
  const positions = counts(4)
  const bytes = counts(256)
  const bits = counts(1120 * 8)
  const last = counts(256)
  for (const tip of tips) {
    positions[tip.reader] += 1
    for (const { argument, body } of tip.stanzas) {
      const share = Buffer.from(argument, 'base64')
      share.forEach((byte, n) => {
        bytes[byte] += 1
        for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) bits[n * 8 + bit] += 1
      })
      last[share.at(-1)] += 1
      for (const byte of Buffer.from(body, 'base64')) bytes[byte] += 1
    }
    for (const byte of tip.payload.subarray(0, 4096)) bytes[byte] += 1
  }
  return { positions, bytes, bits, last, samples: tips.length * 4 }
}

/// Everything in which two makers differ more than by chance.
function told(a, b) {
  const [one, two] = [a, b].map((tips) => statistics(tips))
  const found = []
  for (const what of ['fixed', 'length']) if (new Set([...a, ...b].map((tip) => tip[what])).size > 1) found.push(what)
  for (const { positions } of [one, two]) {
    const even = positions.map(() => 1e6)
    if (difference(positions, even) > Z) found.push(`the reader stands at ${positions}`)
  }
  for (const what of ['positions', 'bytes', 'last']) if (difference(one[what], two[what]) > Z) found.push(what)
  one.bits.forEach((count, bit) => {
    const [p, q] = [count / one.samples, two.bits[bit] / two.samples]
    const mean = (p + q) / 2
    const spread = Math.sqrt(mean * (1 - mean) * (1 / one.samples + 1 / two.samples))
    if (p !== q && (spread === 0 || Math.abs(p - q) / spread > Z)) found.push(`bit ${bit}`)
  })
  return found
}

async function byProgram(count) {
  const tips = []
  const [text, out] = [join(scene.folder, 'm.txt'), join(scene.folder, 'u.age')]
  for (let n = 0; n < count; n++) {
    writeFileSync(text, `tip ${n}`)
    await promisify(execFile)(program('softinfo-tip'), ['seal', '--leave-no-trace', '--directory', directory, '--to', INSPECTORATE, '--message', text, '--out', out])
    tips.push(parse(readFileSync(out)))
    rmSync(out)
  }
  return tips
}

async function byPage(count) {
  const tab = await openChromium()
  await tab.goto(scene.url)
  const built = new Built(tab)
  const note = readFileSync(directory, 'utf8')
  const root = readFileSync(new URL('../../keys-example/EXAMPLE-root.vkey', import.meta.url), 'utf8').trim()
  const { result } = await built.call('directory', { note, root, today: new Date().toISOString().slice(0, 10) })
  const tips = []
  for (let n = 0; n < count; n++) tips.push(parse((await built.seal({ message: `tip ${n}`, recipients: [result.keys[INSPECTORATE]] })).bytes))
  await tab.close()
  return tips
}

test('tips of the page and of softinfo-tip can not be told apart, and tips that can be are', async () => {
  const [page, tool] = [await byPage(TIPS), await byProgram(TIPS)]
  assert.deepEqual(told(page, tool), [])
  // Makers with a habit, to show that it would be noticed.
  const habits = {
    'the reader first': (tip) => ({ ...tip, reader: 0, stanzas: [tip.stanzas[tip.reader], ...tip.stanzas.filter((_, n) => n !== tip.reader)] }),
    'a bit that is always zero': (tip) => ({
      ...tip,
      stanzas: tip.stanzas.map((stanza, n) => {
        if (n === tip.reader) return stanza
        const share = Buffer.from(stanza.argument, 'base64')
        share[7] &= 0xfe
        return { ...stanza, argument: share.toString('base64').replace(/=+$/, '') }
      }),
    }),
    'one byte more': (tip) => ({ ...tip, length: tip.length + 1 }),
    'a stanza of another name': (tip) => ({ ...tip, fixed: tip.fixed.replace('mlkem768x25519', 'mlkem768x25518') }),
  }
  for (const [name, habit] of Object.entries(habits)) assert.notDeepEqual(told(page, tool.map(habit)), [], name)
})

/// A relay that notes what it is sent and passes it on.
async function noting(target) {
  const heads = []
  const [host, port] = target.split(':')
  const server = createServer((from) => {
    const to = connect(Number(port), host)
    from.on('data', (data) => {
      const text = data.toString('latin1')
      if (/^[A-Z]+ \/\S* HTTP\/1/.test(text)) heads.push(text.slice(0, text.indexOf('\r\n\r\n')))
    })
    from.on('error', () => {}).pipe(to)
    to.on('error', () => {}).pipe(from)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { heads, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

test('what surrounds a tip names no program: softinfo-tip sends three lines of its own, and the page two', async () => {
  const line = await noting(scene.address)
  const text = join(scene.folder, 'm.txt')
  writeFileSync(text, 'what surrounds it')
  await promisify(execFile)(program('softinfo-tip'), ['send', '--leave-no-trace', '--relay', line.url, '--to', INSPECTORATE, '--message', text])
  const lines = (head) => head.split('\r\n').slice(1).map((field) => field.toLowerCase()).filter((field) => !field.startsWith('host:')).sort()
  assert.deepEqual(line.heads.map((head) => head.split(' ').slice(0, 2).join(' ')), ['GET /directory', 'POST /tips'])
  assert.deepEqual(lines(line.heads[0]), ['accept: */*'])
  assert.deepEqual(lines(line.heads[1]), ['accept: */*', 'content-length: 30965', 'content-type: application/octet-stream'])
  line.heads.length = 0
  const tab = await openChromium()
  await tab.goto(`${line.url}/`)
  await writeTip(tab, { message: 'by the page' })
  await send(tab)
  const post = line.heads.find((head) => head.startsWith('POST /tips'))
  // What a browser says of itself is the browser's; of the page's own there is only what softinfo-tip says too.
  const browser = /^(accept|accept-encoding|accept-language|connection|origin|user-agent|sec-[a-z-]+|priority):/
  assert.deepEqual(lines(post).filter((field) => !browser.test(field)), ['content-length: 30965', 'content-type: application/octet-stream'])
  assert.ok(!/\r\n(referer|cookie|x-)/i.test(post), post)
  await tab.close()
  line.close()
})
