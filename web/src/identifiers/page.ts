// A text to be searched, and what was found in it. In: what the writer typed. Out: a plain form of it, and spans in the writer's offsets.

export type Kind = 'national-register' | 'bis' | 'foreigner' | 'passport' | 'id-card' | 'phone' | 'email' | 'iban' | 'card' | 'user-name' | 'own-name' | 'place' | 'birth' | 'plate' | 'only-one' | 'papers'

/** Offsets count UTF-16 units, as `String.slice` does. */
export type Finding = { start: number, end: number, kind: Kind }

/** A pattern for plain texts. `\p{L}` in it is a letter of the alphabets that the page reads: Unicode's own class, many times in a pattern, takes a
 *  browser without JIT half a second to prepare. */
export const pattern = (source: string, flags = 'g'): RegExp => RegExp(source.replace(/(\[[^\]]*)?\\p\{L\}/g, (_, inside = '') => (inside ? `${inside}${LETTERS}` : `[${LETTERS}]`)), flags)
const LETTERS = 'a-zß-ӿء-ۿ'

/** "My", as a plain text has it. */
export const MY = '(?:m(?:ijn|on|a|ein\\p{L}{0,2}|y|eu|inha|i|o[ji]\\p{L}{0,3})|мо\\p{L}{1,2})'

export type Page = {
  /** Lower case, without accents; digits and dashes are those of ASCII. */
  text: string
  /** True where the writer typed a capital. */
  isCapital: (i: number) => boolean
  /** Marks a span, or with no kind keeps others from marking it. Where something is already, the earlier stays. */
  mark: (start: number, end: number, kind: Kind | undefined) => void
  found: Finding[]
}

/** Signs that people type for an ASCII one, but that have no such decomposition. */
const FROM = 'ı،٫‘’ʼ′”−'
const TO = "i,.''''\"-"

function plain(char: string): string {
  const alike = FROM.indexOf(char)
  if (alike >= 0) return TO.charAt(alike)
  const code = char.charCodeAt(0)
  // the digits of Arabic, then of Persian and Urdu; hyphens and dashes
  if (/[٠-٩۰-۹]/.test(char)) return `${code & 15}`
  if (/[‐-―]/.test(char)) return '-'
  // marks over letters, the Arabic stroke, and what has no width are left out
  return /[\p{Mn}\p{Cf}ـ]/u.test(char) ? '' : char.normalize('NFKD').charAt(0)
}

export function page(original: string): Page {
  const seen: Record<string, string> = {}
  /** Where the nth character began, and at last the end. */
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
    // keeps its length: of all capitals only İ would grow, and its dot is gone by now
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
