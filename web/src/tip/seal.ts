// Seals a tip (docs/protocol.md 1.1, 1.2). In: entries, one to three `age1pq1` recipients, a withdraw digest. Out: the file, in pieces of equal size.
// Its header looks the same for every tip, whoever the readers are and however many.
import { Encrypter, Stanza, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { packedLength, plaintext, type Entry } from './container.ts'
import { classOf, fileLength } from './padding.ts'

/** Recipients of every tip: its readers, and keys that are thrown away. */
const STANZAS = 4
/** Most readers of a tip, so that at least one key is thrown away. */
const MAX_READERS = 3
/** Largest piece in bytes; a tip of text is one piece. */
export const PIECE = 1024 * 1024

/** A tip that is being sealed. */
export interface Sealed {
  /** Bytes of the whole file. */
  length: number
  /** Bytes of each piece; the last may be shorter. */
  piece: number
  pieces: AsyncGenerator<Uint8Array, void, undefined>
}

/** The content doesn't fit into the directory's largest tip. */
export class TooLarge extends Error {
  readonly reason = 'too-large'
}

/** Begins to seal. Throws TooLarge. What reading a file throws is thrown later, by `pieces`. */
export async function seal(entries: readonly Entry[], recipients: readonly string[], digest: string, max: number): Promise<Sealed> {
  const content = packedLength(entries)
  const padded = classOf(content)
  if (padded > max) throw new TooLarge()
  const encrypter = new Encrypter()
  for (const recipient of shuffled(await withThrowAways(recipients))) encrypter.addRecipient(recipient)
  encrypter.addRecipient({ wrapFileKey: () => [new Stanza(['softinfo/1', digest], new Uint8Array())] })

  const source = plaintext(entries, padded)
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await source.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
  })
  const length = fileLength(padded)
  const piece = pieceOf(length)
  return { length, piece, pieces: cut((await encrypter.encrypt(stream)).getReader(), piece) }
}

/** Bytes of a piece, when a file of `length` bytes is cut into as few equal pieces as possible, none longer than PIECE. */
export const pieceOf = (length: number): number => Math.ceil(length / Math.ceil(length / PIECE))

async function withThrowAways(recipients: readonly string[]): Promise<string[]> {
  // Classical keys are refused here: the library would take them, and a later quantum computer could open them.
  if (recipients.length < 1 || recipients.length > MAX_READERS || !recipients.every((key) => key.startsWith('age1pq1'))) {
    throw new Error('one to three age1pq1 recipients are needed')
  }
  const all = [...recipients]
  while (all.length < STANZAS) all.push(await identityToRecipient(await generateHybridIdentity()))
  return all
}

// Fisher and Yates's shuffle. Each random number is drawn until it is below the bound, so every order is equally likely.
function shuffled<T>(list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = below(i + 1)
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

function below(bound: number): number {
  const limit = Math.floor(256 / bound) * bound
  for (;;) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1))
    if (byte! < limit) return byte! % bound
  }
}

async function* cut(reader: ReadableStreamDefaultReader<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(size)
  let used = 0
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    for (let rest = value; rest.length > 0; ) {
      if (used === size) {
        yield piece
        piece = new Uint8Array(size)
        used = 0
      }
      const taken = rest.subarray(0, size - used)
      piece.set(taken, used)
      used += taken.length
      rest = rest.subarray(taken.length)
    }
  }
  yield piece.subarray(0, used)
}
