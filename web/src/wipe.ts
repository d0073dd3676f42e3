// Emptying what was written. In: the objects that hold it. Out: the same objects, empty. JavaScript can't overwrite a string: it is only let go of,
// and the browser clears its memory when it likes (docs/threat-model.md).

/** Empties an object and all that it holds, in place. Whoever else holds the same object then holds an empty one. */
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

/** Makes the browser forget the last text that a pattern matched in, which it keeps for `RegExp.$_`: five other matches take its place. */
export function forgetSearches(): void {
  for (const char of 'bread') /(b|r|e|a|d)/.exec(char)
}
