// What the relay answers. In: status, headers and the text of a body, from the relay or from any machine in between. Out: what the body says, as
// far as the page uses it, read once. Touches nothing.

/** An answer as it arrived. */
export interface Answer {
  status: number
  body: string
  /** By lower-case name. */
  headers: Record<string, string>
}

/** Each field that a body may have, of the type that it must have: a field of another type is left out, and a body that isn't JSON has none. */
export interface Said {
  /** Id and day of a stored tip. */
  id?: string
  day?: string
  /** Tips that a receipt has erased. */
  erased?: number
  /** The URN of the problem, in a refusal (RFC 9457). */
  type?: string
  /** Whether anything of the tip is stored; a refusal of the relay says so. */
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
