// The built page against the shared vectors: its own script, as a worker in real browsers, makes and reads what softinfo-tip and typage do.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openChromium, openFirefox } from './browsers.mjs'
import { Built, DETAILS, exampleIdentity } from './built.mjs'
import { load } from './module.mjs'
import { Scene, program } from './scene.mjs'

const { Decrypter, generateHybridIdentity, identityToRecipient } = createRequire(new URL('../../web/package.json', import.meta.url))('age-encryption')
const vectors = new URL('../vectors/', import.meta.url).pathname
const json = (path) => JSON.parse(readFileSync(join(vectors, path)))
const receipts = json('receipt.json')
const directories = json('directory/index.json')
const reader = json('tip/one-reader.json').identities[0]
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

async function open(sealed, identity) {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return Buffer.from(await decrypter.decrypt(new Uint8Array(sealed)))
}

/// Name and content of each entry, as the system's tar sees them.
function entries(plaintext) {
  const folder = mkdtempSync(join(tmpdir(), 'softinfo-vectors-'))
  try {
    writeFileSync(join(folder, 'a.tar'), plaintext)
    const names = execFileSync('tar', ['-tf', join(folder, 'a.tar')], { encoding: 'utf8' }).trim().split('\n')
    return Object.fromEntries(names.map((name) => [name, execFileSync('tar', ['-xOf', join(folder, 'a.tar'), name], { maxBuffer: 1 << 28 })]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const [name, launch] of [['Chromium', () => openChromium()], ['Firefox at Safer', () => openFirefox({ level: 'safer' })]]) {
  test(`${name}: the built page`, async (suite) => {
    const tab = await launch()
    const built = new Built(tab)
    await tab.goto(scene.url)
    const recipient = await identityToRecipient(reader)

    await suite.test('gives the words, digits and keys of the receipt vectors', async () => {
      for (const row of receipts.receipts) {
        const secret = new Uint8Array(Buffer.from(row.secret, 'hex'))
        for (const [lang, words] of Object.entries(row.words)) {
          const { bytes, receipt } = await built.seal({ lang, secret, message: 'm', recipients: [recipient] })
          assert.equal(receipt.words, words)
          assert.equal(receipt.digits, row.digits)
          if (lang !== 'en') continue
          const report = JSON.parse(entries(await open(bytes, reader))['report.json'])
          assert.deepEqual([report.thread, report.reply, report.author, report.withdraw_token], [row.thread, row.reply, row.author, row.withdraw[0].token])
          assert.ok(bytes.toString('latin1').includes(`-> softinfo/1 ${row.withdraw[0].digest}\n\n--- `))
        }
      }
    })

    await suite.test('reads receipts as forgivingly as the vectors say and no more', async () => {
      for (const { text, secret } of receipts.accepted) {
        const { withdraw } = receipts.receipts.find((row) => row.secret === secret)
        const { result, failure } = await built.call('withdrawTokens', text)
        assert.equal(failure, null, text)
        const tokens = result.split('\n')
        for (const { n, token } of withdraw) assert.equal(tokens[n], token, text)
        assert.deepEqual([tokens.length, new Set(tokens).size], [4096, 4096])
      }
      for (const { text, reason, position } of receipts.refused) {
        const { failure } = await built.call('withdrawTokens', text)
        assert.equal(failure.reason, reason, text)
        if (position) assert.equal(failure.detail.position, position)
      }
    })

    await suite.test('judges every directory as the vectors say', async () => {
      const note = (file) => readFileSync(join(vectors, 'directory', file), 'utf8')
      // The page has one word for an older directory and for two of the same version.
      const expected = { forked: 'rolled-back', accepted: undefined, 'no-epoch': undefined }
      for (const { file, outcome, seen } of directories.vectors) {
        const { result, failure } = await built.call('directory', { note: note(file), root: directories.root, today: directories.today, ...(seen && { seen: note(seen) }) })
        assert.equal(failure?.reason, outcome in expected ? expected[outcome] : outcome, `${file} after ${seen}`)
        if (outcome === 'no-epoch') assert.equal(result.keys[directories.holder], undefined)
        if (outcome === 'accepted') assert.ok(result.keys[directories.holder].startsWith('age1pq1'))
      }
    })

    await suite.test('makes the header that softinfo-tip makes, whoever reads', async () => {
      const shape = (bytes) => bytes.subarray(0, 6357).toString('latin1').split('\n').map((line) => `${line.startsWith('-> ') ? line.split(' ')[1] : line.slice(0, 4) === '--- ' ? 'mac' : ''}:${line.length}`).join()
      const reference = shape(readFileSync(join(vectors, 'tip/one-reader.age')))
      const others = await Promise.all([1, 2, 3].map(async () => identityToRecipient(await generateHybridIdentity())))
      for (let count = 1; count <= 3; count++) {
        const { bytes } = await built.seal({ message: 'm', recipients: [recipient, ...others].slice(0, count) })
        assert.equal(shape(bytes), reference)
        assert.equal(bytes.length, 30_965)
        await open(bytes, reader)
      }
      for (const wrong of [[], [recipient, ...others], ['age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq']]) {
        assert.ok((await built.call('seal', { lang: 'en', message: 'm', details: DETAILS, files: [], readers: ['a'], recipients: wrong, max: 268_435_456 })).failure)
      }
    })

    await suite.test('makes the archive that softinfo-tip makes, byte for byte', async () => {
      const message = 'Zij slapen met acht. ✓\n'
      const { bytes } = await built.seal({ message, readers: ['labour-inspectorate-example'], recipients: [recipient] })
      // Only what is random may differ, and it is always of the same length.
      const still = (plaintext) => plaintext.toString('latin1').replace(/"(thread|reply|author|withdraw_token)": "[^"]+"/g, '"$1": ""')
      assert.equal(still(await open(bytes, reader)), still(await sealedByProgram(message)))
    })

    await suite.test('pads to the classes of the vectors and cuts into equal pieces', async () => {
      const { classes } = json('padding.json')
      const report = entries(await open((await built.seal({ message: 'x', recipients: [recipient] })).bytes, reader))['report.json'].length
      const around = 512 + Math.ceil(report / 512) * 512 + 512 + 1024
      // Archives are made of blocks of 512 bytes.
      for (const row of classes.filter(({ length }) => length > 8_000 && length < 300_000 && length % 512 === 0)) {
        const { bytes } = await built.seal({ message: 'x'.repeat(row.length - around), recipients: [recipient] })
        assert.equal((await open(bytes, reader)).length, row.class)
      }
      const { bytes, pieces } = await built.seal({ message: 'x'.repeat(2_500_000), recipients: [recipient] })
      assert.equal(bytes.length, pieces.reduce((sum, length) => sum + length, 0))
      assert.equal(new Set(pieces.slice(0, -1)).size, 1)
      assert.ok(pieces[0] <= 1_048_576 && pieces[0] - pieces.at(-1) < pieces.length, pieces.join())
    })

    await tab.close()
  })
}

test('the size classes are those of the vectors', async () => {
  const { classOf, fileLength, isFileLength } = await load('tip/padding.ts')
  const { max, classes, files, not_classes } = json('padding.json')
  for (const row of classes) assert.equal(classOf(row.length), row.class)
  for (const { plaintext, file } of files) assert.ok(fileLength(plaintext) === file && isFileLength(file, max), `${plaintext}`)
  for (const { plaintext, file } of not_classes) assert.ok(fileLength(plaintext) === file && !isFileLength(file, max), `${plaintext}`)
})

/// Plaintext of a tip of the program for the example inspectorate.
async function sealedByProgram(message) {
  const keys = new URL('../../keys-example/', import.meta.url).pathname
  const [text, out] = [join(scene.folder, 'm.txt'), join(scene.folder, 'cli.age')]
  writeFileSync(text, message)
  execFileSync(program('softinfo-tip'), ['seal', '--leave-no-trace', '--lang', 'en', '--directory', `${keys}EXAMPLE-directory.note`, '--to', 'labour-inspectorate-example', '--message', text, '--out', out], { stdio: 'pipe' })
  const plaintext = await open(readFileSync(out), await exampleIdentity())
  rmSync(out)
  return plaintext
}
