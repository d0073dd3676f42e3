// How fast the built page is, in one measure: plain ChaCha20-Poly1305 of the library it uses (noble) over chunks of 64 KiB, in the same browser and the
// same round. What has bytes is told as a part of that speed; what has none as the megabytes that the loop gets through meanwhile. Looking for what
// identifies a writer and cleaning files are here with texts and files that would be slow if something went back and forth in them.
// Run by hand, nothing else running: node benches/page.mjs
// In: SOFTINFO_BIN_DIR, the folder of the built programs; packages of web/ and tests/browser (tests/run installs them). Out: every round, and medians.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { altered, numbers } from '../tests/browser/fixtures/altered.mjs'
import { openChromium, openFirefox } from '../tests/browser/browsers.mjs'
import { REPEATED } from '../tests/browser/identifiers/repeated.mjs'
import { Scene, noise, put } from '../tests/browser/scene.mjs'

const { build } = createRequire(new URL('../web/package.json', import.meta.url))('esbuild')
const here = (path) => new URL(path, import.meta.url).pathname
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const note = readFileSync(here('../keys-example/EXAMPLE-directory.note'), 'utf8')
const { recipient } = JSON.parse(note.split('\n\n')[0]).holders[0].epochs[0]
const median = (figures) => figures.toSorted((a, b) => a - b)[figures.length >> 1]
const bundle = async (contents) => {
  const stdin = { contents, resolveDir: here('../web') }
  return (await build({ stdin, bundle: true, minify: true, write: false, format: 'iife', target: ['firefox115', 'chrome115'] })).outputFiles[0].text
}

console.log(`${cpus()[0].model}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`)

/** The measure. In: bytes. Out: milliseconds. */
const plain = await bundle(`
  import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
  onmessage = ({ data }) => {
    const begin = performance.now()
    for (let at = 0; at < data.length; at += 65536) chacha20poly1305(new Uint8Array(32), new Uint8Array(12)).encrypt(data.subarray(at, at + 65536))
    postMessage(performance.now() - begin)
  }`)

/** Looks through texts, each in turn. In: texts. Out: milliseconds for each. */
const look = await bundle(`
  import { findIdentifiers } from './src/identifiers/index.ts'
  onmessage = ({ data }) => postMessage(data.map((text) => {
    const begin = performance.now()
    findIdentifiers(text)
    return performance.now() - begin
  }))`)

/** Cleans files. In: bytes of each. Out: milliseconds for each. */
const clean = await bundle(`
  import { scrub } from './src/scrub/index.ts'
  onmessage = async ({ data }) => {
    const times = []
    for (const bytes of data) {
      const begin = performance.now()
      await scrub(new Blob([bytes]))
      times.push(performance.now() - begin)
    }
    postMessage(times)
  }`)

/** Texts of 100 000 characters: an ordinary one, then those that repeat, and one that is any characters. */
const LONG = 100_000
const garbage = String.fromCharCode(...Array.from({ length: 1000 }, (_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 16))
const texts = ['They come at night and go in the morning. ', ...REPEATED, garbage].map((piece) => piece.repeat(Math.ceil(LONG / piece.length)))
const written = readFileSync(here('../tests/browser/identifiers/tuning-nl.jsonl'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).text).join('\n').repeat(10).slice(0, 10_000)

/** Real files, each whole and altered in 40 ways, the same in every run; as base64. */
function wholeAndAltered() {
  const folder = here('../tests/browser/fixtures/scrub/')
  const random = numbers()
  return readdirSync(folder).filter((name) => !/\.(mjs|md|json)$/.test(name)).flatMap((name) => {
    const whole = readFileSync(folder + name)
    return [whole, ...Array.from({ length: 40 }, (_, round) => altered(whole, round, random))]
  }).map((bytes) => bytes.toString('base64'))
}

const browsers = [
  ['Chromium', () => openChromium(), 50_000_000],
  ['Chromium without JIT', () => openChromium({ jitless: true }), 8_000_000],
  ['Firefox', () => openFirefox(), 50_000_000],
  ['Firefox at Safer', () => openFirefox({ level: 'safer' }), 8_000_000],
]

/** Runs in the page. Out: milliseconds. */
async function measure([recipient, scripts, texts, written, files]) {
  const script = [...document.scripts].find((script) => script.text.length > 50_000).text
  const start = (text) => new Worker(URL.createObjectURL(new Blob([text])))
  const once = (text, given) => new Promise((resolve) => {
    const worker = start(text)
    worker.onmessage = ({ data }) => {
      worker.terminate()
      resolve(data)
    }
    worker.postMessage(given)
  })
  const page = start(script)
  const call = (name, argument) => new Promise((resolve, reject) => {
    page.onmessage = ({ data }) => (data.failure ? reject(new Error(JSON.stringify(data.failure))) : resolve(data.result))
    page.postMessage({ id: 1, name, argument })
  })
  const seal = async (message, files) => {
    const begin = performance.now()
    const details = { categories: [], period: '', place: {}, offenders: [], danger: '', minors: '', work_visit: {} }
    await call('seal', { lang: 'en', message, details, files, readers: ['a'], recipients: [recipient], max: 268_435_456 })
    while (await call('piece'));
    return performance.now() - begin
  }
  const first = await seal('They keep our passports. '.repeat(40), [])
  const text = await seal('They keep our passports. '.repeat(40), [])
  const content = document.getElementById('measured').files[0]
  const sealed = await seal('', [{ extension: 'bin', type: 'application/octet-stream', content, sha256: '', scrubbed: false }])
  const begin = performance.now()
  await call('attach', content)
  const hashed = performance.now() - begin
  page.terminate()
  const loop = await once(scripts.plain, new Uint8Array(await content.arrayBuffer()))
  const [latin, other] = await once(scripts.look, ['this is a tip', 'це повідомлення'])
  const [, look] = await once(scripts.look, ['this is a tip', written])
  const looks = await once(scripts.look, texts)
  const cleaned = await once(scripts.clean, files.map((file) => Uint8Array.from(atob(file), (char) => char.charCodeAt(0))))
  return { first, text, sealed, hashed, loop, latin, other, look, looks, cleaned }
}

/** The figures of a round, all of them ratios; `bytes` were sealed. */
function ratios({ first, text, sealed, hashed, loop, latin, other, look, looks, cleaned }, bytes) {
  const megabytes = (time) => time / loop * bytes / 1e6
  const [ordinary, ...repeated] = looks
  return {
    'text tip sealed, the first, with the worker’s start: MB of the loop': megabytes(first),
    'text tip sealed: MB of the loop': megabytes(text),
    [`${bytes / 1e6} MB sealed: part of the loop’s speed`]: loop / sealed,
    [`${bytes / 1e6} MB looked through and hashed: part of the loop’s speed`]: loop / hashed,
    '10 000 characters looked through: MB of the loop': megabytes(look),
    'the first text in another alphabet, beside the first in this one': other / latin,
    '100 000 characters, the slowest that repeats, beside an ordinary text': Math.max(...repeated) / ordinary,
    'the slowest of the altered files: MB of the loop': megabytes(Math.max(...cleaned)),
  }
}

const scene = await Scene.start()
const files = wholeAndAltered()
try {
  for (const [name, open, bytes] of browsers) {
    const rounds = []
    for (let n = 0; n < ROUNDS; n++) {
      const tab = await open()
      try {
        await tab.goto(scene.url)
        await tab.evaluate(() => {
          const input = document.createElement('input')
          input.type = 'file'
          input.id = 'measured'
          document.body.append(input)
        })
        await tab.attach('#measured', put(scene, `film-${n}.bin`, noise(bytes)))
        const times = await tab.evaluate(measure, recipient, { plain, look, clean }, texts, written, files)
        rounds.push(ratios(times, bytes))
        console.log(`${name}: the loop ${(bytes / times.loop / 1000).toFixed(1)} MB/s; ${Object.values(rounds.at(-1)).map((ratio) => ratio.toFixed(2)).join('; ')}`)
      } finally {
        await tab.close()
      }
    }
    for (const what of Object.keys(rounds[0])) console.log(`  ${what}: ${median(rounds.map((round) => round[what])).toFixed(2)}`)
  }
} finally {
  await scene.stop()
}
