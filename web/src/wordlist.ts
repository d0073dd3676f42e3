// A word list as the build packs it: each word as one digit, how many letters it shares with the word before, and its other letters.

export function unpacked(packed: string): string[] {
  let word = ''
  return packed.match(/\d\D+/g)!.map((rest) => (word = word.slice(0, Number(rest[0])) + rest.slice(1)))
}
