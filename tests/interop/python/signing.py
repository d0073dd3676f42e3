"""Ed25519 as the protocol has it: seeds, keys, signatures without small-order keys (protocol.md 1.5 and 4.1)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME


def public_key(seed: bytes) -> bytes:
    """The public key of a seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(seed: bytes, message: bytes) -> bytes:
    """A signature of 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def _point(key: bytes) -> tuple[int, int] | None:
    """Decode a point (RFC 8032 section 5.1.3)."""
    y = int.from_bytes(key, "little")
    sign_bit, y = y >> 255, y & (1 << 255) - 1
    if y >= PRIME:
        return None
    u, v = (y * y - 1) % PRIME, (D * y * y + 1) % PRIME
    x = u * pow(v, 3, PRIME) * pow(u * pow(v, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if v * x * x % PRIME == -u % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if v * x * x % PRIME != u or (x == 0 and sign_bit):
        return None
    return (PRIME - x if x & 1 != sign_bit else x), y


def _double(point: tuple[int, int]) -> tuple[int, int]:
    x, y = point
    t = D * x * x * y * y
    return 2 * x * y * pow(1 + t, -1, PRIME) % PRIME, (y * y + x * x) * pow(1 - t, -1, PRIME) % PRIME


def is_good_key(key: bytes) -> bool:
    """Whether these bytes are a public key, and not one of small order."""
    point = _point(key) if len(key) == 32 else None
    if point is None:
        return False
    for _ in range(3):
        point = _double(point)
    return point != (0, 1)


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is right. Guess: of the two equations that RFC 8032 allows, the one without the cofactor."""
    if not is_good_key(key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
