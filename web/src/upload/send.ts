// Sends requests. Large bodies are sent by a worker, which is ended after a few of them: browsers keep what a thread has sent until that thread ends or
// happens to tidy up, and a film of 200 MB would stay in memory as a whole. In: a request. Out: its answer.
import type { SendReply } from '../worker.ts'
import type { Answer } from './answer.ts'
import { exchange, type Exchange } from './exchange.ts'
import { Broken, type Send } from './upload.ts'

/** Bodies of at least so many bytes are sent by a worker. */
const LARGE = 256 * 1024
/** A worker is ended after so many requests. */
const FEW = 8

/** A `Send` that also rejects with a DOMException when its body can't be read. `signal` is asked for once for each request, and ends it; `start` starts a
 *  worker. */
export function sender(signal: () => AbortSignal, start?: () => Worker | undefined): Send {
  let worker: Worker | undefined
  let count = 0
  return async (method, path, headers, body, sent) => {
    // When a file is gone, a browser says no more than that the connection broke, and the page would try for ever. So its first byte is read here.
    if (body instanceof Blob && !(await body.slice(0, 1).arrayBuffer()).byteLength) throw new DOMException()
    const request: Exchange = { method, url: new URL(path, location.href).href, headers, ...(body && { body }) }
    const size = body instanceof Blob ? body.size : (body?.length ?? 0)
    if (!start || size < LARGE) return exchange(request, sent, signal())
    if (count++ % FEW === 0) {
      worker?.terminate()
      worker = start()
    }
    if (!worker) return exchange(request, sent, signal())
    const now = signal()
    return inWorker(worker, request, sent, now).catch((error: unknown) => {
      // The browser refused the worker, though late: this thread sends, now and from now on.
      if (error instanceof Event) {
        start = undefined
        return exchange(request, sent, signal())
      }
      // A stop has ended the worker. With the count at 0, the next request starts another.
      if (now.aborted) count = 0
      throw error
    })
  }
}

function inWorker(worker: Worker, request: Exchange, sent: ((bytes: number) => void) | undefined, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      worker.terminate()
      reject(new Broken())
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop)
    worker.onerror = (event) => {
      event.preventDefault()
      signal.removeEventListener('abort', stop)
      reject(event)
    }
    worker.onmessage = ({ data }: MessageEvent<SendReply>) => {
      if (data.sent !== undefined) return sent?.(data.sent)
      signal.removeEventListener('abort', stop)
      if (data.answer) resolve(data.answer)
      else reject(new Broken())
    }
    worker.postMessage({ request })
  })
}
