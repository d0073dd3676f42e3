// What the page costs on the wire, as the real relay sends it, and what comes with it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { after, before, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { PAGE, Scene } from './scene.mjs'

const MOST = 160_000
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

/// The raw answer; fetch would unpack it.
function raw(encoding) {
  return new Promise((resolve, reject) => get(scene.url, { headers: { 'accept-encoding': encoding } }, (answer) => {
    const parts = []
    answer.on('data', (part) => parts.push(part)).on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) })).on('error', reject)
  }))
}

test('the whole page, all languages included, is at most 160 kB with gzip, which is what Tor Browser asks for over http, and with brotli', async () => {
  const page = readFileSync(PAGE)
  for (const [encoding, unpack] of [['gzip', gunzipSync], ['br', brotliDecompressSync]]) {
    const until = Date.now() + 60_000
    let answer
    // The relay packs in the background.
    while ((answer = await raw(encoding)).headers['content-encoding'] !== encoding) {
      assert.ok(Date.now() < until, 'never packed')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    console.log(`# ${encoding}: ${answer.body.length} bytes (${page.length} plain)`)
    assert.ok(unpack(answer.body).equals(page))
    assert.ok(answer.body.length <= MOST, `${answer.body.length} bytes with ${encoding}`)
  }
})

test('the page loads nothing, keeps nothing and may be framed by nobody', async () => {
  const { headers } = await raw('identity')
  assert.equal(headers['set-cookie'], undefined)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(headers['cross-origin-embedder-policy'], 'require-corp')
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  assert.ok(headers['permissions-policy'].split(',').every((feature) => feature.endsWith('=()')))
  const policy = headers['content-security-policy']
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+' 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; worker-src blob:; connect-src 'self'; form-action 'self'; img-src data: blob:; base-uri 'none'; frame-ancestors 'none'$/)
  const page = readFileSync(PAGE, 'utf8')
  // Nothing in the page is an address of elsewhere, and nothing stores.
  assert.deepEqual([...page.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, target]) => target).filter((target) => !/^(#|data:,$|tel:112$|\/softinfo\.html$|\/leave#|\/tips$)/.test(target)), [])
  for (const forbidden of ['localStorage', 'sessionStorage', 'indexedDB', 'document.cookie', 'WebAssembly', 'sendBeacon', 'WebSocket', 'serviceWorker', 'importScripts', 'innerHTML', 'eval(']) assert.ok(!page.includes(forbidden), forbidden)
})
