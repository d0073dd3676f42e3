"""Bundles that a courier carries to a desk, and their chains (protocol.md 7)."""

import hashlib
import json
from dataclasses import dataclass, field

import archive
import directory
import tip
from archive import END_OF_FILE, Altered, CutShort, Entry
from encoding import Malformed, day, is_holder_id, is_hex

SCHEMA = "softinfo/bundle/1"
FIELDS = {"schema", "channel", "courier", "number", "previous", "directory_sha256", "tips"}
MANIFEST, NOTE = "manifest.json", "directory.note"


class Refused(ValueError):
    """`outcome` is the one of the vectors; `entry` the place, `found` how many whole tips there were."""

    def __init__(self, outcome: str, entry: str | None = None, found: int | None = None, says: str = ""):
        super().__init__(f"{outcome}: {says}")
        self.outcome, self.entry, self.found = outcome, entry, found


@dataclass
class Bundle:
    """A bundle that was read whole."""

    id: str
    manifest: dict
    note: bytes
    tips: dict[str, bytes] = field(default_factory=dict)
    not_tips: list[str] = field(default_factory=list)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _once(pairs: list) -> dict:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Malformed("a name stands twice")
    return dict(pairs)


def _read_manifest(data: bytes) -> dict:
    try:
        manifest = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        if not isinstance(manifest, dict):
            raise Malformed("no object")
        if manifest.get("schema") != SCHEMA:
            raise Refused("version", says="written by another version")
        if manifest.keys() != FIELDS:
            raise Malformed("other fields than those of a manifest")
        if not is_holder_id(manifest["channel"]) or not is_hex(manifest["courier"], 32):
            raise Malformed("no channel or courier")
        if not _is_count(manifest["number"], 1) or not is_hex(manifest["directory_sha256"], 64):
            raise Malformed("no number, or no sum of the directory")
        # Guess: the first of a chain, and no other, has no bundle before it.
        first = manifest["number"] == 1
        if manifest["previous"] is not None if first else not is_hex(manifest["previous"], 64):
            raise Malformed("previous does not go with the number")
        for row in manifest["tips"]:
            if row.keys() != {"id", "size", "day"} or not is_hex(row["id"], 64) or not _is_count(row["size"], 0):
                raise Malformed("no row of a tip")
            day(row["day"])
        if len({row["id"] for row in manifest["tips"]}) != len(manifest["tips"]):
            raise Malformed("a tip stands twice")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("altered", MANIFEST, says=str(error)) from error
    return manifest


def read(data: bytes) -> Bundle:
    """Read a bundle as a whole, or refuse it. Guess: whether its directory is signed is another matter (section 4)."""
    bundle, expected, done = None, [(MANIFEST, None, None)], 0
    try:
        for entry in archive.read(data):
            if done == len(expected):
                raise Refused("altered", entry.name, says="more than the manifest names")
            name, size, checksum = expected[done]
            content = entry.content
            if entry.name != name or (size is not None and len(content) != size):
                raise Refused("altered", name, says="another entry than the manifest names")
            if checksum is not None and hashlib.sha256(content).hexdigest() != checksum:
                raise Refused("altered", name, says="its sum is not that of the manifest")
            if done == 0:
                manifest = _read_manifest(content)
                bundle = Bundle(hashlib.sha256(content).hexdigest(), manifest, b"")
                expected.append((NOTE, None, manifest["directory_sha256"]))
                expected += [(f"tips/{row['id']}.age", row["size"], row["id"]) for row in manifest["tips"]]
            elif done == 1:
                bundle.note = content
            else:
                bundle.tips[manifest["tips"][done - 2]["id"]] = content
            done += 1
    except CutShort as error:
        raise Refused("cut-short", found=max(done - 2, 0), says=str(error)) from error
    except Altered as error:
        # Guess: what is wrong is named by the entry that belongs there.
        place = error.place if error.place == END_OF_FILE else _place(expected, done, error.place)
        raise Refused("altered", place, says=str(error)) from error
    if done < len(expected):
        # Guess: an end marker too early is a change, not a cut.
        raise Refused("altered", expected[done][0], says="it is missing")
    for id_ in list(bundle.tips):
        try:
            tip.check(bundle.tips[id_])
        except tip.Problem:
            bundle.not_tips.append(id_)
            del bundle.tips[id_]
    return bundle


def _place(expected: list, done: int, found: str) -> str:
    return expected[done][0] if done < len(expected) else found


def manifest_bytes(manifest: dict) -> bytes:
    """A manifest as the vectors have it; a reader takes any JSON."""
    return json.dumps(manifest, indent=2).encode("utf-8") + b"\n"


def write(channel: str, courier: str, number: int, previous: str | None, note: bytes, tips: list[tuple[bytes, str]]) -> bytes:
    """A bundle with these tips, each with its day, in this order."""
    rows = [{"id": tip.tip_id(file), "size": len(file), "day": of} for file, of in tips]
    manifest = {
        "schema": SCHEMA,
        "channel": channel,
        "courier": courier,
        "number": number,
        "previous": previous,
        "directory_sha256": directory.sha256(note),
        "tips": rows,
    }
    data = manifest_bytes(manifest)
    _read_manifest(data)
    entries = [Entry(MANIFEST, data), Entry(NOTE, note)]
    entries += [Entry(f"tips/{row['id']}.age", file) for row, (file, _) in zip(rows, tips)]
    return archive.write(entries)


class Desk:
    """What a desk remembers of chains: which bundle has which number, and what each names as the one before."""

    def __init__(self):
        self._chains: dict[tuple[str, str], dict[int, tuple[str, str | None]]] = {}
        self._tips: set[str] = set()

    def take_in(self, bundle: Bundle) -> tuple[str, list[str]]:
        """The bundle's standing and the ids of the tips that are new here."""
        manifest = bundle.manifest
        number, previous = manifest["number"], manifest["previous"]
        chain = self._chains.setdefault((manifest["channel"], manifest["courier"]), {})
        if number in chain:
            if chain[number][0] != bundle.id:
                raise Refused("forked", says="two bundles for one number")
            return "repeated", []
        before, behind = chain.get(number - 1), chain.get(number + 1)
        if (before and before[0] != previous) or (behind and behind[1] != bundle.id):
            raise Refused("forked", says="a bundle names another one before it")
        if chain and number < max(chain):
            standing = "out-of-order"
        else:
            standing = "next" if number == max(chain, default=0) + 1 else "after-a-gap"
        chain[number] = (bundle.id, previous)
        new = [id_ for id_ in bundle.tips if id_ not in self._tips]
        self._tips.update(new)
        return standing, new
