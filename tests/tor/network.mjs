// A private Tor network on loopback: three authorities, five relays, a client and a process with the onion services. No exits, no distance.
// In: services, each with the Unix socket behind it. Out: the client's SOCKS port, an address for each service that has answered, and the lines
// by which another tor on this machine joins it.
// Only the start is tried again, a few times; every attempt has an end. SOFTINFO_TOR_LOGS names a folder where all logs are left;
// SOFTINFO_TOR_SLOW is how many times slower than usual the machine is, a whole number.
import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Tor } from './process.mjs'
import { connect } from './socks.mjs'

const call = promisify(execFile)
const AUTHORITIES = 3
const RELAYS = 5
const ATTEMPTS = 4
const SLOW = Number(process.env.SOFTINFO_TOR_SLOW ?? 1)
/** Seconds for one attempt. */
const PATIENCE = 75 * SLOW
/** Seconds between votes: the longest that tor allows for the first ones. */
const INTERVAL = 1800
/** Seconds from the decision to vote to the consensus: two for votes, two for signatures, and what rounding takes. */
const VOTE = 4 * SLOW + 2

const RELAY = ['SocksPort 0', 'Address 127.0.0.1', 'ExitRelay 0', 'AssumeReachable 1', 'ServerDNSDetectHijacking 0', 'ServerDNSTestAddresses', 'ServerDNSResolvConfFile /dev/null']
const AUTHORITY = ['AuthoritativeDirectory 1', 'V3AuthoritativeDirectory 1', 'ContactInfo nobody@test.invalid', 'TestingDirAuthVoteGuard *', 'TestingDirAuthVoteHSDir *',
  'TestingDirAuthVoteExit *', 'TestingMinExitFlagThreshold 0', `TestingV3AuthInitialVotingInterval ${INTERVAL}`, `TestingV3AuthInitialVoteDelay ${2 * SLOW}`,
  `TestingV3AuthInitialDistDelay ${2 * SLOW}`, `V3AuthVotingInterval ${INTERVAL}`, `V3AuthVoteDelay ${4 * SLOW}`, `V3AuthDistDelay ${4 * SLOW}`, 'V3AuthNIntervalsValid 2']

export class Network {
  marks = []

  /** `services`: `{ name: { socket, lines, authorized } }`; `authorized` lets nobody in without the key that comes out. */
  static async start(services) {
    const failures = []
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const network = new Network()
      try {
        await network.#up(services)
        network.attempt = attempt
        return network
      } catch (error) {
        failures.push(`${attempt}: ${error.message}, after ${network.#seconds()} s (${network.marks.join(', ')})`)
        console.log(`# the network did not start, ${failures.at(-1)}`)
        await network.stop()
      }
    }
    throw new Error(`the private Tor network did not start in ${ATTEMPTS} attempts; the programs under test were not reached. ${failures.join('; ')}`)
  }

  #seconds() {
    return ((performance.now() - this.began) / 1000).toFixed(1)
  }

  #mark(what) {
    this.marks.push(`${what} ${this.#seconds()}`)
  }

  #tor(name) {
    const tor = new Tor(name, join(this.folder, name))
    this.all.push(tor)
    return tor
  }

  async #up(services) {
    Object.assign(this, { folder: mkdtempSync(join(tmpdir(), 'softinfo-tor-')), began: performance.now(), all: [], restarts: 0 })
    const ports = await freePorts(2 * AUTHORITIES + RELAYS + 1)
    const authorities = Array.from({ length: AUTHORITIES }, (_, n) => ({ tor: this.#tor(`authority${n}`), or: ports.pop(), dir: ports.pop() }))
    const trusted = await Promise.all(authorities.map(identity))
    const relays = Array.from({ length: RELAYS }, (_, n) => ({ tor: this.#tor(`relay${n}`), or: ports.pop() }))
    this.joining = ['TestingTorNetwork 1', ...trusted]
    this.#mark('keys')
    // Votes come round with the clock. The first is put off until all relays have introduced themselves, and then called: who is not in the
    // first consensus would have to wait for the next.
    const offset = (seconds) => `TestingV3AuthVotingStartOffset ${Math.floor(Date.now() / 1000 + seconds) % INTERVAL}`
    for (const { tor, or, dir } of authorities) tor.start([...trusted, ...RELAY, ...AUTHORITY, `V3BandwidthsFile ${this.folder}/bandwidths`, offset(INTERVAL - 60), `ORPort 127.0.0.1:${or}`, `DirPort 127.0.0.1:${dir}`])
    for (const { tor, or } of relays) tor.start([...trusted, ...RELAY, `ORPort 127.0.0.1:${or}`])
    for (const { tor } of authorities) await this.#until(`introduction of all to ${tor.name}`, () => this.#introduced(tor))
    this.#mark('introduced')
    this.#bandwidths()
    const soon = offset(VOTE).replace(' ', '=')
    await Promise.all(authorities.map(({ tor }) => tor.ask(`SETCONF ${soon}`)))
    for (const { tor } of authorities) await this.#until(`a consensus of all on ${tor.name}`, () => this.#consensus(tor))
    this.#mark('consensus')
    await Promise.all(relays.map(({ tor }) => this.#ready(tor, 75, 1500)))
    this.#mark('relays')
    this.#services(trusted, services)
    await this.#until('the names of the services', () => Object.values(this.onions).every(({ folder }) => existsSync(join(folder, 'hostname'))))
    for (const onion of Object.values(this.onions)) onion.host = readFileSync(join(onion.folder, 'hostname'), 'utf8').trim()
    this.socks = ports.pop()
    this.client = this.#tor('client')
    this.client.start([...trusted, `SocksPort 127.0.0.1:${this.socks} ExtendedErrors`])
    await Promise.all([this.service, this.client].map((tor) => this.#ready(tor, 100, 10_000)))
    this.#mark('client')
    for (const [name, { host, key }] of Object.entries(this.onions)) {
      // A service that lets in only whom it knows is there when tor says that a key is missing.
      await this.#until(`an answer of the service ${name}`, async () => (await connect(this.socks, host)).reply === (key ? 0xf4 : 0))
      this.#mark(name)
    }
  }

  #services(trusted, services) {
    this.service = this.#tor('service')
    this.onions = {}
    const lines = []
    for (const [name, { socket, lines: more = [], authorized }] of Object.entries(services)) {
      const folder = join(this.service.folder, name)
      this.onions[name] = { folder, key: authorized && clientKey(folder) }
      lines.push(`HiddenServiceDir ${folder}`, `HiddenServicePort 80 unix:${socket}`, ...more)
    }
    this.service.start([...trusted, 'SocksPort 0', ...lines])
  }

  /** Lets the client in where a key is asked for, as Tor Browser does when somebody types one. */
  authorize(name) {
    const { host, key } = this.onions[name]
    return this.client.ask(`ONION_CLIENT_AUTH_ADD ${host.replace('.onion', '')} x25519:${key}`)
  }

  /**
   * As much for each relay, as if it had been measured. Without, each counts for what it has carried so far: where a single one has carried
   * anything, tor chooses it as the first and the last of every circuit, and none is ever built.
   */
  #bandwidths() {
    const measured = this.all.map((tor) => `node_id=$${readFileSync(join(tor.folder, 'fingerprint'), 'utf8').trim().split(' ')[1]} bw=1000`)
    writeFileSync(join(this.folder, 'bandwidths'), [Math.floor(Date.now() / 1000), ...measured, ''].join('\n'))
  }

  async #introduced(tor) {
    return (await tor.ask('GETINFO desc/all-recent')).filter((line) => line.startsWith('router ')).length === AUTHORITIES + RELAYS
  }

  async #consensus(tor) {
    const [after] = await tor.ask('GETINFO consensus/valid-after')
    if (!after.split('=')[1]) return false
    const listed = (await tor.ask('GETINFO ns/all')).filter((line) => /^s .*HSDir.*Running/.test(line)).length
    // The next vote is too far away to wait for.
    if (listed !== AUTHORITIES + RELAYS) throw new GivenUp(`the consensus has ${listed} of ${AUTHORITIES + RELAYS} relays`)
    return true
  }

  /** After an early failure tor waits longer and longer; a fresh process asks at once. */
  async #ready(tor, percent, patience) {
    let until = Date.now() + patience * SLOW
    await this.#until(`${tor.name} at ${percent} %`, async () => {
      if ((await tor.progress()) >= percent) return true
      if (Date.now() > until) {
        this.restarts += 1
        await tor.restart()
        until = Date.now() + 10_000 * SLOW
      }
      return false
    })
  }

  async #until(what, check) {
    for (;;) {
      try {
        if (await check()) return
      } catch (error) {
        if (error instanceof GivenUp) throw error
      }
      const dead = this.all.find((tor) => tor.child && !tor.runs)
      if (dead) throw new Error(`${dead.name} ended: ${readFileSync(join(dead.folder, 'out'), 'utf8').trim().split('\n').at(-1)}`)
      if (performance.now() - this.began > PATIENCE * 1000) throw new Error(`no ${what}`)
      await sleep(100)
    }
  }

  /** What all of them wrote that is more than a notice. */
  complaints() {
    return this.all.flatMap((tor) => tor.log().split('\n').filter((line) => /\[(warn|err)\]/.test(line)).map((line) => `${tor.name}: ${line}`))
  }

  async stop() {
    await Promise.all(this.all.map((tor) => tor.stop()))
    if (process.env.SOFTINFO_TOR_LOGS) renameSync(this.folder, join(process.env.SOFTINFO_TOR_LOGS, `${Date.now()}`))
    else rmSync(this.folder, { recursive: true })
  }
}

class GivenUp extends Error {}

/** Makes an authority's keys. Out: the line by which all others trust it. */
async function identity({ tor, or, dir }) {
  const keys = join(tor.folder, 'keys')
  const certificate = join(keys, 'authority_certificate')
  const made = call('tor-gencert', ['--create-identity-key', '-m', '12', '-a', `127.0.0.1:${dir}`, '-i', join(keys, 'authority_identity_key'), '-s', join(keys, 'authority_signing_key'),
    '-c', certificate, '--passphrase-fd', '0'])
  made.child.stdin.end(`${randomBytes(16).toString('hex')}\n`)
  await made
  const [, v3] = /^fingerprint ([0-9A-F]{40})/m.exec(readFileSync(certificate, 'utf8'))
  const { stdout } = await call('tor', ['-f', '/dev/null', '--ignore-missing-torrc', '--hush', '--list-fingerprint', '--DataDirectory', tor.folder, '--Nickname', tor.name,
    '--ORPort', `${or}`, '--DirAuthority', `x 127.0.0.1:1 ${'F'.repeat(40)}`])
  const fingerprint = stdout.trim().split('\n').at(-1).split(' ').slice(1).join('')
  return `DirAuthority ${tor.name} orport=${or} no-v2 v3ident=${v3} 127.0.0.1:${dir} ${fingerprint}`
}

/** Lets one client into a service. Out: its secret key, as tor writes it. */
function clientKey(folder) {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const [theirs, ours] = [privateKey.export({ type: 'pkcs8', format: 'der' }), publicKey.export({ type: 'spki', format: 'der' })].map((der) => der.subarray(-32))
  mkdirSync(join(folder, 'authorized_clients'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'authorized_clients', 'courier.auth'), `descriptor:x25519:${base32(ours)}\n`)
  return theirs.toString('base64')
}

function base32(bytes) {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.match(/.{1,5}/g).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** Below the range from which the kernel gives ports to others. */
async function freePorts(count) {
  const ports = new Set()
  while (ports.size < count) {
    const port = randomInt(12_000, 32_000)
    if (await new Promise((resolve) => createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', function () { this.close(() => resolve(true)) }))) ports.add(port)
  }
  return [...ports]
}
