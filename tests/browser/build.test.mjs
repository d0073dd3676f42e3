// What the build of the page refuses: whatever it would otherwise change wrongly, or not at all, in the libraries (web/unused.mjs).
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { build } from 'esbuild'
import { unused } from '../../web/unused.mjs'

/// What the build says when a library consists of these files, by their paths in node_modules; the first one is packed.
async function said(files) {
  const folder = mkdtempSync(join(tmpdir(), 'softinfo-build-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, 'node_modules', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    const entry = join(folder, 'node_modules', Object.keys(files)[0])
    const { errors } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm', logLevel: 'silent', plugins: [unused(join(folder, 'absent.js'))] }).catch((error) => error)
    return errors.map(({ text }) => text).join('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a file whose cuts are never made ends the build, because a library has moved it', async () => {
  const text = await said({ '@scure/base/other.js': 'export function radix(num) {\n}\nfunction convertRadix(data, from, to) {\n}\n' })
  assert.match(text, /^(?=.*@scure\/base\/index\.js)(?=.*@noble\/ciphers\/utils\.js).*: not among what is packed/)
  assert.match(await said({ '@scure/base/index.js': 'function radix(num) {\n}\n' }), /“function convertRadix\(data, from, to\) \{” does not stand once in @scure\/base\/index\.js/)
})

test('what an error says goes when it can be read, and ends the build when it can not', { timeout: 20_000 }, async () => {
  const refused = /(a comment|no end) in what an error says in some\/index\.js/
  for (const says of ['"a) // (b"', "'it\\'s (' + name()", '`${a} /* (`', '"a", { cause }']) assert.doesNotMatch(await said({ 'some/index.js': `throw new Error(${says})` }), refused, says)
  for (const says of ['"a" // it\'s (\n', '"a" /* ) */', '"a"', 'name(', '"a', '`a', '/"/.source + "\n"']) {
    const end = ['"a"', 'name(', '"a', '`a'].includes(says) ? '' : ')'
    assert.match(await said({ 'some/index.js': `throw new Error(${says}${end}` }), refused, says)
  }
})
