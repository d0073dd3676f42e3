// The receipt: 128 bits that only the writer has (docs/protocol.md 3). In: 16 bytes, or what a person typed back. Out: words,
// digits, and what is derived from them.
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
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
const SALT = utf8ToBytes('softinfo/receipt/1')

/** What a person typed is no receipt. `reason` names a text of the page; `position` counts from 1. */
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

/** `AGE-SECRET-KEY-PQ-1…` that opens replies. */
export const replyIdentity = (secret: Uint8Array): string =>
  bech32.encodeFromBytes('age-secret-key-pq-', derive(secret, 'reply-identity', 32)).toUpperCase()

/** `age1pq1…` for replies; travels in the tip. */
export const replyRecipient = (secret: Uint8Array): Promise<string> => identityToRecipient(replyIdentity(secret))

/** The id of the conversation, 32 hexadecimal digits. */
export const thread = (secret: Uint8Array): string => bytesToHex(derive(secret, 'thread', 16))

/** The key with which later messages of the thread are signed: an Ed25519 verifier key, unpadded base64. */
export const author = (secret: Uint8Array): string => base64nopad.encode(ed25519.getPublicKey(derive(secret, 'author', 32)))

/** Reads words or digits back, forgiving case, accents, spacing and what follows the fourth letter. Throws ReceiptError. */
export function parseReceipt(typed: string): Uint8Array {
  const plain = normalise(typed)
  return /\p{Alphabetic}/u.test(plain) ? parseWords(plain) : parseDigits(plain)
}

const derive = (secret: Uint8Array, info: string, length: number): Uint8Array => hkdf(sha256, secret, SALT, utf8ToBytes(info), length)

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

function parseDigits(plain: string): Uint8Array {
  const together = plain.replaceAll(' ', '')
  const groups = together.length === WORDS * 4 ? together.match(/..../g)! : plain.split(' ').filter(Boolean)
  if (groups.length !== WORDS) throw new ReceiptError('count', { count: groups.length })
  const indices = groups.map((group, n) => {
    const number = /^\d+$/.test(group) ? Number(group) : 0
    if (number < 1 || number > 2048) throw new ReceiptError('number-out-of-range', { position: n + 1 })
    return number - 1
  })
  const secret = fromIndices(en, indices)
  if (!secret) throw new ReceiptError('checksum')
  return secret
}

function parseWords(plain: string): Uint8Array {
  const typed = plain.split(' ')
  if (typed.length !== WORDS) throw new ReceiptError('count', { count: typed.length })
  // The language that knows the most words is the one meant; what it doesn't know is named.
  const found = new Map<string, Uint8Array>()
  let [allKnown, furthest] = [false, 0]
  for (const list of Object.values(LISTS)) {
    const bare = list.map(normalise)
    const indices = typed.map((word) => find(bare, word))
    const unknown = indices.indexOf(-1)
    if (unknown < 0) {
      allKnown = true
      const secret = fromIndices(list, indices)
      if (secret) found.set(bytesToHex(secret), secret)
    } else {
      furthest = Math.max(furthest, unknown)
    }
  }
  const [first] = found.values()
  if (found.size > 1) throw new ReceiptError('ambiguous')
  if (first) return first
  if (allKnown) throw new ReceiptError('checksum')
  throw new ReceiptError('unknown-word', { position: furthest + 1, word: typed[furthest]! })
}

// BIP39 lists are unique in their first four letters.
function find(bare: string[], typed: string): number {
  const whole = bare.indexOf(typed)
  if (whole >= 0 || [...typed].length < 4) return whole
  const fits = bare.flatMap((word, index) => (word.startsWith(typed) ? [index] : []))
  return fits.length === 1 ? fits[0]! : -1
}

function fromIndices(list: string[], indices: number[]): Uint8Array | undefined {
  try {
    return mnemonicToEntropy(indices.map((index) => list[index]).join(' '), list)
  } catch {
    return undefined
  }
}
