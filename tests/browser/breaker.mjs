// A TCP relay on loopback that cuts connections after a planned number of bytes upwards, or goes silent: the broken circuit of a journey.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export class Breaker {
  upwards = 0
  broken = 0
  onbreak = () => {}
  /** Connections over which nothing comes back any more. */
  silenced = 0
  #silence = Infinity
  #plan = []
  #open = new Set()

  static async to(address) {
    const breaker = new Breaker()
    breaker.turn(address)
    breaker.server = createServer((from) => breaker.#pass(from)).listen(0, '127.0.0.1')
    await once(breaker.server, 'listening')
    breaker.url = `http://127.0.0.1:${breaker.server.address().port}/`
    return breaker
  }

  /** Where connections go from now on. */
  turn(address) {
    const [host, port] = address.split(':')
    this.target = { host, port: Number(port) }
  }

  /** Cuts everything each time so many bytes, counted from now, have gone up. */
  plan(points) {
    this.#plan = points.map((point) => this.upwards + point)
  }

  /** What has sent so many bytes upwards from now on gets no answer; `speak` ends it for new connections. */
  silenceAfter(bytes) {
    this.#silence = this.upwards + bytes
  }

  speak() {
    this.#silence = Infinity
  }

  #pass(from) {
    const to = connect(this.target)
    for (const socket of [from, to]) {
      this.#open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#open.delete(socket)
        from.destroy()
        to.destroy()
      })
    }
    from.on('data', (data) => {
      this.upwards += data.length
      if (this.#plan.length > 0 && this.upwards >= this.#plan[0]) {
        this.#plan.shift()
        this.broken += 1
        for (const socket of this.#open) socket.destroy()
        void this.onbreak()
        return
      }
      if (!to.write(data)) from.pause()
    })
    to.on('drain', () => from.resume())
    let silent = false
    to.on('data', (data) => {
      if (!silent && this.upwards >= this.#silence) {
        silent = true
        this.silenced += 1
      }
      if (!silent && !from.write(data)) {
        to.pause()
        from.once('drain', () => to.resume())
      }
    })
    to.on('end', () => from.end())
  }

  close() {
    this.#plan = []
    for (const socket of this.#open) socket.destroy()
    this.server.close()
  }
}
