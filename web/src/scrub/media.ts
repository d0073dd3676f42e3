// Says what a file is by its first bytes, never by its name. IANA media types; where several share a beginning, the container.
import { latin } from './source.ts'

export type Media = { type: string, extension: string }

const unknown = 'application/octet-stream bin'

// How files begin, a character for each byte. The first that fits counts.
const BEGINNINGS: [RegExp, string][] = [
  [/^\xff\xd8\xff/, 'image/jpeg jpg'],
  [/^.PNG\r\n\x1a\n/, 'image/png png'],
  [/^RIFF....WEBP/s, 'image/webp webp'],
  [/^RIFF....WAVE/s, 'audio/wav wav'],
  [/^....ftypcrx /s, 'image/x-canon-cr3 cr3'],
  [/^....ftyp.{0,60}?avi[fs]/s, 'image/avif avif'],
  [/^....ftyp.{0,60}?(hei[cxms]|hev[cxms]|mif[12]|msf1)/s, 'image/heic heic'],
  [/^....ftypqt {2}/s, 'video/quicktime mov'],
  [/^....ftypM4[AB] /s, 'audio/mp4 m4a'],
  [/^....ftyp3g/s, 'video/3gpp 3gp'],
  [/^....ftyp/s, 'video/mp4 mp4'],
  [/^\0...(moov|mdat|wide|free|skip|pnot)/s, 'video/quicktime mov'],
  // Readers of PDF look for its beginning in the first kilobyte.
  [/^.{0,1024}?%PDF-/s, 'application/pdf pdf'],
  [/^GIF8[79]a/, 'image/gif gif'],
  [/^(II[*+]\0|MM\0[*+])/, 'image/tiff tiff'],
  [/^\x1aE\xdf\xa3.{0,60}webm/s, 'video/webm webm'],
  [/^\x1aE\xdf\xa3/, 'video/x-matroska mkv'],
  [/^(ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb])/, 'audio/mpeg mp3'],
  [/^OggS/, 'application/ogg ogg'],
  [/^PK[\x03\x05]/, 'application/zip zip'],
  [/^\xd0\xcf\x11\xe0/, 'application/x-ole-storage ole'],
  // Text, but with names, dates and paths that nobody sees.
  [/^{\\rtf/, 'application/rtf rtf'],
  [/^%!PS/, 'application/postscript ps'],
  [/^(\xef\xbb\xbf)?\s*<[a-z?!]/i, 'application/xml xml'],
]

/** What a file is by its first bytes; a text is told apart the surer the more of them there are. */
export function mediaOf(head: Uint8Array): Media {
  const text = latin(head)
  const [type, extension] = (BEGINNINGS.find(([beginning]) => beginning.test(text))?.[1] ?? (textOf(head) !== undefined ? 'text/plain txt' : unknown)).split(' ')
  return { type: type!, extension: extension! }
}

/** The text, if the bytes are UTF-8 without control characters; else undefined. The last character may be cut off. */
export function textOf(block: Uint8Array, decoder = new TextDecoder('utf-8', { fatal: true })): string | undefined {
  try {
    const text = decoder.decode(block, { stream: true })
    return /[\0-\x08\x0e-\x1f\x7f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
