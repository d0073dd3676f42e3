// softinfo-tip against the independent reader: what it seals opens with typage and tar, without any code of ours.
// In: SOFTINFO_BIN_DIR, the folder of the built programs. The example keys' identities are unlocked with typage too.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { Decrypter } from 'age-encryption'
import { headerLines, open, unpack } from './tip.mjs'

const programs = process.env.SOFTINFO_BIN_DIR
assert.ok(programs, 'SOFTINFO_BIN_DIR names the folder of the built programs; tests/run sets it')
const keys = new URL('../../keys-example/', import.meta.url)
const HOLDERS = ['labour-inspectorate-example', 'local-police-example', 'public-prosecutor-example']

// docs/keys.md: the passphrase opens keyring.age, and the key in that opens the epochs.
async function identityOf(holder) {
  const withPassphrase = new Decrypter()
  withPassphrase.addPassphrase(readFileSync(new URL('EXAMPLE-passphrase.txt', keys), 'utf8').trim())
  const keyring = await secretOf(withPassphrase, 'keyring.age')
  const withKey = new Decrypter()
  withKey.addIdentity(keyring)
  return secretOf(withKey, `${holder}/2026-01.age`)
}

async function secretOf(decrypter, name) {
  const text = await decrypter.decrypt(new Uint8Array(readFileSync(new URL(name, keys))), 'text')
  return text.split('\n').find((line) => line !== '' && !line.startsWith('#'))
}

function seal(folder, holders, attachments = []) {
  const out = join(folder, `${randomBytes(6).toString('hex')}.age`)
  const message = join(folder, 'message.txt')
  writeFileSync(message, 'Zij slapen met acht in één kamer. ✓\n')
  const directory = new URL('EXAMPLE-directory.note', keys).pathname
  const attach = attachments.flatMap((path) => ['--attach', path])
  execFileSync(join(programs, 'softinfo-tip'), [
    'seal', '--leave-no-trace', '--directory', directory, ...holders.flatMap((holder) => ['--to', holder]), '--message', message, ...attach, '--out', out,
  ], { stdio: 'pipe' })
  return new Uint8Array(readFileSync(out))
}

async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'softinfo-interop-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a sealed tip opens with typage and tar for each of its readers, and for nobody else', () => withFolder(async (folder) => {
  const identities = await Promise.all(HOLDERS.map(identityOf))
  for (let count = 1; count <= 3; count++) {
    const sealed = seal(folder, HOLDERS.slice(0, count))
    assert.equal(sealed.length, 30_965)
    for (const [n, identity] of identities.entries()) {
      if (n >= count) {
        await assert.rejects(open(sealed, identity))
        continue
      }
      const entries = Object.fromEntries(unpack(await open(sealed, identity)))
      assert.equal(Buffer.from(entries['message.txt']).toString(), 'Zij slapen met acht in één kamer. ✓\n')
      assert.deepEqual(JSON.parse(Buffer.from(entries['report.json'])).readers, HOLDERS.slice(0, count))
    }
  }
}))

test('attachments come out byte for byte', () => withFolder(async (folder) => {
  const files = [1, 65_536, 3_000_000].map((length, n) => {
    const path = join(folder, `photo ${n}.jpg`)
    writeFileSync(path, randomBytes(length))
    return path
  })
  const plaintext = await open(seal(folder, HOLDERS.slice(0, 1), files), await identityOf(HOLDERS[0]))
  const entries = Object.fromEntries(unpack(plaintext))
  files.forEach((path, n) => assert.ok(Buffer.from(entries[`attachments/0${n + 1}.jpg`]).equals(readFileSync(path))))
}))

test('the header has the one shape whatever the number of readers', () => withFolder((folder) => {
  const tag = (line) => (line.startsWith('-> ') ? line.split(' ')[1] : line.startsWith('--- ') ? 'mac' : '')
  const shapes = new Set()
  for (let n = 0; n < 9; n++) {
    const lines = headerLines(seal(folder, HOLDERS.slice(0, 1 + (n % 3))))
    shapes.add(lines.map((line) => `${tag(line)}:${line.length}`).join())
  }
  assert.equal(shapes.size, 1, [...shapes].join('\n'))
}))
