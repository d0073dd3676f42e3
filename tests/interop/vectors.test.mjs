// The shared vectors, checked by the independent implementation: it makes the same ones again and opens the sealed ones.
import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
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
  assert.equal(names.length, 6)
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

test('a later message is signed by whoever holds the receipt, over the sums of what stands before the signature', async () => {
  const expected = JSON.parse(read('tip/follow-up.json'))
  const entries = unpack(await open(new Uint8Array(read('tip/follow-up.age')), expected.identities[0]))
  const [name, signature] = entries.pop()
  assert.equal(name, 'author.sig')
  assert.equal(entries.map(([entry, bytes]) => `${sha256(bytes)}  ${entry}\n`).join(''), expected.sums)
  const key = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(expected.author, 'base64')]), format: 'der', type: 'spki' })
  const digest = createHash('sha256').update(expected.sums).digest()
  assert.ok(verify(null, digest, key, signature))
  digest[0] ^= 1
  assert.ok(!verify(null, digest, key, signature))
})

test('a sealed identity has 4096 bytes, opens for its holder alone, and belongs to its statement', async () => {
  const { identities, sealed } = JSON.parse(read('tip/sealed-identity.json'))
  const entries = Object.fromEntries(unpack(await open(new Uint8Array(read('tip/sealed-identity.age')), identities[0])))
  const file = entries['sealed/prosecutor.age']
  assert.equal(file.length, 4096)
  await assert.rejects(open(file, identities[0]))
  const text = new TextDecoder().decode(await open(file, sealed.identity))
  assert.deepEqual(JSON.parse(text.slice(0, text.indexOf('\0'))), sealed.statement)
  assert.equal(sealed.statement.statement_sha256, sha256(entries['message.txt']))
  const report = JSON.parse(new TextDecoder().decode(entries['report.json']))
  assert.deepEqual(report.sealed, [{ holder: 'prosecutor', number: sealed.statement.number, sha256: sha256(file) }])
})

test('there is one copy of each cryptographic package', () => {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url)))
  const copies = Object.keys(lock.packages).filter((path) => path.includes('@noble/') || path.includes('@scure/'))
  assert.ok(copies.length >= 5 && copies.every((path) => path.lastIndexOf('node_modules/') === 0), copies.join())
  assert.ok(existsSync(new URL('node_modules/age-encryption', import.meta.url)))
})
