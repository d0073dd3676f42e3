// What tells who somebody is without a name or a number: a date of birth, one's own car or home, being the only one, having no papers. In: a page. Out:
// marks on it. “No papers” is marked whoever has none, because some readers must report it (docs/identifier-check.md).
import { type Kind, MY, type Page, pattern } from './page.ts'

/** The start of a word. */
const BEGIN = '(^|[^\\p{L}\\d])'
/** At most so many words. */
const words = (most: number): string => `(?:\\p{L}[\\p{L}'-]{0,14} ){0,${most}}`

const BORN = "\\bborn|birth|gebo|\\bnee? le|naiss|nasci|\\bnaci|nascut|naster|роден|рожд|urodz|народ|родил|dog(?:um|du)|ولد|مولود|ميلاد"
const DATE = '\\d{1,2}[ ./-]{1,2}(?:\\d{1,2}|(?:d[ei] )?\\p{L}{3,12}(?: d[ei])?)[ ./-]{1,2}(?:19|20)?\\d\\d|(?:19|20)\\d\\d-\\d\\d-\\d\\d|\\p{L}{3,9} \\d{1,2},? (?:19|20)\\d\\d'

const CAR = `${MY} (?:auto|wagen|moto|brommer|nummerplaat|voiture|camion|plaque|kennzeichen|car|van|plate|placa|coche|matricula|samoch|rejestr|машин|авт|кола)|سيارتي|لوحتي|masin(?:a|ii) mea|(?:кола|бус)\\p{L}{1,2} ми|arabam|plakam`
const PLATE = '\\d[ .-]?[a-z]{3}[ .-]?\\d{3}|[a-z]{1,3}-?\\d{2,5}-?[a-z]{2,3}|[a-z]{1,3}-[a-z]{1,2} ?\\d{1,4}|(?!on|in|op|am|le|el|em|pe|na|la|de|at|of|to)[a-z]{1,2} \\d{2,3} [a-z]{3}(?! ?\\d)'

const HOME = `${MY} (?:adres|endereco|direccion|anschrift|адрес)\\p{L}{0,3}|ik woon|wij? wonen|j'habite|nous habitons|(?:ich|wir) wohnen?|(?:i|we) live|mor(?:o|amos)|viv(?:o|imos)|[اون]سكن|عنواني|locui(?:esc|m)|adresa mea|жив(?:ея|еем|у|емо)|мешка(?:ю|ємо)|адресът ми|mieszkamy?`
/** Streets: words that come before a name, endings of names, and the number of a house. */
const STREET = '(?:rue|avenue|boulevard|chaussee|quai|calle|avenida|rua|str(?:ada)?|ул|улиц\\p{L}|вул|вулиц\\p{L}|ul|ulic[ay]|شارع)\\.? '
const ENDING = '(?:straa?t|laan|steenweg|plein|kaai|weg|lei|dreef|stra(?:ss|ß)e|gasse|platz|allee|street|road)'
const NUMBER = ',? {0,2}(?:n[ro]?[.°]? {0,2})?\\d{1,4}(?!\\d)'

const PAPERS = '(?:papier(?:en|e|s|ow)|pap(?:ers|eles|eis)|папер[іи]в|do[ck][uy]ment\\p{L}{0,4}|документ\\p{L}{0,3}|acte|vis(?:um|a|to|ado)s?|[vw]iz[ay]|в[иі]з[иа]|verblijfs\\p{L}+|sejour|aufenthalts\\p{L}+|residen\\p{L}+(?: permit)?|sedere|пребив\\p{L}+|прожив\\p{L}+|pobyt\\p{L}{0,2}|посв[іи]д\\p{L}+|اوراق|اقام[هة]|وثائق|تاشير[هة]|فيزا|legal status)'
const WITHOUT = "geen|zonder|sans|pas de?|aucun|kein\\p{L}{0,2}|ohne|no|without|(?:not|never|\\p{L}{2,4}n't) (?:have|had|got)|sem|sin|na?o te[nm]\\p{L}{0,4}|no t[ei]\\p{L}{2,5}|بدون|بلا|دون|ليس\\p{L}{0,2}|ما عند\\p{L}{0,3}|لا [يتن]?(?:وجد|ملك)\\p{L}{0,2}|fara|nu a(?:re|u|m|vem)|без|ням\\p{L}{1,3}|нема\\p{L}?|не ма\\p{L}{1,3}|нет|bez|nie ma\\p{L}{0,2}"
const ILLEGAL = '(?:il+ega\\p{L}{1,7}|nielegaln\\p{L}{1,3}|нелегал\\p{L}{1,4}|kacak|(?:ب\\p{L}{3,5} )?غير (?:قانوني|شرعي|نظامي)\\p{L}?)'
const STAYS = '(?:hier|here|aqui|aici|tu|тук|тут|burada|هنا|verblij\\p{L}+|leef\\p{L}*|leb\\p{L}+|living|stay\\p{L}*|viv\\p{L}+|est(?:a|ou|oy|ao|an)|mora\\p{L}*|жив\\p{L}+|пребива\\p{L}+|przebywa\\p{L}*|[مي]قيم\\p{L}*)'
const COUNTRY = '(?:hier|here|aqui|aici|tu|тук|тут|im land|(?:in|en|na|no|nel|w|в) (?:(?:het|the|el) )?(?:bel|land|country|pais|tara|kraj|бел|стран|кра)\\p{L}*|im+igr\\p{L}+|yasi\\p{L}+|gocmen\\p{L}*)'

/** “I am the only one”, in the order of words of each language. */
const ONLY = [
  `(?:ik ben|ben ik) ${words(2)}(?:de|het|als) enige?|ik als enige|je suis ${words(2)}l[ea] seule?`,
  `(?:ich bin|bin ich) ${words(2)}(?:d(?:er|ie|as)|als) einzige\\p{L}?|ich als einzige\\p{L}?|i(?: a|')m ${words(1)}the only|am i the only`,
  `(?:eu )?sou ${words(1)}[oa] unic[oa]|(?:yo )?soy ${words(1)}(?:el|la) unic[oa]|انا ${words(3)}الوحيد\\p{L}?|(?:eu )?sunt ${words(1)}singur(?:ul|a)`,
  `(?:аз )?съм ${words(1)}единствен\\p{L}*|jestem ${words(1)}jedyn\\p{L}*|я ${words(2)}[єе]дин(?:а|ии|е|ственн\\p{L}*)|ben ${words(2)}tek(?! bas)|tek ${words(2)}benim`,
].join('|')
/** “Not”: with it, before or inside the phrase, there are others, and nothing is marked. */
const NOT = /(?:^| )(?:ni(?:et|cht|e)|pas|not|na?o|nu|не|لست|ليس|degil)(?: |$)/

const RULES: [source: string, kind: Kind][] = [
  [`((?:${BORN})[^\\d\\n]{0,16}?[^\\d\\p{L}\\n])(${DATE})(?!\\d)`, 'birth'],
  // Turkish and German put the word after the date.
  [`${BEGIN}(${DATE})(?= (?:tarihinde )?(?:dog(?:um|du)|gebor))`, 'birth'],
  [`${BEGIN}(${ONLY})(?!\\p{L})`, 'only-one'],
  [`((?:^|[^\\p{L}])(?:${CAR})[^\\n]{0,30}?[^\\p{L}\\d])(${PLATE})(?![\\p{L}\\d])`, 'plate'],
  [`((?:^|[^\\p{L}])(?:${HOME})[ :]{1,2})([^\\d\\n!?]{0,40}?(?:${STREET}${words(4)}\\p{L}{1,20}|${ENDING})${NUMBER}|[^\\d\\n!?]{0,24}?\\d{1,4},? (?:${STREET}${words(2)}\\p{L}{1,20}|${words(2)}(?:street|road|lane|avenue)(?!\\p{L}))|[^\\d\\n!?]{0,40}?\\d{1,4}[ ,]{1,3}[1-9]\\d{3} \\p{L}{3,20})`, 'place'],
  [`${BEGIN}(${words(2)}(?:sok(?:ak|agi)|cad(?:desi)?)\\.?[ ,]{0,2}(?:no:? ?)?\\d{1,4})(?=[^\\n.]{0,40}(?:otur|yasi))`, 'place'],
  [`${BEGIN}((?:${WITHOUT})[ '-]${words(2)}${PAPERS})(?!\\p{L})`, 'papers'],
  [`${BEGIN}(undocumented|indocumentad\\p{L}{1,2}|(?:(?:in|en|em) (?:einer )?)?(?:situa\\p{L}+|sejour) ir+egul\\p{L}+|sejour il+egal|clandestin\\p{L}?|illegalen|нелегални|uitgeprocedeerd|kagitsiz\\p{L}*|belgesiz\\p{L}*|vizesiz|(?:oturum|ikamet|kimlik|vize|pasaport|belge|evrak|kagi[dt](?=[il]))\\p{L}*(?: iz[in]\\p{L}*| kart\\p{L}*)? yok)(?!\\p{L})`, 'papers'],
  [`${BEGIN}(${PAPERS} ${words(2)}(?:expir\\p{L}+|verlopen|abgelaufen|caduc\\p{L}+|venci\\p{L}+|изтек\\p{L}*|wygas\\p{L}*|закінч\\p{L}+|run out))(?!\\p{L})`, 'papers'],
  [`((?:^|[^\\p{L}])${STAYS} (?:ist |is |sind )?)(${ILLEGAL})(?!\\p{L})`, 'papers'],
  [`${BEGIN}(${ILLEGAL} ${COUNTRY})(?!\\p{L})`, 'papers'],
]
const COMPILED = RULES.map(([source, kind]): [RegExp, Kind] => [pattern(source), kind])

export function situation({ text, mark }: Page): void {
  for (const [compiled, kind] of COMPILED)
    for (const { 0: all, 1: before, index } of text.matchAll(compiled)) {
      const start = index + before!.length
      if (kind !== 'only-one' || !NOT.test(`${text.slice(0, start).slice(-9)}${all.slice(before!.length)}`)) mark(start, index + all.length, kind)
    }
}
