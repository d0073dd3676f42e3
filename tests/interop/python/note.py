"""Signed notes and the spelling of their keys (C2SP signed-note; protocol.md 4 and 4.1)."""

import hashlib
from dataclasses import dataclass

import signing
from encoding import Malformed, padded_b64, unpadded_b64

ED25519 = b"\x01"
DASH = "\u2014"


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode("utf-8") + b"\n" + ED25519 + public).digest()[:4]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name):
        raise Malformed("no name of a key")


@dataclass(frozen=True)
class Verifier:
    """A verifier key."""

    name: str
    public: bytes

    @property
    def text(self) -> str:
        return f"{self.name}+{_key_hash(self.name, self.public).hex()}+{padded_b64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: object) -> "Verifier":
        parts = text.split("+", 2) if isinstance(text, str) else []
        if len(parts) != 3:
            raise Malformed("not a verifier key")
        _check_name(parts[0])
        data = unpadded_b64(parts[2])
        if len(data) != 33 or data[:1] != ED25519 or not signing.is_good_key(data[1:]):
            raise Malformed("not an Ed25519 key")
        key = cls(parts[0], data[1:])
        if key.text != text:
            raise Malformed("the hash of a key is wrong")
        return key


@dataclass(frozen=True)
class Signer:
    """A secret signing key."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, signing.public_key(self.seed))

    @property
    def text(self) -> str:
        key_hash = _key_hash(self.name, self.verifier.public).hex()
        return f"PRIVATE+KEY+{self.name}+{key_hash}+{padded_b64(ED25519 + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> "Signer":
        parts = text.split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise Malformed("not a secret signing key")
        data = unpadded_b64(parts[4])
        if len(data) != 33 or data[:1] != ED25519:
            raise Malformed("not an Ed25519 seed")
        key = cls(parts[2], data[1:])
        if key.text != text:
            raise Malformed("the hash of a key is wrong")
        return key


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A note that was read; nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def is_signed_by(self, key: Verifier) -> bool:
        """Whether the key has signed; False too where a line in its name is wrong (C2SP: reject the whole note)."""
        key_hash = _key_hash(key.name, key.public)
        its = [s for s in self.signatures if (s.name, s.key_hash) == (key.name, key_hash)]
        return bool(its) and all(signing.verify(key.public, s.signature, self.text.encode("utf-8")) for s in its)


def read(data: bytes) -> Note:
    """Read a note."""
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8") from error
    if any(c < " " and c != "\n" for c in whole):
        raise Malformed("a control character in a note")
    text, separator, lines = whole.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise Malformed("not a signed note")
    return Note(text + "\n", tuple(map(_signature, lines[:-1].split("\n"))))


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != DASH:
        raise Malformed("no signature line")
    _check_name(parts[1])
    data = unpadded_b64(parts[2])
    if len(data) < 5:
        raise Malformed("a signature is too short")
    return Signature(parts[1], data[:4], data[4:])


def write(text: str, signers: list[Signer]) -> bytes:
    """A note with a signature of each."""
    lines = []
    for signer in signers:
        signature = signing.sign(signer.seed, text.encode("utf-8"))
        lines.append(f"{DASH} {signer.name} {padded_b64(_key_hash(signer.name, signer.verifier.public) + signature)}\n")
    return (text + "\n" + "".join(lines)).encode("utf-8")
