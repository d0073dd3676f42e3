// Writes the vectors that Rust and TypeScript share: receipt.json and padding.json (always the same bytes), and with `--tips` new sealed tips.
import { createHash, sign } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hexToBytes } from '@noble/hashes/utils.js'
import { Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { classOf, fileLength, MAX, TEXT_CLASS } from './padding.mjs'
import * as receipt from './receipt.mjs'
import { headerLines, seal } from './tip.mjs'

const vectors = new URL('../vectors/', import.meta.url)
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

export async function receiptVectors() {
  const secrets = ['00'.repeat(16), 'ff'.repeat(16), '000102030405060708090a0b0c0d0e0f', '7f'.repeat(16), '80'.repeat(16), '00000d04000000000000000000000000', '9e885d952ad362caeb4efe34a8e91bd2']
  const receipts = []
  for (const hex of secrets) {
    const secret = hexToBytes(hex)
    receipts.push({
      secret: hex,
      words: Object.fromEntries(Object.keys(receipt.lists).map((lang) => [lang, receipt.words(secret, lang)])),
      digits: receipt.digits(secret),
      reply_identity: receipt.replyIdentity(secret),
      reply: await receipt.replyRecipient(secret),
      thread: receipt.thread(secret),
      author: receipt.author(secret).public,
      withdraw: [0, 1, 2, 4095].map((n) => ({ n, ...receipt.withdraw(secret, n) })),
    })
  }
  const last = receipts.at(-1)
  const fr = last.words.fr
  const accepted = [
    last.words.en.toUpperCase(),
    `  ${last.words.en.replaceAll(' ', '\n ')}\n`,
    last.words.en.split(' ').map((word) => word.slice(0, 4)).join('-'),
    last.words.en.replaceAll(' ', ', ') + '.',
    fr.normalize('NFD'),
    fr.normalize('NFD').replace(/\p{M}/gu, ''),
    last.words.es.normalize('NFC').toUpperCase(),
    last.words.pt.split(' ').map((word) => word.slice(0, 5)).join(' '),
    last.digits.replaceAll(' ', ''),
    last.digits.replaceAll(' ', '-'),
    last.digits.replaceAll(' ', '\t'),
    last.digits.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
    last.digits.replace(/\d/g, (digit) => String.fromCodePoint(0x6f0 + Number(digit))),
  ].map((text) => ({ text, secret: last.secret }))
  const english = last.words.en.split(' ')
  const numbered = (text) => text.split(' ').map((part, n) => `${n + 1}. ${part}`).join('\n')
  accepted.push(...[
    `12 mots\n${fr}\n\n12 nombres\n${last.digits}\n`,
    `digits: ${last.digits}\nwords: ${last.words.en}\n`,
    numbered(last.words.pt),
    numbered(last.digits),
    `${numbered(last.digits)}\n\n${numbered(last.words.es)}`,
  ].map((text) => ({ text, secret: last.secret })))
  // Typed more than once. The second and the tenth word on begin twelve with a right checksum that end in the next copy.
  accepted.push(...[
    `${last.words.en}\n${last.words.en}\n`,
    `${last.words.en}\n${last.words.en}\nonce again, word by word: ${last.words.en}`,
    `${last.digits}\n${last.digits}\n`,
    `${last.digits.replaceAll(' ', '')} ${last.digits}`,
    `${last.words.en}\n${last.digits}\n${last.words.en}\n${last.digits}\n`,
    `${last.words.en}\n${fr}\n${last.words.en}\n`,
  ].map((text) => ({ text, secret: last.secret })))
  // Whole words of one list are beginnings of longer words of another: a whole word beats a beginning.
  const whole = receipts.find((row) => row.secret === '00000d04000000000000000000000000')
  accepted.push(...Object.values(whole.words).map((text) => ({ text, secret: whole.secret })))
  const refused = [
    { text: english.slice(1).join(' '), reason: 'count' },
    { text: '', reason: 'count' },
    { text: ['xyzzy', ...english.slice(1)].join(' '), reason: 'unknown-word', position: 1 },
    { text: [...english.slice(0, 11), 'aban'.slice(0, 3)].join(' '), reason: 'unknown-word', position: 12 },
    { text: 'abandon '.repeat(12).trim(), reason: 'checksum' },
    { text: '0001 '.repeat(12).trim(), reason: 'checksum' },
    { text: `${last.words.en}\n${receipts[0].digits}`, reason: 'ambiguous' },
    { text: `${last.digits} ${receipts[0].digits}`, reason: 'ambiguous' },
    { text: `${last.digits.replaceAll(' ', '')} ${receipts[0].digits.replaceAll(' ', '')}`, reason: 'ambiguous' },
    { text: `${last.words.en} ${last.words.en} ${receipts[0].words.en}`, reason: 'ambiguous' },
    { text: `${last.digits} ${receipts[0].digits} ${last.digits}`, reason: 'ambiguous' },
    { text: `${last.digits} ${last.digits} ${receipts[0].digits} ${receipts[0].digits}`, reason: 'ambiguous' },
    { text: `${last.words.en.split(' ').slice(1).join(' ')} ${last.words.en}`, reason: 'ambiguous' },
    { text: '0000 '.repeat(12).trim(), reason: 'number-out-of-range', position: 1 },
    { text: '0001 '.repeat(11) + '2049', reason: 'number-out-of-range', position: 12 },
  ]
  return { receipts, accepted, refused }
}

export function paddingVectors() {
  const lengths = new Set([0, 1, 512, TEXT_CLASS - 1, TEXT_CLASS, TEXT_CLASS + 1, MAX - 1, MAX, 100_000, 123_456_789])
  for (let bit = 15; bit <= 28; bit++) for (const d of [-1, 0, 1]) if (2 ** bit + d <= MAX) lengths.add(2 ** bit + d)
  const sorted = [...lengths].sort((a, b) => a - b)
  const classes = sorted.map((length) => ({ length, class: classOf(length) })).filter((row) => row.class <= MAX)
  const files = [...new Set(classes.map((row) => row.class))].map((plaintext) => ({ plaintext, file: fileLength(plaintext) }))
  const not_classes = [0, 1, TEXT_CLASS - 1, TEXT_CLASS + 1, 32_769, 65_535, 65_537, 268_435_455].map((plaintext) => ({ plaintext, file: fileLength(plaintext) }))
  return { max: MAX, classes, files, not_classes }
}

export const text = (value) => JSON.stringify(value, null, 1) + '\n'

const SECRET = hexToBytes('000102030405060708090a0b0c0d0e0f')
const MESSAGE = Buffer.from('Ils gardent nos passeports. ✓\n')

async function report(n, readers, more) {
  const value = {
    schema: 'softinfo/report/1', lang: 'fr', readers, categories: ['labour-wages', 'housing-slum'], period: 'depuis mars',
    thread: receipt.thread(SECRET), reply: await receipt.replyRecipient(SECRET), author: receipt.author(SECRET).public,
    withdraw_token: receipt.withdraw(SECRET, n).token, ...more,
  }
  return Buffer.from(JSON.stringify(value, null, 2))
}

/// What `forwarder.note` and `author.sig` sign: the sums of the entries before them.
const sums = (entries) => entries.map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join('')

async function tips() {
  mkdirSync(new URL('tip/refused/', vectors), { recursive: true })
  const put = (name, bytes) => writeFileSync(new URL(`tip/${name}`, vectors), bytes)
  const make = async (name, holders, entries, n = 0, more = {}) => {
    const identities = await Promise.all(holders.map(() => generateHybridIdentity()))
    const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)))
    const { digest, token } = receipt.withdraw(SECRET, n)
    const sealed = await seal(entries, recipients, digest)
    put(`${name}.age`, sealed)
    put(`${name}.json`, text({ id: sha256(sealed), identities, withdraw_token: token, entries: Object.fromEntries(entries.map(([entry, bytes]) => [entry, sha256(bytes)])), ...more }))
    return sealed
  }
  const files = [['01.jpg', 20_000], ['02.pdf', 1], ['03', 50_000]].map(([name, length]) => [`attachments/${name}`, Buffer.alloc(length, name)])
  const notes = files.map(([name, bytes]) => ({ name, media_type: 'application/octet-stream', size: bytes.length, sha256: sha256(bytes), scrubbed: false }))
  const plain = await make('one-reader', ['a'], [['report.json', await report(0, ['a'])], ['message.txt', MESSAGE]])
  for (const [name, holders] of [['two-readers', ['a', 'b']], ['three-readers', ['a', 'b', 'c']]]) {
    await make(name, holders, [['report.json', await report(0, holders)], ['message.txt', MESSAGE]])
  }
  await make('three-attachments', ['a'], [['report.json', await report(0, ['a'], { attachments: notes })], ['message.txt', MESSAGE], ...files])
  await followUp(make)
  await withIdentity(make)
  await refused(plain, (name, bytes) => put(`refused/${name}`, bytes))
}

/// A later message of the thread, signed, which moves to another receipt.
async function followUp(make) {
  const next = hexToBytes('9e885d952ad362caeb4efe34a8e91bd2')
  const moved_to = { thread: receipt.thread(next), reply: await receipt.replyRecipient(next), author: receipt.author(next).public }
  const entries = [['report.json', await report(1234, ['a'], { moved_to })], ['message.txt', Buffer.from('Ils sont partis.\n')]]
  const signature = sign(null, createHash('sha256').update(sums(entries)).digest(), receipt.author(SECRET).key)
  await make('follow-up', ['a'], [...entries, ['author.sig', signature]], 1234, { author: receipt.author(SECRET).public, sums: sums(entries) })
}

/// A tip with a name in it that one holder alone can read.
async function withIdentity(make) {
  const identity = await generateHybridIdentity()
  const statement = {
    schema: 'softinfo/identity/1', number: '00112233445566778899aabbccddeeff',
    thread_check: createHash('sha256').update('softinfo/identity/1').update(hexToBytes(receipt.thread(SECRET))).digest('hex').slice(0, 16),
    day: '2026-11-23', statement_sha256: sha256(MESSAGE), text: 'Nom : M. Example, rue des Exemples 1',
  }
  const padded = new Uint8Array(2437)
  padded.set(Buffer.from(JSON.stringify(statement)))
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const file = await encrypter.encrypt(padded)
  const note = [{ holder: 'prosecutor', number: statement.number, sha256: sha256(file) }]
  const entries = [['report.json', await report(0, ['a'], { sealed: note })], ['message.txt', MESSAGE], ['sealed/prosecutor.age', file]]
  await make('sealed-identity', ['a'], entries, 0, { sealed: { identity, statement } })
}

/// What a relay refuses, made from a good tip by changing lines of its header or its length.
async function refused(good, put) {
  const lines = headerLines(good)
  const payload = Buffer.from(good.subarray(6357))
  const join = (changed) => Buffer.concat([Buffer.from(changed.join('\n') + '\n', 'latin1'), payload])
  const classical = new Encrypter()
  classical.addRecipient(await identityToRecipient(await generateX25519Identity()))
  const index = []
  const add = (name, problem, bytes) => {
    put(name, bytes)
    index.push({ file: name, problem })
  }
  add('three-stanzas.age', 'not-a-tip', join([lines[0], ...lines.slice(3)]))
  add('five-stanzas.age', 'not-a-tip', join([...lines.slice(0, 3), ...lines.slice(1)]))
  add('softinfo-first.age', 'not-a-tip', join([lines[0], ...lines.slice(9, 11), ...lines.slice(1, 9), lines[11]]))
  add('no-softinfo.age', 'not-a-tip', join([...lines.slice(0, 9), lines[11]]))
  add('grease.age', 'not-a-tip', join([...lines.slice(0, 9), '-> a-grease x', '', ...lines.slice(9)]))
  add('softinfo-with-body.age', 'not-a-tip', join([...lines.slice(0, 10), 'AAAA', ...lines.slice(11)]))
  // 43 characters end in one of A E I M Q U Y c g k o s w 0 4 8; B leaves bits that are not zero.
  add('loose-base64.age', 'not-a-tip', join([...lines.slice(0, 9), lines[9].slice(0, -1) + 'B', ...lines.slice(10)]))
  add('padded-base64.age', 'not-a-tip', join([...lines.slice(0, 9), lines[9] + '=', ...lines.slice(10)]))
  add('x25519.age', 'not-a-tip', await classical.encrypt(new Uint8Array(24_576)))
  add('header-cut.age', 'not-a-tip', good.subarray(0, 3000))
  add('plain.txt', 'not-a-tip', Buffer.from('My boss keeps our passports.\n'.repeat(50)))
  add('one-byte-longer.age', 'not-a-size-class', Buffer.concat([good, Buffer.from('x')]))
  add('one-byte-shorter.age', 'not-a-size-class', good.subarray(0, good.length - 1))
  put('index.json', text(index))
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL('receipt.json', vectors), text(await receiptVectors()))
  writeFileSync(new URL('padding.json', vectors), text(paddingVectors()))
  if (process.argv.includes('--tips')) await tips()
}
