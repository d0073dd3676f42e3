// Stands where the page never gets to in its libraries (web/unused.mjs): passphrases, keys of other kinds, opening, signing. A call that gets there
// after all throws. Nothing is sealed or accepted by it: the work ends, or, where a library or the page catches what is thrown while it checks
// something (a signature, a holder's key, a typed receipt), what is checked is refused.

export function absent(): never {
  throw new Error('not part of this page')
}
