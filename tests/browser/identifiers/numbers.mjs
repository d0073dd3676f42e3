// Numbers for the corpus: their checks hold, but they should belong to nobody. In: a seed. Out: a maker of numbers by name.

/** Park and Miller's generator: the same numbers on every machine. */
function random(seed) {
  let state = seed
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

const padded = (number, width) => String(number).padStart(width, '0')
const grouped = (text, size = 4) => text.match(new RegExp(`.{1,${size}}`, 'g')).join(' ')
const spelled = (text) => text.replace(/[A-Z]/g, (letter) => letter.charCodeAt(0) - 55)

/** What stands before the account's digits, and how many digits follow; no bank has these codes. */
const accounts = {
  BE: ['999', 7], DE: ['99999999', 10], AT: ['99999', 11], FR: ['9999999999', 13], ES: ['99999999', 12], PT: ['99999999', 13], PL: ['99999999', 16],
  TR: ['999990', 16], UA: ['999999', 19], RO: ['XXXX', 16], BG: ['XXXX', 14], GB: ['XXXX', 14],
}

export function maker(seed) {
  const below = random(seed)
  const digits = (count) => Array.from({ length: count }, () => below(10)).join('')
  const one = (list) => list[below(list.length)]

  const register = { // counters this high are hardly ever reached on a day
    parts(added, century) {
      const date = [padded(century === 2 ? below(6) : 60 + below(40), 2), padded(1 + below(12) + added, 2), padded(1 + below(28), 2)]
      const counter = padded(950 + below(48), 3)
      const check = 97n - (BigInt((century === 2 ? '2' : '') + date.join('') + counter) % 97n)
      return [...date, counter, padded(check, 2)]
    },
    written([y, m, d, n, c]) {
      return one([`${y}.${m}.${d}-${n}.${c}`, `${y}.${m}.${d}-${n}-${c}`, `${y}${m}${d}-${n}-${c}`, `${y} ${m} ${d} ${n} ${c}`, `${y}${m}${d}${n}${c}`])
    },
  }

  const account = (country) => {
    const [bank, free] = accounts[country]
    let bban = bank + digits(free)
    if (country === 'BE') { // a check of its own, as on cards
      const ten = bban
      bban = ten + padded(BigInt(ten) % 97n || 97n, 2)
    }
    const check = 98n - (BigInt(spelled(`${bban}${country}00`)) % 97n)
    return `${country}${padded(check, 2)}${bban}`
  }

  const luhn = (start, length) => {
    const body = start + digits(length - start.length - 1)
    const sum = [...body].reverse().reduce((total, digit, i) => total + (i % 2 ? +digit : +digit * 2 > 9 ? +digit * 2 - 9 : +digit * 2), 0)
    return body + ((10 - (sum % 10)) % 10)
  }

  const enterprise = () => { // 0499.9…: not given out so far
    const eight = `04999${digits(3)}`
    return eight + padded(97 - (Number(eight) % 97), 2)
  }
  const dotted = (ten) => `${ten.slice(0, 4)}.${ten.slice(4, 7)}.${ten.slice(7)}`

  const make = {
    nrn: (how) => {
      const parts = register.parts(0, how === '2000' ? 2 : 1)
      if (how === 'plain') return parts.join('')
      if (how === 'arab') return `${parts.slice(0, 3).join('.')}-${parts[3]}.${parts[4]}`.replace(/\d/g, (d) => String.fromCharCode(0x660 + +d))
      return register.written(parts)
    },
    bis: () => register.written(register.parts(one([20, 40]), 1)),
    eid: () => {
      const ten = one(['591', '592', '593']) + `00${digits(5)}`
      const check = padded(BigInt(ten) % 97n || 97n, 2)
      return one([`${ten.slice(0, 3)}-${ten.slice(3)}-${check}`, `${ten.slice(0, 3)} ${ten.slice(3)} ${check}`, `${ten}${check}`])
    },
    card: (how) => {
      if (how === '17') return grouped(luhn('670300', 17))
      if (how === '15') return luhn('340000', 15).replace(/^(.{4})(.{6})/, '$1 $2 ')
      const number = luhn(one(['400000', '555555', '510000']), 16)
      return one([grouped(number), number, grouped(number).replaceAll(' ', '-')])
    },
    iban: (country = 'BE', how) => {
      if (country === 'plain') return account('BE')
      return how === 'plain' ? account(country) : grouped(account(country))
    },
    kbo: (how) => (how === 'plain' ? enterprise() : dotted(enterprise())),
    vat: () => one(['BE', 'BE ']) + one([enterprise(), dotted(enterprise())]),
  }
  return { below, one, digits, make }
}
