// The built page's own engine, and the example inspectorate's key. In: a browser's tab with the page. Out: tips as the page makes them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { Decrypter } = createRequire(new URL('../../web/package.json', import.meta.url))('age-encryption')
export const DETAILS = { categories: [], period: '', place: {}, offenders: [], danger: '', minors: '', work_visit: {} }

/// Calls of the engine in a worker made from the script of the page that the relay serves; bytes come back as base64.
export class Built {
  constructor(tab) {
    this.tab = tab
  }

  async call(name, argument) {
    const plain = JSON.stringify(argument, (_, value) => (value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value))
    const [result, failure] = JSON.parse(await this.tab.evaluate(([name, plain]) => {
      globalThis.built ??= new Worker(URL.createObjectURL(new Blob([[...document.scripts].find((script) => script.text.length > 50_000).text])))
      const given = JSON.parse(plain, (_, value) => (value?.bytes ? Uint8Array.from(atob(value.bytes), (c) => c.charCodeAt(0)) : value))
      return new Promise((resolve, reject) => {
        globalThis.built.onerror = (event) => reject(new Error(event.message))
        globalThis.built.onmessage = ({ data }) => resolve(JSON.stringify([data.result ?? null, data.failure ?? null], (_, value) => {
          if (!(value instanceof Uint8Array)) return value
          let text = ''
          for (const byte of value) text += String.fromCharCode(byte)
          return btoa(text)
        }))
        globalThis.built.postMessage({ id: 1, name, argument: given })
      })
    }, name, plain ?? 'null'))
    return { result, failure }
  }

  /** A whole tip. */
  async seal(draft) {
    const { result, failure } = await this.call('seal', { lang: 'en', message: '', details: DETAILS, files: [], readers: ['a'], max: 268_435_456, ...draft })
    assert.equal(failure, null)
    const pieces = []
    for (let piece; (piece = (await this.call('piece')).result); ) pieces.push(Buffer.from(piece.bytes, 'base64'))
    return { bytes: Buffer.concat(pieces), pieces: pieces.map(({ length }) => length), ...result }
  }
}

/** The identity of the example inspectorate in its first epoch. */
export async function exampleIdentity() {
  const keys = new URL('../../keys-example/', import.meta.url).pathname
  const text = async (decrypter, name) => (await decrypter.decrypt(new Uint8Array(readFileSync(keys + name)), 'text')).split('\n').find((line) => line && !line.startsWith('#'))
  const [withPassphrase, withKey] = [new Decrypter(), new Decrypter()]
  withPassphrase.addPassphrase(readFileSync(`${keys}EXAMPLE-passphrase.txt`, 'utf8').trim())
  // docs/keys.md: the key in keyring.age opens the others.
  withKey.addIdentity(await text(withPassphrase, 'keyring.age'))
  return text(withKey, 'labour-inspectorate-example/2026-01.age')
}
