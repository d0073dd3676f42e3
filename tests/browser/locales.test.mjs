// The texts: every language has every message with the same values, no message is unused, none is missing.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import { load } from './module.mjs'
import { compiled } from '../../web/patterns.mjs'
import { LANGUAGES } from './words.mjs'

const required = createRequire(new URL('../../web/package.json', import.meta.url))
const { FluentBundle, FluentResource } = required('@fluent/bundle')
const { parse, Visitor } = required('@fluent/syntax')
const web = new URL('../../web/', import.meta.url)
const read = (path) => readFileSync(new URL(path, web), 'utf8')

/// Every message of a language: its name, the values it takes, and the plural forms it has.
function messages(lang) {
  const found = new Map()
  for (const entry of parse(read(`locales/${lang}.ftl`)).body) {
    assert.notEqual(entry.type, 'Junk', `${lang}: ${entry.content}`)
    if (entry.type !== 'Message') continue
    assert.ok(!found.has(entry.id.name), `${lang}: ${entry.id.name} stands twice`)
    const values = new Set()
    const forms = []
    const visitor = new Visitor()
    visitor.visitVariableReference = (node) => values.add(node.id.name)
    visitor.visitSelectExpression = (node) => {
      forms.push(node.variants.map((variant) => variant.key.name ?? variant.key.value))
      visitor.genericVisit(node)
    }
    visitor.visit(entry)
    found.set(entry.id.name, { values: [...values].sort().join(), forms })
  }
  return found
}

const messagesOf = new Map(LANGUAGES.map((lang) => [lang, messages(lang)]))
const english = messagesOf.get('en')

test('the page has twelve languages and a file for each', () => {
  assert.deepEqual(readdirSync(new URL('locales/', web)).sort(), LANGUAGES.map((lang) => `${lang}.ftl`).sort())
})

for (const lang of LANGUAGES) {
  test(`${lang} has every message, with the same values and only plural forms of the language`, () => {
    const own = messagesOf.get(lang)
    assert.deepEqual([...own.keys()].sort(), [...english.keys()].sort())
    for (const [name, { values }] of english) assert.equal(own.get(name).values, values, `${lang}: ${name}`)
    const categories = new Set(new Intl.PluralRules(lang).resolvedOptions().pluralCategories)
    for (const [name, { forms }] of own) {
      for (const form of forms.flat()) assert.ok(categories.has(form) || /^\d+$/.test(form), `${lang}: ${name} has the form “${form}”, which the language has not`)
    }
    // What a count selects has to be there in each form that the language uses for whole numbers up to a thousand.
    const rules = new Intl.PluralRules(lang)
    const used = new Set(Array.from({ length: 1000 }, (_, n) => rules.select(n)))
    for (const [name, { forms }] of own) {
      for (const form of forms) for (const category of used) assert.ok(form.includes(category) || form.includes('other'), `${lang}: ${name} lacks “${category}”`)
    }
  })
}

test('the page says what Fluent says, letter for letter, whatever the values', async () => {
  const { filled } = await load('pattern.ts')
  let said = 0
  for (const lang of LANGUAGES) {
    const source = read(`locales/${lang}.ftl`)
    const bundle = new FluentBundle(lang)
    bundle.addResource(new FluentResource(source))
    for (const entry of parse(source).body.filter(({ type }) => type === 'Message')) {
      const names = messagesOf.get(lang).get(entry.id.name).values.split(',').filter(Boolean)
      for (const value of [0, 1, 2, 3, 5, 11, 21, 100, 1234567, 2.5, 'Lüttich', 'العربية', '$& {count} <b|other~c>']) {
        // What selects a plural form is always a number.
        const values = Object.fromEntries(names.map((name) => [name, /^(count|seconds)$/.test(name) && typeof value === 'string' ? 7 : value]))
        assert.equal(filled(compiled(entry), values, lang), bundle.formatPattern(bundle.getMessage(entry.id.name).value, values), `${lang}: ${entry.id.name}`)
        said += 1
      }
    }
  }
  assert.ok(said > 12 * 150 * 13)
})

test('what the page could not say ends the build', () => {
  const forms = (...lines) => ['{ $n ->', ...lines, '  }'].join('\n  ')
  const inner = forms('[one] a', '*[other] b')
  for (const text of ['a < b', 'a|b', 'a{ "{" }b', '{ -brand }', '{ NUMBER($n) }', '{ other }', forms('[one] a', '*[many] b'), forms('[1] a', '*[other] b'), forms('*[other] a', '[one] b'), forms(`[one] ${inner}`, '*[other] b'),
    'a { $a-name } b', inner.replace('$n', '$a-number'), forms('[one] { $n }', '*[other] b'), 'a\n  .title = b', '\n  .title = b', 'a\0b']) {
    const [message] = parse(`message = ${text}\n`).body
    assert.equal(message.type, 'Message', text)
    assert.throws(() => compiled(message), { message: /page knows|sign|plural form/ }, text)
  }
  assert.equal(compiled(parse(`message = ${inner}\n`).body[0]), '<n|one~a|other~b>')
})

test('a day is written as each language writes it, and what is no day of the calendar as it came', async () => {
  // No text of the page is read in it here.
  globalThis.document = { querySelectorAll: () => [] }
  const { Texts } = await load('texts.ts')
  assert.deepEqual(['en', 'de', 'fr'].map((lang) => new Texts(lang).day('2026-11-23')), ['November 23, 2026', '23. November 2026', '23 novembre 2026'])
  for (const lang of LANGUAGES) for (const day of ['x', '', '2026-02-31', '2026-13-01', '2026-11-23T10:00', '23/11/2026']) assert.equal(new Texts(lang).day(day), day)
})

test('translations are translations', () => {
  // Names, and words that are the same in two languages, may stay; a language that is mostly English was forgotten.
  const text = (lang) => Object.fromEntries(read(`locales/${lang}.ftl`).split('\n').filter((line) => / = /.test(line)).map((line) => line.split(/ = (.*)/s)))
  const source = text('en')
  for (const lang of LANGUAGES.filter((lang) => lang !== 'en')) {
    const same = Object.entries(text(lang)).filter(([name, value]) => value && source[name] === value).map(([name]) => name)
    assert.ok(same.length <= 8, `${lang} has English texts: ${same}`)
  }
})

test('no message is unused and none that is asked for is missing', async () => {
  const { CATEGORIES } = await load('tip/report.ts')
  const sources = readdirSync(new URL('src/', web), { recursive: true }).filter((path) => path.endsWith('.ts')).map((path) => read(`src/${path}`)).join('\n')
  // Names that are put together at run time, each with all that it can become.
  const families = {
    'found-${kind}': [...sources.match(/export type Kind =([^;]+?)\n\n/)[1].matchAll(/'([a-z-]+)'/g)].map(([, kind]) => `found-${kind}`),
    'group-${group}': Object.keys(CATEGORIES).map((group) => `group-${group}`),
    'category-${id}': Object.entries(CATEGORIES).flatMap(([group, names]) => names.map((name) => `category-${group}-${name}`)),
    "directory-${refused.reason === 'not-vouched' ? 'contents' : refused.reason}": [...sources.match(/export type Refusal = ('malformed'.+)/)[1].matchAll(/'([a-z-]+)'/g)].map(([, reason]) => `directory-${reason}`).filter((name) => name !== 'directory-not-vouched').concat('directory-unreachable'),
    'receipt-${reason}': [...sources.match(/readonly reason: ('count'.+),\n/)[1].matchAll(/'([a-z-]+)'/g)].map(([, reason]) => `receipt-${reason}`),
    'file-${kind}': [...sources.match(/const KINDS = \[('place'.+)\] as const/)[1].matchAll(/'([a-z-]+)'/g)].map(([, kind]) => `file-${kind}`),
    "file-${typeof state === 'string' ? state : state.kind}": ['file-checking', 'file-unreadable', 'file-hidden', 'file-damaged'],
    'file-${unfinished.state as string}': ['file-checking', 'file-unreadable'],
    "send-${error.reason === 'wrong' ? 'refused' : error.reason}": [...sources.match(/export type Refusal = ('full'.+)/)[1].matchAll(/'([a-z-]+)'/g)].map(([, reason]) => `send-${reason}`).filter((name) => name !== 'send-wrong'),
    "offender-${name.replace('_', '-')}": ['name', 'enterprise-number', 'address', 'vehicle', 'other'].map((name) => `offender-${name}`),
    'danger-${details.danger}': ['now', 'soon', 'no'].map((danger) => `danger-${danger}`),
    'start-${name}-title': ['who', 'anonymous', 'soft'].map((name) => `start-${name}-title`),
    'start-${name}': ['who', 'anonymous', 'soft'].map((name) => `start-${name}`),
  }
  const templates = [...sources.matchAll(/(?:text\(|say\(|\[|return )`([a-z]+-\$\{[^`]+?)`/g)].map(([, template]) => template)
  assert.deepEqual([...new Set(templates)].sort(), Object.keys(families).sort())
  const literal = [...english.keys()].filter((name) => sources.includes(`'${name}'`))
  const asked = new Set([...literal, ...Object.values(families).flat()])
  for (const name of asked) assert.ok(english.has(name), `${name} is asked for and missing`)
  // The build puts these into the HTML and into the relay's answers.
  const build = read('build.mjs')
  const outside = [...english.keys()].filter((name) => /^(plain|answer)-/.test(name) && (build.includes(`'${name}'`) || build.includes(`'${name.replace('answer-', '')}'`)))
  assert.deepEqual([...english.keys()].filter((name) => !asked.has(name) && !outside.includes(name)), [])
})
