// Check digits, most of them the remainder by 97 (ISO 7064). In: digits without separators. Out: whether they are right.

/** Whether eleven digits are a national register number (Royal Decree of 3 April 1984) or a BIS number, which people have who are in social security but
 *  not in the register: its month is 20 or 40 higher (Royal Decree of 8 February 1991). For births from 2000 on the sum is made with a 2 in front. */
export function register(number: string): 'national-register' | 'bis' | false {
  const month = +number.slice(2, 4)
  const counter = +number.slice(6, 9)
  const nine = number.slice(0, 9)
  const rest = 97 - +number.slice(9)
  // 00 stands for an unknown day or month. February always has 29 days here, because two digits don't tell the century.
  const isDate = month < 53 && +number.slice(4, 6) <= ([31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month % 20] ?? -1)
  if (!isDate || !counter || counter > 998 || (+nine % 97 !== rest && +(2 + nine) % 97 !== rest)) return false
  return month < 20 ? 'national-register' : 'bis'
}

/** Whether twelve digits are the number of a Belgian identity card, which begins with 59, or of a bank account before IBAN. The last two are the remainder
 *  by 97 of the others, with 97 in place of 0. */
export function twelve(number: string): 'id-card' | 'iban' | false {
  return (+number.slice(0, 10) % 97 || 97) === +number.slice(10) && (/^59/.test(number) ? 'id-card' : 'iban')
}

/** Whether ten digits are an enterprise number: the last two are 97 less the remainder of the others (Royal Decree of 24 June 2003). */
export const isEnterprise = (number: string): boolean => 97 - (+number.slice(0, 8) % 97) === +number.slice(8)

/** The IBAN registry, without territories: each length, then the countries whose accounts have it. Oman is left out, because “om” and an hour is Dutch for a
 *  time of day. */
const LENGTHS = '15no16be18dkfifkfoglnlsd19mksi20atbaeekzltlumnxk21chhrlilv22bgbhcrdegbgeieimjemersva23aegiiliqso24adczesmdpkrosasesktnvg25aocvlyptst26dziristr27bicmfrgagritmcmgmrsm28alazbjbycicydogthnhulbmamlneniplsntg29bregpsqaua30jokwmuye31mtsc'

/** How many characters at the start of a text are an IBAN (ISO 13616), 0 if they are none. An IBAN has the length of its country and at least ten digits.
 *  With its first four signs moved to the end, and each letter as two digits (a = 10), its remainder by 97 is 1. */
export function accountLength(text: string): number {
  const wanted = +(RegExp(`(\\d\\d)(?:[a-z]{2})*?${text.slice(0, 2)}`).exec(LENGTHS)?.[1] ?? 0)
  let [head, rest, signs, digits] = [0, 0, 0, 0]
  for (let i = 0; i < text.length && signs < wanted;) {
    const value = parseInt(text.charAt(i++), 36)
    if (value >= 0) {
      const by = value > 9 ? 100 : 10
      if (signs++ < 4) head = head * by + value
      else rest = (rest * by + value) % 97
      if (value < 10) digits++
      if (signs === wanted && digits > 9 && !/^[a-z\d]/.test(text.slice(i)) && (rest * 1e6 + head) % 97 === 1) return i
    }
  }
  return 0
}

/** Whether Luhn's sum of a card's number is right (ISO/IEC 7812-1, annex B). */
export function isCard(number: string): boolean {
  let sum = 0
  for (let i = 1; i <= number.length; i++) {
    const digit = +number.charAt(number.length - i)
    sum += i % 2 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
