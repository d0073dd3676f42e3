// The stage of a journey: a relay as its own process on free loopback ports, a courier, and a desk with the example keys.
// In: SOFTINFO_BIN_DIR, the folder of the built programs. Out: what arrived. Everything ends with `stop`.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { once } from 'node:events'

const project = new URL('../../', import.meta.url).pathname
const keys = join(project, 'keys-example')
const programs = process.env.SOFTINFO_BIN_DIR
assert.ok(programs, 'SOFTINFO_BIN_DIR names the folder of the built programs; tests/run sets it')

export const PAGE = join(project, 'web/dist/index.html')
export const INSPECTORATE = 'labour-inspectorate-example'
export const POLICE = 'local-police-example'
export const PROSECUTOR = 'public-prosecutor-example'
/** Where an address is not on this machine, the programs want to hear that the keys are known to everybody. */
export const EXAMPLE = '--i-know-these-are-example-keys'
export const program = (name) => join(programs, name)

export class Scene {
  folder = mkdtempSync(join(tmpdir(), 'softinfo-page-'))
  bundles = 0

  /** `directory` is the path of a signed note; `change` has the last word on the relay's configuration, `more` are arguments for it. */
  static async start({ change = (config) => config, more = [], directory = join(keys, 'EXAMPLE-directory.note'), root = join(keys, 'EXAMPLE-root.vkey') } = {}) {
    const scene = new Scene()
    scene.more = more
    scene.configure(() => change(`directory = "${directory}"\nroot = "${root}"\npage = "${PAGE}"
[intake]\nlisten = "127.0.0.1:0"\n[courier]\nlisten = "127.0.0.1:0"
token_sha256 = ["df4c7b328707db6b19c0a8a027639dca494ab5d39fc5a7e90889a799abcf8e9b"]\n[store]\nfolder = "store"\nfloor_mib = 64\n`, scene.folder))
    await scene.run()
    return scene
  }

  /** Holds from the next start on. */
  configure(change) {
    this.config = change(this.config)
    writeFileSync(join(this.folder, 'relay.toml'), this.config)
  }

  /** Starts the relay, on the same ports when it ran before. */
  async run() {
    this.relay = spawn(program('softinfo-relay'), ['--config', join(this.folder, 'relay.toml'), ...this.more], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.log = ''
    const listening = new Promise((resolve, reject) => {
      this.relay.stderr.on('data', (data) => {
        this.log += data
        const intake = /intake listens on (\S+)\s/.exec(this.log)
        const courier = /courier listener on (\S+)\s/.exec(this.log)
        if (intake && courier) resolve([intake[1], courier[1]])
      })
      this.relay.on('exit', () => reject(new Error(`the relay ended: ${this.log}`)))
    })
    const [intake, courier] = await listening
    this.address = intake
    this.url = `http://${intake}/`
    this.courier = courier
  }

  async kill(signal = 'SIGKILL') {
    const ended = once(this.relay, 'exit')
    this.relay.kill(signal)
    await ended
  }

  /** How many tips were fetched into a new bundle and taken in at the desk of `holder`. `more` are other lines of the courier's configuration. */
  fetch(holder = INSPECTORATE, more = `relay = "http://${this.courier}"`) {
    this.bundles += 1
    const bundle = join(this.folder, `bundle-${this.bundles}.tar`)
    const config = join(this.folder, 'courier.toml')
    writeFileSync(config, `${more}\ntoken_file = "${keys}/EXAMPLE-courier-token.txt"\nroot = "${keys}/EXAMPLE-root.vkey"\nfolder = "${this.folder}/courier"\n`)
    const fetched = JSON.parse(execFileSync(program('softinfo-courier'), ['--config', config, EXAMPLE, 'fetch', '--out', bundle, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] }))
    if (fetched.tips > 0) this.desk(holder, ['import', bundle])
    return fetched.tips
  }

  /** Opens a tip on the desk of `holder`. Out: every file of it by its path, without the sheet that the desk adds. */
  open(id, holder = INSPECTORATE) {
    const out = join(this.folder, `case-${holder}-${id.slice(0, 12)}`)
    this.desk(holder, ['open', '--originals', '--out', out, id])
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'tip.json')
    return Object.fromEntries(files.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      return [path.slice(out.length + 1), readFileSync(path)]
    }))
  }

  desk(holder, command) {
    const desk = join(this.folder, `desk-${holder}`)
    const call = (args) => {
      const passphrase = openSync(join(keys, 'EXAMPLE-passphrase.txt'), 'r')
      try {
        return execFileSync(program('softinfo-desk'), ['--desk', desk, '--passphrase-fd', '3', ...args], { stdio: ['ignore', 'pipe', 'pipe', passphrase], encoding: 'utf8' })
      } finally {
        closeSync(passphrase)
      }
    }
    if (!this.desks?.has(holder)) {
      mkdirSync(join(desk, 'keys'), { recursive: true })
      cpSync(join(keys, holder), join(desk, 'keys', holder), { recursive: true })
      cpSync(join(keys, 'keyring.age'), join(desk, 'keys', 'keyring.age'))
      call(['directory', 'trust', join(keys, 'EXAMPLE-root.vkey')])
      this.desks = (this.desks ?? new Set()).add(holder)
    }
    return call(command)
  }

  async stop() {
    if (this.relay.exitCode === null && this.relay.signalCode === null) await this.kill('SIGTERM')
    rmSync(this.folder, { recursive: true })
  }
}

/** Random bytes that never begin like a known kind of file. */
export function noise(size) {
  const bytes = randomBytes(size)
  bytes[0] = 0x80
  return bytes
}

/** A file of a journey, in a folder of its own. */
export function put(scene, name, bytes) {
  const path = join(scene.folder, 'files', name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}
