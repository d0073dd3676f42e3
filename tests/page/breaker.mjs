// A TCP relay on loopback that cuts connections after a planned number of bytes upwards: the broken circuit of a journey.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export class Breaker {
  upwards = 0
  broken = 0
  onbreak = () => {}
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
    to.pipe(from)
  }

  close() {
    this.#plan = []
    for (const socket of this.#open) socket.destroy()
    this.server.close()
  }
}
