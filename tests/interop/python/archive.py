"""The container of tips and bundles: a ustar archive of one possible form (protocol.md 1.4, 1.5 and 7)."""

from dataclasses import dataclass

from encoding import Malformed

BLOCK = 512
END = bytes(2 * BLOCK)


class CutShort(Malformed):
    """The archive ends before it is complete."""


class Altered(Malformed):
    """Bytes that the one possible form has not. `place` says where: an entry's name, or END_OF_FILE."""

    def __init__(self, place: str, reason: str):
        super().__init__(f"{place}: {reason}")
        self.place = place


END_OF_FILE = "the end of the file"


@dataclass(frozen=True)
class Entry:
    """A file in an archive."""

    name: str
    content: bytes


def header(name: str, size: int) -> bytes:
    """The header of 512 bytes: it depends on nothing but name and size."""
    name_bytes = name.encode("ascii")
    if not 1 <= len(name_bytes) <= 100 or size >= 8**11:
        raise Malformed("a name or a size does not fit a header")
    fields = [
        name_bytes.ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0" * 2,
        b"%011o\0" % size,
        b"00000000000\0",
        b"        ",
        b"0",
        bytes(100),
        b"ustar\x0000",
        bytes(64),
        b"0000000\0" * 2,
        bytes(167),
    ]
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _gap(size: int) -> int:
    return -size % BLOCK


def write(entries: list[Entry]) -> bytes:
    """An archive with its end marker."""
    return b"".join(header(e.name, len(e.content)) + e.content + bytes(_gap(len(e.content))) for e in entries) + END


def _name(block: bytes) -> str:
    """The name in a header, as far as it can be read: only for saying where something is wrong."""
    return block[:100].split(b"\0", 1)[0].decode("ascii", "replace")


def read(data: bytes):
    """Yield the entries one by one, strictly. What is wrong is raised at the place where it stands."""
    at = 0
    while True:
        block = data[at : at + BLOCK]
        if len(block) < BLOCK:
            raise CutShort("the archive ends in a header or before its end marker")
        if not any(block):
            break
        name, digits = _name(block), block[124:135]
        if not name or any(c not in b"01234567" for c in digits):
            raise Altered(name, "no header of this archive's form")
        size = int(digits, 8)
        try:
            right = header(name, size)
        except (Malformed, UnicodeEncodeError) as error:
            raise Altered(name, "no header of this archive's form") from error
        if block != right:
            raise Altered(name, "another header than name and size give")
        content = data[at + BLOCK : at + BLOCK + size]
        gap = data[at + BLOCK + size : at + BLOCK + size + _gap(size)]
        if len(content) < size or len(gap) < _gap(size):
            raise CutShort(f"{name}: the archive ends in it")
        if any(gap):
            raise Altered(name, "something else than zeros behind it")
        yield Entry(name, content)
        at += BLOCK + size + _gap(size)
    if len(data) - at < len(END):
        raise CutShort("the end marker is not whole")
    if any(data[at:]):
        raise Altered(END_OF_FILE, "something else than zeros behind the end")
