"""Sealed identities: the writer's name, for the identity key of one holder alone (protocol.md 1.7)."""

import datetime
import hashlib
import json
import os

import age_file
from encoding import Malformed, day, is_hex
from hybrid import Identity, Recipient

SCHEMA = "softinfo/identity/1"
FILE, PLAINTEXT = 4096, 2437


def thread_check(thread: bytes) -> str:
    """The first 8 bytes of SHA-256(schema || thread id), hex."""
    return hashlib.sha256(SCHEMA.encode("ascii") + thread).digest()[:8].hex()


def write(recipient: Recipient, thread: bytes, today: datetime.date, message: bytes, text: str) -> tuple[bytes, str]:
    """The file, and its number for the report."""
    number = os.urandom(16).hex()
    statement = {
        "schema": SCHEMA,
        "number": number,
        "thread_check": thread_check(thread),
        "day": today.isoformat(),
        "statement_sha256": hashlib.sha256(message).hexdigest(),
        "text": text,
    }
    plaintext = json.dumps(statement, ensure_ascii=False).encode("utf-8")
    if len(plaintext) > PLAINTEXT:
        raise Malformed("the text is too long")
    file_key = os.urandom(16)
    file = age_file.write_file([age_file.wrap(file_key, recipient)], file_key, plaintext.ljust(PLAINTEXT, b"\0"))
    if len(file) != FILE:
        raise Malformed("a sealed identity has 4096 bytes")
    return file, number


def read(file: bytes, identity: Identity) -> dict:
    """The statement in a sealed identity."""
    header = age_file.read_header(file)
    if len(file) != FILE or [s.arguments[0] for s in header.stanzas] != [age_file.HYBRID]:
        raise Malformed("a sealed identity has 4096 bytes and one stanza")
    plaintext = age_file.open_file(file, [identity])
    statement = json.loads(plaintext.rstrip(b"\0").decode("utf-8"))
    if not isinstance(statement, dict) or statement.get("schema") != SCHEMA:
        raise Malformed(f"not {SCHEMA}")
    day(statement["day"])
    if not is_hex(statement["number"], 32) or not isinstance(statement["text"], str):
        raise Malformed("a statement without number or text")
    return statement


def warnings(statement: dict, file: bytes, report: dict, message: bytes | None, holder: str) -> list[str]:
    """What in a statement is not that of the tip it came in."""
    slips = [s for s in report.get("sealed", []) if s["holder"] == holder]
    wrong = []
    if [s["number"] for s in slips] != [statement["number"]]:
        wrong.append("number")
    if [s["sha256"] for s in slips] != [hashlib.sha256(file).hexdigest()]:
        wrong.append("sha256")
    if statement["thread_check"] != thread_check(bytes.fromhex(report["thread"])):
        wrong.append("thread")
    # Guess: without message.txt, the sum of nothing.
    if statement["statement_sha256"] != hashlib.sha256(message or b"").hexdigest():
        wrong.append("statement")
    return wrong
