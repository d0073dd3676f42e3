// What in a text could tell who wrote it. In: the text. Out: spans, each with its kind. Touches nothing, sends nothing.
import { ownName } from './name.ts'
import { type Finding, page } from './page.ts'
import { rules } from './rules.ts'
import { situation } from './situation.ts'

export type { Finding, Kind } from './page.ts'

/** The findings in a text, sorted and without overlaps. It is there to warn only: what it doesn't find can identify a writer just as well
 *  (docs/identifier-check.md). */
export function findIdentifiers(text: string): Finding[] {
  const searched = page(text)
  rules(searched)
  ownName(searched)
  situation(searched)
  return searched.found.sort((a, b) => a.start - b.start)
}
