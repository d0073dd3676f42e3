// The directory: a C2SP signed note over JSON `softinfo/directory/1` (docs/protocol.md 4). In: a text from anywhere, the root key built into the page,
// the day. Out: a directory that can be relied on, or the reason why nothing may be sealed.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64, bech32 } from '@scure/base'
import { isDay } from '../day.ts'
import { classOf } from '../tip/padding.ts'

export interface Epoch {
  epoch: string
  from: string
  until: string
  recipient: string
}

export interface Holder {
  id: string
  kind: string
  names?: Record<string, string>
  categories?: string[]
  competence?: Record<string, string>
  duty_card?: Record<string, string>
  signing_key?: string | null
  identity?: string | null
  posts?: { rows: number; texts: number; every_days: number } | null
  epochs?: Epoch[]
}

export interface Forwarder {
  id: string
  from: string
  until: string
  signing_key: string
}

export interface Contents {
  schema: string
  channel: string
  version: number
  issued: string
  expires: string
  relays: string[]
  page_sha256?: string | null
  max_bytes: number
  replies: { bytes: number; buckets: number; keep_days: number; shards: number }
  must_understand?: string[]
  holders: Holder[]
  forwarders?: Forwarder[]
}

/** A directory with a right signature of the root; `text` is what was signed. Whether it holds today is asked of `current`. */
export interface Directory {
  contents: Contents
  text: string
}

export type Refusal = 'malformed' | 'wrong-root' | 'not-vouched' | 'contents' | 'expired' | 'not-yet' | 'rolled-back'

/** Why nothing may be sealed. `day` is the day on which the directory ran out, or from which it holds. */
export class DirectoryError extends Error {
  constructor(
    readonly reason: Refusal,
    readonly day?: string,
    message: string = reason,
  ) {
    super(message)
  }
}

/** Longest note, in UTF-16 units. */
const MAX_BYTES = 1_000_000
/** The type of an Ed25519 key in a signed note. */
const ED25519 = 1
/** Bytes of an `age1pq1` recipient. */
const RECIPIENT_BYTES = 1216
/** Kinds of holders. */
const KINDS = ['local-police', 'federal-police', 'labour-inspectorate', 'public-prosecutor', 'investigating-judge', 'guidance-centre', 'ngo']
/** Every field that this page knows, at any depth (src/directory/holder.rs has the same). */
const FIELDS = 'buckets bytes categories channel competence duty_card epoch epochs every_days expires forwarders from holders id identity issued keep_days kind max_bytes must_understand name names page_sha256 posts recipient relays replies rows schema shards signing_key texts until version'.split(' ')

/** Verifies `note` with the verifier key `root`. Throws DirectoryError. Expiry is checked by `current`, after this, so that the day in its refusal comes
 *  from a signed text. */
export function verify(note: string, root: string): Directory {
  if (note.length > MAX_BYTES) throw new DirectoryError('malformed')
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) throw new DirectoryError('malformed')
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2, -1).split('\n')
  const signatures = lines.map((line) => /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line))
  if (signatures.some((signature) => !signature)) throw new DirectoryError('malformed')
  const hasSigned = (key: Key): boolean => signatures.some((signature) => signature![1] === key.name && isSignature(signature![2]!, text, key))
  const key = parseKey(root)
  if (!hasSigned(key)) throw new DirectoryError('wrong-root')
  const contents = parse(text, key.name)
  // Each holder that has a signing key must have signed as well: it vouches for its own entry.
  if (!contents.holders.every(({ signing_key }) => signing_key == null || hasSigned(parseKey(signing_key)))) throw new DirectoryError('not-vouched')
  return { contents, text }
}

/** Checks that a verified directory holds on `today` and is no older than `seen`. Throws DirectoryError. */
export function current(directory: Directory, today: string, seen?: Directory): Directory {
  const { version, issued, expires } = directory.contents
  if (seen && seen.contents.channel === directory.contents.channel) {
    const older = version < seen.contents.version
    // Two texts with the same version: somebody signed both, and shows them to different people.
    const forked = version === seen.contents.version && directory.text !== seen.text
    if (older || forked) throw new DirectoryError('rolled-back')
  }
  if (today > expires) throw new DirectoryError('expired', expires)
  if (today < issued) throw new DirectoryError('not-yet', issued)
  return directory
}

/** The epoch whose key is sealed to on `today`: of those that hold, the one that began last. Undefined when none holds. */
export function epochOn(holder: Holder, today: string): Epoch | undefined {
  const holding = (holder.epochs ?? []).filter(({ from, until }) => from <= today && today <= until)
  // Of two that began on the same day the later entry counts, as on the Rust side.
  return holding.reduce<Epoch | undefined>((best, epoch) => (best && best.from > epoch.from ? best : epoch), undefined)
}

/** A verifier key; `id` is its hash as a signed note writes it, 8 hexadecimal digits. */
interface Key {
  name: string
  id: string
  bytes: Uint8Array
}

// C2SP signed-note verifier key: name+hash+base64(type || key).
function parseKey(vkey: string): Key {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(String(vkey).trim()) ?? []
  if (!name || !id || !encoded) throw new DirectoryError('contents', undefined, 'not a verifier key')
  const typed = decode(encoded)
  const hash = bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), typed)).subarray(0, 4))
  if (typed[0] !== ED25519 || typed.length !== 33 || hash !== id) throw new DirectoryError('contents', undefined, 'not an Ed25519 verifier key')
  return { name, id, bytes: typed.subarray(1) }
}

function isSignature(encoded: string, text: string, key: Key): boolean {
  const bytes = decode(encoded)
  if (bytes.length !== 68 || bytesToHex(bytes.subarray(0, 4)) !== key.id) return false
  return ed25519.verify(bytes.subarray(4), utf8ToBytes(text), key.bytes, { zip215: false })
}

function decode(encoded: string): Uint8Array {
  try {
    return base64.decode(encoded)
  } catch {
    throw new DirectoryError('malformed')
  }
}

function parse(text: string, channel: string): Contents {
  const refuse = (why: string): never => {
    throw new DirectoryError('contents', undefined, why)
  }
  let contents: Contents
  try {
    contents = JSON.parse(text) as Contents
  } catch {
    return refuse('not JSON')
  }
  // A field that is not known is passed over, unless the directory says that it matters.
  const unknown = (contents.must_understand ?? []).find((field) => !FIELDS.includes(field))
  if (unknown) refuse(`unknown field ${unknown}`)
  if (contents.schema !== 'softinfo/directory/1') refuse('another version')
  if (contents.channel !== channel) refuse('another channel')
  if (!isDay(contents.issued) || !isDay(contents.expires) || contents.issued > contents.expires) refuse('its days are wrong')
  if (![contents.version, contents.max_bytes].every((number) => Number.isSafeInteger(number) && number >= 0)) refuse('its numbers are wrong')
  if (classOf(contents.max_bytes) !== contents.max_bytes) refuse(`max_bytes ${contents.max_bytes} is no size class`)
  const { bytes, buckets, keep_days, shards } = contents.replies ?? {}
  const isSplit = (parts: unknown): boolean => [1, 2, 4, 8, 16, 32, 64, 128, 256].includes(parts as number)
  if (bytes !== 4096 || !isSplit(buckets) || !isSplit(shards) || !isCount(keep_days)) refuse('its replies have other sizes')
  if (!Array.isArray(contents.holders) || contents.holders.length === 0) refuse('it has no holder')
  const ids = new Set<string>()
  const isNew = (id: string, before: Set<string>): void => {
    if (typeof id !== 'string' || !/^[a-z0-9-]{1,64}$/.test(id) || before.has(id)) refuse('an id is wrong or stands twice')
    before.add(id)
  }
  const isSpan = (from: string, until: string): void => {
    if (!isDay(from) || !isDay(until) || from > until) refuse('something ends before it begins')
  }
  // A signing key has to bear the id of its owner, so that a signature line says who signed.
  const isKeyOf = (id: string, key: string): void => {
    if (parseKey(key).name !== id) refuse('a signing key is another’s')
  }
  for (const holder of contents.holders) {
    isNew(holder.id, ids)
    // The immigration office can't be a holder: KINDS has no kind for it.
    if (!KINDS.includes(holder.kind)) refuse(`“${holder.kind}” is no kind of holder`)
    const epochs = new Set<string>()
    for (const { epoch, from, until, recipient } of holder.epochs ?? []) {
      isSpan(from, until)
      isNew(epoch, epochs)
      if (!isRecipient(recipient)) refuse('a key is no age1pq1 recipient')
    }
    if (holder.identity != null && !isRecipient(holder.identity)) refuse('an identity key is no age1pq1 recipient')
    if (holder.posts != null && ![holder.posts.rows, holder.posts.texts, holder.posts.every_days].every(isCount)) refuse('a holder posts nothing, or never')
    if (holder.signing_key != null) isKeyOf(holder.id, holder.signing_key)
  }
  const forwarders = new Set<string>()
  for (const { id, from, until, signing_key } of contents.forwarders ?? []) {
    isNew(id, forwarders)
    isSpan(from, until)
    isKeyOf(id, signing_key)
  }
  return contents
}

const isCount = (count: unknown): boolean => Number.isInteger(count) && (count as number) > 0 && (count as number) < 2 ** 32

function isRecipient(recipient: unknown): boolean {
  if (typeof recipient !== 'string' || !recipient.startsWith('age1pq1')) return false
  try {
    return bech32.decodeToBytes(recipient).bytes.length === RECIPIENT_BYTES
  } catch {
    return false
  }
}
