// The writer's own name, in twelve languages: "My name is …", "This is …" at the start of a sentence, "Kind regards, …" at the end.
// In: a page. Out: marks over the phrase and the name; over the name alone behind a greeting.
import { type Page, pattern } from './page.ts'

/** Without accents, as the page is; Russian too, which many write who chose Ukrainian. */
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
/** These need a capital after them: "adım" is also a step, and "moi c'est" begins many a sentence. */
const WEAK = "(?:soy)?adim|ismim|moi c'est"
const PHRASE = pattern(`(^|[^\\p{L}\\d])((${WEAK})|${PHRASES.join('|')})[: ][ "'«„“]*(?=\\p{L})`)

/** Where a name in small letters may end. */
const AND = /^(?:en|ik|et|j(?:e|'.*)|und|ich|and|i|e|eu|y|soy|si|am|и|а|аз|съм|jestem|mam|та|і|я|ve|burada|و.*)$/
/** What says that no name follows. */
const OTHER = /^(?:ni(?:et?|cht)|op|[oei]n|bek[ae]nn?[dt]|pas|sur|connu|auf|not?|known|nao|con(?:he|o)cido|pe|nu|cunoscut|н[еа]|известно|inaczej|вам|degil|yok|gec\w+|gizli|bilin\w+|yaz\w*|soyle\w+|kals\w+|ليس|غير|ف[يى]|على|معروف|لا|لن|لم|مكتوب|مسجل|موجود|من|لكم|جزيلا)$/
const PARTICLE = /^(?:v[ao]n|de[nrls]?|el|al|be?i?n|بن|بنت|d[aiou]s?|l[ae]|te[rn]?)$/

/** A word, a full stop and a space behind it. */
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
    // all in capitals, or a single one, says nothing about names
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

/** "I am" and "this is", where a sentence or a greeting ends before them. Arabic has no capitals: there only first names that many have. */
const AM = "ik ben|je suis|ich bin|i(?: a|')m|(?:eu )?sou|(?:yo )?soy|(?:eu )?sunt|аз съм|jestem|я|ben|انا(?= (?:محمد|احمد|يوسف|علي|حسن|حسين|عمر|خالد|كريم|رشيد|مصطفى|سعيد|عبد|فاطم|مريم|عائش|سمير|امين|خديج|نور|زينب|ليلى|هدى))"
const HERE = "dit is|hier(?: is| ist| spricht)?|ici|this is|here is|aqui(?: e| fala)?|les habla|aici(?: e| este)?|tu(?: mowi)?|обажда се|тук е|це|это|معكم"
const HERE_OR_AM = pattern(`(^|[.!?,:;\\n-] ?)((${HERE})|${AM}) (?=\\p{L})`)
/** Where one comes from: before that a single word is a name, too. */
const FROM = pattern("^,? (?:from|v[ao]n|vd|d[aeou]s?|del?|d'|aus|uit|din|от|ze?|з|із|зі|из|من)(?!\\p{L})", '')

/** What letters end with, before a name and the end of the line. */
const BYE = pattern(`(^|[^\\p{L}])((?:groet\\w*|mvg|hoogachtend|cordialement|bien a vous|salutations|merci|danke?|gr(?:uss|uß)en?|mfg|hochachtungsvoll|regards|sincerely|faithfully|wishes|thank(?:s| you)|atenciosamente|cumprimentos|abracos?|obrigad[oa]|atentamente|saludos?|gracias|تحيات\\p{L}+|و?شكرا(?: جزيلا| لكم){0,2}|cu stima|cu respect|multumesc|zi buna|уважени[ея]м?|поздрави|благодаря|powazaniem|pozdrawiam|dziekuje|повагою|дякую|спасибо|saygi\\w*|tesekkur\\w*|sevgi\\w+|selam\\w*)[ ,.!]{0,3}[ ,\\n-](?:v[ao]n |from )?)(?=\\p{L})`)

/** One or two words, and no more. */
const SMALL = pattern('^\\p{L}{3,15}(?: \\p{L}{3,15})?(?=[ .\\n]{0,9}$)', '')

/** Where the words end that are written as names are, and how many they are. All in capitals they count only where what is before isn't. */
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

export function ownName(searched: Page): void {
  const { text, mark } = searched
  for (const found of text.matchAll(PHRASE)) {
    const at = found.index + found[0].length
    const end = nameEnd(searched, at, !!found[3])
    if (end > at) mark(found.index + found[1]!.length, end, 'own-name')
  }
  for (const { 0: all, 1: before, 2: phrase, 3: here, index } of text.matchAll(HERE_OR_AM)) {
    // later in a line it says who somebody else is: "the boss, this is …"
    if (here && before![0] === ',' && index > 24 && !text.slice(index - 24, index).includes('\n')) continue
    const [end, count] = capitals(searched, index + all.length)
    // in German every noun has a capital: "Ich bin Maurer aus …"; in English nations have one
    if (count > 1 || (count && phrase !== 'ich bin' && !/ian|ese|ish/.test(text.slice(end - 3, end)) && FROM.test(text.slice(end, end + 8)))) mark(index + before!.length, end, 'own-name')
  }
  for (const { 0: all, index } of text.matchAll(BYE)) {
    const at = index + all.length
    const [end, count] = capitals(searched, at)
    if (count && /^[ .!]*(?:[\n(]|$)/.test(text.slice(end, end + 9))) mark(at, end, 'own-name')
    // small letters only in a last line of their own
    else if (text[at - 1] === '\n') mark(at, at + (SMALL.exec(text.slice(at, at + 44))?.[0].length ?? 0), 'own-name')
  }
}
