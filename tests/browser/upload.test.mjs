// The page's side of a resumable upload, against a relay that breaks wherever it can: whatever happens, the bytes arrive once, in order,
// and nothing is made twice. The relay's own side is tested with the real one, in tests/system/uploads/ and in the journeys.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import test from 'node:test'
import { load } from './module.mjs'

const { heard } = await load('upload/answer.ts')
const { Broken, Lost, Refused, Upload } = await load('upload/upload.ts')
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/// A relay that keeps what the draft says, and whose connection breaks before or after a request by the script `breaks`.
class Relay {
  requests = []
  uploads = new Map()
  stored = new Map()

  constructor(breaks = () => undefined) {
    this.breaks = breaks
  }

  send = async (method, path, headers, body = new Uint8Array(), sent = () => {}) => {
    const bytes = body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : body
    const broken = this.breaks(this.requests.length, method)
    this.requests.push({ method, path, headers, length: bytes.length })
    sent(bytes.length)
    if (broken === 'before') throw new Broken()
    // A connection that breaks in the middle leaves a part, cut to what the relay can keep.
    const part = broken === 'middle' ? bytes.subarray(0, Math.floor(bytes.length / 2 / 64) * 64) : bytes
    const answer = this.answer(method, path, headers, part, broken === 'middle')
    if (broken) throw new Broken()
    return answer
  }

  answer(method, path, headers, bytes, cut) {
    const say = (status, fields = {}, body = {}) => ({ status, body: JSON.stringify(body), headers: fields })
    if (method === 'POST' && headers['upload-complete'] === undefined) return cut ? undefined : this.store(bytes, say)
    if (method === 'POST') {
      const location = `/tips/uploads/${this.uploads.size}`
      this.uploads.set(location, { bytes: Buffer.from(bytes), length: Number(headers['upload-length']) })
      return say(201, { location, 'upload-offset': String(bytes.length), 'upload-complete': '?0' })
    }
    const upload = this.uploads.get(path)
    if (!upload) return say(404, {}, { type: 'urn:softinfo:problem:not-found' })
    if (method === 'HEAD') return say(204, { 'upload-offset': String(upload.bytes.length), 'upload-complete': upload.done ? '?1' : '?0' })
    if (upload.done && Number(headers['upload-offset']) === upload.length) return say(200, { 'upload-complete': '?1' }, upload.done)
    if (upload.done) return say(409, { 'upload-offset': String(upload.length), 'upload-complete': '?1' }, { stored: true })
    if (Number(headers['upload-offset']) !== upload.bytes.length) return say(409, { 'upload-offset': String(upload.bytes.length) })
    upload.bytes = Buffer.concat([upload.bytes, bytes])
    if (cut || headers['upload-complete'] === '?0') return say(204, { 'upload-complete': '?0' })
    const answer = this.store(upload.bytes, say)
    upload.done = JSON.parse(answer.body)
    assert.equal(upload.bytes.length, upload.length)
    return answer
  }

  store(bytes, say) {
    const id = sha256(bytes)
    const status = this.stored.has(id) ? 200 : 201
    this.stored.set(id, Buffer.from(bytes))
    return say(status, {}, { id, day: '2026-11-24' })
  }
}

const PIECE = 1024

function source(bytes) {
  let at = 0
  return {
    length: bytes.length, made: 0,
    async next() {
      if (at >= bytes.length) return undefined
      this.made += 1
      return bytes.subarray(at, (at += PIECE))
    },
  }
}

async function run(bytes, relay) {
  const from = source(bytes)
  const progress = []
  const upload = new Upload(from, relay.send, { progress: (sent) => progress.push(sent), wait: async () => {} })
  const stored = await upload.run()
  assert.equal(stored.id, sha256(bytes))
  assert.ok(relay.stored.get(stored.id).equals(bytes))
  assert.equal(relay.stored.size, 1)
  assert.equal(from.made, Math.ceil(bytes.length / PIECE))
  assert.ok(progress.every((sent) => sent <= bytes.length))
  return { stored, upload, requests: relay.requests }
}

test('a tip of one piece is one plain POST', async () => {
  const { requests } = await run(randomBytes(PIECE), new Relay())
  assert.deepEqual(requests.map(({ method, path, headers }) => [method, path, headers]), [['POST', '/tips', { 'content-type': 'application/octet-stream' }]])
})

test('a larger one goes in pieces of equal size', async () => {
  const { requests } = await run(randomBytes(5 * PIECE), new Relay())
  assert.deepEqual(requests.map(({ method, length }) => [method, length]), [['POST', PIECE], ...Array.from({ length: 4 }, () => ['PATCH', PIECE])])
  assert.deepEqual(requests.at(-1).headers, { 'content-type': 'application/partial-upload', 'upload-offset': String(4 * PIECE), 'upload-complete': '?1' })
})

for (const how of ['before', 'middle', 'after']) {
  for (let at = 0; at < 5; at++) {
    test(`a connection that breaks ${how} request ${at + 1} costs no more than that piece`, async () => {
      const relay = new Relay((n) => (n === at ? how : undefined))
      const { requests } = await run(randomBytes(4 * PIECE + 100), relay)
      const sent = requests.reduce((sum, { length }) => sum + length, 0)
      assert.ok(sent <= 6 * PIECE + 100, `${sent} bytes were sent`)
    })
  }
}

test('breaks at random never store a wrong tip', async () => {
  for (let round = 0; round < 200; round++) {
    const relay = new Relay(() => [undefined, undefined, 'before', 'middle', 'after'][randomBytes(1)[0] % 5])
    await run(randomBytes(1 + (randomBytes(2).readUInt16LE() % (8 * PIECE))), relay)
  }
})

test('a lost answer to the last request is asked for again', async () => {
  const relay = new Relay((n) => (n === 3 ? 'after' : undefined))
  const { requests } = await run(randomBytes(4 * PIECE), relay)
  assert.deepEqual(requests.slice(4).map(({ method, length }) => [method, length]), [['HEAD', 0], ['PATCH', 0]])
})

test('an upload that the relay forgot is sealed anew, and begun anew while its first piece is here', async () => {
  const forget = (relay, n) => (count) => {
    if (count === n) relay.uploads.clear()
    return count === n ? 'before' : undefined
  }
  const late = new Relay()
  late.breaks = forget(late, 3)
  await assert.rejects(run(randomBytes(5 * PIECE), late), Lost)
  const early = new Relay()
  early.breaks = (n) => (n === 1 ? (early.uploads.clear(), 'before') : undefined)
  // The second piece was in hand when it broke.
  await assert.rejects(run(randomBytes(5 * PIECE), early), Lost)
})

test('refusals end it and say why', async () => {
  const refuse = (status, body) => ({ send: async () => ({ status, body: JSON.stringify(body), headers: {} }), stored: new Map(), requests: [] })
  const cases = [[507, { stored: false }, 'full'], [503, { stored: false }, 'closed'], [503, { stored: null }, 'unsure'], [413, {}, 'too-large'], [422, { stored: false }, 'refused'], [409, { stored: false }, 'refused'], [404, {}, 'wrong'],
    [400, { stored: true }, 'unsure'], [200, {}, 'unsure'], [201, null, 'unsure']]
  for (const [status, body, reason] of cases) {
    await assert.rejects(run(randomBytes(10), refuse(status, body)), (error) => error instanceof Refused && error.reason === reason, `${status}`)
  }
})

test('a tip that the relay calls stored is stored, whatever it calls the day', async () => {
  for (const day of ['x', '', '2026-02-31']) {
    for (const status of [200, 201]) {
      const upload = new Upload(source(randomBytes(10)), async () => ({ status, body: JSON.stringify({ id: 'ab', day }), headers: {} }), { progress: () => {}, wait: async () => {} })
      assert.deepEqual(await upload.run(), { id: 'ab', day, already: status === 200 })
    }
  }
})

test('an answer of a machine in between leaves a tip in doubt, when its request completes the tip', async () => {
  const told = async (size, status) => {
    const upload = new Upload(source(randomBytes(size)), async () => ({ status, body: '<html>', headers: {} }), { progress: () => {}, wait: async () => {} })
    const { reason } = await upload.run().catch((error) => error)
    return [reason, upload.unsure]
  }
  for (const status of [200, 201, 400, 403, 409, 429, 502, 504, 507]) assert.deepEqual(await told(10, status), ['unsure', true], status)
  for (const [status, reason] of [[404, 'wrong'], [413, 'too-large']]) assert.deepEqual(await told(10, status), [reason, false], status)
  for (const [status, reason] of [[200, 'wrong'], [403, 'refused'], [504, 'closed']]) assert.deepEqual(await told(3 * PIECE, status), [reason, false], status)
})

test('a relay that stands elsewhere whatever it is sent, or a machine in between, does not keep the page for ever', async () => {
  const conflict = ({ stored, offset }) => ({ status: 409, body: stored === undefined ? '<html>' : JSON.stringify({ stored }), headers: offset === undefined ? {} : { 'upload-offset': String(offset) } })
  // In the last piece the tip may be stored, in an earlier one it can't be.
  for (const [piece, reason, unsure] of [[1, 'closed', false], [3, 'unsure', true]]) {
    for (const said of [{}, { stored: false, offset: piece * PIECE }, { stored: false, offset: piece * PIECE + 64 }, { stored: true, offset: 0 }]) {
      const relay = new Relay()
      let [patches, waits] = [0, []]
      const send = async (method, path, headers, ...rest) => {
        if (method !== 'PATCH' || Number(headers['upload-offset']) < piece * PIECE) return relay.send(method, path, headers, ...rest)
        patches += 1
        assert.ok(patches < 100, 'it goes on for ever')
        return conflict(said)
      }
      const upload = new Upload(source(randomBytes(4 * PIECE)), send, { progress: () => {}, wait: async (tries, told) => waits.push([tries, told]) })
      for (const times of [4, 8]) {
        await assert.rejects(upload.run(), (error) => error instanceof Refused && error.reason === reason)
        assert.deepEqual([patches, upload.unsure], [times, unsure])
      }
      // The first may be right; the next come after a pause.
      assert.deepEqual(waits, [[0, false], [1, false], [0, false], [1, false]])
    }
  }
})

test('a relay that got further than was heard is asked where it stands, and one that has all of it for its answer', async () => {
  for (const [at, part] of [[2, 640], [3, PIECE]]) {
    const bytes = randomBytes(4 * PIECE)
    const relay = new Relay()
    let patches = 0
    const send = async (method, path, headers, body, ...rest) => {
      // Something in between sends it twice.
      if (method === 'PATCH' && ++patches === at) await relay.send(method, path, headers, body.subarray(0, part))
      return relay.send(method, path, headers, body, ...rest)
    }
    const upload = new Upload(source(bytes), send, { progress: () => {}, wait: async () => {} })
    assert.equal((await upload.run()).id, sha256(bytes))
    assert.equal(relay.stored.size, 1)
    assert.ok(relay.requests.some(({ method }) => method === 'HEAD'))
  }
})

test('what the same upload is told to do again goes on where it was', async () => {
  const bytes = randomBytes(4 * PIECE)
  const relay = new Relay()
  let closed = 2
  const send = async (...request) => (relay.requests.length === 2 && closed-- > 0 ? { status: 503, body: '{"stored":false}', headers: {} } : relay.send(...request))
  const from = source(bytes)
  const upload = new Upload(from, send, { progress: () => {}, wait: async () => {} })
  await assert.rejects(upload.run(), Refused)
  assert.equal((await upload.run().catch(() => upload.run())).id, sha256(bytes))
  assert.equal(from.made, 4)
})

test('a tip that may be stored stays in doubt, whatever a later try is told', async () => {
  let asked = 0
  const send = async () => {
    if (asked++ === 0) throw new Broken()
    return { status: 507, body: '{"stored":false}', headers: {} }
  }
  const upload = new Upload(source(randomBytes(10)), send, { progress: () => {}, wait: async () => {} })
  await assert.rejects(upload.run(), Refused)
  assert.equal(upload.unsure, true)
  const refused = new Upload(source(randomBytes(10)), async () => ({ status: 507, body: '{"stored":false}', headers: {} }), { progress: () => {}, wait: async () => {} })
  await assert.rejects(refused.run(), Refused)
  assert.equal(refused.unsure, false)
})

test('what can not be read any more has not left: it raises no doubt, and takes none back', async () => {
  for (const [size, before] of [[10, false], [10, true], [2 * PIECE, false]]) {
    const relay = new Relay()
    let asked = 0
    const send = async (method, path, headers, ...rest) => {
      if (before && asked++ === 0) throw new Broken()
      if (size > PIECE && method === 'POST') return relay.send(method, path, headers, ...rest)
      throw new DOMException()
    }
    const upload = new Upload(source(randomBytes(size)), send, { progress: () => {}, wait: async () => {} })
    await assert.rejects(upload.run(), DOMException)
    assert.equal(upload.unsure, before)
  }
})

test('a body says what the page knows of it, each field of its type, and nothing where it is anything else', () => {
  const said = (body) => heard({ status: 200, body, headers: {} }).said
  const whole = { id: 'ab', day: '2026-01-02', erased: 2, type: 'urn:softinfo:problem:full', stored: false }
  assert.deepEqual(said(JSON.stringify({ ...whole, title: 'no field of ours', toString: 'ab' })), whole)
  assert.deepEqual(said('{"id":1,"day":null,"erased":"2","type":["x:interrupted"],"stored":"false"}'), {})
  for (const body of ['', '<html>', 'null', '5', '"stored"', '[]', '[false]', '{"stored":false}\n\n— a signature']) assert.deepEqual(said(body), {}, body)
})
