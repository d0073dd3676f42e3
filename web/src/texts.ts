// The page's texts: one Fluent file per language, of which the build puts the patterns into the page. In: a message id and its values. Out: text.
import { values } from 'locales'
import { names } from 'names'
import { isDay } from './day.ts'
import { filled, type Values } from './pattern.ts'

/** Every language of the page by its own name, in the order shown. */
export const LANGUAGES: Record<string, string> = {
  nl: 'Nederlands',
  fr: 'Français',
  de: 'Deutsch',
  en: 'English',
  pt: 'Português',
  es: 'Español',
  ar: 'العربية',
  ro: 'Română',
  bg: 'Български',
  pl: 'Polski',
  uk: 'Українська',
  tr: 'Türkçe',
}

/** The texts of one language. */
export class Texts {
  /** The pattern of each message, by its id. Texts that the page also shows without script stand only in its HTML, and are read there. */
  readonly #patterns: Map<string, string>

  constructor(readonly lang: string) {
    const patterns = values[lang]?.split('\0') ?? []
    const shared = document.querySelectorAll<HTMLElement>(`#plain-${lang} [data-text]`)
    this.#patterns = new Map([...names.split(' ').map((id, n) => [id, patterns[n] ?? id] as const), ...[...shared].map((told) => [told.dataset['text']!, told.textContent] as const)])
  }

  get direction(): 'ltr' | 'rtl' {
    return this.lang === 'ar' ? 'rtl' : 'ltr'
  }

  /** The text of a message. An id without a message is shown as it is, where the tests find it. */
  text(id: string, values: Values = {}): string {
    return filled(this.#patterns.get(id) ?? id, values, this.lang)
  }

  /** A day of the protocol, `2026-11-23`, for people. A text that is no day of the calendar is given back as it is. */
  day(day: string): string {
    if (!isDay(day)) return day
    return new Intl.DateTimeFormat(this.lang, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
  }

  /** A number of bytes for people, such as “3.4 MB”. */
  size(bytes: number): string {
    const [value, unit] = bytes < 1_000_000 ? [Math.ceil(bytes / 1000), 'kilobyte'] : [bytes / 1_000_000, 'megabyte']
    return new Intl.NumberFormat(this.lang, { style: 'unit', unit, maximumFractionDigits: 1 }).format(value)
  }

  percent(share: number): string {
    return new Intl.NumberFormat(this.lang, { style: 'percent' }).format(share)
  }

  list(items: string[]): string {
    return new Intl.ListFormat(this.lang, { type: 'conjunction' }).format(items)
  }
}

/** The first of the browser's languages that the page has, else English. Tor Browser names English for everybody. */
export function preferred(): string {
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((lang) => lang in LANGUAGES) ?? 'en'
}
