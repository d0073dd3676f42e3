// How fast the built page seals, beside plain ChaCha20-Poly1305 of the library it uses (noble), in the same browser and the same round; and how long the
// look at a text takes beside a fixed loop. Run by hand, nothing else running: node benches/page.mjs
// In: SOFTINFO_BIN_DIR, the folder of the built programs; packages of web/ and tests/browser (tests/run installs them). Out: every round, and medians.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { openChromium, openFirefox } from '../tests/browser/browsers.mjs'
import { Scene, noise, put } from '../tests/browser/scene.mjs'

const { build } = createRequire(new URL('../web/package.json', import.meta.url))('esbuild')
const here = (path) => new URL(path, import.meta.url).pathname
const ROUNDS = 3
const note = readFileSync(here('../keys-example/EXAMPLE-directory.note'), 'utf8')
const { recipient } = JSON.parse(note.split('\n\n')[0]).holders[0].epochs[0]
const median = (figures) => figures.toSorted((a, b) => a - b)[figures.length >> 1]
const bundle = async (contents) => {
  const stdin = { contents, resolveDir: here('../web') }
  return (await build({ stdin, bundle: true, minify: true, write: false, format: 'iife', target: ['firefox115', 'chrome115'] })).outputFiles[0].text
}

console.log(`${cpus()[0].model}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`)

// Chunks of 64 KiB, as in a tip.
const plain = await bundle(`
  import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
  onmessage = ({ data }) => {
    const begin = performance.now()
    for (let at = 0; at < data.length; at += 65536) chacha20poly1305(new Uint8Array(32), new Uint8Array(12)).encrypt(data.subarray(at, at + 65536))
    postMessage(performance.now() - begin)
  }`)

const browsers = [
  ['Chromium', () => openChromium(), 50_000_000],
  ['Chromium without JIT', () => openChromium({ jitless: true }), 8_000_000],
  ['Firefox', () => openFirefox(), 50_000_000],
  ['Firefox at Safer', () => openFirefox({ level: 'safer' }), 8_000_000],
]

/** Runs in the page: a text sealed, a file sealed, the same bytes through the cipher alone, and the file looked through and hashed. */
async function measure([recipient, plain]) {
  const script = [...document.scripts].find((script) => script.text.length > 50_000).text
  const start = (text) => new Worker(URL.createObjectURL(new Blob([text])))
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
  const worker = start(plain)
  const cipher = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data)
    content.arrayBuffer().then((bytes) => worker.postMessage(new Uint8Array(bytes)))
  })
  worker.terminate()
  page.terminate()
  return { first, text, sealed, hashed, cipher }
}

const scene = await Scene.start()
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
        const { first, text, sealed, hashed, cipher } = await tab.evaluate(measure, recipient, plain)
        const rate = (time) => bytes / time / 1000
        rounds.push({ first, text, sealed: rate(sealed), hashed: rate(hashed), cipher: rate(cipher), ratio: cipher / sealed, hashedRatio: cipher / hashed })
        const { ratio, hashedRatio } = rounds.at(-1)
        console.log(`${name}: text ${text.toFixed(0)} ms (first ${first.toFixed(0)}); ${bytes / 1e6} MB sealed at ${rate(sealed).toFixed(1)} MB/s, ` +
          `cipher alone ${rate(cipher).toFixed(1)} MB/s: ratio ${ratio.toFixed(2)}; looked through and hashed at ${rate(hashed).toFixed(1)} MB/s: ${hashedRatio.toFixed(2)}`)
      } finally {
        await tab.close()
      }
    }
    const of = (what) => median(rounds.map((round) => round[what]))
    console.log(`  median: text ${of('text').toFixed(0)} ms (first ${of('first').toFixed(0)}); sealed ${of('sealed').toFixed(1)} MB/s, ratio ${of('ratio').toFixed(2)}; ` +
      `hashed ${of('hashed').toFixed(1)} MB/s, ratio ${of('hashedRatio').toFixed(2)}`)
  }
} finally {
  await scene.stop()
}

// The look for what identifies a writer, in Node without JIT and without native regular expressions, as at Tor Browser's level Safer. Beside it: a loop that adds up every
// character ten times.
const look = await bundle(`
  import { findIdentifiers } from './src/identifiers/index.ts'
  globalThis.findIdentifiers = findIdentifiers`)
const text = readFileSync(here('../tests/browser/identifiers/tuning-nl.jsonl'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).text).join('\n')
const program = `${look}
const text = ${JSON.stringify(text.repeat(10).slice(0, 10_000))}
const time = (work) => { const begin = performance.now(); work(); return performance.now() - begin }
for (let n = 0; n < ${ROUNDS}; n++) {
  const looked = time(() => findIdentifiers(text))
  const loop = time(() => { let sum = 0; for (let m = 0; m < 10; m++) for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i); return sum })
  console.log('10 000 characters looked through without JIT: ' + looked.toFixed(1) + ' ms; the loop ' + loop.toFixed(1) + ' ms: ratio ' + (looked / loop).toFixed(1))
}`
process.stdout.write(execFileSync(process.execPath, ['--jitless', '--no-warnings', '-'], { input: program }))
