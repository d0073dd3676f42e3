// The receipt: 128 bits that only the writer has (docs/protocol.md 3). In: 16 bytes, or what a person typed back. Out: words,
// digits, and what is derived from them.
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
/** Most messages of one thread: so many withdraw tokens a receipt has (docs/protocol.md 3). */
export const MESSAGES = 4096
const SALT = utf8ToBytes('softinfo/receipt/1')

/** What a person typed is no receipt. `reason` names a text of the page; `position` counts from 1. */
export class ReceiptError extends Error {
  constructor(
    readonly reason: 'count' | 'unknown-word' | 'number-out-of-range' | 'checksum' | 'ambiguous' | 'differ',
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

/** Every token of a receipt, as POST /withdraw takes them: nobody knows which of them a changed tip has. */
export function withdrawAll(secret: Uint8Array): string {
  const key = extract(sha256, secret, SALT)
  return Array.from({ length: MESSAGES }, (_, n) => base64nopad.encode(expand(sha256, key, utf8ToBytes(`withdraw/${n}`), 32))).join('\n')
}

/** Which message of its thread a changed tip is: random, because nothing remembers the ones before, and two of one number show that they
 *  belong together. The first of a thread is 0. */
export function laterMessage(): number {
  for (;;) {
    const n = crypto.getRandomValues(new Uint16Array(1))[0]! % MESSAGES
    if (n > 0) return n
  }
}

/** `AGE-SECRET-KEY-PQ-1…` that opens replies. */
export const replyIdentity = (secret: Uint8Array): string =>
  bech32.encodeFromBytes('age-secret-key-pq-', derive(secret, 'reply-identity', 32)).toUpperCase()

/** `age1pq1…` for replies; travels in the tip. */
export const replyRecipient = (secret: Uint8Array): Promise<string> => identityToRecipient(replyIdentity(secret))

/** The id of the conversation, 32 hexadecimal digits. */
export const thread = (secret: Uint8Array): string => bytesToHex(derive(secret, 'thread', 16))

/** Reads a receipt back, forgiving case, accents, spacing, what follows the fourth letter, headings, numbering, and both forms at once
 *  (docs/protocol.md 3). Throws ReceiptError. */
export function parseReceipt(typed: string): Uint8Array {
  const tokens = normalise(typed).match(/\p{N}+|\p{Alphabetic}+/gu) ?? []
  const letters = tokens.filter((token) => !/^\d/.test(token))
  const numbers = tokens.filter((token) => /^\d/.test(token))
  const [byNumbers, byWords] = [readDigits(numbers), readWords(letters)]
  // What only one form leaves open the other decides.
  const both = byWords.filter((secret) => byNumbers.some((other) => isSame(secret, other)))
  if (byWords.length > 0 && byNumbers.length > 0 && both.length === 0) throw new ReceiptError('differ')
  const found = both.length > 0 ? both : [...byWords, ...byNumbers]
  if (found.length > 1) throw new ReceiptError('ambiguous')
  if (found[0]) return found[0]
  throw letters.length > 0 && numbers.filter((number) => number.length > 2).length < letters.length ? wrongWords(letters) : wrongDigits(numbers)
}

const derive = (secret: Uint8Array, info: string, length: number): Uint8Array => expand(sha256, extract(sha256, secret, SALT), utf8ToBytes(info), length)

const isSame = (one: Uint8Array, other: Uint8Array): boolean => bytesToHex(one) === bytesToHex(other)

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

// The 12 groups: 48 digits however they are spaced, or with numbers of one or two digits between them, or 12 shorter numbers.
function groupsOf(numbers: string[]): string[] {
  for (const digits of [numbers.join(''), numbers.filter((number) => number.length > 2).join('')]) {
    if (digits.length === WORDS * 4) return digits.match(/..../g)!
  }
  const isNumbered = numbers.length === WORDS * 2 && numbers.every((number, n) => n % 2 === 1 || Number(number) === n / 2 + 1)
  return isNumbered ? numbers.filter((_, n) => n % 2 === 1) : numbers
}

const indexOf = (group: string): number => (/^\d+$/.test(group) && Number(group) <= NUMBERS ? Number(group) : 0) - 1

// What may be the 12 groups: all numbers together, 48 digits in one, or every 12 numbers of four digits in a row.
function readDigits(numbers: string[]): Uint8Array[] {
  const fours = numbers.filter((number) => number.length === 4)
  const whole = numbers.filter((number) => number.length === WORDS * 4).map((number) => number.match(/..../g)!)
  const rows = fours.map((_, at) => fours.slice(at, at + WORDS))
  const secrets = [groupsOf(numbers), ...whole, ...rows].flatMap((groups) => {
    const indices = groups.map(indexOf)
    return indices.length === WORDS && !indices.includes(-1) ? (fromIndices(en, indices) ?? []) : []
  })
  return [...new Map(secrets.map((secret) => [bytesToHex(secret), secret])).values()]
}

function wrongDigits(numbers: string[]): ReceiptError {
  const groups = groupsOf(numbers)
  if (groups.length !== WORDS) return new ReceiptError('count', { count: groups.length })
  const wrong = groups.map(indexOf).indexOf(-1)
  return wrong < 0 ? new ReceiptError('checksum') : new ReceiptError('number-out-of-range', { position: wrong + 1 })
}

interface Found {
  index: number
  isWhole: boolean
}

// Each list without accents, made when the first receipt is read.
const bare = new Map<string[], string[]>()

const inLists = (letters: string[]): { list: string[]; found: (Found | undefined)[] }[] => Object.values(LISTS).map((list) => {
  if (!bare.has(list)) bare.set(list, list.map(normalise))
  return { list, found: letters.map((word) => find(bare.get(list)!, word)) }
})

// Every 12 words in a row that stand in one list and have the right checksum. Where all 12 are whole words, no beginnings of words count.
function readWords(letters: string[]): Uint8Array[] {
  const secrets = new Map<string, { secret: Uint8Array; isWhole: boolean }>()
  for (const { list, found } of inLists(letters)) {
    for (let at = 0; at + WORDS <= found.length; at++) {
      const twelve = found.slice(at, at + WORDS).filter((word) => word !== undefined)
      const secret = twelve.length === WORDS ? fromIndices(list, twelve.map(({ index }) => index)) : undefined
      if (!secret) continue
      const name = bytesToHex(secret)
      secrets.set(name, { secret, isWhole: twelve.every(({ isWhole }) => isWhole) || (secrets.get(name)?.isWhole ?? false) })
    }
  }
  const all = [...secrets.values()]
  const whole = all.filter(({ isWhole }) => isWhole)
  return (whole.length > 0 ? whole : all).map(({ secret }) => secret)
}

function wrongWords(letters: string[]): ReceiptError {
  if (letters.length !== WORDS) return new ReceiptError('count', { count: letters.length })
  // The language that knows the most words is the one meant; what it doesn't know is named.
  const unknown = inLists(letters).map(({ found }) => found.indexOf(undefined))
  if (unknown.includes(-1)) return new ReceiptError('checksum')
  const furthest = Math.max(...unknown)
  return new ReceiptError('unknown-word', { position: furthest + 1, word: letters[furthest]! })
}

// BIP39 lists are unique in their first four letters.
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
