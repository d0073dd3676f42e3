// The receipt, written from docs/protocol.md 3. In: 16 bytes. Out: words, digits and everything derived.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64nopad, bech32 } from '@scure/base'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist as english } from '@scure/bip39/wordlists/english.js'
import { wordlist as french } from '@scure/bip39/wordlists/french.js'
import { wordlist as portuguese } from '@scure/bip39/wordlists/portuguese.js'
import { wordlist as spanish } from '@scure/bip39/wordlists/spanish.js'
import { identityToRecipient } from 'age-encryption'

export const lists = { en: english, fr: french, es: spanish, pt: portuguese }
const derive = (secret, info, length) => hkdf(sha256, secret, utf8ToBytes('softinfo/receipt/1'), utf8ToBytes(info), length)

export const words = (secret, lang) => entropyToMnemonic(secret, lists[lang]).normalize('NFC')

export function digits(secret) {
  const numbers = entropyToMnemonic(secret, english).split(' ').map((word) => english.indexOf(word) + 1)
  return numbers.map((number) => String(number).padStart(4, '0')).join(' ')
}

export function withdraw(secret, n) {
  const token = derive(secret, `withdraw/${n}`, 32)
  return { token: base64nopad.encode(token), digest: base64nopad.encode(sha256(token)) }
}

export function replyIdentity(secret) {
  const seed = derive(secret, 'reply-identity', 32)
  return bech32.encodeFromBytes('age-secret-key-pq-', seed).toUpperCase()
}

export const replyRecipient = (secret) => identityToRecipient(replyIdentity(secret))
/// The private key that signs later messages, and the text of its public half in reports.
export function author(secret) {
  const seed = derive(secret, 'author', 32)
  // PKCS #8 of an Ed25519 key (RFC 8410) is this prefix and the seed.
  const key = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { key, public: base64nopad.encode(new Uint8Array(raw)) }
}

export const thread = (secret) => bytesToHex(derive(secret, 'thread', 16))
