// Check digits, most of them the rest by 97 (ISO 7064). In: digits without what separates them. Out: whether they agree.

/** National register number: Royal Decree of 3 April 1984 on its composition. For births from 2000 a 2 is put before the first nine digits.
 *  BIS number, of those in social security but not in the register: the month is 20 or 40 higher (Royal Decree of 8 February 1991). */
export function register(number: string): 'national-register' | 'bis' | false {
  const month = +number.slice(2, 4)
  const counter = +number.slice(6, 9)
  const nine = number.slice(0, 9)
  const rest = 97 - +number.slice(9)
  // 00 is a day or month that nobody knows; February has 29, as the century isn't certain
  const isDate = month < 53 && +number.slice(4, 6) <= ([31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month % 20] ?? -1)
  if (!isDate || !counter || counter > 998 || (+nine % 97 !== rest && +(2 + nine) % 97 !== rest)) return false
  return month < 20 ? 'national-register' : 'bis'
}

/** Twelve digits: the last two are the rest by 97 of the others, 97 instead of 0. On Belgian identity cards, which begin with 59; also in accounts before IBAN. */
export function twelve(number: string): 'id-card' | 'iban' | false {
  return (+number.slice(0, 10) % 97 || 97) === +number.slice(10) && (/^59/.test(number) ? 'id-card' : 'iban')
}

/** Enterprise number: the last two digits are 97 less the rest of the others (Royal Decree of 24 June 2003). */
export const isEnterprise = (number: string): boolean => 97 - (+number.slice(0, 8) % 97) === +number.slice(8)

/** The IBAN registry, without territories: a length, then the countries that have it. Oman is left out: "om" and an hour is Dutch. */
const LENGTHS = '15no16be18dkfifkfoglnlsd19mksi20atbaeekzltlumnxk21chhrlilv22bgbhcrdegbgeieimjemersva23aegiiliqso24adczesmdpkrosasesktnvg25aocvlyptst26dziristr27bicmfrgagritmcmgmrsm28alazbjbycicydogthnhulbmamlneniplsntg29bregpsqaua30jokwmuye31mtsc'

/** IBAN (ISO 13616): how much of a text that begins like one is one, 0 if none is: the length of its country, ten digits at least; the rest by 97 is 1
 *  once the first four signs stand last, and a letter counts as two digits, a = 10. */
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

/** Luhn's sum (ISO/IEC 7812-1, annex B). */
export function isCard(number: string): boolean {
  let sum = 0
  for (let i = 1; i <= number.length; i++) {
    const digit = +number.charAt(number.length - i)
    sum += i % 2 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
