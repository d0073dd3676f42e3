// Reads a file in bounded pieces and composes the cleaned one without copying it. In: a Blob. Out: bytes, or a Blob made of slices.

export type Bytes = Uint8Array<ArrayBuffer>
export type Removed = 'place' | 'time' | 'device' | 'author' | 'thumbnail' | 'other'
/** What was found in a file. `unseen` says that something that nobody sees or hears is left, or may be. */
export type Found = Set<Removed | 'unseen'>

/** Thrown when a file isn't cleaned because of its content; nothing else is. */
export class Stop extends Error {
  constructor(readonly kind: 'hidden' | 'damaged') { super(kind) }
}

/** Throws a Stop unless `sound` holds. */
export function ensure(sound: unknown, kind: Stop['kind'] = 'damaged'): asserts sound {
  if (!sound) throw new Stop(kind)
}

/** Most bytes that are read at once. The tables of a film of many hours fit into it. */
const MOST = 1 << 25
/** Steps that each file may take, and more by its size. A sample is a step, and so are 256 bytes; a read is eight. */
const STEPS = 1 << 21
/** Bytes that are looked at of a block that goes, to tell the writer what was in it; and of all such blocks together. */
const GLANCE = 1 << 18
const GLANCES = 1 << 24

/** A file that is being read. */
export class Source {
  readonly size: number
  /** Bytes that are read when fewer are asked for: tables and headers lie close together. */
  ahead = 1 << 14
  #window: Bytes = new Uint8Array(0)
  #from = 0
  #steps: number
  #glances = GLANCES

  constructor(readonly file: Blob) {
    this.size = file.size
    this.#steps = STEPS + file.size / 128
  }

  /** Counts steps. Throws a Stop when the file has none left: it would keep the thread busy for long. */
  spend(steps: number): void {
    this.#steps -= steps
    ensure(this.#steps >= 0)
  }

  /** The first bytes of a block that goes. None, once GLANCES is used up. */
  async glance(from: number, to: number): Promise<Bytes> {
    const block = await this.read(from, Math.min(to - from, GLANCE, this.#glances))
    this.#glances -= block.length
    return block
  }

  /** Reads bytes of the file. They must not be changed: the same memory may be given again. */
  async read(at: number, length: number): Promise<Bytes> {
    ensure(at >= 0 && length >= 0 && length <= MOST && at + length <= this.size)
    this.spend(8)
    if (!this.held(at, length)) {
      this.#window = new Uint8Array(await this.file.slice(at, at + Math.max(length, this.ahead)).arrayBuffer())
      this.spend(this.#window.length / 256)
      this.#from = at
    }
    const held = this.held(at, length)
    ensure(held)
    return held
  }

  /** The same, if the bytes were read already; else undefined. */
  held(at: number, length: number): Bytes | undefined {
    const from = at - this.#from
    return from < 0 || from + length > this.#window.length ? undefined : this.#window.subarray(from, from + length)
  }
}

const zeros = new Blob([new Uint8Array(1 << 16)])

/** The cleaned file, from its beginning to its end. */
export class Parts {
  length = 0
  #parts: BlobPart[] = []
  #from = 0
  #to = 0

  constructor(readonly file: Blob) {}

  /** Appends a part of the old file. */
  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#flush()
      this.#from = from
    }
    this.#to = to
    this.length += to - from
  }

  /** Appends new bytes. */
  put(...bytes: Bytes[]): void {
    this.#flush()
    for (const part of bytes) {
      this.#parts.push(part)
      this.length += part.length
    }
  }

  /** Appends zeros. */
  zero(length: number): void {
    this.#flush()
    this.length += length
    for (; length > 0; length -= zeros.size) this.#parts.push(zeros.slice(0, length))
  }

  /** The file as a Blob of slices of the old one. */
  blob(type: string): Blob {
    this.#flush()
    return new Blob(this.#parts, { type })
  }

  #flush(): void {
    if (this.#to > this.#from) this.#parts.push(this.file.slice(this.#from, this.#to))
    this.#from = this.#to = -1
  }
}

/** The number of `size` bytes at `at`. */
export function uint(bytes: Uint8Array, at: number, size: number, little = false): number {
  ensure(at >= 0 && at + size <= bytes.length)
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[little ? at + size - 1 - i : at + i]!
  ensure(value <= Number.MAX_SAFE_INTEGER)
  return value
}

/** Bytes as text, each as the character with its number. The browsers' own decoder of latin1 has others from 0x80 to 0x9F. */
export function latin(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = ''
  for (; from < to; from += 4096) text += String.fromCharCode.apply(0, bytes.subarray(from, Math.min(to, from + 4096)) as unknown as number[])
  return text
}

/** Characters up to U+00FF as bytes: the reverse of `latin`. */
export const bytes = (text: string): Bytes => Uint8Array.from(text, (c) => c.charCodeAt(0))

/** A number as `size` bytes. */
export function number(value: number, size: number, little = false): Bytes {
  const out = new Uint8Array(size)
  for (let i = 0; i < size; i++) {
    out[little ? i : size - 1 - i] = value
    value = Math.floor(value / 256)
  }
  return out
}

/** Reads a list such as `mvhd100,tkhd84`: four characters and their number. */
export const numbers = (text: string): Map<string, number> => new Map(text.split(',').map((word) => [word.slice(0, 4), Number(word.slice(4))]))

/** Whether two runs of bytes are equal. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
