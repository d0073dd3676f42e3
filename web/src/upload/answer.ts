// Answers of the relay. In: status, headers and the text of the body, from the relay or from a machine in between. Out: the fields of the body that
// the page uses, read once.

/** An answer as it arrived. */
export interface Answer {
  status: number
  body: string
  /** By lower-case name. */
  headers: Record<string, string>
}

/** The fields of a body that the page uses. A field of another type is left out; a body that isn't JSON has no fields. */
export interface Said {
  /** The id of a stored tip, and the day on which it arrived. */
  id?: string
  day?: string
  /** How many tips a receipt has erased. */
  erased?: number
  /** The URN of the problem, in a refusal (RFC 9457). */
  type?: string
  /** Whether the tip is stored; every refusal of the relay says that it isn't. */
  stored?: boolean
}

const TYPES: Record<keyof Said, string> = { id: 'string', day: 'string', erased: 'number', type: 'string', stored: 'boolean' }

/** An answer together with what it says. */
export interface Heard extends Answer {
  said: Said
}

/** Reads the body of an answer. */
export const heard = (answer: Answer): Heard => ({ ...answer, said: read(answer.body) })

function read(body: string): Said {
  try {
    const fields = Object.entries(JSON.parse(body) as object)
    return Object.fromEntries(fields.filter(([name, value]) => Object.hasOwn(TYPES, name) && typeof value === TYPES[name as keyof Said]))
  } catch {
    return {}
  }
}
