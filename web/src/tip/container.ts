// The archive inside a tip: POSIX ustar, few names, fixed order (docs/protocol.md 1.4, 1.5). In: named parts. Out: the bytes of the
// padded plaintext, piece by piece, so that a large file is never in memory as a whole.

/** One file of the archive. Its `content` is read once, from its beginning to its end. */
export interface Entry {
  name: string
  content: Uint8Array | Blob
}

/** Bytes of a header, and of what contents are filled up to. */
const BLOCK = 512
/** Bytes that are read of a file at a time. */
const READ = 1024 * 1024

const sizeOf = (content: Uint8Array | Blob): number => (content instanceof Uint8Array ? content.length : content.size)

/** Bytes of the archive, its end marker included. */
export function packedLength(entries: readonly Entry[]): number {
  return entries.reduce((sum, { content }) => sum + BLOCK + roundUp(sizeOf(content)), 2 * BLOCK)
}

/** The archive, then zeros up to `length` bytes. Throws what reading a file throws. */
export async function* plaintext(entries: readonly Entry[], length: number): AsyncGenerator<Uint8Array, void, undefined> {
  let written = 0
  for (const { name, content } of entries) {
    const size = sizeOf(content)
    yield header(name, size)
    if (content instanceof Uint8Array) {
      yield content
    } else {
      for (let at = 0; at < size; at += READ) yield new Uint8Array(await content.slice(at, at + READ).arrayBuffer())
    }
    const gap = roundUp(size) - size
    if (gap > 0) yield new Uint8Array(gap)
    written += BLOCK + size + gap
  }
  for (; written < length; written += Math.min(READ, length - written)) yield new Uint8Array(Math.min(READ, length - written))
}

const roundUp = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number): void => void block.set(new TextEncoder().encode(text), at)
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  put(name, 0)
  put(octal(0o644, 7), 100)
  put(octal(0, 7), 108) // owner
  put(octal(0, 7), 116) // group
  put(octal(size, 11), 124)
  put(octal(0, 11), 136) // time
  put(' '.repeat(8), 148) // the checksum is summed as if it were spaces
  put('0', 156) // a plain file
  put('ustar\x0000', 257)
  put(octal(0, 7), 329) // device
  put(octal(0, 7), 337)
  put(octal(block.reduce((sum, byte) => sum + byte, 0), 6) + '\0 ', 148)
  return block
}
