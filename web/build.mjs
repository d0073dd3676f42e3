// Builds the page: one HTML file with everything in it, always the same bytes. In: src/, locales/, the example root key.
// Out: dist/index.html, and dist/answers.json for the relay's answers to the form. `--check` compares instead of writing.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { FluentBundle, FluentResource } from '@fluent/bundle'
import { FluentParser, FluentSerializer, Resource } from '@fluent/syntax'
import { build, transform } from 'esbuild'
import { minify } from 'terser'
import { compiled } from './patterns.mjs'
import { unused } from './unused.mjs'

const here = new URL('./', import.meta.url)
const read = (path) => readFileSync(new URL(path, here), 'utf8')
// The browsers of Tor Browser 13.5 and later.
const target = ['firefox115', 'chrome115']
// These texts stand in the HTML or in the relay's answers, not in the script.
const OUTSIDE = /^(plain|answer)-/
// These the page says without script, too; the screens read them there (src/texts.ts): twice would be five kilobytes more on the wire.
const SHARED = ['start-title', 'start-danger', 'start-limits', 'start-anonymous-title', 'start-anonymous', 'start-victim-title', 'start-victim', 'start-help']

// The order and the names of the languages are the page's own.
const languages = [...read('src/texts.ts').matchAll(/^ {2}(\w\w): '(.+)',$/gm)].map(([, lang, name]) => ({ lang, name }))
const locales = new Map(languages.map(({ lang }) => [lang, new FluentParser().parse(read(`locales/${lang}.ftl`))]))
if (readdirSync(new URL('locales/', here)).length !== languages.length) throw new Error('locales/ and the languages of texts.ts differ')

const messages = (lang, keep) => {
  const body = locales.get(lang).body.filter((entry) => entry.type === 'Message' && keep(entry.id.name))
  // Comments, blank lines and alignment are for those who translate.
  return new FluentSerializer().serialize(new Resource(body.map((entry) => Object.assign(entry, { comment: null })))).trim()
}

const texts = (lang) => {
  const bundle = new FluentBundle(lang, { useIsolating: false })
  bundle.addResource(new FluentResource(messages(lang, () => true)))
  return (id, values) => bundle.formatPattern(bundle.getMessage(id).value, values)
}

const escape = (text) => text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char])
// The telephone of who helps victims, as the screens name it.
const [, phone] = /phone: '([^']+)'/.exec(read('src/screens/refused.ts'))
const HELP = { phone: phone.replaceAll('\\u00a0', '\u00a0') }
const direction = (lang) => (lang === 'ar' ? 'rtl' : 'ltr')

function plain() {
  const links = languages.map(({ lang, name }) => `<a href="#plain-${lang}" lang="${lang}">${name}</a>`)
  const sections = languages.map(({ lang }) => {
    const text = texts(lang)
    const line = (id, tag = 'p') => `<${tag}${SHARED.includes(id) ? ` data-text="${id}"` : ''}>${escape(text(id, HELP))}</${tag}>`
    const part = (name) => line(`start-${name}-title`, 'h3') + line(`start-${name}`)
    return `<section lang="${lang}" dir="${direction(lang)}" id="plain-${lang}"><h2>${escape(text('plain-title'))}</h2>
<p class="online"><a class="button leave" href="/leave#${lang}">${escape(text('leave'))}</a></p><p class="copy warning">${escape(text('plain-copy'))}</p>
${line('start-title')}${line('start-danger').replace('112', '<a href="tel:112">112</a>')}${line('start-limits')}${line('plain-why')}${line('plain-level')}${line('plain-saved')}
<p class="online"><a class="button" href="/softinfo.html">${escape(text('plain-save'))}</a></p>${line('plain-program')}
<form class="online" method="post" action="/tips" enctype="multipart/form-data"><label class="field"><span>${escape(text('plain-form'))}</span>
<input type="file" name="tip" accept=".age" required></label>${line('plain-never')}<button class="primary">${escape(text('plain-send'))}</button></form>
${part('anonymous')}${part('victim')}${line('start-help')}</section>`
  })
  return `<h1>softinfo</h1><nav class="languages">${links.join(' ')}</nav>\n${sections.join('\n')}`
}

function answers() {
  const names = ['stored', 'already', 'not-sealed', 'too-large', 'later', 'unsure', 'day', 'back']
  return languages.map(({ lang }) => {
    const text = texts(lang)
    const said = names.map((name) => [name.replace('-', '_'), text(`answer-${name}`)])
    return { lang, dir: direction(lang), ...Object.fromEntries(said), id: text('tip-id'), leave: text('leave'), away_title: text('away-title'), away_text: text('away-text') }
  })
}

// Texts go in once by name and then as bare patterns, in the same order for every language: names are a third of a Fluent file.
const names = locales.get('en').body.filter(({ type, id }) => type === 'Message' && !OUTSIDE.test(id.name) && !SHARED.includes(id.name)).map(({ id }) => id.name)
const values = (lang) => {
  const found = new Map(locales.get(lang).body.filter(({ type }) => type === 'Message').map((message) => [message.id.name, message]))
  return names.map((name) => compiled(found.get(name)))
}
// Languages that are alike stand together: half a kilobyte less once packed.
const ALIKE = ['bg', 'uk', 'ar', 'ro', 'es', 'pt', 'fr', 'en', 'de', 'nl', 'pl', 'tr']
if (`${[...ALIKE].sort()}` !== `${[...locales.keys()].sort()}`) throw new Error('a language is missing in the order of the texts')
// The word lists of BIP39, each word as the number of letters it shares with the one before and the rest. Accented letters as one character
// each: shorter, and as HTML wants it.
const packed = async (path) => {
  const { wordlist } = await import(path)
  let before = ''
  return wordlist.map((entry) => {
    const word = entry.normalize('NFC')
    let shared = 0
    while (shared < 9 && shared < word.length - 1 && word[shared] === before[shared]) shared += 1
    before = word
    return shared + word.slice(shared)
  }).join('')
}
const module = (filter, namespace, contents) => ({
  name: namespace,
  setup({ onResolve, onLoad }) {
    onResolve({ filter }, ({ path }) => ({ path, namespace }))
    onLoad({ filter: /.*/, namespace }, async ({ path }) => ({ contents: await contents(path), loader: 'js', resolveDir: new URL('src/', here).pathname }))
  },
})
// ChaCha20 calls a function for each rotation, 320 times for 64 bytes. Without JIT, as at Tor Browser's level Safer, that is most of the time, so the
// one line of that function is written where it is called. The vectors run on the built page.
const rotations = (source) => {
  let found = 0
  const inlined = source.replace(/(x\d\d) = rotl\(\1 \^ (x\d\d), (\d+)\);/g, (_, x, y, bits) => {
    found += 1
    return `${x} ^= ${y}; ${x} = (${x} << ${bits}) | (${x} >>> ${32 - bits});`
  })
  if (found !== 64) throw new Error(`${found} rotations in ChaCha20 and HChaCha20, and not 64: look at what the package does now`)
  return inlined
}
// Deflate looks back 32 kB, so what is alike stands together: texts, words, patterns of words, what libraries are for, then our own code, with the names of
// the messages right before the screens that ask for them.
const words = ['portuguese', 'spanish', 'french', 'english'].map((lang) => `@scure/bip39/wordlists/${lang}.js`)
const order = ['locales', ...words, './identifiers/index.ts', './tip/seal.ts', './tip/receipt.ts', './worker.ts', 'names', './main.ts']
const bundled = await build({
  stdin: { contents: order.map((path) => `import '${path}'`).join('\n'), resolveDir: new URL('src/', here).pathname }, bundle: true, write: false, minify: true, format: 'iife', charset: 'utf8', target, legalComments: 'none',
  plugins: [
    module(/^locales$/, 'locales', () => `export const values = ${JSON.stringify(Object.fromEntries(ALIKE.map((lang) => [lang, values(lang).join('\0')])))}`),
    module(/^names$/, 'names', () => `export const names = ${JSON.stringify(names.join(' '))}`),
    module(/^@scure\/bip39\/wordlists\//, 'wordlist', async (path) => `import { unpacked } from './wordlist.ts'; export const wordlist = unpacked(${JSON.stringify(await packed(path))})`),
    unused(new URL('src/absent.ts', here).pathname, { '@noble/ciphers/chacha.js': rotations }),
  ],
})
const minified = async (path, loader) => (await transform(read(path), { loader, minify: true, target, legalComments: 'none' })).code.trim()
// Once more by another minifier: 2.9 kB less once packed. What is alike stays alike, which deflate likes better than what is short. Arguments that a
// function doesn't use go: one check of the ciphers counts them, and only where a caller brings the place for the result, which the page never does.
const { code } = await minify(bundled.outputFiles[0].text, { ecma: 2020, toplevel: true, compress: { passes: 3, inline: 1, lhs_constants: false, keep_fargs: false } })
// HTML allows no control characters; in strings and patterns their escapes mean the same.
const script = code.trim().replace(/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
if (/<\/script|<!--/i.test(script)) throw new Error('the script would end early inside HTML')
const parts = { style: await minified('src/style.css', 'css'), early: await minified('src/early.js', 'js'), script, plain: plain(), root: read('../keys-example/EXAMPLE-root.vkey').trim() }
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
parts.csp = [
  "default-src 'none'", `script-src ${hash(parts.early)} ${hash(parts.script)}`, `style-src ${hash(parts.style)}`, 'worker-src blob:', "connect-src 'self'",
  "form-action 'self'", 'img-src data: blob:', "base-uri 'none'",
].join('; ')
const page = read('src/page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name])

const outputs = { 'index.html': page, 'answers.json': `${JSON.stringify({ languages: answers() }, null, 1)}\n` }
if (process.argv.includes('--check')) {
  const differing = Object.keys(outputs).filter((name) => read(`dist/${name}`) !== outputs[name])
  if (differing.length > 0) {
    console.error(`dist/${differing.join(' and dist/')} differ from what the sources give: run “node build.mjs” in web/ and commit the result`)
    process.exit(1)
  }
} else {
  mkdirSync(new URL('dist/', here), { recursive: true })
  for (const [name, text] of Object.entries(outputs)) writeFileSync(new URL(`dist/${name}`, here), text)
}
