"""Keys and the KEM of `mlkem768x25519` stanzas: X-Wing inside HPKE base mode (protocol.md 1.1; C2SP age; RFC 9180)."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kyber_py.ml_kem import ML_KEM_768

from encoding import Malformed, bech32, unbech32

INFO = b"age-encryption.org/mlkem768x25519"
SUITE = b"HPKE" + bytes.fromhex("647a" "0001" "0003")
LABEL = bytes.fromhex("5c2e2f2f5e5c")  # \.//^\
PUBLIC, ENCAPSULATED, KEM_PUBLIC, KEM_CIPHERTEXT = 1216, 1120, 1184, 1088


class Recipient:
    """A public key, `age1pq1…`."""

    def __init__(self, key: bytes):
        if len(key) != PUBLIC:
            raise Malformed("a recipient has another length")
        self.key = key
        self.text = bech32("age1pq", key)

    @classmethod
    def parse(cls, text: object) -> "Recipient":
        """Read `age1pq1…`; every other type of recipient is refused."""
        if not isinstance(text, str) or not text.startswith("age1pq1"):
            raise Malformed("not an age1pq1 recipient")
        return cls(unbech32("age1pq", text))

    def seal(self, file_key: bytes) -> tuple[bytes, bytes]:
        """HPKE SealBase of a file key: the encapsulated key and the ciphertext."""
        kem_public, x_public = self.key[:KEM_PUBLIC], self.key[KEM_PUBLIC:]
        kem_secret, kem_ciphertext = ML_KEM_768.encaps(kem_public)
        ephemeral = X25519PrivateKey.generate()
        share = _raw(ephemeral.public_key())
        x_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(x_public))
        key, nonce = _schedule(_combine(kem_secret, x_secret, share, x_public))
        return kem_ciphertext + share, ChaCha20Poly1305(key).encrypt(nonce, file_key, b"")


class Identity:
    """A secret key, `AGE-SECRET-KEY-PQ-1…`: a seed of 32 bytes."""

    def __init__(self, seed: bytes):
        if len(seed) != 32:
            raise Malformed("a seed has 32 bytes")
        self.seed = seed
        expanded = hashlib.shake_256(seed).digest(96)
        kem_public, self._kem_secret = ML_KEM_768.key_derive(expanded[:64])
        self._x_secret = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._x_public = _raw(self._x_secret.public_key())
        self.recipient = Recipient(kem_public + self._x_public)

    @classmethod
    def new(cls) -> "Identity":
        return cls(os.urandom(32))

    @classmethod
    def parse(cls, text: str) -> "Identity":
        if text != text.upper():
            raise Malformed("an identity is in upper case")
        return cls(unbech32("age-secret-key-pq-", text.lower()))

    @property
    def text(self) -> str:
        return bech32("age-secret-key-pq-", self.seed).upper()

    def unseal(self, encapsulated: bytes, ciphertext: bytes) -> bytes | None:
        """HPKE OpenBase: the file key, or None where it is sealed to somebody else."""
        kem_ciphertext, share = encapsulated[:KEM_CIPHERTEXT], encapsulated[KEM_CIPHERTEXT:]
        kem_secret = ML_KEM_768.decaps(self._kem_secret, kem_ciphertext)
        try:
            x_secret = self._x_secret.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError as error:
            raise Malformed("a share of low order") from error
        key, nonce = _schedule(_combine(kem_secret, x_secret, share, self._x_public))
        try:
            return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, b"")
        except InvalidTag:
            return None


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _combine(kem_secret: bytes, x_secret: bytes, share: bytes, x_public: bytes) -> bytes:
    """X-Wing's combiner."""
    return hashlib.sha3_256(kem_secret + x_secret + share + x_public + LABEL).digest()


def _extract(salt: bytes, label: bytes, key_material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + SUITE + label + key_material, "sha256")


def _expand(secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """One block is enough: nothing here is longer than 32 bytes."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + info
    return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]


def _schedule(shared_secret: bytes) -> tuple[bytes, bytes]:
    """HPKE key schedule, base mode: key and nonce of the first and only message."""
    context = b"\x00" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", INFO)
    secret = _extract(shared_secret, b"secret", b"")
    return _expand(secret, b"key", context, 32), _expand(secret, b"base_nonce", context, 12)
