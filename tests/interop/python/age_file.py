"""Age v1 files with `mlkem768x25519` stanzas only (C2SP age; protocol.md 1.1 and 1.2)."""

import hmac
import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from encoding import Malformed, b64, unb64
from hybrid import ENCAPSULATED, Identity, Recipient

VERSION = b"age-encryption.org/v1\n"
HYBRID = "mlkem768x25519"
CHUNK, TAG, NONCE = 65_536, 16, 16


class NoKey(ValueError):
    """None of the identities opens the file."""


class BadMac(Malformed):
    """The header was changed."""


class BadPayload(ValueError):
    """The payload was changed or cut."""


@dataclass(frozen=True)
class Stanza:
    """One recipient stanza: arguments (the first is the type) and body."""

    arguments: tuple[str, ...]
    body: bytes

    def encode(self) -> bytes:
        text = b64(self.body)
        lines = [text[i : i + 64] for i in range(0, len(text), 64)]
        if not lines or len(lines[-1]) == 64:
            lines.append("")
        return ("-> " + " ".join(self.arguments) + "\n" + "".join(line + "\n" for line in lines)).encode("ascii")


@dataclass(frozen=True)
class Header:
    """A header as it was read."""

    stanzas: tuple[Stanza, ...]
    covered: bytes  # what the MAC is made over, `---` included
    mac: bytes
    length: int


def _line(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise Malformed("the header ends early")
    try:
        return data[at:end].decode("ascii"), end + 1
    except UnicodeDecodeError as error:
        raise Malformed("the header is no ASCII") from error


def read_header(data: bytes) -> Header:
    """Read the header at the beginning of a file, strictly."""
    if not data.startswith(VERSION):
        raise Malformed("not an age v1 file")
    at, stanzas = len(VERSION), []
    while True:
        start = at
        line, at = _line(data, at)
        if line.startswith("---"):
            if not stanzas or re.fullmatch(r"--- [A-Za-z0-9+/]{43}", line) is None:
                raise Malformed("no right end of the header")
            return Header(tuple(stanzas), data[: start + 3], unb64(line[4:], 32), at)
        if re.fullmatch(r"->( [\x21-\x7e]+)+", line) is None:
            raise Malformed("no right beginning of a stanza")
        arguments, body = tuple(line[3:].split(" ")), ""
        while True:
            line, at = _line(data, at)
            if len(line) > 64:
                raise Malformed("a line is too long")
            body += line
            if len(line) < 64:
                break
        stanzas.append(Stanza(arguments, unb64(body)))


def _derive(file_key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(file_key)


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(_derive(file_key, None, b"header"), covered, "sha256")


def wrap(file_key: bytes, recipient: Recipient) -> Stanza:
    """The stanza that gives the file key to a recipient."""
    encapsulated, body = recipient.seal(file_key)
    return Stanza((HYBRID, b64(encapsulated)), body)


def unwrap(header: Header, identities: list[Identity]) -> bytes:
    """The file key: every identity is tried on every stanza (protocol.md 1.8)."""
    hybrid = []
    for stanza in header.stanzas:
        if stanza.arguments[0] == HYBRID:
            if len(stanza.arguments) != 2 or len(stanza.body) != 32:
                raise Malformed("a hybrid stanza of another form")
            hybrid.append((unb64(stanza.arguments[1], ENCAPSULATED), stanza.body))
    for identity in identities:
        for encapsulated, body in hybrid:
            file_key = identity.unseal(encapsulated, body)
            if file_key is not None:
                return file_key
    raise NoKey("no key opens the file")


def _chunk_nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def open_with_file_key(data: bytes, header: Header, file_key: bytes) -> bytes:
    """Check the MAC, then decrypt the payload to its end."""
    if not hmac.compare_digest(_mac(file_key, header.covered), header.mac):
        raise BadMac("the header's MAC is wrong")
    nonce, sealed = data[header.length : header.length + NONCE], data[header.length + NONCE :]
    if len(nonce) != NONCE:
        raise Malformed("the file ends in the nonce")
    cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
    chunks = [sealed[i : i + CHUNK + TAG] for i in range(0, len(sealed), CHUNK + TAG)] or [b""]
    plaintext = []
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        if last and number > 0 and len(chunk) <= TAG:
            raise BadPayload("an empty last chunk")
        try:
            plaintext.append(cipher.decrypt(_chunk_nonce(number, last), chunk, None))
        except (InvalidTag, ValueError) as error:
            raise BadPayload(f"chunk {number} is wrong") from error
    return b"".join(plaintext)


def open_file(data: bytes, identities: list[Identity]) -> bytes:
    """Decrypt a file with whichever identity opens it."""
    header = read_header(data)
    return open_with_file_key(data, header, unwrap(header, identities))


def write_file(stanzas: list[Stanza], file_key: bytes, plaintext: bytes) -> bytes:
    """A file with these stanzas, in this order."""
    covered = VERSION + b"".join(stanza.encode() for stanza in stanzas) + b"---"
    header = covered + b" " + b64(_mac(file_key, covered)).encode("ascii") + b"\n"
    nonce = os.urandom(NONCE)
    cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
    pieces = [plaintext[i : i + CHUNK] for i in range(0, len(plaintext), CHUNK)] or [b""]
    last = len(pieces) - 1
    return header + nonce + b"".join(cipher.encrypt(_chunk_nonce(i, i == last), piece, None) for i, piece in enumerate(pieces))
