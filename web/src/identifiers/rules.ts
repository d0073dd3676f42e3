// Patterns and their checks. In: a page. Out: marks on it, the most specific kinds first.
//
// A pattern has two groups: what stands before, and what is marked. Every repetition in it has a bound, and it begins at the edge of a word or number, so
// that no text makes it slow. It has no lookbehind, which old phones don't know.
import { accountLength, isCard, isEnterprise, register, twelve } from './check.ts'
import { type Kind, MY, type Page, pattern } from './page.ts'

/** Decides what a match is: a kind; undefined, which keeps later rules off the span; or false, which is nothing. Gets the letters and digits of what was
 *  matched, all of it, and what stands before. */
type Judge = (signs: string, all: string, before: string) => Kind | undefined | false
type Rule = [pattern: RegExp, judge: Kind | Judge, lengthOf?: (all: string) => number]

/** What may stand between groups of digits. */
const S = '[ ./)-]{0,3}'
/** Before a number: not in the middle of a longer one. */
const EDGE = '(^|[^\\d.,-]|[^\\d][.,-])'
/** After a number: no further digits, and no currency. */
const END = '(?![.,-]?\\d| ?(?:[€$]|eur|usd|lei|zł|лв|грн|[еє]вро|يورو|tl\\b|dol))'
const number = (body: string, edge = EDGE): RegExp => pattern(`${edge}(${body})${END}`)
/** A number after a keyword, with at most a few words between them and no digit. */
const after = (keywords: string, body: string): RegExp => number(body, `((?:${keywords})[^\\d\\n]{0,24}?[^\\d\\na-z])`)

const FIRM = /(?:kbo|bce|b[tv]w|[tiv]va|vat|kdv|ддс|пдв|ndernem|nt(?:re|er)pr|unterneh|firm|ф[иі]рм|شرك|compa|societ|empresa|spolk|sirket|vergi|дружеств|предпри|підпри|едрпоу|еик|\b(?:nip|cui|nif|mwst|gmbh|srl|bv)\b)[^\d\n]{0,20}$/

/** A coordinate: decimal, or degrees with minutes and seconds. */
const DEGREES = '(?:[nsewo] ?)?\\d{1,3}(?:[.,]\\d{4,15}(?: ?°)?|(?:[.,]\\d{1,15})? ?°(?: ?[\\d.,]{1,12} ?["\']{1,2}){0,2})(?: ?[nsewo](?![a-z]))?'

/** A Belgian mobile number without its leading 0; its first digits say that it is one. */
const MOBILE = `4${S}[5-9](?:${S}\\d){7}`
/** A number with a country code (E.164). Countries that most writers know have a fixed count of digits after the code; others have 10 to 13 in all. */
const ABROAD = `(?:3[134]|4[08]|351|359|380|212)(?:${S}\\d){9}|(?:44|90|1)(?:${S}\\d){10}|[2-9]\\d(?:${S}\\d){8,11}`.replaceAll(' .', ' .(')
/** A number in a zone of the Belgian numbering plan. Free and paid services (0800, 090x, 070, 078) aren't among them: such a number doesn't tell who calls. */
const ZONE = `0(?:[2349]${S}\\d{3}${S}\\d\\d${S}\\d\\d|(?:1[0-69]|5\\d|6[013-9]|71|8[1-35-79])(?:(?:${S}\\d\\d){3}|(?:${S}\\d{3}){2}))`
/** A mobile number of another country, as dialled inside it. 0123.456.789 isn't one: so enterprise numbers are written. */
const HOME = `0(?!800|90\\d|\\d{3}\\.\\d{3}\\.)(?:5\\d\\d${S}\\d{3}(?:${S}\\d\\d){2}|(?:[5-9]|1[5-7])\\d(?:${S}\\d){7}\\d?|1[0-2](?:${S}\\d){8}|[67](?:[ .-]\\d\\d){4})`

/** Words for @ and for the dot in an address, and providers of mail that everybody knows. */
const AT = '[([]?(?:at|bei|et|apenstaartje|arroba|arobase|aro[nb]da?|ma[łl]pa|kuyruklu a|кльомба|маимунско а|собака|равлик|ет|ات|ايت)[)\\]]?'
const DOT = '[([]?(?:dot|pu?n[kc]?t|point|ponto|punto|kropka|nokta|точка|крапка|нокта|نقط[هة]|دوت)[)\\]]?'
const MAIL = '(?:gmail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|live)'

const RULES: Rule[] = [
  // links to profiles, but not to adverts, groups and single posts
  [/(^|[^\w.-])((?:https?:\/\/|www\.|m\.){0,2}(?:(?:t|telegram|fb)\.me|(?:instagram|facebook|fb|tiktok|twitter|x|snapchat|linkedin)\.com)\/(?!(?:groups|marketplace|events|p|reel)\/)[\w.@?=/+-]{1,60}\w)/g, 'user-name'],
  // addresses (RFC 5321: 64 signs before the @), otherwise @names
  [/(^|[^\w.+%@-])([\w.+%'-]{0,64}(?:@| ?[([]at[)\]] ?)[\w.-]{1,80}\w)/g, (_, all) => (/[@)\]] ?[\w-]+\..*[a-z]$/.test(all) && all[0] !== '@' ? 'email' : /^@[a-z_]/.test(all) && 'user-name')],
  // the same in words: a provider that everybody knows, or any name with an ending
  [pattern(`(^|[^\\w.-])((?:[\\w-]{1,20} ${DOT} ){0,3}[\\w.-]{1,40} ${AT} (?:${MAIL}(?:(?: ?\\.| ${DOT}) ?[a-z]{2,6})?|(?!the )[\\w-]{2,30} ${DOT} [a-z]{2,6}(?: ${DOT} [a-z]{2,6})?))(?!\\p{L})`), 'email'],
  // ISO 6709: four decimals, some 10 m, or degree signs
  [RegExp(`(^|[^\\d.,a-z])(${DEGREES}[ ,;/]{1,3}${DEGREES})(?!\\d)`, 'g'), (_, all) => /['nsewo]|[.,]\d{4}/.test(all) && 'place'],
  [/(^|[^a-z\d])([a-z]{2} ?\d\d[ .-]{0,3}[a-z]{0,4}[ .-]{0,3}\d(?:[ .-]{0,3}[a-z\d]){6,28})/g, (signs) => !!signs && 'iban', accountLength],
  [number('be[ .]?[01]?\\d{3}[ .]?\\d{3}[ .]?\\d{3}', '(^|[^a-z\\d])'), () => undefined],
  [after('pas{1,2}[ae]?port|paspoort|paszport|reisepass|\\bpass\\b|паспорт|جواز', '[a-z]{0,3}(?:\\d[a-z\\d]{4,8}|(?: ?\\d){5,9})(?![a-z])'), (signs) => /^(?=.{6})[a-z]{0,3}(?=.{5,9}$)(?:\D*\d){5}/.test(signs) && 'passport'],
  // as in Belgium, where no keyword is needed
  [number('(?:e[a-z]|g[a-c])\\d{6}', '(^|[^a-z\\d])'), 'passport'],
  // Aliens' file at the Immigration Office (OV, SP, OE) or at the Commissioner General for Refugees (CGVS, CGRA)
  [after('\\b(?:s(?:\\. ?)?p|o(?:\\. ?)?[ve]|dvz|cg[vr][sa])\\b|immigration|etrangers|auslander|vreemdelingenzaken|extranjer|اجانب', '\\d{7,8}|\\d{1,2}[ .]\\d{3}[ .]\\d{3}|\\d\\d[ /]\\d{5,6}'), 'foreigner'],
  // Brazil's, whose groups nobody else has
  [number('\\d{3}\\.\\d{3}\\.\\d{3}-\\d\\d'), 'id-card'],
  // Number of a residence card, A to N
  [number('b[ .-]?\\d{3}(?:[ .]?\\d){6}', '(^|[^a-z\\d])'), 'foreigner'],
  // what other states call it
  [after('pesel|\\b[ck]np\\b|\\bcpf|егн|іпн|kimlik|dowod|buletin|(?:carte|act) de ident|лична карта|قومي|(?:carte|kaart|karte|card) [a-n]\\b|verblijfs|titre de sejour|aufenthalts|residence (?:permit|card)|\\b(?:seria|ci|dni|nie)\\b', '(?:[a-z]{1,3} ?)?\\d(?: ?\\d){5,12}[a-z]?(?![a-z])'), 'id-card'],
  [number(`\\d\\d(?:${S}\\d\\d){2}${S}\\d{3}${S}\\d\\d`), register],
  [number('\\d{3}[ -]?\\d{7}[ -]?\\d\\d'), (signs, all) => (signs !== all || /^59/.test(all)) && twelve(signs)],
  // starts and lengths as in the register of ISO/IEC 7812; 67 with 17 digits is Bancontact's
  [number('67\\d\\d(?:[ -]?\\d{4}){3}[ -]?\\d{1,3}|(?:2[2-7]|35|5[0-8]|[46]\\d)\\d\\d(?:[ -]?\\d{4}){3}|3(?:[47]\\d\\d[ -]?\\d{6}[ -]?\\d|[0689]\\d\\d[ -]?\\d{6}[ -]?)\\d{4}|4\\d{12}|[4-6]\\d{16,18}'), (signs) => isCard(signs) && 'card'],
  // a firm's number is kept off the telephones, unless it could well be a mobile one; behind a word for a firm its form is enough
  [number('[01]\\d{3}[. ]?\\d{3}[. ]?\\d{3}'), (signs, all, before) => ((isEnterprise(signs) && (all[4] === '.' || !/^04[5-9]/.test(all))) || (FIRM.test(before) && (all[4] === '.' || isEnterprise(signs))) ? undefined : false)],
  [number(`(?:\\+ ?|00)(?:32[ ./(-]{0,3}0?[ ./)-]{0,3}(?:${MOBILE}|[1-9](?:${S}\\d){7})|${ABROAD})|\\(?(?:(?:0[ ./]?|32 ?)${MOBILE}|${ZONE}|${HOME})|\\(\\d\\d\\) ?9?\\d{4}[ -]?\\d{4}`), 'phone'],
  [after(`\\b(?:tele?|gsm|phone|mobil|movil|whats|viber|dzwon|zap\\b|zadzwon|celular|${MY} num[mb]?er|numarul meu|numaram)|тел|номерът ми|${MY} номер|هاتف|اتصل|واتس|رقمي`, `\\(?\\d{2,3}${S}\\d{3}${S}\\d{3}|\\d{8,12}|0\\d{3}\\.\\d{3}\\.\\d{3}|\\d\\d${S}9?\\d{4}[ -]?\\d{4}`), 'phone'],
]

/** A platform, and after at most three words a name with a digit, dot or underscore; or after a colon one that ends the sentence. */
const PLATFORM = '((?:^|[^\\p{L}\\d])(?:insta(?!l)|ig(?= ?:)|snap(?!t)|messenger|discord|tik ?tok|telegram|signal(?![ei])|facebook|fb|whats ?app|viber|инста(?!л)|телеграм|ваиб|снап|феисбук|мес+ен|ماسنجر|انستا|تل[يغ]+رام|سناب)[\\p{L}\']{0,9}'
for (const name of ['[ :]{1,3}(?:[\\p{L}\']{1,12}[ :]{1,3}){0,3})([a-z][a-z\\d]{2,20}(?:[\\d_]|[._][a-z\\d])[\\w.]{0,20})(?![\\p{L}@/])', ' ?: ?)([a-z]{4,25})(?=[\\n,;)]|\\.? *$)'])
  RULES.push([pattern(PLATFORM + name), (_, all) => !/\.(?:com|be)$/.test(all) && 'user-name'])

export function rules({ text, mark }: Page): void {
  for (const [pattern, judge, lengthOf] of RULES) {
    pattern.lastIndex = 0
    for (let match; (match = pattern.exec(text));) {
      const start = match.index + match[1]!.length
      const all = match[2]!.slice(0, lengthOf?.(match[2]!))
      const kind = typeof judge === 'string' ? judge : judge(all.replace(/[^a-z\d]/g, ''), all, text.slice(0, start).slice(-32))
      // never into the middle of a surrogate pair: the search would step back and find the same again
      pattern.lastIndex = kind === false ? start || 1 : start + all.length
      if (kind !== false) mark(start, pattern.lastIndex, kind)
    }
  }
}
