// What the check of the text finds and misses, against the corpus in identifiers/ and the rates in docs/identifier-check.md.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { asLines, corpus } from './identifiers/make.mjs'
import { load } from './module.mjs'

const { findIdentifiers } = await load('identifiers/index.ts')
const here = (path) => new URL(path, import.meta.url)
const read = (path) => readFileSync(here(path), 'utf8')
const found = (text) => findIdentifiers(text).map(({ start, end, kind }) => `${kind}: ${text.slice(start, end)}`)

const KINDS = ['national-register', 'bis', 'foreigner', 'passport', 'id-card', 'phone', 'email', 'iban', 'card', 'user-name', 'own-name', 'place']
const PARTS = ['held-out', 'tuning', 'hard']
const names = readdirSync(here('identifiers/')).filter((name) => name.endsWith('.jsonl'))
const texts = (part) => names.filter((name) => name.startsWith(part)).flatMap((name) => read(`identifiers/${name}`).trim().split('\n').map((line) => JSON.parse(line)))

/** Found: the same kind, all of what was expected, and at most 12 signs more ("passport no. …"). Everything else that is marked is a false alarm. */
function compare({ text, expect }) {
  const left = findIdentifiers(text)
  const missed = []
  let from = 0
  for (const { text: part, kind } of expect) {
    const start = text.indexOf(part, from)
    assert.ok(start >= 0, `${part} is not in ${text}`)
    from = start + part.length
    const index = left.findIndex((one) => one.kind === kind && one.start <= start && one.end >= from && one.end - one.start <= part.length + 12)
    if (index < 0) missed.push(kind)
    else left.splice(index, 1)
  }
  return { missed, wrong: left.map((one) => one.kind) }
}

function measured(part) {
  const all = texts(part)
  const results = all.map(compare)
  const wrong = results.flatMap((result) => result.wrong)
  const missed = results.flatMap((result) => result.missed)
  const expected = all.flatMap((text) => text.expect.map((one) => one.kind))
  const words = all.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0)
  const count = (list, kind) => list.filter((one) => one === kind).length
  return {
    total: [all.length, words, expected.length, missed.length, wrong.length, (wrong.length * 1000 / words).toFixed(2), `${(results.filter((one) => one.wrong.length).length * 100 / all.length).toFixed(1)} %`].map(String),
    kinds: KINDS.map((kind) => `${count(expected, kind)} / ${count(missed, kind)} / ${count(wrong, kind)}`),
  }
}

test('the rates are those the documentation gives', () => {
  const documented = read('../../docs/identifier-check.md').split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
  const rates = Object.fromEntries(PARTS.map((part) => [part, measured(part)]))
  const rows = [
    ...PARTS.map((part) => [`\`${part}\``, ...rates[part].total]),
    ...KINDS.map((kind, i) => [`\`${kind}\``, ...PARTS.map((part) => rates[part].kinds[i])]),
  ]
  const table = rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
  console.log(table)
  assert.equal(documented.map((row) => `| ${row.join(' | ')} |`).join('\n'), table, 'better or worse: the documentation has to say it')
})

test('the corpus is what its maker makes, in twelve languages, and most of its texts without identifiers are written by hand', () => {
  const made = corpus()
  assert.deepEqual(Object.keys(made).sort(), names.sort())
  for (const [name, lines] of Object.entries(made)) assert.equal(read(`identifiers/${name}`), asLines(lines), name)
  const languages = [...new Set(names.map((name) => name.slice(-8, -6)))]
  assert.equal(languages.length, 12)
  for (const lang of languages) assert.ok(PARTS.flatMap(texts).filter((text) => text.lang === lang).length >= 60, lang)
  const written = PARTS.flatMap((part) => languages.flatMap((lang) => read(`identifiers/written/${part}/${lang}.txt`).trim().split('\n'))).filter((line) => !line.includes('[['))
  const empty = PARTS.flatMap(texts).filter((text) => !text.expect.length)
  assert.ok(written.length * 2 > empty.length, `${written.length} of ${empty.length}`)
})

test('what belongs to a firm or a car is left alone', () => {
  for (const text of ['BE 0477.472.701', 'BE0477.472.701', 'BE0477472701', '0477.472.701', 'btw: 0477472701', 'TVA BE-0477.472.701', '1-ABC-234', '1ABC234', '2-XYZ-001', 'B 123 ABC', 'WX 12345']) assert.deepEqual(found(`x ${text}, y`), [], text)
})

test('amounts, dates, times and addresses are left alone', () => {
  for (const text of ['1.250.000,00 euro', '12 500 000 lei', '05/06/2024 08:00', '2020-2021 1500 euro 2', '06.00-14.00 en 22.00-06.00', 'Kerkstraat 12 bus 3, 1000 Brussel', '12.03.2024', 'OE 12.03.2024', '35 °C', '1712, 112 en 0800 32 555', '070 22 33 44', 'passport, 15000 euro'])
    assert.deepEqual(found(`x ${text}, y`), [], text)
})

test('check digits decide', () => {
  assert.deepEqual(found('85.07.30-033.28 85.07.30-033.29'), ['national-register: 85.07.30-033.28'])
  assert.deepEqual(found('17.07.30-033.84'), ['national-register: 17.07.30-033.84']) // only with the 2 before it
  assert.deepEqual(found('4111 1111 1111 1111 4111 1111 1111 1112'), ['card: 4111 1111 1111 1111'])
  assert.deepEqual(found('BE68 5390 0754 7034 12/27'), ['iban: BE68 5390 0754 7034'])
  assert.deepEqual(found('BE68 5390 0754 7035'), [])
})

test('digits of Arabic and Persian, signs without width and separate accents are read', () => {
  assert.deepEqual(found('٠٤٧٠/١٢.٣٤.٥٦ ۰۴۷۱ ۱۲ ۳۴ ۵۶'), ['phone: ٠٤٧٠/١٢.٣٤.٥٦', 'phone: ۰۴۷۱ ۱۲ ۳۴ ۵۶'])
  assert.deepEqual(found('\u200e0470\u00a012\u200b34–56'), ['phone: 0470\u00a012\u200b34–56'])
  assert.deepEqual(found('ma\u0306 numesc Ana'), ['own-name: ma\u0306 numesc Ana'])
  assert.deepEqual(found('😀 İSMİM AYŞE'), ['own-name: İSMİM AYŞE'])
})

/** Numbers below a bound, the same each time (Park and Miller). */
function random(seed) {
  let state = seed
  return (below) => (state = (state * 48271) % 2147483647) % below
}

function wellFormed(text) {
  let last = 0
  for (const { start, end, kind } of findIdentifiers(text)) {
    assert.ok(start >= last && end > start && end <= text.length && KINDS.includes(kind), `${kind} ${start}–${end} of ${text.length}, after ${last}`)
    last = end
  }
}

test('any text gives sorted spans that do not overlap', () => {
  const below = random(7)
  const pieces = [...'0123456789 .,-/+()@:°\'"\n\t\u0301\u200f\ud83d\udc00٤۷éßİı', 'be', 'B ', 'OV ', '+32', '04', 'my name is ', 'اسمي ', 'Ana ', 'pass ', 'passport ', 'insta ', 't.me/', 'x@y.be', ' euro', '99', '1234567', 'mon nom est de ']
  for (let round = 0; round < 3000; round++) wellFormed(Array.from({ length: below(60) }, () => pieces[below(pieces.length)]).join(''))
  for (let round = 0; round < 300; round++) wellFormed(String.fromCharCode(...Array.from({ length: 200 }, () => below(65536))))
  for (const { text } of PARTS.flatMap(texts)) wellFormed(text)
})

/** Each would be slow if a pattern went back and forth. */
const REPEATED = ['a', '1', '1 ', 'a1', '@', 'a@', '+1 ', 'a.', '12.', '04 ', 'be12 ', 'be12 1 ', '4111 1111 ', 'insta a ', 'my name is a b c ', 'ik heet van ', 'passport a', 'sp ', '-', '\u0301', '51.12345 ', '50° ', 't.me/a', 'www.', 'اسمي ', '\ud83d', ' ', '\n']

test('without JIT and native regular expressions, no text of 400 000 characters makes it hang', () => {
  const program = `
    import { load } from ${JSON.stringify(here('module.mjs').href)}
    import { readFileSync } from 'node:fs'
    const { findIdentifiers } = await load('identifiers/index.ts')
    for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
      console.log(JSON.stringify(text.slice(0, 20)))
      findIdentifiers(text)
    }
    console.log('all')`
  const below = random(11)
  const garbage = Array.from({ length: 400_000 }, () => String.fromCharCode(below(65536))).join('')
  const odd = [...REPEATED.map((piece) => piece.repeat(400_000 / piece.length)), garbage]
  // All of them take seconds; a pattern that goes back and forth once takes eight minutes on a fast machine.
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--no-warnings', '--input-type=module', '-e', program], { input: JSON.stringify(odd), timeout: 300_000, encoding: 'utf8' })
  assert.ok(stdout.endsWith('all\n'), `it hangs at ${stdout.trim().split('\n').at(-1)}`)
})

test('it takes less than 4 KiB on the way', async () => {
  const { outputFiles } = await build({ entryPoints: [here('../../web/src/identifiers/index.ts').pathname], bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error' })
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length
  console.log(`${size} bytes, minified and compressed`)
  assert.ok(size < 4096)
})
