// report.json (docs/protocol.md 2, docs/report-1.schema.json). There is no field for the writer's name, contact, nationality or
// residence status, and none may be added.

/** The closed list of what can be reported, by group. */
export const CATEGORIES: Record<string, readonly string[]> = {
  labour: ['undeclared', 'wages', 'hours', 'unsafe', 'accident', 'papers-taken'],
  trafficking: ['sexual-exploitation', 'begging', 'labour', 'organs', 'forced-crime'],
  smuggling: ['minor', 'vulnerable-person', 'violence', 'payment-for-consent', 'life-endangered', 'lasting-harm'],
  housing: ['slum'],
  violence: ['domestic', 'sexual'],
}

/** A presumed offender, each field in the writer's words. */
export interface Offender {
  name: string
  enterprise_number: string
  address: string
  vehicle: string
  other: string
}

/** What a writer may fill in beside the text; empty means left out. */
export interface Details {
  categories: string[]
  period: string
  place: { text: string; municipality: string; postcode: string }
  offenders: Offender[]
  danger: '' | 'now' | 'soon' | 'no'
  minors: '' | 'yes' | 'no'
  work_visit: { best_time: string; look_for: string }
}

/** Whether anything was filled in. */
export const isFilled = (details: Details): boolean => allTexts(details).length > 0

/** The texts that the writer typed into the details, without what was chosen from lists. */
export const freeTexts = (details: Details): string[] => allTexts({ ...details, categories: [], danger: '', minors: '' })

/** Every text in an object, at any depth, that isn't empty. */
export function allTexts(held: object): string[] {
  return Object.values(held).flatMap((value: string | object) => (typeof value === 'string' ? (value.trim() ? [value] : []) : allTexts(value)))
}

/** What the report says of one attached file. */
export interface AttachmentNote {
  name: string
  media_type: string
  size: number
  sha256: string
  scrubbed: boolean
}

/** The fields of a report that are derived from the receipt. */
export interface ThreadKeys {
  thread: string
  reply: string
  author: string
  withdraw_token: string
}

/** The bytes of report.json: fields in the order of the protocol, empty ones left out, indented by two as softinfo-tip does. */
export function reportBytes(lang: string, readers: string[], details: Details, keys: ThreadKeys, attachments: AttachmentNote[]): Uint8Array {
  const report = {
    schema: 'softinfo/report/1',
    lang,
    readers: [...readers].sort(),
    categories: some(details.categories),
    period: filled(details.period),
    place: filledFields({ ...details.place }),
    offenders: some(details.offenders.map((offender) => filledFields({ ...offender })).filter((offender) => offender !== undefined)),
    danger: filled(details.danger),
    minors: details.minors === '' ? undefined : details.minors === 'yes',
    work_visit: filledFields({ ...details.work_visit }),
    ...keys,
    attachments: some(attachments),
  }
  return new TextEncoder().encode(JSON.stringify(report, null, 2))
}

const some = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined)
const filled = (text: string): string | undefined => text.trim() || undefined

function filledFields(fields: Record<string, string>): Record<string, string> | undefined {
  const kept = Object.entries(fields).flatMap(([name, text]) => (filled(text) ? [[name, text.trim()] as const] : []))
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
