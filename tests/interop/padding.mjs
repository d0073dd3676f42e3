// Size classes, written from docs/protocol.md 1.2 and 1.3. In: lengths in bytes. Out: lengths in bytes.
export const TEXT_CLASS = 24_576
export const MAX = 268_435_456
export const HEADER = 6357

export function classOf(length) {
  if (length <= TEXT_CLASS) return TEXT_CLASS
  // Bit operations of JavaScript stop at 32 bits; lengths here stay below 2^29.
  const e = Math.floor(Math.log2(length))
  const s = Math.floor(Math.log2(e)) + 1
  const unit = 2 ** (e - s)
  return Math.ceil(length / unit) * unit
}

export const fileLength = (plaintext) => HEADER + 16 + plaintext + 16 * Math.ceil(plaintext / 65_536)
