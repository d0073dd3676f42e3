// Size classes (docs/protocol.md 1.2, 1.3). In and out: lengths in bytes.

/** Bytes of plaintext of the smallest class, which a tip of text alone fits into. */
export const TEXT_CLASS = 24_576
/** Bytes of a tip's header. It is always the same number, because every line has a fixed length. */
export const HEADER = 6357
const NONCE = 16
const TAG = 16
const CHUNK = 65_536

/** The class that `length` bytes of content are padded to: the text class, or Padmé above it. Exact below 2^53. */
export function classOf(length: number): number {
  if (length <= TEXT_CLASS) return TEXT_CLASS
  const exponent = exponentOf(length)
  // Bit operations of JavaScript stop at 32 bits.
  const unit = 2 ** (exponent - exponentOf(exponent) - 1)
  return Math.ceil(length / unit) * unit
}

/** Bytes of the whole tip file for a class. */
export function fileLength(plaintext: number): number {
  return HEADER + NONCE + plaintext + TAG * Math.ceil(plaintext / CHUNK)
}

/** Whether a file of `length` bytes can be a tip of at most `max` bytes of plaintext. */
export function isFileLength(length: number, max: number): boolean {
  const payload = length - HEADER - NONCE
  const plaintext = payload - TAG * Math.ceil(payload / (CHUNK + TAG))
  return plaintext >= TEXT_CLASS && plaintext <= max && classOf(plaintext) === plaintext && fileLength(plaintext) === length
}

// The exponent of the highest power of two in `value`. Math.log2 isn't exact near powers of two in every browser.
function exponentOf(value: number): number {
  let exponent = 0
  for (let power = 2; power <= value; power *= 2) exponent += 1
  return exponent
}
