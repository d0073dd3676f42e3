// Stands where the page never gets to in its libraries (web/unused.mjs): passphrases, keys of other kinds, opening, signing. Throws, so that a call
// that gets there after all ends at once and is seen.

export function absent(): never {
  throw new Error('not part of this page')
}
