// The shared vectors, checked by the independent implementation: it makes the same ones again and opens the sealed ones.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import test from 'node:test'
import { paddingVectors, receiptVectors, text } from './make-vectors.mjs'
import { classOf } from './padding.mjs'
import { headerLines, open, unpack } from './tip.mjs'

const vectors = new URL('../vectors/', import.meta.url)
const read = (name) => readFileSync(new URL(name, vectors))
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

test('receipt and padding vectors are made again byte for byte', async () => {
  assert.equal(text(await receiptVectors()), read('receipt.json').toString())
  assert.equal(text(paddingVectors()), read('padding.json').toString())
})

test('every sealed vector opens for each of its readers', async () => {
  const names = readdirSync(new URL('tip/', vectors)).filter((name) => name.endsWith('.json'))
  assert.equal(names.length, 4)
  for (const name of names) {
    const expected = JSON.parse(read(`tip/${name}`))
    const sealed = new Uint8Array(read(`tip/${name.replace('.json', '.age')}`))
    assert.equal(sha256(sealed), expected.id)
    assert.equal(Buffer.byteLength(headerLines(sealed).join('\n') + '\n'), 6357)
    for (const identity of expected.identities) {
      const plaintext = await open(sealed, identity)
      assert.equal(plaintext.length, classOf(plaintext.length))
      assert.deepEqual(Object.fromEntries(unpack(plaintext).map(([entry, bytes]) => [entry, sha256(bytes)])), expected.entries)
    }
  }
})

test('there is one copy of each cryptographic package', () => {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url)))
  const copies = Object.keys(lock.packages).filter((path) => path.includes('@noble/') || path.includes('@scure/'))
  assert.ok(copies.length >= 5 && copies.every((path) => path.lastIndexOf('node_modules/') === 0), copies.join())
  assert.ok(existsSync(new URL('node_modules/age-encryption', import.meta.url)))
})
