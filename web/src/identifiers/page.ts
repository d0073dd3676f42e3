// A text to be searched, and what was found in it. In: what the writer typed. Out: a plain form of it, and spans in the writer's offsets.

export type Kind = 'national-register' | 'bis' | 'foreigner' | 'passport' | 'id-card' | 'phone' | 'email' | 'iban' | 'card' | 'user-name' | 'own-name' | 'place' | 'birth' | 'plate' | 'only-one' | 'papers'

/** A span of the writer's text; offsets count UTF-16 units, as `String.slice` does. */
export type Finding = { start: number, end: number, kind: Kind }

/** Makes a pattern for plain texts. `\p{L}` in it becomes the letters of the alphabets that the page reads. Unicode's own class would take a browser
 *  without JIT half a second to prepare, because it stands many times in a pattern. */
export const pattern = (source: string, flags = 'g'): RegExp => RegExp(source.replace(/(\[[^\]]*)?\\p\{L\}/g, (_, inside = '') => (inside ? `${inside}${LETTERS}` : `[${LETTERS}]`)), flags)
/** Small letters, as a range of a pattern: Latin, Cyrillic, Arabic. */
const LETTERS = 'a-zß-ӿء-ۿ'

/** "My", as a plain text has it. */
export const MY = '(?:m(?:ijn|on|a|ein\\p{L}{0,2}|y|eu|inha|i|o[ji]\\p{L}{0,3})|мо\\p{L}{1,2})'

/** A text that is being searched. */
export type Page = {
  /** The plain text: in lower case, without accents, with the digits and dashes of ASCII. */
  text: string
  /** Whether the writer typed a capital at this offset of the plain text. */
  isCapital: (i: number) => boolean
  /** Marks a span of the plain text as a finding. Without a kind it keeps later marks off the span. A mark over an earlier one is dropped. */
  mark: (start: number, end: number, kind: Kind | undefined) => void
  found: Finding[]
}

/** Signs that people type in place of those of ASCII in TO, and that Unicode doesn't decompose into them. */
const FROM = 'ı،٫‘’ʼ′”−'
const TO = "i,.''''\"-"

function plain(char: string): string {
  const alike = FROM.indexOf(char)
  if (alike >= 0) return TO.charAt(alike)
  const code = char.charCodeAt(0)
  // Digits of Arabic, then of Persian and Urdu.
  if (/[٠-٩۰-۹]/.test(char)) return `${code & 15}`
  if (/[‐-―]/.test(char)) return '-'
  // Marks over letters, the Arabic stroke and characters without width are left out.
  return /[\p{Mn}\p{Cf}ـ]/u.test(char) ? '' : char.normalize('NFKD').charAt(0)
}

export function page(original: string): Page {
  const seen: Record<string, string> = {}
  /** For each character of the plain text, its offset in the writer's text; behind them the length of the writer's text. */
  const at: number[] = []
  let text = ''
  for (let i = 0; i < original.length; i++) {
    let char = original.charAt(i)
    if (char > '~') char = seen[char] ??= plain(char)
    if (char) {
      at.push(i)
      text += char
    }
  }
  at.push(original.length)
  const taken = new Uint8Array(text.length)
  const found: Finding[] = []
  return {
    // In lower case the text keeps its length: of all capitals only İ would become longer, and its dot is left out by now.
    text: text.toLowerCase(),
    isCapital: (i) => {
      const char = text.charAt(i)
      return char !== char.toLowerCase()
    },
    mark: (start, end, kind) => {
      if (start === end || taken.subarray(start, end).includes(1)) return
      taken.fill(1, start, end)
      if (kind) found.push({ start: at[start]!, end: at[end]!, kind })
    },
    found,
  }
}
