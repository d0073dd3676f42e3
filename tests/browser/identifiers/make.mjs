// Makes the corpus, *.jsonl, from written/ and from the patterns below. Run it again after every change of either: node make.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { maker } from './numbers.mjs'

const here = (path) => new URL(path, import.meta.url)
const languages = ['nl', 'fr', 'de', 'en', 'pt', 'es', 'ar', 'ro', 'bg', 'pl', 'uk', 'tr']

/** "[[phone|0470 …]] {kbo}" as a text and what is to be found in it. */
function filled(lang, line, make) {
  const numbered = line.replace(/\{(\w+)(?::(\w+))?(?::(\w+))?\}/g, (_, name, ...how) => make[name](...how.slice(0, 2).filter(Boolean)))
  const expect = [...numbered.matchAll(/\[\[([a-z-]+)\|(.*?)\]\]/g)].map(([, kind, text]) => ({ text, kind }))
  return { lang, text: numbered.replace(/\[\[[a-z-]+\|(.*?)\]\]/g, '$1'), expect }
}

const lines = (part, lang) => readFileSync(here(`written/${part}/${lang}.txt`), 'utf8').trim().split('\n')

/** Ways of writing a number that nobody would type into every language by hand; # is a random digit, so a number may be somebody's, by chance. */
const phones = ['047# ## ## ##', '048#/##.##.##', '049#.##.##.##', '046#######', '04 7# ## ## ##', '048# ### ###', '+32 47# ## ## ##', '+3249#######', '+32 (0)48# ## ## ##',
  '0032 46# ## ## ##', '02 5## ## ##', '03/2##.##.##', '09-2## ## ##', '016 ## ## ##', '+49 17# #######', '+40 7## ### ###', '+359 88 ### ####', '+48 5## ### ###', '+90 53# ### ## ##',
  '+380 50 ### ## ##', '+351 91# ### ###', '+34 6## ### ###', '+212 6 ## ## ## ##', '+33 7 ## ## ## ##', '+31 6 ########', '+44 7### ######']
const others = ['[[national-register|{nrn}]]', '[[national-register|{nrn:plain}]]', '[[national-register|{nrn:2000}]]', '[[bis|{bis}]]', '[[id-card|{eid}]]', '[[card|{card}]]',
  '[[iban|{iban}]]', '[[iban|{iban:plain}]]', '{kbo}', '{vat}', '{kbo}']
/** Neutral company for them: nothing here is an identifier, nor a keyword. */
const around = {
  nl: ['Noteer dit aub:', 'en verder weet ik niets.'], fr: ['Veuillez noter', 'et je ne sais rien de plus.'], de: ['Bitte notieren:', 'mehr weiß ich nicht.'],
  en: ['Please note', 'and I know nothing else.'], pt: ['Anotem por favor', 'e não sei mais nada.'], es: ['Apunten por favor', 'y no sé nada más.'],
  ar: ['سجلوا من فضلكم', 'ولا أعرف أكثر.'], ro: ['Notați vă rog', 'și nu mai știu nimic.'], bg: ['Запишете моля', 'и не знам повече.'], pl: ['Proszę zapisać', 'i nic więcej nie wiem.'],
  uk: ['Запишіть будь ласка', 'і більше нічого не знаю.'], tr: ['Lütfen not edin', 've başka bir şey bilmiyorum.'],
}

export function corpus() {
  const files = {}
  languages.forEach((lang, index) => {
    const { below, one, digits, make } = maker(1009 + index)
    const fill = (line) => filled(lang, line, make)
    for (const part of ['held-out', 'hard']) files[`${part}-${lang}.jsonl`] = lines(part, lang).map(fill)
    const written = lines('tuning', lang)
    // several sentences as one letter, none of them twice in it
    const letters = Array.from({ length: 10 }, () => {
      const first = below(written.length)
      const some = Array.from({ length: 3 + below(4) }, (_, i) => written[(first + i * 7) % written.length])
      return fill(some.join(one([' ', '\n'])))
    })
    const numbers = [
      ...Array.from({ length: 5 }, (_, i) => `[[phone|${phones[(index * 5 + i) % phones.length].replace(/#/g, () => digits(1))}]]`),
      ...Array.from({ length: 4 }, (_, i) => others[(index * 4 + i) % others.length]),
    ]
    const [before, after] = around[lang]
    // a maker of its own: what the others have stays as it was
    const second = maker(5003 + index).make
    files[`second-${lang}.jsonl`] = lines('second', lang).map((line) => filled(lang, line.replaceAll('\\n', '\n'), second))
    files[`tuning-${lang}.jsonl`] = [...written.map(fill), ...letters, ...numbers.map((number) => fill(`${before} ${number} ${after}`))]
  })
  return files
}

export const asLines = (texts) => texts.map((text) => `${JSON.stringify(text)}\n`).join('')

if (process.argv[1] === here('make.mjs').pathname) {
  for (const [name, texts] of Object.entries(corpus())) writeFileSync(here(name), asLines(texts))
  console.log(`${readdirSync(here('.')).filter((name) => name.endsWith('.jsonl')).length} files`)
}
