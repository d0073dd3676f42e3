"""Receipts: words, digits, what is derived from them, and how they are read back (protocol.md 3)."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

import signing
from hybrid import Identity

SALT = b"softinfo/receipt/1"
LISTS = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese"}
WORDS = 12
MOST_TOKENS = 400


class Refused(ValueError):
    """What was typed is no receipt. `reason` is the one of the vectors, `position` counts from 1."""

    def __init__(self, reason: str, position: int | None = None):
        super().__init__(reason if position is None else f"{reason} {position}")
        self.reason, self.position = reason, position


def _plain(text: str) -> str:
    """NFKD without combining marks, lower case."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.category(c).startswith("M")).lower()


@cache
def word_list(language: str) -> tuple[str, ...]:
    """A BIP39 list in NFC, as receipts show it."""
    return tuple(unicodedata.normalize("NFC", word) for word in Mnemonic(LISTS[language]).wordlist)


@cache
def _spellings(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Numbers (from 0) of whole words, and of beginnings of four letters or more."""
    whole, beginnings = {}, {}
    for number, word in enumerate(map(_plain, word_list(language))):
        whole[word] = number
        for length in range(4, len(word)):
            # Guess: of a beginning of two words nothing is known. None of the four lists has one.
            beginnings[word[:length]] = None if word[:length] in beginnings else number
    return whole, beginnings


def _to_numbers(secret: bytes) -> list[int]:
    """The 12 numbers (from 0) of a secret with its checksum of four bits."""
    bits = int.from_bytes(secret, "big") << 4 | hashlib.sha256(secret).digest()[0] >> 4
    return [bits >> 11 * (WORDS - 1 - i) & 2047 for i in range(WORDS)]


def _from_numbers(numbers: list[int | None]) -> bytes | None:
    """The secret of 12 numbers; None where one is missing or the checksum is wrong."""
    if any(number is None or not 0 <= number < 2048 for number in numbers):
        return None
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    secret = (bits >> 4).to_bytes(16, "big")
    return secret if _to_numbers(secret) == numbers else None


@dataclass(frozen=True)
class Receipt:
    """A secret of 16 bytes."""

    secret: bytes

    def words(self, language: str) -> str:
        return " ".join(word_list(language)[number] for number in _to_numbers(self.secret))

    def digits(self) -> str:
        return " ".join(f"{number + 1:04}" for number in _to_numbers(self.secret))

    def _derive(self, info: str, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=SALT, info=info.encode("ascii")).derive(self.secret)

    @cached_property
    def reply_identity(self) -> Identity:
        return Identity(self._derive("reply-identity", 32))

    @property
    def thread(self) -> bytes:
        return self._derive("thread", 16)

    @property
    def author_seed(self) -> bytes:
        return self._derive("author", 32)

    @property
    def author(self) -> bytes:
        return signing.public_key(self.author_seed)

    def withdraw_token(self, n: int) -> bytes:
        if not 0 <= n <= 4095:
            raise ValueError("a thread has the tokens 0 to 4095")
        return self._derive(f"withdraw/{n}", 32)


def withdraw_digest(token: bytes) -> bytes:
    """What the header of a tip names."""
    return hashlib.sha256(token).digest()


def _tokens(text: str) -> list[str]:
    plain = _plain(text)
    for zero in (0x660, 0x6F0):  # Arabic-Indic, Extended Arabic-Indic
        plain = plain.translate({zero + digit: str(digit) for digit in range(10)})
    # Guess: letters are those of Unicode, digits 0 to 9 only.
    spaced = "".join(c if c.isalpha() or c in "0123456789" else " " for c in plain)
    return spaced.split()


def _groups(numbers: list[str], without_words: bool) -> list[int]:
    """The groups of four digits among the numbers, counted from 0."""
    # Guess: "together" means all numbers of the text; a number of 48 digits beside groups is 12 groups at its place.
    together = "".join(numbers)
    if without_words and len(together) == 48:
        numbers = [together]
    digits = "".join(number for number in numbers if len(number) in (4, 48))
    return [int(group) - 1 for group in re.findall("....", digits)]


def _meant(found: list[tuple[int, bytes]]) -> set[bytes]:
    """Those of the secrets, each with its place, that count: one that was typed several times is one."""
    copies: dict[bytes, list[int]] = {}
    for at, secret in sorted(found):
        places = copies.setdefault(secret, [])
        if not places or at - places[-1] >= WORDS:
            places.append(at)
    for secret, places in copies.items():
        is_most = len(places) > 1 and all(len(other) < len(places) for s, other in copies.items() if s != secret)
        if is_most and all(any(abs(at - place) < WORDS for place in places) for at, _ in found):
            return {secret}
    return set(copies)


def _from_words(words: list[str]) -> set[bytes]:
    """Secrets of any 12 words behind each other; those with the most whole words only."""
    found = []
    for language in LISTS:
        whole, beginnings = _spellings(language)
        numbers = [whole.get(word, beginnings.get(word)) for word in words]
        for at in range(len(words) - WORDS + 1):
            secret = _from_numbers(numbers[at : at + WORDS])
            if secret is not None:
                count = sum(word in whole for word in words[at : at + WORDS])
                found.append((count, at, secret))
    most = max((count for count, _, _ in found), default=0)
    return _meant([(at, secret) for count, at, secret in found if count == most])


def _from_groups(groups: list[int]) -> set[bytes]:
    found = [(at, _from_numbers(groups[at : at + WORDS])) for at in range(len(groups) - WORDS + 1)]
    return _meant([(at, secret) for at, secret in found if secret is not None])


def _refusal(words: list[str], groups: list[int]) -> Refused:
    """Why there is no receipt in this (protocol.md 3, step 5)."""
    if len(words or groups) != WORDS:
        return Refused("count")
    if words:  # Guess: then nothing is said of groups.
        known = []
        for language in LISTS:
            whole, beginnings = _spellings(language)
            stands = [word in whole or beginnings.get(word) is not None for word in words]
            known.append(stands.index(False) if False in stands else WORDS)
        return Refused("checksum") if max(known) == WORDS else Refused("unknown-word", max(known) + 1)
    for position, group in enumerate(groups, 1):
        if not 0 <= group < 2048:
            return Refused("number-out-of-range", position)
    return Refused("checksum")


def read(text: str) -> Receipt:
    """Read a receipt as people type it."""
    tokens = _tokens(text)
    if len(tokens) > MOST_TOKENS:
        # Guess: no reason is named for it.
        raise Refused("count")
    words = [token for token in tokens if not token.isdecimal()]
    numbers = [token for token in tokens if token.isdecimal()]
    groups = _groups(numbers, not words)
    from_words, from_groups = _from_words(words), _from_groups(groups)
    if not from_words and not from_groups:
        raise _refusal(words, groups)
    if from_words and from_groups:
        left = from_words & from_groups
    else:
        left = from_words | from_groups
    # Guess: none left, where words say one thing and groups another, is `ambiguous`, not step 5. The vectors have it so.
    if len(left) != 1:
        raise Refused("ambiguous")
    return Receipt(left.pop())
