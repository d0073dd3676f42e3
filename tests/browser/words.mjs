// The page's texts for tests. In: a language. Out: the text of a message, as the page shows it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { FluentBundle, FluentResource } = createRequire(new URL('../../web/package.json', import.meta.url))('@fluent/bundle')

/** Each language by its own name, as on its button. */
export const OWN_NAMES = {
  nl: 'Nederlands', fr: 'Français', de: 'Deutsch', en: 'English', pt: 'Português', es: 'Español', ar: 'العربية', ro: 'Română', bg: 'Български', pl: 'Polski', uk: 'Українська', tr: 'Türkçe',
}
export const LANGUAGES = Object.keys(OWN_NAMES)

export function say(lang) {
  const bundle = new FluentBundle(lang, { useIsolating: false })
  bundle.addResource(new FluentResource(readFileSync(new URL(`../../web/locales/${lang}.ftl`, import.meta.url), 'utf8')))
  return (id, values) => bundle.formatPattern(bundle.getMessage(id).value, values)
}
