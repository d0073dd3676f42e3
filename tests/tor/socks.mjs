// A connection through a SOCKS port, by hand. In: a name for tor to look up, and perhaps a user, which asks for a circuit of its own.
// Out: tor's reply, 0 for yes, and the open socket.
import { once } from 'node:events'
import { createConnection } from 'node:net'

export async function connect(port, host, user) {
  const socket = createConnection(port, '127.0.0.1')
  socket.setTimeout(30_000, () => socket.destroy(new Error('no answer')))
  await once(socket, 'connect')
  const take = reader(socket)
  socket.write(Buffer.from([5, 1, user ? 2 : 0]))
  await take(2)
  if (user) {
    socket.write(Buffer.concat([Buffer.from([1, user.length]), Buffer.from(user), Buffer.from([1]), Buffer.from('x')]))
    await take(2)
  }
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, host.length]), Buffer.from(host), Buffer.from([0, 80])]))
  const [, reply] = await take(10)
  if (reply !== 0) socket.destroy()
  return { reply, socket }
}

function reader(socket) {
  return async (count) => {
    for (;;) {
      const bytes = socket.read(count)
      if (bytes) return bytes
      if (socket.readableEnded || socket.destroyed) throw new Error('the SOCKS port closed')
      await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')])
    }
  }
}
