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

/** Each would be slow if a pattern went back and forth. */
const REPEATED = ['a', '1', '1 ', 'a1', '@', 'a@', '+1 ', 'a.', '12.', '04 ', 'be12 ', 'be12 1 ', '4111 1111 ', 'insta a ', 'my name is a b c ', 'ik heet van ', 'passport a', 'sp ', '-', '\u0301', '51.12345 ', '50° ', 't.me/a', 'www.', 'اسمي ', '\ud83d', ' ', '\n',
  'a ', 'ben ', 'ik ben ', 'ik ben Jan Van ', '.ik ben van van van ', '.ici A ', 'regards ', 'regards\n', 'groeten A ', 'dot ', 'at ', 'a at ', 'a dot ', 'a dot a at a dot ', 'born ', 'born 1', 'born 12.', '12 a ', 'my car ', 'my car 1', 'ik woon ', 'ik woon 1 ', 'ik woon straat 1 ',
  'rue ', 'rue a 1 ', 'ik woon rue rue ', 'sokak ', 'sokak 1 ', 'geen ', 'geen geen papieren ', 'no a ', 'papers a ', 'ik ben als ', 'ik ben de ', 'je suis la ', 'ben tek ', 'tek a ', 'hier ', 'hier illegaal ', 'illegaal in ', 'غير ', 'ب', 'oturum ', 'passport 1 ', 'dni ', 'dni 1 ', 'cpf a ', 'tel ', 'tel 1 ',
  'kbo ', '0123.456.789 ', '(0', '(02) ', 'ig: ', "snap c'", '12/', '№', 'é']

test('without JIT and native regular expressions, a text of 100 000 characters takes at most twenty times as long as a plain one', () => {
  const program = `
    import { load } from ${JSON.stringify(here('module.mjs').href)}
    import { readFileSync } from 'node:fs'
    const { findIdentifiers } = await load('identifiers/index.ts')
    for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
      const before = process.cpuUsage().user
      findIdentifiers(text)
      console.log(JSON.stringify([text.slice(0, 20), process.cpuUsage().user - before]))
    }`
  const below = random(11)
  const garbage = Array.from({ length: 100_000 }, () => String.fromCharCode(below(65536))).join('')
  const plain = 'They come at night and go in the morning. '.repeat(2500).slice(0, 100_000)
  const odd = [plain, ...REPEATED.map((piece) => piece.repeat(100_000 / piece.length)), garbage, plain]
  // Time of the processor, against that of the plain text: a pattern that goes back and forth once takes thousands of times as long.
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--no-warnings', '--input-type=module', '-e', program], { input: JSON.stringify(odd), timeout: 600_000, encoding: 'utf8' })
  const times = stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(times.length, odd.length, `it hangs behind ${times.at(-1)?.[0]}`)
  const usual = Math.max(times[0][1], times.at(-1)[1])
  const [slowest, time] = times.reduce((one, other) => (other[1] > one[1] ? other : one))
  console.log(`plain ${Math.round(usual / 1000)} ms, ${JSON.stringify(slowest)} ${Math.round(time / 1000)} ms`)
  assert.ok(time < 20 * usual, `${JSON.stringify(slowest)}: ${time} µs, plain text ${usual}`)
})

test('without JIT the first text in another alphabet is no slower than the first in this one', () => {
  // Patterns are prepared once for each. With Unicode's class of letters in them that took seventy times as long.
  const program = `
    import { load } from ${JSON.stringify(here('module.mjs').href)}
    const { findIdentifiers } = await load('identifiers/index.ts')
    const times = ['this is a tip', 'це повідомлення'].map((text) => {
      const before = process.cpuUsage().user
      findIdentifiers(text)
      return process.cpuUsage().user - before
    })
    console.log(JSON.stringify(times))`
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--no-warnings', '--input-type=module', '-e', program], { encoding: 'utf8' })
  const [latin, other] = JSON.parse(stdout)
  console.log(`${latin} µs, ${other} µs`)
  assert.ok(other < 10 * latin, `${other} µs against ${latin}`)
})

test('it takes less than 9 KiB on the way', async () => {
  const { outputFiles } = await build({ entryPoints: [here('../../web/src/identifiers/index.ts').pathname], bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error' })
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length
  console.log(`${size} bytes, minified and compressed`)
  assert.ok(size < 9216)
})
