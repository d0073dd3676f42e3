"""Tips: what a relay checks, what a reader checks, and how one is written (protocol.md 1)."""

import hashlib
import os
import random
import re
from dataclasses import dataclass

import age_file
import archive
import note
import padding
import signing
from age_file import Stanza
from archive import Entry
from encoding import Malformed, b64, is_holder_id, unb64
from hybrid import ENCAPSULATED, Identity, Recipient

STANZAS = 4
SOFTINFO = "softinfo/1"
MIB = 1_048_576
# Places in the order of entries, and the largest size of each; None is what fits.
PLACES = ("report.json", "message.txt", "attachments", "originals", "sealed", "forwarder.note", "author.sig")
LARGEST = {"report.json": MIB, "message.txt": 16 * MIB, "forwarder.note": 65_536, "sealed": 4096, "author.sig": 64}
EXACT = ("sealed", "author.sig")


class Problem(ValueError):
    """What a relay answers (protocol.md 5): `name` is that of the problem."""

    def __init__(self, name: str, says: str):
        super().__init__(f"{name}: {says}")
        self.name = name


class Unreadable(Malformed):
    """A tip whose archive breaks a rule. `place` is the entry."""

    def __init__(self, place: str, reason: str):
        super().__init__(f"{place}: {reason}")
        self.place = place


@dataclass(frozen=True)
class Tip:
    """An opened tip."""

    entries: tuple[Entry, ...]
    digest: bytes

    def content(self, name: str) -> bytes | None:
        return next((e.content for e in self.entries if e.name == name), None)

    def is_signed_by(self, author: bytes) -> bool:
        """Whether a later message of the thread is from whoever holds its receipt."""
        signature = self.content("author.sig")
        return signature is not None and signing.verify(author, signature, _to_sign(self.entries[:-1]))

    def is_forwarded_by(self, forwarder: note.Verifier) -> bool:
        """Whether a forwarder has signed the sums of all entries before its note."""
        signed = self.content("forwarder.note")
        if signed is None:
            return False
        before = [e for e in self.entries if e.name not in ("forwarder.note", "author.sig")]
        try:
            read = note.read(signed)
        except Malformed:
            return False
        return read.text == sums(before) and read.is_signed_by(forwarder)


def tip_id(file: bytes) -> str:
    """SHA-256 of the file, hex."""
    return hashlib.sha256(file).hexdigest()


def check(file: bytes, largest: int = padding.DEFAULT_MAX) -> bytes:
    """What a relay can check without a key; gives the withdraw digest."""
    try:
        header = age_file.read_header(file)
        *hybrid, last = header.stanzas
        if len(hybrid) != STANZAS or len(last.arguments) != 2 or last.arguments[0] != SOFTINFO or last.body:
            raise Malformed("other stanzas than those of a tip")
        for stanza in hybrid:
            if len(stanza.arguments) != 2 or stanza.arguments[0] != age_file.HYBRID or len(stanza.body) != 32:
                raise Malformed("a stanza of another type")
            unb64(stanza.arguments[1], ENCAPSULATED)
        digest = unb64(last.arguments[1], 32)
        if header.length != padding.HEADER:
            raise Malformed("the header has another length")
    except Malformed as error:
        raise Problem("not-a-tip", str(error)) from error
    if len(file) > padding.file_length(largest):
        raise Problem("too-large", "longer than the largest tip")
    plaintext = padding.plaintext_length(len(file))
    if plaintext is None or not padding.is_class(plaintext, largest):
        raise Problem("not-a-size-class", "no plaintext of a size class gives this length")
    return digest


def sums(entries) -> str:
    """The lines that `sha256sum -c` reads."""
    return "".join(f"{hashlib.sha256(e.content).hexdigest()}  {e.name}\n" for e in entries)


def _to_sign(entries) -> bytes:
    return hashlib.sha256(sums(entries).encode("ascii")).digest()


def _place(name: str) -> tuple[str, str] | None:
    """The place of an entry, and what it is sorted by there."""
    if name in ("report.json", "message.txt", "forwarder.note", "author.sig"):
        return name, ""
    folder, _, rest = name.partition("/")
    if folder in ("attachments", "originals") and re.fullmatch(r"(?!00)[0-9]{2}([.][a-z0-9]{1,8})?", rest):
        return folder, rest[:2]
    if folder == "sealed" and rest.endswith(".age") and is_holder_id(rest[:-4]):
        return folder, rest[:-4]
    return None


def read_entries(plaintext: bytes) -> tuple[Entry, ...]:
    """The entries of a tip, strictly (protocol.md 1.5)."""
    entries, before, sealed = [], (-1, ""), 0
    try:
        for entry in archive.read(plaintext):
            found = _place(entry.name)
            if found is None:
                raise Unreadable(entry.name, "no name of an entry")
            place, key = found
            here = (PLACES.index(place), key)
            if here <= before or (not entries and place != "report.json"):
                raise Unreadable(entry.name, "repeated, or out of order")
            size, largest = len(entry.content), LARGEST.get(place)
            if largest is not None and (size > largest or (place in EXACT and size != largest)):
                raise Unreadable(entry.name, "too large, or of another size")
            sealed += place == "sealed"
            if sealed > 3:
                raise Unreadable(entry.name, "more than three sealed identities")
            if place == "originals" and not any(e.name.startswith(f"attachments/{key}") for e in entries):
                # Guess: "unscrubbed file of the same number" means that there has to be one.
                raise Unreadable(entry.name, "an original of nothing")
            entries.append(entry)
            before = here
    except archive.Altered as error:
        raise Unreadable(error.place, str(error)) from error
    if not entries:
        raise Unreadable("report.json", "it is missing")
    return tuple(entries)


def open_tip(file: bytes, identities: list[Identity]) -> Tip:
    """Open a tip with whichever key opens it."""
    digest = check(file)
    return Tip(read_entries(age_file.open_file(file, identities)), digest)


def sign_later(entries: list[Entry], author_seed: bytes) -> list[Entry]:
    """Entries of a later message, with the author's signature behind them."""
    return entries + [Entry("author.sig", signing.sign(author_seed, _to_sign(entries)))]


def forward(entries: list[Entry], forwarder: note.Signer) -> list[Entry]:
    """Entries with a forwarder's note behind them."""
    return entries + [Entry("forwarder.note", note.write(sums(entries), [forwarder]))]


def plaintext(entries: list[Entry]) -> bytes:
    """The archive, filled up with zeros to its size class; refuses what no reader would read."""
    data = archive.write(entries)
    data = data.ljust(padding.size_class(len(data)), b"\0")
    read_entries(data)
    return data


def write(entries: list[Entry], readers: list[Recipient], withdraw_token: bytes) -> bytes:
    """A tip for one to three readers."""
    if not 1 <= len(readers) <= 3:
        raise Malformed("a tip has one to three readers")
    file_key = os.urandom(16)
    nobody = [Identity.new().recipient for _ in range(STANZAS - len(readers))]
    stanzas = [age_file.wrap(file_key, recipient) for recipient in readers + nobody]
    random.SystemRandom().shuffle(stanzas)
    stanzas.append(Stanza((SOFTINFO, b64(hashlib.sha256(withdraw_token).digest())), b""))
    file = age_file.write_file(stanzas, file_key, plaintext(entries))
    check(file)
    return file
