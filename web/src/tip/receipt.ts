// The receipt: 128 bits that only the writer has (docs/protocol.md 3). In: 16 bytes, or what a person typed back. Out: words,
// digits, and what is derived from them.
import { ed25519 } from '@noble/curves/ed25519.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64nopad, bech32 } from '@scure/base'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist as en } from '@scure/bip39/wordlists/english.js'
import { wordlist as fr } from '@scure/bip39/wordlists/french.js'
import { wordlist as pt } from '@scure/bip39/wordlists/portuguese.js'
import { wordlist as es } from '@scure/bip39/wordlists/spanish.js'
import { identityToRecipient } from 'age-encryption'

const LISTS: Record<string, string[]> = { en, fr, es, pt }
const WORDS = 12
const NUMBERS = 2048
/** A typed text with more words and groups than this is refused. */
const MOST_TOKENS = 400
/** Most messages of one thread. A receipt has a withdraw token for each (docs/protocol.md 3). */
export const MESSAGES = 4096
const SALT = utf8ToBytes('softinfo/receipt/1')

/** A typed text is no receipt. `reason` is part of the name of a text of the page; `position` counts words or groups from 1. */
export class ReceiptError extends Error {
  constructor(
    readonly reason: 'count' | 'unknown-word' | 'number-out-of-range' | 'checksum' | 'ambiguous',
    readonly detail: { count?: number; position?: number; word?: string } = {},
  ) {
    super(reason)
  }
}

/** A new secret, from the browser's random numbers. */
export const newReceipt = (): Uint8Array => crypto.getRandomValues(new Uint8Array(16))

/** Whether there is a BIP39 word list in the language. */
export const hasWords = (lang: string): boolean => lang in LISTS

/** The 12 words, in English where the language has no list. */
export const words = (secret: Uint8Array, lang: string): string => entropyToMnemonic(secret, LISTS[lang] ?? en).normalize('NFC')

/** The 12 groups of 4 digits. */
export function digits(secret: Uint8Array): string {
  const numbers = entropyToMnemonic(secret, en).split(' ').map((word) => en.indexOf(word) + 1)
  return numbers.map((number) => String(number).padStart(4, '0')).join(' ')
}

/** The token that erases message `n` of the thread, and the digest of it that stands in the header; both unpadded base64. */
export function withdraw(secret: Uint8Array, n = 0): { token: string; digest: string } {
  const token = derive(secret, `withdraw/${n}`, 32)
  return { token: base64nopad.encode(token), digest: base64nopad.encode(sha256(token)) }
}

/** All withdraw tokens of a receipt, one a line, as POST /withdraw takes them. All, because nobody knows which message number a changed tip got. */
export function withdrawAll(secret: Uint8Array): string {
  const key = extract(sha256, secret, SALT)
  return Array.from({ length: MESSAGES }, (_, n) => base64nopad.encode(expand(sha256, key, utf8ToBytes(`withdraw/${n}`), 32))).join('\n')
}

/** A message number for a changed tip, from 1 on; the first tip of a thread has 0. It is random, because nothing remembers which numbers were used, and
 *  two tips with the same number would be seen to belong together. */
export function laterMessage(): number {
  for (;;) {
    const n = crypto.getRandomValues(new Uint16Array(1))[0]! % MESSAGES
    if (n > 0) return n
  }
}

/** The identity that opens replies, `AGE-SECRET-KEY-PQ-1…`. */
export const replyIdentity = (secret: Uint8Array): string =>
  bech32.encodeFromBytes('age-secret-key-pq-', derive(secret, 'reply-identity', 32)).toUpperCase()

/** The recipient that replies are sealed to, `age1pq1…`; it stands in the tip. */
export const replyRecipient = (secret: Uint8Array): Promise<string> => identityToRecipient(replyIdentity(secret))

/** The id of the conversation, 32 hexadecimal digits. */
export const thread = (secret: Uint8Array): string => bytesToHex(derive(secret, 'thread', 16))

/** The key with which later messages of the thread are signed: an Ed25519 verifier key, unpadded base64. */
export const author = (secret: Uint8Array): string => base64nopad.encode(ed25519.getPublicKey(derive(secret, 'author', 32)))

/** Reads a typed receipt (docs/protocol.md 3). Case, accents, spacing, letters after the fourth, headings and numbering don't matter, and both forms may
 *  stand together. Throws ReceiptError. */
export function parseReceipt(typed: string): Uint8Array {
  const tokens = normalise(typed).split(' ').filter(Boolean)
  if (tokens.length > MOST_TOKENS) throw new ReceiptError('count', { count: tokens.length })
  const letters = tokens.filter((token) => /\p{Alphabetic}/u.test(token))
  const numbers = tokens.filter((token) => !letters.includes(token))
  const groups = groupsOf(numbers, letters.length > 0)
  const [byWords, byGroups] = [readWords(letters), readGroups(groups)]
  // When both forms were typed, a secret counts only if both give it: so one form decides what the other leaves open.
  const found = new Map([...byWords, ...byGroups].filter(([name]) => byWords.size === 0 || byGroups.size === 0 || (byWords.has(name) && byGroups.has(name))))
  const [secret] = found.values()
  if (found.size === 1 && secret) return secret
  if (byWords.size > 0 || byGroups.size > 0) throw new ReceiptError('ambiguous')
  throw letters.length > 0 ? wrongWords(letters) : wrongGroups(groups, numbers.length)
}

const derive = (secret: Uint8Array, info: string, length: number): Uint8Array => expand(sha256, extract(sha256, secret, SALT), utf8ToBytes(info), length)

// Lower case, no accents, European digits, one space between groups.
function normalise(typed: string): string {
  return typed
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(/[^\p{Alphabetic}\p{N}]+/gu, ' ')
    .trim()
}

/** The secrets that a text can be read as, by their hexadecimal forms. */
type Secrets = Map<string, Uint8Array>

// The groups of 4 digits; other numbers are numbering. 48 digits in a row are divided into groups. Where there are no words, so are 48 digits with gaps
// in other places.
function groupsOf(numbers: string[], hasWords: boolean): string[] {
  const together = hasWords ? '' : numbers.join('')
  const runs = /^\d{48}$/.test(together) ? [together] : numbers.filter((number) => /^(\d{4}|\d{48})$/.test(number))
  return runs.flatMap((run) => run.match(/..../g)!)
}

// Reads any 12 groups in a row as a receipt.
function readGroups(groups: string[]): Secrets {
  const indices = groups.map((group) => Number(group) - 1)
  const windows = indices.map((_, at) => indices.slice(at, at + WORDS)).filter((twelve) => twelve.length === WORDS)
  return meant(windows.flatMap((twelve, at) => {
    const secret = fromIndices(en, twelve)
    return secret ? { at, secret } : []
  }))
}

// When the same receipt was typed more than once, twelve words that begin in one copy and end in the next may form another valid receipt by chance.
// Those are left out (docs/protocol.md 3).
function meant(read: { at: number; secret: Uint8Array }[]): Secrets {
  const secrets = new Map(read.map(({ secret }) => [bytesToHex(secret), secret]))
  const copies = new Map<string, number[]>()
  for (const { at, secret } of [...read].sort((one, other) => one.at - other.at)) {
    const places = copies.get(bytesToHex(secret)) ?? []
    if (places.length === 0 || at - places.at(-1)! >= WORDS) copies.set(bytesToHex(secret), [...places, at])
  }
  const most = Math.max(...[...copies.values()].map((places) => places.length))
  const often = [...copies].filter(([, places]) => places.length === most)
  const [name, places] = often[0] ?? ['', []]
  const isOne = most > 1 && often.length === 1 && read.every(({ at }) => places.some((place) => Math.abs(at - place) < WORDS))
  return isOne ? new Map([[name, secrets.get(name)!]]) : secrets
}

function wrongGroups(groups: string[], typed: number): ReceiptError {
  if (groups.length !== WORDS) return new ReceiptError('count', { count: groups.length || typed })
  const wrong = groups.findIndex((group) => Number(group) < 1 || Number(group) > NUMBERS)
  return wrong < 0 ? new ReceiptError('checksum') : new ReceiptError('number-out-of-range', { position: wrong + 1 })
}

/** A word of a list that a typed word stands for: its place in the list, and whether it was typed to its end. */
interface Found {
  index: number
  isWhole: boolean
}

// The lists without accents. Each is made when a receipt is read for the first time.
const bare = new Map<string[], string[]>()

const inLists = (letters: string[]): { list: string[]; found: (Found | undefined)[] }[] => Object.values(LISTS).map((list) => {
  if (!bare.has(list)) bare.set(list, list.map(normalise))
  return { list, found: letters.map((word) => find(bare.get(list)!, word)) }
})

// Reads any 12 words in a row that are all in one list. If there are several readings, only those with the most words typed to their end count.
function readWords(letters: string[]): Secrets {
  const read: { at: number; secret: Uint8Array; whole: number }[] = []
  for (const { list, found } of inLists(letters)) {
    for (let at = 0; at + WORDS <= found.length; at++) {
      const twelve = found.slice(at, at + WORDS).filter((word) => word !== undefined)
      const secret = twelve.length === WORDS ? fromIndices(list, twelve.map(({ index }) => index)) : undefined
      if (secret) read.push({ at, secret, whole: twelve.filter(({ isWhole }) => isWhole).length })
    }
  }
  const most = Math.max(...read.map(({ whole }) => whole))
  return meant(read.filter(({ whole }) => whole === most))
}

function wrongWords(letters: string[]): ReceiptError {
  if (letters.length !== WORDS) return new ReceiptError('count', { count: letters.length })
  // The list that knows the words furthest is the one meant; the first word that it doesn't know is named.
  const unknown = inLists(letters).map(({ found }) => found.indexOf(undefined))
  if (unknown.includes(-1)) return new ReceiptError('checksum')
  const furthest = Math.max(...unknown)
  return new ReceiptError('unknown-word', { position: furthest + 1, word: letters[furthest]! })
}

// The word that was typed: as it stands in the list, or the only one that begins so. In BIP39 lists four letters are always enough.
function find(bare: string[], typed: string): Found | undefined {
  const whole = bare.indexOf(typed)
  if (whole >= 0) return { index: whole, isWhole: true }
  if ([...typed].length < 4) return undefined
  const fits = bare.flatMap((word, index) => (word.startsWith(typed) ? [index] : []))
  return fits.length === 1 ? { index: fits[0]!, isWhole: false } : undefined
}

function fromIndices(list: string[], indices: number[]): Uint8Array | undefined {
  try {
    return mnemonicToEntropy(indices.map((index) => list[index]).join(' '), list)
  } catch {
    return undefined
  }
}
