// Put in by the build from locales/.

/** The names of the messages, separated by spaces. */
declare module 'names' {
  export const names: string
}

/** For each language its patterns (pattern.ts), in the order of the names, separated by U+0000. */
declare module 'locales' {
  export const values: Record<string, string>
}
