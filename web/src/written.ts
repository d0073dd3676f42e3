// What the writer has put in so far. In: what is typed and chosen. Out: a tip as the screens show it. Nothing of it leaves from here.
import type { Scrub } from './scrub/index.ts'
import { isFilled, type Details } from './tip/report.ts'

/** A file that the writer has chosen. */
export interface PickedFile {
  file: Blob
  state: 'checking' | 'unreadable' | Scrub
  /** SHA-256 of what is attached, hexadecimal; empty until the file was looked through. */
  sha256: string
  /** Whether the original is attached as well as the cleaned file. */
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

/** Whether anything was put in that would be lost with the page. */
export const holdsText = ({ message, files, details }: Written): boolean => message !== '' || files.length > 0 || isFilled(details)
