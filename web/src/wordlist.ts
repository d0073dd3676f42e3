// Unpacks a word list that the build has packed. Each word there is a digit, which says how many letters it shares with the word before, and its
// other letters. In: all words in one string. Out: the list.

export function unpacked(packed: string): string[] {
  let word = ''
  const words = packed.match(/\d\D+/g)!.map((rest) => (word = word.slice(0, Number(rest[0])) + rest.slice(1)))
  // The build packs accented letters as one character; the package compares words as BIP39 publishes them, with separate accents.
  return words.map((packed) => packed.normalize('NFKD'))
}
