// From a writer to a desk through tor itself: the relay on Unix sockets behind two onion services of a private network on this machine, the one
// for couriers with client authorisation. Firefox ESR has the preferences of Tor Browser's levels (an imitation: no letterboxing, no NoScript).
// In: SOFTINFO_BIN_DIR, the packages `tor` and `firefox-esr`.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { openFirefox } from '../browser/browsers.mjs'
import { asked, attach, send, writeTip } from '../browser/journey.mjs'
import { EXAMPLE, INSPECTORATE, PAGE, Scene, noise, program, put } from '../browser/scene.mjs'
import { Network } from './network.mjs'
import { connect } from './socks.mjs'

/** What `config/relay.toml` gives a circuit. */
const CONNECTIONS = 16
// What tor says at every start here, because this is a test network and the tests run as root.
const EXPECTED = /DirAuthority or AlternateDirAuthority|TestingTorNetwork is set|running Tor as root/

const BOUNDED = { timeout: 180_000 }

let scene, network, url
const sent = []

before(async () => {
  scene = await Scene.start({ more: [EXAMPLE], change: (config, folder) => config
    .replace('[intake]\nlisten = "127.0.0.1:0"', `[intake]\nlisten = "unix:${folder}/intake.sock"\ncircuit_ids = true`)
    .replace('[courier]\nlisten = "127.0.0.1:0"', `[courier]\nlisten = "unix:${folder}/courier.sock"`) })
  network = await Network.start({
    tips: { socket: `${scene.folder}/intake.sock`, lines: ['HiddenServiceExportCircuitID haproxy', 'HiddenServicePoWDefensesEnabled 1', 'HiddenServiceMaxStreams 32'] },
    couriers: { socket: `${scene.folder}/courier.sock`, authorized: true },
  })
  console.log(`# the network, attempt ${network.attempt}, seconds: ${network.marks.join(', ')}`)
  url = `http://${network.onions.tips.host}`
})
after(async () => {
  await network?.stop()
  await scene?.stop()
})

/** Runs a program to its end, however it ends, without holding up the test's own sockets. */
async function run(name, ...given) {
  const child = spawn(program(name), given, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (data) => (said.out += data))
  child.stderr.on('data', (data) => (said.err += data))
  const [code] = await once(child, 'close')
  return { code, ...said, all: `${said.out}${said.err}` }
}

const tip = (command, ...more) => run('softinfo-tip', command, '--relay', url, '--socks', `127.0.0.1:${network.socks}`, '--json', ...more)

async function sendTip(message, ...files) {
  const began = performance.now()
  const given = files.flatMap((file) => ['--attach', file])
  const done = await tip('send', '--leave-no-trace', EXAMPLE, '--to', INSPECTORATE, '--message', put(scene, 'note.txt', message), ...given)
  assert.equal(done.code, 0, done.all)
  console.log(`# sent over a new circuit in ${Math.round(performance.now() - began)} ms`)
  // The receipt first, the outcome behind it.
  return Object.assign({}, ...done.out.trim().split('\n').map((line) => JSON.parse(line)))
}

for (const level of ['standard', 'safer']) {
  test(`Firefox at ${level} loads the page and sends a tip with a file`, BOUNDED, async () => {
    const tab = await openFirefox({ level, socks: network.socks })
    try {
      await tab.goto(`${url}/`)
      assert.equal(await tab.evaluate(() => typeof WebAssembly), level === 'safer' ? 'undefined' : 'object')
      const [message, file] = [`Written at ${level}.\n`, noise(600_000)]
      await writeTip(tab, { message })
      await attach(tab, 'en', put(scene, `${level}.bin`, file))
      const { id } = await send(tab, 'en', 120_000)
      sent.push({ id, message, file })
      assert.deepEqual(asked(tab).filter((request) => !request.endsWith('/favicon.ico')).map((request) => request.split('?')[0]).slice(0, 3), ['GET /', 'GET /directory', 'POST /tips'])
      assert.deepEqual(tab.errors, [])
    } finally {
      await tab.close()
    }
  })
}

test('softinfo-tip sends, with and without a file, and takes back', BOUNDED, async () => {
  const file = noise(3_000_000)
  sent.push({ ...(await sendTip('A text.\n')), message: 'A text.\n' })
  sent.push({ ...(await sendTip('A film.\n', put(scene, 'film.bin', file))), message: 'A film.\n', file })
  const { digits } = await sendTip('Taken back.\n')
  const withdrawn = await tip('withdraw', '--receipt', put(scene, 'receipt', digits))
  assert.deepEqual([withdrawn.code, withdrawn.out.trim()], [0, '{"erased":1}'], withdrawn.all)
})

test('check-relay finds the page that the directory names, and notices another', BOUNDED, async () => {
  const check = () => tip('check-relay', '--leave-no-trace', EXAMPLE)
  const same = await check()
  assert.equal(same.code, 0, same.all)
  // A relay refuses to serve another page, so somebody stands between it and tor who changes a letter that is in the page only.
  const [outer, inner] = [`${scene.folder}/intake.sock`, `${scene.folder}/inner.sock`]
  const listenOn = async (from, to) => {
    await scene.kill('SIGTERM')
    rmSync(from, { force: true })
    scene.configure((config) => config.replace(`unix:${from}`, `unix:${to}`))
    await scene.run()
  }
  await listenOn(outer, inner)
  const liar = createServer((near) => {
    const far = createConnection(inner)
    for (const end of [near, far]) end.on('error', () => { near.destroy(); far.destroy() })
    near.pipe(far)
    far.on('data', (data) => near.write(data.map((byte) => (byte === 94 ? 126 : byte)))).on('end', () => near.end())
  }).listen(outer)
  await once(liar, 'listening')
  const differs = await check()
  assert.ok(differs.code === 5 && differs.err.includes('ANOTHER PAGE'), differs.all)
  liar.close()
  await listenOn(inner, outer)
})

test('the courier gets in with its key only, and what was sent opens on the desk byte for byte', BOUNDED, async () => {
  const way = `relay = "http://${network.onions.couriers.host}"\nsocks = "127.0.0.1:${network.socks}"`
  assert.throws(() => scene.fetch(INSPECTORATE, way), (error) => error.status === 1 && error.stderr.toString().includes('lets in only whom it knows'))
  await network.authorize('couriers')
  assert.equal(scene.fetch(INSPECTORATE, way), sent.length)
  assert.equal(sent.length, 4)
  for (const { id, message, file } of sent) {
    const files = scene.open(id)
    assert.equal(files['message.txt'].toString(), message)
    const attached = Object.keys(files).filter((path) => path.startsWith('attachments/'))
    assert.deepEqual(attached, file ? ['attachments/01.bin'] : [])
    assert.ok(!file || files[attached[0]].equals(file), message)
  }
})

test('one circuit has its share of connections, and another circuit its own', BOUNDED, async () => {
  const get = async (user) => {
    const { reply, socket } = await connect(network.socks, network.onions.tips.host, user)
    assert.equal(reply, 0)
    const status = new Promise((resolve) => {
      socket.on('error', () => {}).once('data', (data) => resolve(data.toString('latin1', 0, 12))).once('close', () => resolve('closed'))
    })
    socket.write('GET /directory HTTP/1.1\r\nhost: relay\r\n\r\n')
    return { socket, status: await status }
  }
  const held = []
  for (let n = 0; n < CONNECTIONS; n++) held.push(await get('one'))
  assert.deepEqual([...new Set(held.map(({ status }) => status))], ['HTTP/1.1 200'])
  const [more, other] = [await get('one'), await get('another')]
  assert.deepEqual([more.status, other.status], ['closed', 'HTTP/1.1 200'])
  for (const { socket } of [...held, more, other]) socket.destroy()
})

test('neither tor nor the relay has anything to complain of', () => {
  const complaints = network.complaints().filter((line) => /^(client|service):/.test(line) && !EXPECTED.test(line))
  assert.deepEqual(complaints, [])
  const lines = scene.log.trim().split('\n').filter((line) => !/listens on|courier listener on|stopping|stopped/i.test(line))
  assert.deepEqual(lines, [])
})
