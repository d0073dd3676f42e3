// One tor process of a private network. In: a folder of its own and lines for its torrc. Out: what its control socket and its log say.
// It ends with `stop`, and by itself soon after the test's process is gone.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'

export class Tor {
  constructor(name, folder) {
    Object.assign(this, { name, folder })
    mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }

  start(lines) {
    this.lines = lines
    const common = ['TestingTorNetwork 1', `Nickname ${this.name}`, `DataDirectory ${this.folder}`, `ControlSocket ${this.folder}/control`, `Log notice file ${this.folder}/log`,
      `__OwningControllerProcess ${process.pid}`, 'LogTimeGranularity 1', 'ShutdownWaitLength 0', 'PathsNeededToBuildCircuits 0.67', 'AvoidDiskWrites 1']
    writeFileSync(join(this.folder, 'torrc'), [...common, ...lines, ''].join('\n'))
    const out = openSync(join(this.folder, 'out'), 'a')
    this.child = spawn('tor', ['--defaults-torrc', '/dev/null', '-f', join(this.folder, 'torrc')], { stdio: ['ignore', out, out] })
    closeSync(out)
  }

  get runs() {
    return this.child?.exitCode === null && this.child.signalCode === null
  }

  async stop() {
    if (!this.runs) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
  }

  async restart() {
    await this.stop()
    this.start(this.lines)
  }

  /** The answer to one command, without its status codes. */
  async ask(command) {
    const socket = createConnection(join(this.folder, 'control'))
    socket.setTimeout(5000, () => socket.destroy(new Error(`${this.name} does not answer`)))
    socket.end(`AUTHENTICATE\r\n${command}\r\nQUIT\r\n`)
    let text = ''
    for await (const part of socket.setEncoding('latin1')) text += part
    const [, ...lines] = text.split('\r\n')
    if (!lines[0]?.startsWith('2')) throw new Error(`${this.name}, ${command}: ${lines[0]}`)
    return lines.map((line) => line.replace(/^\d{3}[ +-]/, ''))
  }

  /** How far it is, in tor's own percent: 75 is enough of the directory, 100 a circuit. 0 while it doesn't answer. */
  async progress() {
    const said = await this.ask('GETINFO status/bootstrap-phase').catch(() => [''])
    return Number(/PROGRESS=(\d+)/.exec(said[0])?.[1] ?? 0)
  }

  log() {
    return readFileSync(join(this.folder, 'log'), 'utf8')
  }
}
