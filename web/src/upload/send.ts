// Requests of the page. Large bodies leave from a worker that lives for a few of them and is then ended: browsers keep what was sent until
// the thread that sent it ends or happens to tidy up, and a film of 200 MB would stay in memory as a whole.
import type { SendReply } from '../worker.ts'
import type { Answer } from './answer.ts'
import { exchange, type Exchange } from './exchange.ts'
import { Broken, type Send } from './upload.ts'

const LARGE = 256 * 1024
/** Requests in the life of one worker. */
const FEW = 8

/** A `Send`, which also rejects with a DOMException when what it is to send can't be read; `signal` is asked for at each request and ends it, `start` starts a worker. */
export function sender(signal: () => AbortSignal, start?: () => Worker | undefined): Send {
  let worker: Worker | undefined
  let count = 0
  return async (method, path, headers, body, sent) => {
    // Of a file that is gone a browser only says that sending broke, and that would be tried for ever.
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
      // A browser that allows no worker may say so late.
      if (error instanceof Event) {
        start = undefined
        return exchange(request, sent, signal())
      }
      // Stopping has ended the worker: what is sent later needs another.
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
