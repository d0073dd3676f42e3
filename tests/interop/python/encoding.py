"""Spellings that all formats share: b64, hex, days, Bech32 (protocol.md, "Notation" and 1.1)."""

import base64
import binascii
import datetime
import re

BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Malformed(ValueError):
    """Bytes that are not in the form that the protocol asks for."""


def b64(data: bytes) -> str:
    """Standard base64 without padding."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def unb64(text: str, length: int | None = None) -> bytes:
    """Read b64 strictly: no padding, no other character, no bit set that stands for nothing."""
    if re.fullmatch(r"[A-Za-z0-9+/]*", text) is None:
        raise Malformed("not base64")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise Malformed("not base64") from error
    if b64(data) != text:
        raise Malformed("base64 that is not canonical")
    if length is not None and len(data) != length:
        raise Malformed(f"{len(data)} bytes, not {length}")
    return data


def padded_b64(data: bytes) -> str:
    """Standard base64 with padding, as signed notes have it."""
    return base64.b64encode(data).decode("ascii")


def unpadded_b64(text: str) -> bytes:
    """Read base64 with padding, strictly."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64 with padding") from error
    if padded_b64(data) != text:
        raise Malformed("base64 that is not canonical")
    return data


def is_hex(text: object, length: int) -> bool:
    """Whether this is a text of `length` hex digits, lower case."""
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{length}}}", text) is not None


def day(text: object) -> datetime.date:
    """Read a day: a calendar date `YYYY-MM-DD`, nothing else."""
    if not isinstance(text, str) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        raise Malformed(f"not a day: {text!r}")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"no such day: {text!r}") from error


def is_holder_id(text: object) -> bool:
    """Ids of holders: 1 to 64 of `a-z0-9-` (report-1.schema.json, `readers`)."""
    return isinstance(text, str) and re.fullmatch(r"[a-z0-9-]{1,64}", text) is not None


def _polymod(values: list[int]) -> int:
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit in range(5):
            if top >> bit & 1:
                checksum ^= generator[bit]
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _regroup(values, size_in: int, size_out: int, pad: bool) -> list[int]:
    held, bits, out = 0, 0, []
    for value in values:
        held = held << size_in | value
        bits += size_in
        while bits >= size_out:
            bits -= size_out
            out.append(held >> bits)
            held &= (1 << bits) - 1
    if pad and bits:
        out.append(held << size_out - bits)
    elif not pad and (bits >= size_in or held):
        raise Malformed("Bech32 with bits left over")
    return out


def bech32(prefix: str, data: bytes) -> str:
    """Bech32 (BIP173) without a limit on the length, lower case."""
    values = _regroup(data, 8, 5, True)
    checksum = _polymod(_expand(prefix) + values + [0] * 6) ^ 1
    values += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(BECH32_ALPHABET[v] for v in values)


def unbech32(prefix: str, text: str) -> bytes:
    """Read Bech32 in lower case with this prefix."""
    head, separator, tail = text.rpartition("1")
    if not separator or head != prefix or len(tail) < 6 or any(c not in BECH32_ALPHABET for c in tail):
        raise Malformed(f"no {prefix}1… text")
    values = [BECH32_ALPHABET.index(c) for c in tail]
    if _polymod(_expand(prefix) + values) != 1:
        raise Malformed("a Bech32 checksum is wrong")
    return bytes(_regroup(values[:-6], 5, 8, False))
