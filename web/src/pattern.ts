// The patterns of the page's texts, as the build makes them from Fluent (web/patterns.mjs): `{name}` stands for a value, and
// `<name|one~…|other~…>` for the plural form that the number has in the language. In: a pattern, its values, a language. Out: the text.

/** What a pattern takes: a number is written as its language writes it. */
export type Values = Record<string, string | number>

/** The text, letter for letter as Fluent gives it: what is put in has a direction of its own (U+2068, U+2069), unless it is the whole text. */
export function filled(pattern: string, values: Values, lang: string): string {
  const put = (found: string, whole: string, text: string): string => (found === whole ? text : `\u2068${text}\u2069`)
  const chosen = pattern.replace(/<(\w+)\|([^>]+)>/g, (found, name: string, forms: string, _at, whole: string) => {
    const form = new Intl.PluralRules(lang).select(values[name] as number)
    return put(found, whole, (RegExp(`(?:^|\\|)${form}~([^|]*)`).exec(forms) ?? /other~(.*)/.exec(forms)!)[1]!)
  })
  return chosen.replace(/\{(\w+)\}/g, (found, name: string, _at, whole: string) => {
    const value = values[name]
    return put(found, whole, typeof value === 'number' ? new Intl.NumberFormat(lang).format(value) : (value ?? name))
  })
}
