// What the writer has put in so far. In: what is typed and chosen. Out: a tip as the screens show it. Nothing of it leaves from here.
import type { Scrub } from './scrub/index.ts'
import { isFilled, type Details } from './tip/report.ts'

/** A file as the writer sees it. */
export interface PickedFile {
  file: Blob
  state: 'checking' | 'unreadable' | Scrub
  /** Of what is attached, hexadecimal; empty until it was looked through. */
  sha256: string
  /** Whether the original goes along, beside the cleaned file. */
  keep: boolean
}

/** A tip that is being written. */
export interface Written {
  /** Ids of the holders that were chosen. */
  readers: string[]
  message: string
  details: Details
  files: PickedFile[]
}

const emptyDetails = (): Details => ({
  categories: [], period: '', place: { text: '', municipality: '', postcode: '' }, offenders: [], danger: '', minors: '',
  work_visit: { best_time: '', look_for: '' },
})

/** A tip before anything was put in. */
export const emptyTip = (): Written => ({ readers: [], message: '', details: emptyDetails(), files: [] })

/** Whether the writer would lose anything with it. */
export const holdsText = ({ message, files, details }: Written): boolean => message !== '' || files.length > 0 || isFilled(details)
