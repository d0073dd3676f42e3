// The worker that runs the engine, seen from both sides. In: calls of the engine by name. Out: their results. The page starts the worker from the
// text of its own script, so no second script is ever loaded.
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

/** An error of the engine as the page gets it: the fields of a DirectoryError or a ReceiptError. Other errors have none of them. */
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

/** What a worker says of a request that it sends: first how many bytes have left, each time more, and then the answer. A reply with neither means that
 *  the connection broke. */
export interface SendReply {
  sent?: number
  answer?: Answer
}

/** Starts a worker from the page's own script; gives undefined where the browser refuses at once. */
export function startWorker(script: string): Worker | undefined {
  try {
    return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
  } catch {
    return undefined
  }
}

/** Calls the engine: in a worker, or in this thread where the browser allows no worker. */
export class Engine {
  #worker: Worker | undefined
  #waiting = new Map<number, { request: Request; resolve: (value: never) => void; reject: (failure: Failure) => void }>()
  /** The id of the last call. */
  #last = 0
  /** Whether the worker has answered a call. Before that, an error of it means that the browser refused to start it. */
  #answered = false

  /** `script` is the text of the page's own script. */
  constructor(readonly script: string) {
    this.#start()
  }

  /** Calls the engine by name. Rejects with a Failure. */
  call<N extends Name>(name: N, ...[argument]: Parameters<Calls[N]>): Promise<Result<N>> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const request = { id, name, argument: argument as never }
      this.#waiting.set(id, { request, resolve, reject })
      if (this.#worker) this.#worker.postMessage(request)
      else this.#here(request)
    })
  }

  /** Ends the worker and all that it holds. Calls that wait for an answer are rejected. */
  stop(): void {
    // A message of the ended worker may still arrive, and must not be taken for one of the next worker.
    if (this.#worker) this.#worker.onmessage = this.#worker.onerror = null
    this.#worker?.terminate()
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject({})
    this.#waiting.clear()
  }

  /** Like `stop`, and then starts another worker, which has nothing of what the last one held. */
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

  // Some browsers refuse a worker only after it was made, by an error. Then this thread does the work that waits. A worker that fails after it has
  // answered has lost its state, a half-sealed tip for one, so its calls are rejected.
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

/** Turns this thread into the worker: it answers calls of the engine, and sends requests that it is given. */
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

// The bytes of a piece are transferred to the page, not copied.
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
