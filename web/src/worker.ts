// The thread beside the page. In: calls of the engine by name. Out: their results. One script serves both sides: the page starts the
// worker from its own text, so nothing else is ever loaded.
import { calls, type PieceOut } from './engine.ts'
import type { Answer } from './upload/answer.ts'
import { exchange, type Exchange } from './upload/exchange.ts'

type Calls = typeof calls
type Name = keyof Calls
type Result<N extends Name> = Awaited<ReturnType<Calls[N]>>

interface Request {
  id: number
  name: Name
  argument: never
}

/** An error of the engine as the page sees it: the fields of DirectoryError and ReceiptError, or none. */
export interface Failure {
  reason?: string
  day?: string
  detail?: Record<string, string | number>
}

interface Reply {
  id: number
  result?: unknown
  failure?: Failure
}

/** What a worker says of a request it sends: bytes that have left, then the answer, or neither when the connection broke. */
export interface SendReply {
  sent?: number
  answer?: Answer
}

/** A worker from the page's own script; nothing where the browser allows none. */
export function startWorker(script: string): Worker | undefined {
  try {
    return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
  } catch {
    return undefined
  }
}

/** Calls the engine, in a worker where there can be one. */
export class Engine {
  #worker: Worker | undefined
  #waiting = new Map<number, { request: Request; resolve: (value: never) => void; reject: (failure: Failure) => void }>()
  #last = 0
  #answered = false

  /** `script` is the text of the page's own script. */
  constructor(readonly script: string) {
    this.#start()
  }

  /** Rejects with a Failure. */
  call<N extends Name>(name: N, ...[argument]: Parameters<Calls[N]>): Promise<Result<N>> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const request = { id, name, argument: argument as never }
      this.#waiting.set(id, { request, resolve, reject })
      if (this.#worker) this.#worker.postMessage(request)
      else this.#here(request)
    })
  }

  /** Ends the worker and all that it holds; what waits fails. */
  stop(): void {
    // What it said before may still be on its way here, and is no answer of the next one.
    if (this.#worker) this.#worker.onmessage = this.#worker.onerror = null
    this.#worker?.terminate()
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject({})
    this.#waiting.clear()
  }

  /** The same, and begins anew with another worker, which has nothing of what the last one held. */
  restart(): void {
    this.stop()
    this.#answered = false
    this.#start()
  }

  #start(): void {
    this.#worker = startWorker(this.script)
    if (!this.#worker) return
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data)
    this.#worker.onerror = (event) => {
      event.preventDefault()
      this.#lost()
    }
  }

  // A browser that allows no worker says so late. Then this thread does the work; a worker that dies in the middle of it has lost it.
  #lost(): void {
    if (this.#answered) return this.stop()
    this.#worker = undefined
    for (const { request } of this.#waiting.values()) this.#here(request)
  }

  #here(request: Request): void {
    void answer(request).then((reply) => this.#take(reply))
  }

  #take({ id, result, failure }: Reply): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#answered = true
    this.#waiting.delete(id)
    if (failure) waiting.reject(failure)
    else waiting.resolve(result as never)
  }
}

/** Makes this thread the worker. */
export function work(): void {
  addEventListener('message', ({ data }: MessageEvent<Request | { request: Exchange }>) => {
    if ('request' in data) void send(data.request)
    else void answer(data).then((reply) => postMessage(reply, { transfer: bytesOf(reply) }))
  })
}

async function send(request: Exchange): Promise<void> {
  const say = (reply: SendReply): void => postMessage(reply)
  say(await exchange(request, (sent) => say({ sent })).then((answer) => ({ answer }), () => ({})))
}

// A piece is handed over, not copied.
function bytesOf({ result }: Reply): ArrayBuffer[] {
  const bytes = (result as Partial<PieceOut> | undefined)?.bytes
  return bytes ? [bytes.buffer as ArrayBuffer] : []
}

async function answer({ id, name, argument }: Request): Promise<Reply> {
  try {
    return { id, result: await calls[name](argument) }
  } catch (error) {
    const { reason, day, detail } = error as Failure
    return { id, failure: { ...(reason && { reason }), ...(day && { day }), ...(detail && { detail }) } }
  }
}
