// The page's texts for tests. In: a language. Out: the text of a message, as the page shows it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { FluentBundle, FluentResource } = createRequire(new URL('../../web/package.json', import.meta.url))('@fluent/bundle')

export const LANGUAGES = ['nl', 'fr', 'de', 'en', 'pt', 'es', 'ar', 'ro', 'bg', 'pl', 'uk', 'tr']

export function say(lang) {
  const bundle = new FluentBundle(lang, { useIsolating: false })
  bundle.addResource(new FluentResource(readFileSync(new URL(`../../web/locales/${lang}.ftl`, import.meta.url), 'utf8')))
  return (id, values) => bundle.formatPattern(bundle.getMessage(id).value, values)
}
