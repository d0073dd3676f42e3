// What the page refuses of a directory that is rightly signed: the same as the programs do (src/formats/directory/note.rs).
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { load } from './module.mjs'

const { verify } = await load('directory/note.ts')
const example = JSON.parse(readFileSync(new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url), 'utf8').split('\n\n')[0])

/// A verifier key of that name, and a line that signs with it.
function keyOf(name) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const typed = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  return { key: `${name}+${id.toString('hex')}+${typed.toString('base64')}`, line: (text) => `— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n` }
}

const root = keyOf(example.channel)

/// What is said of the example, with the first holder's key left out, after `change`.
function judged(change) {
  const contents = structuredClone(example)
  for (const holder of contents.holders) delete holder.signing_key
  change(contents, contents.holders[0])
  const text = `${JSON.stringify(contents, null, 2)}\n`
  try {
    verify(`${text}\n${root.line(text)}`, root.key)
    return 'taken'
  } catch (error) {
    assert.ok(error.reason, error.stack)
    return error.reason
  }
}

const forwarder = (change) => (contents) => (contents.forwarders = [{ id: 'a', name: 'A', signing_key: keyOf('a').key, from: '2026-01-01', until: '2026-02-28', ...change }])
const posts = (change) => (_, holder) => (holder.posts = { rows: 1, texts: 1, every_days: 1, ...change })

test('a directory that is in order is taken', () => {
  for (const change of [() => {}, forwarder({}), posts({}), (_, holder) => (holder.signing_key = null), (contents) => (contents.forwarders = [])]) assert.equal(judged(change), 'taken', `${change}`)
  assert.equal(judged((contents) => (contents.issued = '2024-02-29')), 'taken')
})

for (const [what, change] of Object.entries({
  'an empty signing key': (_, holder) => (holder.signing_key = ''),
  'a signing key of another name': (_, holder) => (holder.signing_key = keyOf('another').key),
  'a forwarder twice': (contents) => (forwarder({})(contents), contents.forwarders.push(contents.forwarders[0])),
  'a forwarder whose days are turned round': forwarder({ from: '2026-03-01' }),
  'a forwarder with the key of another name': forwarder({ signing_key: keyOf('b').key }),
  'a forwarder without a key': forwarder({ signing_key: undefined }),
  'a forwarder that is no id': forwarder({ id: 'A' }),
  'posts without rows': posts({ rows: 0 }),
  'posts without texts': posts({ texts: 0 }),
  'posts that never come': posts({ every_days: 0 }),
  'posts by halves': posts({ rows: 1.5 }),
  'texts that stay a day and a half': (contents) => (contents.replies.keep_days = 1.5),
  'texts that stay longer than 32 bits of days': (contents) => (contents.replies.keep_days = 2 ** 32),
  'a day that no calendar has': (contents) => (contents.issued = '2026-02-31'),
  'a month that no calendar has': (contents) => (contents.expires = '2035-13-01'),
  'an epoch whose day no calendar has': (_, holder) => (holder.epochs[0].from = '2025-02-29'),
  'an epoch whose name is no id': (_, holder) => (holder.epochs[0].epoch = '2026 January'),
  'an epoch without a name': (_, holder) => delete holder.epochs[0].epoch,
  'a version below nothing': (contents) => (contents.version = -1),
})) test(`${what} is refused`, () => assert.equal(judged(change), 'contents'))
