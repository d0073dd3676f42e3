// Seals a tip (docs/protocol.md 1.1, 1.2). In: entries, one to three `age1pq1` recipients, a withdraw digest. Out: the file, in pieces
// of equal size. What comes out has the one shape every tip has, whoever reads it.
import { Encrypter, Stanza, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { packedLength, plaintext, type Entry } from './container.ts'
import { classOf, fileLength } from './padding.ts'

const STANZAS = 4
const MAX_READERS = 3
/** Largest piece in bytes; a tip of text is one piece. */
export const PIECE = 1024 * 1024

/** A tip on its way out. */
export interface Sealed {
  /** Bytes of the whole file. */
  length: number
  /** Bytes of each piece but the last, which is at most so long. */
  piece: number
  pieces: AsyncGenerator<Uint8Array, void, undefined>
}

/** The content does not fit into one tip. */
export class TooLarge extends Error {
  readonly reason = 'too-large'
}

/** Begins to seal. Throws TooLarge; reading a changed file fails later, in `pieces`. */
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

/** Bytes of each of the fewest equal pieces that are no longer than PIECE. */
export const pieceOf = (length: number): number => Math.ceil(length / Math.ceil(length / PIECE))

async function withThrowAways(recipients: readonly string[]): Promise<string[]> {
  // typage would also take classical keys, which a later quantum computer opens.
  if (recipients.length < 1 || recipients.length > MAX_READERS || !recipients.every((key) => key.startsWith('age1pq1'))) {
    throw new Error('one to three age1pq1 recipients are needed')
  }
  const all = [...recipients]
  while (all.length < STANZAS) all.push(await identityToRecipient(await generateHybridIdentity()))
  return all
}

// Fisher-Yates; with at most four entries 32 random bits leave no bias that matters, and rejection leaves none at all.
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
