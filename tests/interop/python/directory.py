"""Directories of holders: reading, refusing, signing (protocol.md 4)."""

import datetime
import hashlib
import json
import re
from dataclasses import dataclass

import note
from encoding import Malformed, day, is_holder_id, is_hex
from hybrid import Recipient
from padding import is_class
from report import CATEGORIES

SCHEMA = "softinfo/directory/1"
KINDS = "local-police federal-police labour-inspectorate public-prosecutor investigating-judge guidance-centre ngo".split()
REPLY_BYTES = 4096
FIELDS = {
    "directory": "schema must_understand channel version issued expires relays page_sha256 max_bytes replies holders forwarders",
    "replies": "bytes buckets keep_days shards",
    "holder": "id kind names competence duty_card categories signing_key identity posts epochs",
    "posts": "rows texts every_days",
    "epoch": "epoch from until recipient",
    "forwarder": "id name signing_key from until",
}
# Guess: what may be absent. Of must_understand the protocol says so; the others may be null.
OPTIONAL = {"must_understand", "page_sha256", "signing_key", "identity", "posts"}
UNDERSTOOD = {name for names in FIELDS.values() for name in names.split()}


class Refused(ValueError):
    """`outcome` is the one of the vectors; the text says what is wrong."""

    def __init__(self, outcome: str, says: str = ""):
        super().__init__(f"{outcome}: {says}")
        self.outcome = outcome


def _fail(says: str):
    raise Refused("contents", says)


@dataclass(frozen=True)
class Directory:
    """A directory that was checked, and the note's text."""

    fields: dict
    text: str

    def holder(self, holder_id: str) -> dict:
        for holder in self.fields["holders"]:
            if holder["id"] == holder_id:
                return holder
        return _fail(f"no holder {holder_id}")

    def epoch(self, holder_id: str, today: datetime.date) -> dict:
        """The epoch that is used today: the one that began last, and of those the last in the list."""
        holding = [e for e in self.holder(holder_id)["epochs"] if day(e["from"]) <= today <= day(e["until"])]
        if not holding:
            raise Refused("no-epoch", holder_id)
        last = max(e["from"] for e in holding)
        return [e for e in holding if e["from"] == last][-1]


def _once(pairs: list) -> dict:
    """Guess: strict reading refuses a name that stands twice."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _is(what: str, value: object) -> dict:
    if not isinstance(value, dict):
        _fail(f"{what} is no object")
    for name in FIELDS[what].split():
        if name not in value and name not in OPTIONAL:
            _fail(f"{what} has no {name}")
    return value


def _list(what: str, value: object) -> list:
    if not isinstance(value, list):
        _fail(f"{what} is no list")
    return value


def _number(what: str, value: object, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        _fail(f"{what} is no number of at least {least}")
    return value


def _texts(what: str, value: object) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        _fail(f"{what} is not texts by language")


def _key(owner: str, value: object) -> note.Verifier:
    key = note.Verifier.parse(value)
    if key.name != owner:
        _fail(f"the signing key {key.name} does not belong to {owner}")
    return key


def _days(what: str, value: dict, first: str, last: str) -> None:
    if day(value[first]) > day(value[last]):
        _fail(f"{what}: {first} is after {last}")


def _check_holder(holder: dict, expires: datetime.date) -> None:
    _is("holder", holder)
    if not is_holder_id(holder["id"]):
        _fail("no id of a holder")
    if holder["kind"] == "immigration-office":
        _fail("the immigration office is never a holder")
    if holder["kind"] not in KINDS:
        _fail(f"unknown kind {holder['kind']}")
    for name in ("names", "competence", "duty_card"):
        _texts(name, holder[name])
    if not all(isinstance(category, str) for category in _list("categories", holder["categories"])):
        _fail("categories are texts")
    if holder.get("signing_key") is not None:
        _key(holder["id"], holder["signing_key"])
    if holder.get("identity") is not None:
        try:
            Recipient.parse(holder["identity"])
        except Malformed as error:
            _fail(f"the identity key of {holder['id']}: {error}")
    if holder.get("posts") is not None:
        for name in FIELDS["posts"].split():
            _number(name, _is("posts", holder["posts"])[name])
    names = set()
    for epoch in _list("epochs", holder["epochs"]):
        _is("epoch", epoch)
        _days("epoch", epoch, "from", "until")
        Recipient.parse(epoch["recipient"])
        # Guess: a reader refuses these too, and the name is spelt like an id.
        if not is_holder_id(epoch["epoch"]) or epoch["epoch"] in names or day(epoch["from"]) > expires:
            _fail("an epoch stands twice, or begins after the directory expires")
        names.add(epoch["epoch"])


def _check(fields: dict) -> None:
    """The contents, whoever signed them."""
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        _fail(f"schema is not {SCHEMA}")
    for name in _list("must_understand", fields.get("must_understand", [])):
        if name not in UNDERSTOOD:
            _fail(f"{name} has to be understood")
    _is("directory", fields)
    if not is_holder_id(fields["channel"]):
        _fail("no id of a channel")
    _number("version", fields["version"], 0)
    _days("directory", fields, "issued", "expires")
    for relay in _list("relays", fields["relays"]):
        if not isinstance(relay, str) or re.fullmatch(r"https?://[^\s]+", relay) is None:
            _fail("no address of a relay")
    if fields.get("page_sha256") is not None and not is_hex(fields["page_sha256"], 64):
        _fail("page_sha256 is no hex")
    # Guess: no directory goes above the default.
    if not is_class(_number("max_bytes", fields["max_bytes"])):
        _fail(f"max_bytes {fields['max_bytes']} is no size class")
    replies = _is("replies", fields["replies"])
    # Guess: 4096 is the only value, as a vector has it; of the 60 days of keep_days nothing says so.
    if replies["bytes"] != REPLY_BYTES:
        _fail(f"replies have {REPLY_BYTES} bytes")
    for name in ("buckets", "shards"):
        parts = _number(name, replies[name])
        if parts > 256 or parts & (parts - 1):
            _fail(f"{name} is no power of two from 1 to 256")
    _number("keep_days", replies["keep_days"])
    ids = []
    for holder in _list("holders", fields["holders"]):
        _check_holder(holder, day(fields["expires"]))
        ids.append(holder["id"])
    for forwarder in _list("forwarders", fields["forwarders"]):
        _is("forwarder", forwarder)
        _key(forwarder["id"], forwarder["signing_key"])
        _days("forwarder", forwarder, "from", "until")
        ids.append(forwarder["id"])
    if len(set(ids)) != len(ids):
        _fail("an id stands twice")


def read(data: bytes, root: note.Verifier, today: datetime.date, seen: Directory | None = None) -> Directory:
    """Read a directory as somebody who is about to encrypt; `seen` is the newest one read before."""
    directory = verify(data, root)
    if today < day(directory.fields["issued"]):
        raise Refused("not-yet")
    if today > day(directory.fields["expires"]):
        raise Refused("expired")
    if seen is not None and directory.fields["version"] < seen.fields["version"]:
        raise Refused("rolled-back")
    if seen is not None and directory.fields["version"] == seen.fields["version"] and directory.text != seen.text:
        raise Refused("forked")
    return directory


def verify(data: bytes, root: note.Verifier) -> Directory:
    """Signatures and contents, whatever the day."""
    try:
        signed = note.read(data)
    except Malformed as error:
        raise Refused("malformed", str(error)) from error
    if not signed.is_signed_by(root):
        raise Refused("wrong-root")
    try:
        fields = json.loads(signed.text, object_pairs_hook=_once)
        _check(fields)
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("contents", str(error)) from error
    if fields["channel"] != root.name:
        _fail(f"this is the directory of {fields['channel']}")
    for holder in fields["holders"]:
        if holder.get("signing_key") is not None and not signed.is_signed_by(_key(holder["id"], holder["signing_key"])):
            raise Refused("not-vouched", holder["id"])
    return Directory(fields, signed.text)


def write(fields: dict, signers: list[note.Signer]) -> bytes:
    """A directory signed by root and holders. A maker refuses what it doesn't know."""
    _check(fields)
    for what, values in {
        "directory": [fields],
        "replies": [fields["replies"]],
        "holder": fields["holders"],
        "posts": [h["posts"] for h in fields["holders"] if h.get("posts")],
        "epoch": [epoch for holder in fields["holders"] for epoch in holder["epochs"]],
        "forwarder": fields["forwarders"],
    }.items():
        for value in values:
            if not value.keys() <= set(FIELDS[what].split()):
                _fail(f"{what} has a field that is not known")
    for holder in fields["holders"]:
        if holder.get("identity") is not None and holder["kind"] not in ("public-prosecutor", "investigating-judge"):
            _fail("only a prosecutor or judge has an identity key")
        # Guess: a group is what stands before a hyphen in a category.
        if not all(c in CATEGORIES or any(k.startswith(c + "-") for k in CATEGORIES) for c in holder["categories"]):
            _fail("an unknown category")
    return note.write(json.dumps(fields, ensure_ascii=False, indent=2) + "\n", signers)


def sha256(data: bytes) -> str:
    """What a bundle names as directory_sha256: of the whole note, signatures included."""
    return hashlib.sha256(data).hexdigest()
