// What the page never calls of its libraries, cut out before they are packed: bundlers keep methods, and whatever is made while a module loads.
// In: a library's file. Out: the same without those parts; a call that still leads there throws (src/absent.ts). Each cut says how often it
// has to be found, and each file has to come, so a new version of a library stops the build; and the vectors run on the page that is built
// (tests/browser). Errors are thrown where they were, but say nothing: the page shows texts of its own, in the language of the writer.
import { readFileSync } from 'node:fs'

/** Says to the bundler that a call does nothing but give its result. */
const PURE = '/* @__PURE__ */ '

/** For each file: the first line of a function that loses its body, or what is found, how often, and what takes its place. */
const CUTS = {
  // Tips go to hybrid recipients only (src/tip/seal.ts), and nothing is opened here.
  'age-encryption/dist/index.js': ['setPassphrase(s) {', [/new (?:Scrypt|X25519|Tag|HybridTag)Recipient\(/g, 4, 'absent(']],
  'age-encryption/dist/recipients.js': [[/await x25519\.scalarMultBase\(scalar\)/g, 1, 'absent()']],
  '@noble/ciphers/utils.js': ['decrypt(data, output) {'],
  '@noble/post-quantum/ml-kem.js': ['decrypt: (cipherText, privateKey) => {', 'decapsulate: (cipherText, secretKey) => {'],
  // Made while the modules load: other pairs of a KEM and a curve, and a cipher with a longer nonce.
  '@noble/post-quantum/hybrid.js': ['decapsulate(ct, seed) {', [/(?<== |, )(?=(?:QSF|createKitchenSink|ecdhKem)\()/g, 6, PURE]],
  '@noble/ciphers/chacha.js': ['decrypt(ciphertext, output) {', [/(?<=, )(?=_poly1305_aead\()/g, 2, PURE]],
  // Signatures are checked here, not made, and the curve brings its own square roots.
  '@noble/curves/abstract/edwards.js': ['function sign(msg, secretKey, options = {}) {', 'toMontgomery(publicKey) {', 'const assertValidMemo = memoized((p) => {'],
  '@noble/curves/abstract/modular.js': ['sqrt(num) {'],
  '@scure/base/index.js': ['function radix(num) {', 'function convertRadix(data, from, to) {'],
}

/** The text without the body of the one function that begins with this line. */
function emptied(file, text, line) {
  const lines = text.split('\n')
  const [from, ...more] = lines.flatMap((found, n) => (found.trim() === line ? [n] : []))
  if (from === undefined || more.length > 0) throw new Error(`“${line}” does not stand once in ${file}: look at what the package does now`)
  const indent = /^ */.exec(lines[from])[0]
  const to = lines.findIndex((end, n) => n > from && end.startsWith(`${indent}}`))
  return [...lines.slice(0, from + 1), 'absent()', ...lines.slice(to)].join('\n')
}

function replaced(file, text, [pattern, times, instead]) {
  const found = text.match(pattern)?.length ?? 0
  if (found !== times) throw new Error(`${pattern} stands ${found} times in ${file}, and not ${times}: look at what the package does now`)
  return text.replace(pattern, instead)
}

/** The text with errors that say nothing. What an error says may hold brackets in strings. Where it can't be read without knowing more of the language
 *  (a comment, a pattern with a quote in it, an end that never comes), the build ends. */
function muted(file, text) {
  const begin = /throw (?:new )?\w*Error\(/g
  const refuse = (what, at) => {
    throw new Error(`${what} in what an error says in ${file}: ${text.slice(at, at + 80)}`)
  }
  let [out, at] = ['', 0]
  for (let found; (found = begin.exec(text)); ) {
    let [to, depth] = [begin.lastIndex, 1]
    for (; depth > 0; to++) {
      const char = text[to]
      if (char === undefined) refuse('no end', found.index)
      if (char === '(') depth++
      if (char === ')') depth--
      if (char === '/' && /[/*]/.test(text[to + 1])) refuse('a comment', found.index)
      if (/['"`]/.test(char)) for (to++; text[to] !== char; to++) {
        if (text[to] === undefined || (text[to] === '\n' && char !== '`')) refuse('no end', found.index)
        if (text[to] === '\\') to++
      }
    }
    out += `${text.slice(at, found.index)}throw new Error()`
    at = begin.lastIndex = to
  }
  return out + text.slice(at)
}

/** The plugin of esbuild; `absent` is the path of the module that throws, `more` changes further files. */
export const unused = (absent, more = {}) => ({
  name: 'unused',
  setup({ onLoad, onEnd }) {
    // A file that has another name in a new version would come without its cuts, and nobody would see it.
    const awaited = new Set([...Object.keys(CUTS), ...Object.keys(more)])
    onLoad({ filter: /node_modules/ }, ({ path }) => {
      const file = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      awaited.delete(file)
      const [cuts, change] = [CUTS[file], more[file]]
      let contents = readFileSync(path, 'utf8')
      for (const cut of cuts ?? []) contents = typeof cut === 'string' ? emptied(file, contents, cut) : replaced(file, contents, cut)
      contents = muted(file, contents)
      if (change) contents = change(contents)
      return { contents: contents.includes('absent(') ? `import { absent } from '${absent}'\n${contents}` : contents, loader: 'js' }
    })
    onEnd(() => {
      if (awaited.size > 0) throw new Error(`${[...awaited].join(', ')}: not among what is packed: look at what the package does now`)
    })
  },
})
