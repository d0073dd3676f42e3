// What the check of the text finds and misses, against the corpus in identifiers/ and the rates in docs/identifier-check.md.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { asLines, corpus } from './identifiers/make.mjs'
import { REPEATED } from './identifiers/repeated.mjs'
import { load } from './module.mjs'

const { findIdentifiers } = await load('identifiers/index.ts')
const here = (path) => new URL(path, import.meta.url)
const LANGUAGES = ['nl', 'fr', 'de', 'en', 'pt', 'es', 'ar', 'ro', 'bg', 'pl', 'uk', 'tr']
const read = (path) => readFileSync(here(path), 'utf8')
const found = (text) => findIdentifiers(text).map(({ start, end, kind }) => `${kind}: ${text.slice(start, end)}`)

const KINDS = ['national-register', 'bis', 'foreigner', 'passport', 'id-card', 'phone', 'email', 'iban', 'card', 'user-name', 'own-name', 'place', 'birth', 'plate', 'only-one', 'papers']
const PARTS = ['second', 'held-out', 'tuning', 'hard']
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

function measured(part, all = texts(part)) {
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
    ...LANGUAGES.map((lang) => {
      const [count, , ...rest] = measured('second', texts('second').filter((text) => text.lang === lang)).total
      return [`\`${lang}\``, count, ...rest.slice(0, 3)]
    }),
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

/** "[[phone|0470 …]]" as a text and what is to be found in it; \n is a new line. */
function labelled(line) {
  const expect = [...line.matchAll(/\[\[([a-z-]+)\|(.*?)\]\]/g)].map(([, kind, text]) => ({ kind, text }))
  return { text: line.replaceAll('\\n', '\n').replace(/\[\[[a-z-]+\|(.*?)\]\]/g, '$1'), expect }
}

test('each sentence that a review named is marked as it should be, in every language, and nothing else in it', () => {
  const lines = read('identifiers/written/named.txt').trim().split('\n').filter((line) => !line.startsWith('#'))
  assert.ok(lines.length > 250)
  for (const line of lines) {
    const text = labelled(line)
    assert.deepEqual(compare(text), { missed: [], wrong: [] }, `${line}\n${found(text.text).join('; ')}`)
  }
})

test('an hour is no account: a number has a country and its length', () => {
  assert.deepEqual(found('BE68 5390 0754 7034, BE68  5390  0754  7034'), ['iban: BE68 5390 0754 7034', 'iban: BE68  5390  0754  7034'])
  // the same check digits on a number that no country has
  for (let hour = 0; hour < 24; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      const time = `${hour}`.padStart(2, '0') + '.' + `${minute}`.padStart(2, '0')
      for (const text of [`13.06.2015 om 08.20 uur tot 14.06.2015 om ${time} uur`, `le 13.06.2015 de 08.20 h à ${time} h, de 20.06.2015 à 21.06.2015`]) assert.deepEqual(found(text), [], text)
    }
  }
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

test('a text of 400 000 characters comes to its end, whatever repeats in it', () => {
  // Without JIT and native regular expressions, as at Safer. The bound is on hanging: all of them take half a minute, and a pattern that goes back
  // and forth once takes more than ten for one. How long they take is measured by benches/page.mjs.
  const program = `
    import { load } from ${JSON.stringify(here('module.mjs').href)}
    import { readFileSync } from 'node:fs'
    const { findIdentifiers } = await load('identifiers/index.ts')
    for (const piece of JSON.parse(readFileSync(0, 'utf8'))) {
      findIdentifiers(piece.repeat(Math.ceil(400_000 / piece.length)))
      console.log(JSON.stringify(piece.slice(0, 20)))
    }`
  const below = random(11)
  const garbage = Array.from({ length: 100_000 }, () => String.fromCharCode(below(65536))).join('')
  const pieces = [...REPEATED, garbage]
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--no-warnings', '--input-type=module', '-e', program], { input: JSON.stringify(pieces), timeout: 600_000, encoding: 'utf8' })
  const ended = stdout.trim().split('\n')
  assert.equal(ended.length, pieces.length, `it hangs behind ${ended.at(-1)}`)
})

test('no pattern holds Unicode’s class of letters, which a browser without JIT takes long to prepare', async () => {
  const { pattern } = await load('identifiers/page.ts')
  assert.doesNotMatch(pattern('a\\p{L}[^\\p{L}\\d]{2}').source, /p\{L/)
  // In what is given to `pattern` it stands in a string, with two strokes.
  const sources = readdirSync(here('../../web/src/identifiers/')).map((name) => readFileSync(here(`../../web/src/identifiers/${name}`), 'utf8').replace(/^ *(?:\/\/|\/?\*).*$/gm, ''))
  assert.ok(sources.some((source) => source.includes('\\\\p{L}')))
  for (const source of sources) assert.doesNotMatch(source, /(?<!\\)\\p\{L\}/)
})

test('it takes less than 9 KiB on the way', async () => {
  const { outputFiles } = await build({ entryPoints: [here('../../web/src/identifiers/index.ts').pathname], bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error' })
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length
  console.log(`${size} bytes, minified and compressed`)
  assert.ok(size < 9216)
})
