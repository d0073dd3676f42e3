// A word list as the build packs it: each word as one digit, how many letters it shares with the word before, and its other letters.

export function unpacked(packed: string): string[] {
  let word = ''
  const words = packed.match(/\d\D+/g)!.map((rest) => (word = word.slice(0, Number(rest[0])) + rest.slice(1)))
  // As the lists are published, and as the package compares.
  return words.map((packed) => packed.normalize('NFKD'))
}
