// A tip, sealed and opened with typage and the system's tar, from docs/protocol.md 1. None of softinfo's own code is used.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { randomInt } from 'node:crypto'
import { Decrypter, Encrypter, Stanza, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { classOf } from './padding.mjs'

/// Sealed bytes. `entries` is a list of [name, bytes] in the archive's order; `recipients` are 1 to 3 `age1pq1…`.
export async function seal(entries, recipients, digest) {
  const four = [...recipients]
  while (four.length < 4) four.push(await identityToRecipient(await generateHybridIdentity()))
  for (let i = 3; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[four[i], four[j]] = [four[j], four[i]]
  }
  const encrypter = new Encrypter()
  for (const recipient of four) encrypter.addRecipient(recipient)
  encrypter.addRecipient({ wrapFileKey: () => [new Stanza(['softinfo/1', digest], new Uint8Array())] })
  const archive = pack(entries)
  const padded = new Uint8Array(classOf(archive.length))
  padded.set(archive)
  return encrypter.encrypt(padded)
}

/// Plaintext of a tip.
export async function open(sealed, identity) {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return decrypter.decrypt(sealed)
}

/// [name, bytes] of every entry, as the system's tar sees them.
export function unpack(plaintext) {
  return inFolder((folder) => {
    const archive = join(folder, 'archive.tar')
    writeFileSync(archive, plaintext)
    const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n')
    mkdirSync(join(folder, 'out'))
    execFileSync('tar', ['-xf', archive, '-C', join(folder, 'out')])
    return names.map((name) => [name, new Uint8Array(readFileSync(join(folder, 'out', name)))])
  })
}

function pack(entries) {
  return inFolder((folder) => {
    for (const [name, bytes] of entries) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), bytes)
    }
    const shape = ['--format=ustar', '--blocking-factor=1', '--mode=0644', '--mtime=@0', '--owner=:0', '--group=:0', '--numeric-owner']
    return new Uint8Array(execFileSync('tar', [...shape, '-C', folder, '-cf', '-', ...entries.map(([name]) => name)], { maxBuffer: 1 << 30 }))
  })
}

function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'softinfo-interop-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/// Lines of the header, up to and including the MAC.
export function headerLines(sealed) {
  const text = Buffer.from(sealed.subarray(0, 16_384)).toString('latin1')
  const end = text.indexOf('\n', text.indexOf('\n--- ') + 1)
  return text.slice(0, end).split('\n')
}
