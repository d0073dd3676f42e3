"""report.json: read leniently, with warnings (protocol.md 2 and report-1.schema.json)."""

import hashlib
import json
import re
from dataclasses import dataclass, field

from encoding import Malformed, b64, is_holder_id, unb64
from hybrid import Recipient

SCHEMA = "softinfo/report/1"
CATEGORIES = frozenset(
    """trafficking-sexual-exploitation trafficking-begging trafficking-labour trafficking-organs trafficking-forced-crime
    smuggling-minor smuggling-vulnerable-person smuggling-violence smuggling-payment-for-consent smuggling-life-endangered
    smuggling-lasting-harm labour-undeclared labour-wages labour-hours labour-unsafe labour-accident labour-papers-taken
    housing-slum violence-domestic violence-sexual""".split()
)
# Guess: the schema counts, which has no `author`, and not the sentence on writers, which names it.
REQUIRED = ("schema", "lang", "readers", "thread", "reply", "withdraw_token")


def _text(value: object) -> bool:
    return isinstance(value, str)


def _matches(pattern: str):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _object(required: dict, optional: dict | None = None):
    """An object whose known fields are right; fields that nobody knows don't matter."""
    optional = optional or {}

    def check(value: object) -> bool:
        if not isinstance(value, dict) or not required.keys() <= value.keys():
            return False
        return all(right(value[name]) for name, right in (required | optional).items() if name in value)

    return check


def _list(right, most: int | None = None):
    return lambda value: isinstance(value, list) and (most is None or len(value) <= most) and all(map(right, value))


def _reply(value: object) -> bool:
    try:
        Recipient.parse(value)
    except Malformed:
        return False
    return True


def _size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_THREAD, _KEY, _SUM = _matches("[0-9a-f]{32}"), _matches("[A-Za-z0-9+/]{43}"), _matches("[0-9a-f]{64}")
_OFFENDER = ("name", "enterprise_number", "address", "vehicle", "other")

# In the order of the schema, which is the order in which warnings come.
FIELDS = {
    "schema": _text,
    "lang": _text,
    "readers": lambda value: _list(is_holder_id, 3)(value) and len(value) > 0,
    "categories": _texts,
    "period": _text,
    "place": _object({}, dict.fromkeys(("text", "municipality", "postcode"), _text)),
    "offenders": _list(_object({}, dict.fromkeys(_OFFENDER, _text))),
    "danger": lambda value: value in ("now", "soon", "no"),
    "minors": lambda value: isinstance(value, bool),
    "work_visit": _object({}, dict.fromkeys(("best_time", "look_for"), _text)),
    "on_behalf": _object({}, dict.fromkeys(("forwarder", "reference"), _text)),
    "thread": _THREAD,
    "reply": _reply,
    "author": _KEY,
    "withdraw_token": _KEY,
    "moved_to": _object({"thread": _THREAD, "reply": _reply, "author": _KEY}),
    "sealed": _list(_object({"holder": is_holder_id, "number": _THREAD, "sha256": _SUM}), 3),
    "attachments": _list(
        _object(
            {
                "name": _matches(r"attachments/[0-9]{2}([.][a-z0-9]{1,8})?"),
                "media_type": _text,
                "size": _size,
                "sha256": _SUM,
                "scrubbed": lambda value: isinstance(value, bool),
            }
        )
    ),
}


@dataclass
class Report:
    """What was written, as it came, and what is odd about it."""

    fields: dict = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def known(self, name: str):
        """A field whose value can be understood, else None."""
        value = self.fields.get(name)
        return value if name in self.fields and FIELDS[name](value) else None


def _integer(digits: str) -> int | float:
    """64-bit integers as they are, all others as doubles. Guess: signed and unsigned ones."""
    number = int(digits) if len(digits) < 25 else None
    return number if number is not None and -(2**63) <= number < 2**64 else float(digits)


def _no_constant(name: str):
    raise ValueError(f"{name} is not JSON")


def read(data: bytes) -> Report:
    """Read a report; nothing is refused."""
    report = Report()
    if data.startswith(b"\xef\xbb\xbf"):
        report.warnings.append("byte-order-mark")
        data = data[3:]
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_integer, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        report.warnings.append("not-json")
        return report
    report.fields = value
    for name, right in FIELDS.items():
        if name not in value:
            if name in REQUIRED:
                report.warnings.append(f"missing: {name}")
        elif not right(value[name]):
            report.warnings.append(f"value: {name}")
        elif name == "schema" and value[name] != SCHEMA:
            report.warnings.append("version")
        elif name == "categories" and not CATEGORIES.issuperset(value[name]):
            report.warnings.append("category")
    return report


def _listed(entries: list, prefix: str) -> list[tuple[str, int, str]]:
    return [(e.name, len(e.content), hashlib.sha256(e.content).hexdigest()) for e in entries if e.name.startswith(prefix)]


def compare(report: Report, entries: list, digest: bytes, own_ids: set[str]) -> list[str]:
    """What a reader checks of a report against the tip that it came in (protocol.md 2). Guess: names of these warnings."""
    warnings = []
    token = report.known("withdraw_token")
    if token is not None and not _is_digest(token, digest):
        warnings.append("withdraw-token")
    readers = report.known("readers")
    if readers is not None and not own_ids.intersection(readers):
        warnings.append("not-a-reader")
    attachments = report.known("attachments") or []
    if [(a["name"], a["size"], a["sha256"]) for a in attachments] != _listed(entries, "attachments/"):
        warnings.append("attachments")
    sealed = sorted((f"sealed/{s['holder']}.age", s["sha256"]) for s in report.known("sealed") or [])
    if sealed != [(name, checksum) for name, _, checksum in _listed(entries, "sealed/")]:
        warnings.append("sealed")
    return warnings


def _is_digest(token: str, digest: bytes) -> bool:
    try:
        return hashlib.sha256(unb64(token, 32)).digest() == digest
    except Malformed:
        return False


def write(receipt, n: int, lang: str, readers: list[str], **optional) -> bytes:
    """A report with the fields that a writer always writes, and others."""
    value = {
        "schema": SCHEMA,
        "lang": lang,
        "readers": sorted(readers),
        "thread": receipt.thread.hex(),
        "reply": receipt.reply_identity.recipient.text,
        "author": b64(receipt.author),
        "withdraw_token": b64(receipt.withdraw_token(n)),
    }
    return json.dumps(value | optional, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"
