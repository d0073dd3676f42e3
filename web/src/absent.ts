// Stands in for what age-encryption can do and this page never does: P-256 recipients and passphrases. Only shapes, so that the library
// loads; any use throws. Keeps 17 kB of unused cryptography off the wire.
const absent = (): never => {
  throw new Error('not part of this page')
}

const curve = {
  lengths: { secretKey: 1, publicKey: 1, publicKeyUncompressed: 1, seed: 1 },
  Point: { Fn: {} },
  keygen: absent,
  getPublicKey: absent,
  getSharedSecret: absent,
}

export const p256 = curve
export const p384 = curve
export const scrypt = absent
