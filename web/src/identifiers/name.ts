// "My name is …" in twelve languages. In: a page. Out: marks over the phrase and the name.
import type { Page } from './page.ts'

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
const PHRASE = RegExp(`(^|[^\\p{L}\\d])((${WEAK})|${PHRASES.join('|')})[: ][ "'«„“]*(?=\\p{L})`, 'gu')

/** Where a name in small letters may end. */
const AND = /^(?:en|ik|et|j(?:e|'.*)|und|ich|and|i|e|eu|y|soy|si|am|и|а|аз|съм|jestem|mam|та|і|я|ve|و.*)$/
/** What says that no name follows. */
const OTHER = /^(?:ni(?:et?|cht)|op|[oei]n|bek[ae]nn?[dt]|pas|sur|connu|auf|not?|known|nao|con(?:he|o)cido|pe|nu|cunoscut|н[еа]|известно|inaczej|вам|degil|yok|ليس|غير|ف[يى]|على|معروف|لا|لن|لم|مكتوب|مسجل|موجود|من)$/
const PARTICLE = /^(?:v[ao]n|de[nrls]?|el|al|be?i?n|بن|بنت|d[aiou]s?|l[ae]|te[rn]?)$/

/** Where the name that begins at `at` ends; `at` if there is none. */
function nameEnd({ text, isCapital }: Page, at: number, weak: boolean): number {
  const word = /\p{L}[\p{L}'-]*/uy
  const read = (from: number): string => {
    word.lastIndex = from
    return word.exec(text)?.[0] ?? ''
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

export function ownName(searched: Page): void {
  for (const found of searched.text.matchAll(PHRASE)) {
    const at = found.index + found[0].length
    const end = nameEnd(searched, at, !!found[3])
    if (end > at) searched.mark(found.index + found[1]!.length, end, 'own-name')
  }
}
