// Emptying what was written. In: the objects that hold it. Out: nothing of it in them. What JavaScript can't reach is told in
// docs/threat-model.md: strings themselves can't be overwritten, only dropped, and the browser clears their memory when it likes.

/** Empties an object and all that it holds, in place: whoever else still has it has nothing. */
export function empty(held: object): void {
  const fields = held as Record<string, unknown>
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') fields[name] = ''
    else if (value instanceof Uint8Array) value.fill(0)
    else if (value instanceof Blob) delete fields[name]
    else if (typeof value === 'object' && value) empty(value)
  }
  if (Array.isArray(held)) held.length = 0
}

/** Makes the browser forget the text that a regular expression last looked through: it keeps it for `RegExp.$_`. */
export function forgetSearches(): void {
  for (const char of 'bread') /(b|r|e|a|d)/.exec(char)
}
