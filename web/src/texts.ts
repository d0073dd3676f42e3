// The page's texts: Fluent, one file per language, all inside the page. In: a message id and its values. Out: text.
import { FluentBundle, FluentDateTime, FluentResource, type FluentVariable } from '@fluent/bundle'
import { names, values } from 'locales'

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
  readonly #bundle: FluentBundle
  /** What the page says without script, too, stands in its HTML alone. */
  readonly #shared: Map<string, string>

  constructor(readonly lang: string) {
    this.#bundle = new FluentBundle(lang)
    const ids = names.split(' ')
    const patterns = values[lang]?.split('\0') ?? []
    const shared = document.querySelectorAll<HTMLElement>(`#plain-${lang} [data-text]`)
    this.#shared = new Map([...shared].map((told) => [told.dataset['text']!, told.textContent]))
    this.#bundle.addResource(new FluentResource(patterns.map((pattern, n) => `${ids[n]} =${pattern}`).join('\n')))
  }

  get direction(): 'ltr' | 'rtl' {
    return this.lang === 'ar' ? 'rtl' : 'ltr'
  }

  /** The message; an id without one shows as itself, and the tests find it. */
  text(id: string, values: Record<string, FluentVariable> = {}): string {
    const shared = this.#shared.get(id)
    if (shared !== undefined) return shared
    const pattern = this.#bundle.getMessage(id)?.value
    return pattern ? this.#bundle.formatPattern(pattern, values, []) : id
  }

  /** A day of the protocol, `2026-11-23`, as a value for a message. */
  day(day: string): FluentDateTime {
    return new FluentDateTime(new Date(`${day}T00:00:00Z`), { dateStyle: 'long', timeZone: 'UTC' })
  }

  /** Bytes for people: 3.4 MB. */
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

/** The first language of the browser that the page has; English in Tor Browser, which says the same everywhere. */
export function preferred(): string {
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((lang) => lang in LANGUAGES) ?? 'en'
}
