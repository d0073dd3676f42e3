// The receipt as people bring it back: copied with its headings, numbered by hand, in both forms at once, over several lines.
import assert from 'node:assert/strict'
import test from 'node:test'
import { load } from './module.mjs'

const { digits, laterMessage, parseReceipt, words } = await load('tip/receipt.ts')
const hex = (secret) => Buffer.from(secret).toString('hex')
const of = (text) => new Uint8Array(Buffer.from(text, 'hex'))
const secret = of('9e885d952ad362caeb4efe34a8e91bd2')
const other = of('000102030405060708090a0b0c0d0e0f')
const [en, es, numbers] = [words(secret, 'en'), words(secret, 'es'), digits(secret)]
const refused = (text, reason, detail) => assert.throws(() => parseReceipt(text), (error) => {
  assert.equal(error.reason, reason, text)
  for (const [name, value] of Object.entries(detail ?? {})) assert.equal(error.detail[name], value, text)
  return true
})
const numbered = (groups, after) => groups.split(' ').map((group, n) => `${n + 1}${after}${group}`).join('\n')

test('headings, numbering, both forms and several lines are read, in whatever order', () => {
  for (const text of [
    `Words\n${en}\nNumbers\n${numbers}`, `Nombres\n${numbers}\nMots\n${en}`, `${numbers}\n${en}`, `Palabras\n${es}\n\nNúmeros\n${numbers}`,
    numbered(en, '. '), numbered(en, ') '), numbered(numbers, '. '), `Numbers\n${numbered(numbers, ' - ')}\nWords\n${numbered(es, '. ')}`,
    `My receipt: ${en}. Hide it well!`, `Receipt of 2026: ${numbers}`, `of 29 11 2026:\n${numbers.replaceAll(' ', '')}`, numbers.replaceAll(' ', ''), numbers.replaceAll(' ', '\n'),
    en.replaceAll(' ', '\r\n'), `${numbers.slice(0, 29)}\n${numbers.slice(29)}`, `1. ${en.split(' ').join(' 2. ')}`,
  ]) assert.equal(hex(parseReceipt(text)), hex(secret), text)
})

test('both forms have to agree, one that can not be read does not count, and what is ambiguous in words the numbers decide', () => {
  refused(`${en}\n${digits(other)}`, 'ambiguous')
  assert.equal(hex(parseReceipt(`${en.replace('ozone', 'ozzzone')}\n${numbers}`)), hex(secret))
  refused(`${en}\n${words(other, 'en')}`, 'ambiguous')
  assert.equal(hex(parseReceipt(`${en}\n${words(other, 'en')}\n${numbers}`)), hex(secret))
})

test('a whole word beats a beginning', () => {
  // All are whole words of the English list and beginnings of French ones; found by looking through many.
  const text = 'come ignore secret torch result blind organ join exist pilot post liquid'
  assert.equal(hex(parseReceipt(text)), hex(parseReceipt(digits(parseReceipt(text)))))
  assert.equal(words(parseReceipt(text), 'en'), text)
})

test('what is wrong is still named', () => {
  refused('', 'count', { count: 0 })
  refused('abandon '.repeat(401), 'count', { count: 401 })
  refused(en.split(' ').slice(1).join(' '), 'count', { count: 11 })
  refused(`xyzzy ${en.split(' ').slice(1).join(' ')}`, 'unknown-word', { position: 1, word: 'xyzzy' })
  refused(numbered(`xyzzy ${en.split(' ').slice(1).join(' ')}`, '. '), 'unknown-word', { position: 1, word: 'xyzzy' })
  refused(numbers.replace('1269', '2049'), 'number-out-of-range', { position: 1 })
  refused(numbered(numbers.replace('1269', '2049'), '. '), 'number-out-of-range', { position: 1 })
  refused(numbers.slice(5), 'count', { count: 11 })
})

test('the words are shown in one Unicode form', () => {
  for (const lang of ['fr', 'es', 'pt']) assert.equal(words(secret, lang), words(secret, lang).normalize('NFC'))
  assert.ok(es.includes('ó'))
})

test('a changed tip has a number of its own', () => {
  const seen = new Set(Array.from({ length: 20_000 }, laterMessage))
  assert.ok(Math.min(...seen) >= 1 && Math.max(...seen) <= 4095 && seen.size > 3900, `${seen.size}`)
})

test('a receipt that was typed more than once is one, and another beside it is not passed over', () => {
  // The second and the tenth word on begin twelve with a right checksum that end in the next copy.
  for (const text of [`${en}\n${en}`, `${en}\n${en}\n${en}`, `${numbers} ${numbers}`, `${en}\n${numbers}\n${en}\n${numbers}`, `${en}\nonce again: ${en}`, `${en}\n${es}\n${en}`]) {
    assert.equal(hex(parseReceipt(text)), hex(secret), text)
  }
  for (const text of [`${en}\n${en}\n${words(other, 'en')}`, `${numbers} ${digits(other)} ${numbers}`, `${numbers} ${numbers} ${digits(other)} ${digits(other)}`]) refused(text, 'ambiguous')
})
