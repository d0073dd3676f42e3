// One request to the relay the page came from. XMLHttpRequest, because fetch can't say how much of a body has left.
import type { Answer } from './answer.ts'
import { Broken } from './upload.ts'

/** A request is given up after this time without a byte in either direction, in milliseconds. It is long, because circuits of Tor stall and go on. */
const STALL = 120_000

/** A request as it can be posted to a worker. */
export interface Exchange {
  method: string
  /** Absolute, because a worker made from a blob can't resolve a relative address. */
  url: string
  headers: Record<string, string>
  body?: Uint8Array | Blob
}

/** Sends a request. Rejects with Broken when no answer came, or when `signal` ended it. `sent` is called with the bytes of the body that have left. */
export function exchange({ method, url, headers, body }: Exchange, sent?: (bytes: number) => void, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let stall: ReturnType<typeof setTimeout> | undefined
    const moved = (): void => {
      clearTimeout(stall)
      stall = setTimeout(abort, STALL)
    }
    const abort = (): void => request.abort()
    const ended = (): void => {
      clearTimeout(stall)
      signal?.removeEventListener('abort', abort)
    }
    request.onerror = request.onabort = () => {
      ended()
      reject(new Broken())
    }
    request.onprogress = moved
    request.onload = () => {
      ended()
      resolve({ status: request.status, body: request.responseText, headers: fields(request.getAllResponseHeaders()) })
    }
    request.upload.onprogress = ({ loaded }) => {
      moved()
      sent?.(loaded)
    }
    request.open(method, url)
    // Without this a browser tries to read the list of readers as XML.
    request.overrideMimeType('text/plain; charset=utf-8')
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    if (signal?.aborted) return reject(new Broken())
    signal?.addEventListener('abort', abort)
    moved()
    // Bytes would stay in memory as long as the request object; a Blob is freed when its thread ends (docs/performance.md).
    request.send(body instanceof Uint8Array ? new Blob([body as Uint8Array<ArrayBuffer>]) : (body ?? null))
  })
}

function fields(text: string): Record<string, string> {
  const lines = text.trim().split(/\r\n/)
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
}
