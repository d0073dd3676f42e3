"""Size classes of tips (protocol.md 1.2 and 1.3)."""

HEADER = 6357
SMALLEST = 24_576
DEFAULT_MAX = 268_435_456
CHUNK = 65_536
TAG = 16
NONCE = 16


def padme(length: int) -> int:
    """Padmé of a length above the smallest class."""
    exponent = length.bit_length() - 1
    mantissa = exponent.bit_length()  # floor(log2 E) + 1
    mask = (1 << exponent - mantissa) - 1
    return (length + mask) & ~mask


def size_class(length: int) -> int:
    """The class that a plaintext of `length` bytes is filled up to."""
    return SMALLEST if length <= SMALLEST else padme(length)


def is_class(length: int, largest: int = DEFAULT_MAX) -> bool:
    """Whether a plaintext may have this length."""
    return SMALLEST <= length <= largest and size_class(length) == length


def file_length(plaintext: int) -> int:
    """Length of the tip with a plaintext of `plaintext` bytes."""
    return HEADER + NONCE + plaintext + TAG * -(-plaintext // CHUNK)


def plaintext_length(file: int) -> int | None:
    """Length of the plaintext in a tip of `file` bytes; None where no plaintext gives this length."""
    sealed = file - HEADER - NONCE
    if sealed < 0:
        return None
    plaintext = sealed - TAG * -(-sealed // (CHUNK + TAG))
    return plaintext if plaintext >= 0 and file_length(plaintext) == file else None
