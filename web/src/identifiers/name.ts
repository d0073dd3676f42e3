// The writer's own name, in twelve languages: "My name is …", "This is …" at the start of a sentence, "Kind regards, …" at the end.
// In: a page. Out: marks over the phrase and the name; after a closing phrase, over the name alone.
import { type Page, pattern } from './page.ts'

/** Phrases that a name follows, without accents, as in a plain text. With Ukrainian stands Russian, which many people write who chose Ukrainian. */
const PHRASES = [
  "ik heet|m(?:ij|')n (?:\\w{5,9} )?(?:voor|achter|familie)?naam is", // nl
  "je m'? ?appel+e|mon (?:pre)?nom(?: de famille| complet)? est|je me nomme", // fr
  'ich hei(?:ss|ß)e|mein (?:vor|nach|familien)?name (?:ist|lautet)', // de
  "my (?:\\w{4,5} )?name(?: is|'s|s)|i(?: a|')?m (?:called|named)", // en
  'me chamo|chamo-me|(?:o )?meu nome(?: completo)? eh?', // pt
  'me llamo|mi nombre(?: completo)? es', // es
  '(?:انا )?و?اسمي(?: الكامل)?(?: هو)?', // ar
  'ma numesc|ma cheama|numele meu(?: complet)? (?:este|e)', // ro
  '(?:аз )?се казвам|казвам се|името ми е|моето име е', // bg
  'nazywam sie|mam na imie|na imie mam|moje (?:imie|nazwisko) to', // pl
  "мене зв[ау]т[иь]|моє ім'я(?: є| -)?|меня зовут", // uk
  'benim (?:adim|ismim)', // tr
]
/** Phrases that count only before a capital: “adım” is also Turkish for a step, and “moi c'est” begins many French sentences. */
const WEAK = "(?:soy)?adim|ismim|moi c'est"
const PHRASE = pattern(`(^|[^\\p{L}\\d])((${WEAK})|${PHRASES.join('|')})[: ][ "'«„“]*(?=\\p{L})`)

/** Where a name in small letters may end. */
const AND = /^(?:en|ik|et|j(?:e|'.*)|und|ich|and|i|e|eu|y|soy|si|am|и|а|аз|съм|jestem|mam|та|і|я|ve|burada|و.*)$/
/** Words after such a phrase that mean that no name follows. */
const OTHER = /^(?:ni(?:et?|cht)|op|[oei]n|bek[ae]nn?[dt]|pas|sur|connu|auf|not?|known|nao|con(?:he|o)cido|pe|nu|cunoscut|н[еа]|известно|inaczej|вам|degil|yok|gec\w+|gizli|bilin\w+|yaz\w*|soyle\w+|kals\w+|ليس|غير|ف[يى]|على|معروف|لا|لن|لم|مكتوب|مسجل|موجود|من|لكم|جزيلا)$/
const PARTICLE = /^(?:v[ao]n|de[nrls]?|el|al|be?i?n|بن|بنت|d[aiou]s?|l[ae]|te[rn]?)$/

/** A word, with the full stop and the space after it, if they are there. */
const WORD = pattern("(\\p{L}[\\p{L}'-]*)(\\.?)( ?)", 'y')

/** Where the name that begins at `at` ends; `at` if there is none. */
function nameEnd({ text, isCapital }: Page, at: number, weak: boolean): number {
  const read = (from: number): string => {
    WORD.lastIndex = from
    return WORD.exec(text)?.[1] ?? ''
  }
  let end = at
  let small = 0
  for (let from = at, names = 0; names < 3;) {
    const name = read(from)
    const next = from + name.length
    const arabic = name > '؀' && name < '܀'
    const other = AND.test(name) || OTHER.test(name)
    // In a text all in capitals, a capital doesn't mark a name; neither does a single capital letter.
    const capital = isCapital(from) && !(other && (isCapital(from + 1) || !name[1]))
    if (!name || (other && !capital)) break
    if (!PARTICLE.test(name) || (capital && text[next] !== ' ')) {
      if ((capital && !small) || (arabic && names < 2)) end = next
      else if (weak || arabic || capital || end > at || ++small > 2 || PARTICLE.test(read(at))) break
      else if (text[next] !== ' ' || AND.test(read(next + 1))) return next
      names++
    }
    if (text[next] !== ' ') break
    from = next + 1
  }
  return end
}

/** “I am” and “this is”, at the start of a sentence or after a greeting. Arabic has no capitals, so there only frequent first names count. */
const AM = "ik ben|je suis|ich bin|i(?: a|')m|(?:eu )?sou|(?:yo )?soy|(?:eu )?sunt|аз съм|jestem|я|ben|انا(?= (?:محمد|احمد|يوسف|علي|حسن|حسين|عمر|خالد|كريم|رشيد|مصطفى|سعيد|عبد|فاطم|مريم|عائش|سمير|امين|خديج|نور|زينب|ليلى|هدى))"
const HERE = "dit is|hier(?: is| ist| spricht)?|ici|this is|here is|aqui(?: e| fala)?|les habla|aici(?: e| este)?|tu(?: mowi)?|обажда се|тук е|це|это|معكم"
const HERE_OR_AM = pattern(`(^|[.!?,:;\\n-] ?)((${HERE})|${AM}) (?=\\p{L})`)
/** “from …”: before it a single word with a capital is a name, too. */
const FROM = pattern("^,? (?:from|v[ao]n|vd|d[aeou]s?|del?|d'|aus|uit|din|от|ze?|з|із|зі|из|من)(?!\\p{L})", '')

/** Closing phrases of letters. A name follows them, and then the line ends. */
const BYE = pattern(`(^|[^\\p{L}])((?:groet\\w*|mvg|hoogachtend|cordialement|bien a vous|salutations|merci|danke?|gr(?:uss|uß)en?|mfg|hochachtungsvoll|regards|sincerely|faithfully|wishes|thank(?:s| you)|atenciosamente|cumprimentos|abracos?|obrigad[oa]|atentamente|saludos?|gracias|تحيات\\p{L}+|و?شكرا(?: جزيلا| لكم){0,2}|cu stima|cu respect|multumesc|zi buna|уважени[ея]м?|поздрави|благодаря|powazaniem|pozdrawiam|dziekuje|повагою|дякую|спасибо|saygi\\w*|tesekkur\\w*|sevgi\\w+|selam\\w*)[ ,.!]{0,3}[ ,\\n-](?:v[ao]n |from )?)(?=\\p{L})`)

/** A last line of one or two words. */
const SMALL = pattern('^\\p{L}{3,15}(?: \\p{L}{3,15})?(?=[ .\\n]{0,9}$)', '')

/** The words from `at` on that begin with a capital, as names do: where they end, and how many they are. Where the text before is all in capitals, words in
 *  capitals don't count. */
function capitals({ text, isCapital }: Page, at: number): [end: number, count: number] {
  const shout = isCapital(at - 2) && isCapital(at - 3)
  let [end, count] = [WORD.lastIndex = at, 0]
  for (let n = 0, from = at, match; n++ < 6 && (match = WORD.exec(text)); from = WORD.lastIndex) {
    const [, name, dot, gap] = match as unknown as [string, string, string, string]
    if (!PARTICLE.test(name)) {
      if (name > '؀' && name < '܀' ? count > 1 || (count && name[0] === 'و') || OTHER.test(name) : !isCapital(from) || (shout && isCapital(from + 1))) break
      end = from + name.length + (name[1] ? 0 : dot.length)
      count++
    }
    if (!gap || (dot && name[1])) break
  }
  return [end, count]
}

/** Marks the writer's own name. */
export function ownName(searched: Page): void {
  const { text, mark } = searched
  for (const found of text.matchAll(PHRASE)) {
    const at = found.index + found[0].length
    const end = nameEnd(searched, at, !!found[3])
    if (end > at) mark(found.index + found[1]!.length, end, 'own-name')
  }
  for (const { 0: all, 1: before, 2: phrase, 3: here, index } of text.matchAll(HERE_OR_AM)) {
    // After a comma, late in a line, it tells who somebody else is: “the boss, this is …”.
    if (here && before![0] === ',' && index > 24 && !text.slice(index - 24, index).includes('\n')) continue
    const [end, count] = capitals(searched, index + all.length)
    // A single word with a capital is a name only before “from …”. Not after “Ich bin”, as in “Ich bin Maurer aus …”, since German nouns have capitals;
    // nor when it is a nationality, which has one in English.
    if (count > 1 || (count && phrase !== 'ich bin' && !/ian|ese|ish/.test(text.slice(end - 3, end)) && FROM.test(text.slice(end, end + 8)))) mark(index + before!.length, end, 'own-name')
  }
  for (const { 0: all, index } of text.matchAll(BYE)) {
    const at = index + all.length
    const [end, count] = capitals(searched, at)
    if (count && /^[ .!]*(?:[\n(]|$)/.test(text.slice(end, end + 9))) mark(at, end, 'own-name')
    // A name in small letters counts only as a last line of its own.
    else if (text[at - 1] === '\n') mark(at, at + (SMALL.exec(text.slice(at, at + 44))?.[0].length ?? 0), 'own-name')
  }
}
