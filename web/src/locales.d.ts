// Put in by the build from locales/: the names of the messages, separated by spaces, and for each language their patterns (pattern.ts)
// in that order, separated by U+0000.
declare module 'locales' {
  export const names: string
  export const values: Record<string, string>
}
