"""Everything under tests/vectors, and what this implementation writes, read again."""

import datetime
import hashlib
import json
import os
import subprocess
import tempfile
import unicodedata
import unittest
import zlib
from pathlib import Path

import age_file
import archive
import bundle
import directory
import note
import padding
import receipt
import report
import sealed_identity
import signing
import tip
from archive import Entry
from encoding import Malformed, b64, unb64
from hybrid import Identity, Recipient

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
TODAY = datetime.date(2026, 11, 23)
RECEIPT = receipt.Receipt(bytes(range(16)))


def load(name: str):
    return json.loads((VECTORS / name).read_text("utf-8"))


class Rows(unittest.TestCase):
    """Tests of many rows each; a failing row does not hide the others."""

    tried = 0

    def each(self, rows, name=str):
        """Call what is decorated for each row, as a test of its own. No rows at all is a failure."""

        def run(check):
            count = 0
            for count, row in enumerate(rows, 1):
                with self.subTest(name(row)):
                    check(*row) if isinstance(row, tuple) else check(row)
            self.assertGreater(count, 0, "there are no rows")
            Rows.tried += count

        return run


def tearDownModule():
    print(f"{Rows.tried} rows tried")


class Receipts(Rows):
    vectors = load("receipt.json")

    def test_words_and_digits_are_those_of_the_secret(self):
        @self.each(self.vectors["receipts"], lambda r: r["secret"])
        def check(row):
            mine = receipt.Receipt(bytes.fromhex(row["secret"]))
            self.assertEqual({language: mine.words(language) for language in receipt.LISTS}, row["words"])
            self.assertEqual(mine.digits(), row["digits"])
            for text in [*row["words"].values(), row["digits"]]:
                self.assertEqual(unicodedata.normalize("NFC", text), text)

    def test_what_is_shown_is_read_back(self):
        @self.each(self.vectors["receipts"], lambda r: r["secret"])
        def check(row):
            for text in [*row["words"].values(), row["digits"]]:
                self.assertEqual(receipt.read(text).secret.hex(), row["secret"], text)

    def test_keys_thread_and_tokens_are_derived(self):
        @self.each(self.vectors["receipts"], lambda r: r["secret"])
        def check(row):
            mine = receipt.Receipt(bytes.fromhex(row["secret"]))
            self.assertEqual(mine.reply_identity.text, row["reply_identity"])
            self.assertEqual(mine.reply_identity.recipient.text, row["reply"])
            self.assertEqual((len(row["reply"]), len(row["reply_identity"])), (1959, 77))
            self.assertEqual(mine.thread.hex(), row["thread"])
            self.assertEqual(b64(mine.author), row["author"])
            for withdraw in row["withdraw"]:
                token = mine.withdraw_token(withdraw["n"])
                self.assertEqual(b64(token), withdraw["token"])
                self.assertEqual(b64(receipt.withdraw_digest(token)), withdraw["digest"])

    def test_receipts_are_read_as_people_type_them(self):
        @self.each(self.vectors["accepted"], lambda r: r["text"])
        def check(row):
            self.assertEqual(receipt.read(row["text"]).secret.hex(), row["secret"])

    def test_what_is_no_receipt_is_refused_with_its_reason(self):
        @self.each(self.vectors["refused"], lambda r: r["text"])
        def check(row):
            with self.assertRaises(receipt.Refused) as caught:
                receipt.read(row["text"])
            self.assertEqual((caught.exception.reason, caught.exception.position), (row["reason"], row.get("position")))

    def test_beginnings_of_four_letters_stand_for_one_word(self):
        @self.each(receipt.LISTS)
        def check(language):
            whole, beginnings = receipt._spellings(language)
            self.assertEqual(len(whole), 2048)
            self.assertNotIn(None, beginnings.values())

    def test_more_than_400_tokens_are_refused(self):
        words = RECEIPT.words("en")
        self.assertEqual(receipt.read(words + " 1" * 388), RECEIPT)
        self.assertRaises(receipt.Refused, receipt.read, words + " 1" * 389)


class Padding(Rows):
    vectors = load("padding.json")

    def test_lengths_have_their_class(self):
        self.assertEqual(self.vectors["max"], padding.DEFAULT_MAX)

        @self.each(self.vectors["classes"])
        def check(row):
            self.assertEqual(padding.size_class(row["length"]), row["class"])
            self.assertTrue(padding.is_class(row["class"]))
            self.assertLessEqual(row["class"], max(padding.SMALLEST, row["length"] * 1.12))

    def test_files_have_their_length_and_back(self):
        @self.each(self.vectors["files"])
        def check(row):
            self.assertEqual(padding.file_length(row["plaintext"]), row["file"])
            self.assertEqual(padding.plaintext_length(row["file"]), row["plaintext"])
            self.assertTrue(padding.is_class(row["plaintext"]))

    def test_other_lengths_are_no_class(self):
        @self.each(self.vectors["not_classes"])
        def check(row):
            self.assertEqual(padding.file_length(row["plaintext"]), row["file"])
            self.assertEqual(padding.plaintext_length(row["file"]), row["plaintext"])
            self.assertFalse(padding.is_class(row["plaintext"]))

    def test_no_other_file_length_has_a_plaintext(self):
        lengths = {padding.file_length(plaintext) for plaintext in range(140_000)}
        for file in range(padding.file_length(139_999)):
            self.assertEqual(padding.plaintext_length(file) is not None, file in lengths)


class Age(Rows):
    """The vectors of C2SP/CCTV for what tips are made of: headers, hybrid stanzas, payloads."""

    # Types that no tip has, and armour: "never armored", "no other recipient type is accepted".
    NOT_OURS = ("armor_", "scrypt", "x25519", "hybrid_and_x25519", "hybrid_x25519_arg")

    def _vectors(self):
        """Name, fields, identities and file of each vector."""
        for path in sorted((VECTORS / "age").iterdir()):
            if path.name == "README.md" or path.name.startswith(self.NOT_OURS):
                continue
            head, _, file = path.read_bytes().partition(b"\n\n")
            lines = [line.split(": ", 1) for line in head.decode("utf-8").split("\n")]
            fields = dict(lines)
            identities = [value for name, value in lines if name == "identity"]
            yield path.name, fields, identities, zlib.decompress(file) if "compressed" in fields else file

    def _result(self, file: bytes, identities: list[str], file_key: bytes) -> tuple[str, str]:
        """What happens, and the sum of the plaintext."""
        try:
            header = age_file.read_header(file)
            hybrid = [Identity.parse(text) for text in identities if text.startswith("AGE-SECRET-KEY-PQ-1")]
            # Most vectors are for an X25519 key: of these, everything behind the stanza is tried with the file key.
            key = age_file.unwrap(header, hybrid) if hybrid else file_key
            plaintext = age_file.open_with_file_key(file, header, key)
        except age_file.BadMac:
            return "HMAC failure", ""
        except Malformed:
            return "header failure", ""
        except age_file.NoKey:
            return "no match", ""
        except age_file.BadPayload:
            return "payload failure", ""
        return "success", hashlib.sha256(plaintext).hexdigest()

    def test_vectors_of_cctv_have_their_outcome(self):
        @self.each(self._vectors(), lambda v: v[0])
        def check(name, fields, identities, file):
            outcome, checksum = self._result(file, identities, bytes.fromhex(fields.get("file key", "")))
            self.assertEqual(outcome, fields["expect"])
            if outcome == "success":
                self.assertEqual(checksum, fields["payload"])


class Tips(Rows):
    def _tips(self):
        for path in sorted((VECTORS / "tip").glob("*.age")):
            yield path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_text("utf-8"))

    def test_every_identity_opens_its_tip(self):
        @self.each(self._tips(), lambda t: t[0])
        def check(name, file, says):
            self.assertEqual(tip.tip_id(file), says["id"])
            for identity in says["identities"]:
                opened = tip.open_tip(file, [Identity.new(), Identity.parse(identity)])
                self.assertEqual({e.name: hashlib.sha256(e.content).hexdigest() for e in opened.entries}, says["entries"])
                self.assertEqual([e.name for e in opened.entries], list(says["entries"]))
                self.assertEqual(opened.digest, receipt.withdraw_digest(unb64(says["withdraw_token"], 32)))
            self.assertRaises(age_file.NoKey, tip.open_tip, file, [Identity.new()])

    def test_sums_and_the_signature_of_the_author_are_right(self):
        @self.each(self._tips(), lambda t: t[0])
        def check(name, file, says):
            opened = tip.open_tip(file, [Identity.parse(says["identities"][0])])
            if "sums" in says:
                self.assertEqual(tip.sums(opened.entries[:-1]), says["sums"])
                self.assertTrue(opened.is_signed_by(unb64(says["author"], 32)))
                self.assertFalse(opened.is_signed_by(receipt.Receipt(bytes(16)).author))
            else:
                self.assertIsNone(opened.content("author.sig"))

    def test_their_reports_go_with_them(self):
        @self.each(self._tips(), lambda t: t[0])
        def check(name, file, says):
            opened = tip.open_tip(file, [Identity.parse(says["identities"][0])])
            read = report.read(opened.content("report.json"))
            readers = read.known("readers")
            self.assertEqual(read.warnings, [])
            self.assertEqual(len(readers), len(says["identities"]))
            for reader in readers:
                self.assertEqual(report.compare(read, opened.entries, opened.digest, {reader}), [])
            self.assertEqual(report.compare(read, opened.entries, opened.digest, {"somebody-else"}), ["not-a-reader"])
            self.assertEqual(report.compare(read, opened.entries, bytes(32), set(readers)), ["withdraw-token"])
            self.assertEqual(read.known("withdraw_token"), says["withdraw_token"])

    def test_a_sealed_identity_opens_with_the_identity_key_alone(self):
        says = load("tip/sealed-identity.json")
        reader, key = Identity.parse(says["identities"][0]), Identity.parse(says["sealed"]["identity"])
        opened = tip.open_tip((VECTORS / "tip/sealed-identity.age").read_bytes(), [reader])
        file = opened.content("sealed/prosecutor.age")
        statement = sealed_identity.read(file, key)
        self.assertEqual(statement, says["sealed"]["statement"])
        self.assertRaises(age_file.NoKey, sealed_identity.read, file, reader)
        read = report.read(opened.content("report.json"))
        self.assertEqual(sealed_identity.warnings(statement, file, read.fields, opened.content("message.txt"), "prosecutor"), [])
        other = read.fields | {"thread": "00" * 16, "sealed": []}
        wrong = sealed_identity.warnings(statement, file, other, b"another", "prosecutor")
        self.assertEqual(wrong, ["number", "sha256", "thread", "statement"])

    def test_what_is_no_tip_is_refused(self):
        @self.each(load("tip/refused/index.json"), lambda r: r["file"])
        def check(row):
            with self.assertRaises(tip.Problem) as caught:
                tip.check((VECTORS / "tip/refused" / row["file"]).read_bytes())
            self.assertEqual(caught.exception.name, row["problem"])

    def test_every_refused_file_is_in_the_index(self):
        listed = {row["file"] for row in load("tip/refused/index.json")}
        self.assertEqual({p.name for p in (VECTORS / "tip/refused").iterdir()} - {"index.json"}, listed)


class WrittenTips(Rows):
    message = "They keep our passports. Žluťoučký kůň.\n".encode("utf-8")

    def _entries(self, readers: list[str], n: int = 0, files: dict | None = None, **optional) -> list[Entry]:
        files = files or {}
        attachments = [
            {
                "name": name,
                "media_type": "image/jpeg",
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "scrubbed": True,
            }
            for name, data in files.items()
            if name.startswith("attachments/")
        ]
        if attachments:
            optional["attachments"] = attachments
        written = report.write(RECEIPT, n, "nl", readers, **optional)
        return [Entry("report.json", written), Entry("message.txt", self.message), *(Entry(*item) for item in files.items())]

    def _check(self, file: bytes, identities: list[Identity], readers: list[str], entries: list[Entry]):
        header = age_file.read_header(file)
        self.assertEqual(header.length, 6357)
        self.assertTrue(padding.is_class(padding.plaintext_length(len(file))))
        for reader, identity in zip(readers, identities):
            opened = tip.open_tip(file, [identity])
            self.assertEqual(list(opened.entries), entries)
            read = report.read(opened.content("report.json"))
            self.assertEqual(read.warnings + report.compare(read, opened.entries, opened.digest, {reader}), [])

    def test_tips_for_one_to_three_readers_open_with_each_of_their_keys(self):
        @self.each((1, 2, 3))
        def check(count):
            identities = [Identity.new() for _ in range(count)]
            readers = [f"reader-{i}" for i in range(count)]
            entries = self._entries(readers)
            file = tip.write(entries, [i.recipient for i in identities], RECEIPT.withdraw_token(0))
            self.assertEqual(len(file), 30_965)
            self._check(file, identities, readers, entries)
            self.assertRaises(age_file.NoKey, tip.open_tip, file, [Identity.new()])

    def test_attachments_and_originals_are_carried(self):
        files = {"attachments/01.jpg": os.urandom(70_000), "attachments/03": b"", "originals/01.jpg": os.urandom(1024)}
        identity = Identity.new()
        entries = self._entries(["reader"], files=files)
        self._check(tip.write(entries, [identity.recipient], RECEIPT.withdraw_token(0)), [identity], ["reader"], entries)

    def test_a_later_message_is_signed_by_the_author(self):
        identity = Identity.new()
        entries = tip.sign_later(self._entries(["reader"], n=1234), RECEIPT.author_seed)
        file = tip.write(entries, [identity.recipient], RECEIPT.withdraw_token(1234))
        self._check(file, [identity], ["reader"], entries)
        self.assertTrue(tip.open_tip(file, [identity]).is_signed_by(RECEIPT.author))
        changed = [*entries[:1], Entry("message.txt", b"another"), entries[-1]]
        file = tip.write(changed, [identity.recipient], RECEIPT.withdraw_token(1234))
        self.assertFalse(tip.open_tip(file, [identity]).is_signed_by(RECEIPT.author))

    def test_a_forwarder_signs_what_it_forwards(self):
        forwarder, other, identity = note.Signer("ngo", os.urandom(32)), note.Signer("ngo", os.urandom(32)), Identity.new()
        entries = tip.forward(self._entries(["reader"], n=5, on_behalf={"forwarder": "ngo"}), forwarder)
        entries = tip.sign_later(entries, RECEIPT.author_seed)
        file = tip.write(entries, [identity.recipient], RECEIPT.withdraw_token(5))
        self._check(file, [identity], ["reader"], entries)
        opened = tip.open_tip(file, [identity])
        self.assertTrue(opened.is_forwarded_by(forwarder.verifier))
        self.assertFalse(opened.is_forwarded_by(other.verifier))
        self.assertTrue(opened.is_signed_by(RECEIPT.author))
        moved = tip.Tip((entries[0], Entry("message.txt", b"another"), *entries[2:]), opened.digest)
        self.assertFalse(moved.is_forwarded_by(forwarder.verifier))

    def test_a_name_is_sealed_for_one_holder(self):
        reader, prosecutor = Identity.new(), Identity.new()
        sealed, number = sealed_identity.write(prosecutor.recipient, RECEIPT.thread, TODAY, self.message, "Ž. Example")
        self.assertEqual(len(sealed), 4096)
        slip = {"holder": "prosecutor", "number": number, "sha256": hashlib.sha256(sealed).hexdigest()}
        entries = self._entries(["reader"], files={"sealed/prosecutor.age": sealed}, sealed=[slip])
        file = tip.write(entries, [reader.recipient], RECEIPT.withdraw_token(0))
        self._check(file, [reader], ["reader"], entries)
        statement = sealed_identity.read(sealed, prosecutor)
        self.assertEqual(statement["text"], "Ž. Example")
        fields = report.read(entries[0].content).fields
        self.assertEqual(sealed_identity.warnings(statement, sealed, fields, self.message, "prosecutor"), [])

    def test_the_archive_is_the_one_that_tar_writes(self):
        files = {"attachments/01.jpg": os.urandom(5000), "attachments/02": b"x" * 512, "originals/01.jpg": b"y"}
        entries = tip.sign_later(self._entries(["reader"], files=files), RECEIPT.author_seed)
        options = "--format=ustar --blocking-factor=1 --mode=0644 --mtime=@0 --owner=:0 --group=:0 --numeric-owner"
        with tempfile.TemporaryDirectory() as folder:
            for entry in entries:
                path = Path(folder, entry.name)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(entry.content)
            command = ["tar", *options.split(), "-cf", "-", *(e.name for e in entries)]
            made = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(archive.write(entries), made)

    def test_archives_of_another_form_are_unreadable(self):
        report_, message = Entry("report.json", b"{}"), Entry("message.txt", b"")
        wrong = {
            "no report": [message],
            "nothing": [],
            "out of order": [message, report_],
            "twice": [report_, message, message],
            "number twice": [report_, Entry("attachments/01.jpg", b""), Entry("attachments/01.png", b"")],
            "numbers fall": [report_, Entry("attachments/02", b""), Entry("attachments/01", b"")],
            "number 00": [report_, Entry("attachments/00", b"")],
            "own name": [report_, Entry("attachments/mine.jpg", b"")],
            "long ending": [report_, Entry("attachments/01.abcdefghi", b"")],
            "sealed of another size": [report_, Entry("sealed/a.age", bytes(4095))],
            "sealed not sorted": [report_, Entry("sealed/b.age", bytes(4096)), Entry("sealed/a.age", bytes(4096))],
            "four sealed": [report_, *(Entry(f"sealed/{c}.age", bytes(4096)) for c in "abcd")],
            "short signature": [report_, Entry("author.sig", bytes(63))],
            "behind the signature": [report_, Entry("author.sig", bytes(64)), message],
            "large report": [Entry("report.json", bytes(1_048_577))],
            "original of nothing": [report_, Entry("attachments/01", b""), Entry("originals/02", b"")],
            "unknown name": [report_, Entry("readme", b"")],
        }

        @self.each(wrong.items(), lambda w: w[0])
        def check(name, entries):
            self.assertRaises(tip.Unreadable, tip.read_entries, archive.write(entries).ljust(24_576, b"\0"))

    def test_any_changed_byte_of_a_header_gap_or_end_is_noticed(self):
        data = archive.write([Entry("report.json", b"{}"), Entry("message.txt", b"a")]).ljust(24_576, b"\0")
        contents = {512, 513, 1536}
        for at in [*range(3072), 5000, 24_575]:
            if at not in contents:
                changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
                with self.subTest(at):
                    self.assertRaises(Malformed, tip.read_entries, changed)

    def test_keys_of_small_order_sign_nothing(self):
        identity_point = (1).to_bytes(32, "little")
        order_two = (signing.PRIME - 1).to_bytes(32, "little")
        order_four, not_canonical = bytes(32), (signing.PRIME + 1).to_bytes(32, "little")

        @self.each((identity_point, order_two, order_four, not_canonical), bytes.hex)
        def check(key):
            self.assertFalse(signing.is_good_key(key))
            self.assertFalse(signing.verify(key, identity_point + bytes(32), b"anything"))
        self.assertTrue(signing.is_good_key(RECEIPT.author))


class Reports(Rows):
    index = load("report/index.json")["vectors"]

    def test_reports_are_read_with_their_warnings(self):
        rows = [row for row in self.index if row["as"] == "report"]

        @self.each(rows, lambda r: r["file"])
        def check(row):
            data = (VECTORS / "report" / row["file"]).read_bytes()
            self.assertEqual(report.read(data).warnings, row["warnings"])

    def test_rows_for_the_command_line_are_the_only_ones_left_out(self):
        """`as: details` is what softinfo-tip reads from a forwarder's script; no format of the protocol."""
        left_out = [row["file"] for row in self.index if row["as"] != "report"]
        self.assertTrue(all(name.startswith("details") for name in left_out), left_out)
        print(f"left out, because they concern softinfo-tip alone: {', '.join(left_out)}")

    def test_nothing_of_a_report_is_lost(self):
        rows = [row for row in self.index if row["as"] == "report" and "not-json" not in row["warnings"]]

        @self.each(rows, lambda r: r["file"])
        def check(row):
            name = row["file"]
            data = (VECTORS / "report" / name).read_bytes()
            exact = json.loads(data.decode("utf-8-sig"), parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits))
            self.assertEqual(report.read(data).fields, exact)

    def test_numbers_come_out_as_they_went_in(self):
        texts = {
            "1": 1,
            "9223372036854775807": 2**63 - 1,
            "18446744073709551615": 2**64 - 1,
            "-9223372036854775808": -(2**63),
            "18446744073709551616": 1.8446744073709552e19,
            "-222222222222222222222222222222222225": -2.2222222222222222e35,
            "2.50": 2.5,
        }

        @self.each(texts.items())
        def check(text, number):
            value = report.read(b'{"n": ' + text.encode() + b"}").fields["n"]
            self.assertEqual((type(value), value), (type(number), number))

    def test_the_last_of_two_fields_counts(self):
        self.assertEqual(report.read((VECTORS / "report/twice.json").read_bytes()).known("lang"), "fr")

    def test_the_categories_are_those_of_the_schema(self):
        schema = json.loads((VECTORS.parents[1] / "docs/report-1.schema.json").read_text("utf-8"))
        self.assertEqual(set(schema["properties"]["categories"]["items"]["enum"]), report.CATEGORIES)
        self.assertEqual(list(schema["properties"]), list(report.FIELDS))
        self.assertEqual(schema["required"], list(report.REQUIRED))

    def test_a_report_that_does_not_go_with_its_tip_is_marked(self):
        written = report.write(RECEIPT, 0, "nl", ["reader"])
        entries = [Entry("report.json", written), Entry("attachments/01", b"x"), Entry("sealed/a.age", bytes(4096))]
        digest = receipt.withdraw_digest(RECEIPT.withdraw_token(0))
        self.assertEqual(report.compare(report.read(written), entries, digest, {"reader"}), ["attachments", "sealed"])
        without_reply = json.loads(written) | {"reply": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}
        self.assertEqual(report.read(json.dumps(without_reply).encode()).warnings, ["value: reply"])


class Directories(Rows):
    index = load("directory/index.json")
    root = note.Verifier.parse(index["root"])
    today = datetime.date.fromisoformat(index["today"])

    def _file(self, name: str) -> bytes:
        return (VECTORS / "directory" / name).read_bytes()

    def _read(self, row: dict) -> dict:
        """The epoch that is used of the directory in this row."""
        seen = directory.verify(self._file(row["seen"]), self.root) if "seen" in row else None
        return directory.read(self._file(row["file"]), self.root, self.today, seen).epoch(self.index["holder"], self.today)

    def test_directories_have_their_outcome(self):
        @self.each(self.index["vectors"])
        def check(row):
            try:
                epoch = self._read(row)
                outcome, says = "accepted", ""
            except directory.Refused as refused:
                outcome, says = refused.outcome, str(refused)
            self.assertEqual(outcome, row["outcome"], says)
            self.assertIn(row.get("says", ""), says)
            if outcome == "accepted":
                self.assertEqual(epoch["epoch"], row.get("epoch", self.index["epoch"]))
                self.assertEqual(epoch["recipient"], self.index["recipient"])

    def test_the_identity_is_that_of_the_recipient(self):
        self.assertEqual(Identity.parse(self.index["identity"]).recipient.text, self.index["recipient"])

    def test_every_directory_is_in_the_index(self):
        files = {p.name for p in (VECTORS / "directory").iterdir()} - {"index.json"}
        self.assertEqual(files, {row["file"] for row in self.index["vectors"]})


class WrittenDirectories(Rows):
    root = note.Signer("some-channel", os.urandom(32))
    holder = note.Signer("some-holder", os.urandom(32))
    identity = Identity.new()

    @classmethod
    def fields(cls) -> dict:
        """A directory with one holder, which vouches for itself."""
        epoch = {"epoch": "2026-11", "from": "2026-11-01", "until": "2026-11-30", "recipient": cls.identity.recipient.text}
        holder = {
            "id": "some-holder",
            "kind": "ngo",
            "names": {"en": "Some holder"},
            "competence": {"en": "this"},
            "duty_card": {"en": "that"},
            "categories": ["labour", "housing-slum"],
            "signing_key": cls.holder.verifier.text,
            "identity": None,
            "posts": None,
            "epochs": [epoch],
        }
        return {
            "schema": directory.SCHEMA,
            "must_understand": [],
            "channel": "some-channel",
            "version": 1,
            "issued": "2026-11-01",
            "expires": "2026-12-31",
            "relays": ["http://127.0.0.1:8080"],
            "page_sha256": None,
            "max_bytes": padding.DEFAULT_MAX,
            "replies": {"bytes": 4096, "buckets": 1, "keep_days": 60, "shards": 1},
            "holders": [holder],
            "forwarders": [],
        }

    def test_a_directory_signed_by_root_and_holder_is_read(self):
        @self.each(([self.root, self.holder], [self.holder, self.root]), lambda s: s[0].name)
        def check(signers):
            written = directory.write(self.fields(), signers)
            read = directory.read(written, self.root.verifier, TODAY)
            self.assertEqual(read.epoch("some-holder", TODAY)["recipient"], self.identity.recipient.text)

    def test_a_missing_signature_is_noticed(self):
        @self.each((([self.root], "not-vouched"), ([self.holder], "wrong-root")), lambda s: s[1])
        def check(signers, outcome):
            with self.assertRaises(directory.Refused) as caught:
                directory.read(directory.write(self.fields(), signers), self.root.verifier, TODAY)
            self.assertEqual(caught.exception.outcome, outcome)

    def test_a_maker_refuses_a_misspelt_field(self):
        @self.each(({"forwarder": []}, {"max_byte": 1}))
        def check(change):
            self.assertRaises(directory.Refused, directory.write, self.fields() | change, [self.root])

    def test_keys_are_spelt_and_read_back(self):
        @self.each((self.root, self.holder), lambda s: s.name)
        def check(signer):
            self.assertEqual(note.Signer.parse(signer.text), signer)
            self.assertEqual(note.Verifier.parse(signer.verifier.text), signer.verifier)
            self.assertRaises(Malformed, note.Verifier.parse, signer.verifier.text.replace("some", "another"))


class Bundles(Rows):
    rows = load("bundle/index.json")["vectors"]

    def _read(self, name: str) -> bundle.Bundle:
        return bundle.read((VECTORS / "bundle" / name).read_bytes())

    def test_bundles_have_their_outcome(self):
        @self.each(self.rows, lambda r: f"{r['file']} after {r.get('after')}")
        def check(row):
            desk = bundle.Desk()
            for name in row.get("after", []):
                desk.take_in(self._read(name))
            try:
                read = self._read(row["file"])
                standing, tips = desk.take_in(read)
            except bundle.Refused as refused:
                self.assertEqual(refused.outcome, row["outcome"], str(refused))
                self.assertEqual((refused.entry, refused.found), (row.get("entry"), row.get("found")), str(refused))
                return
            self.assertEqual(("accepted", standing), (row["outcome"], row["standing"]))
            self.assertEqual((read.id, read.manifest["number"]), (row["id"], row["number"]))
            self.assertEqual((tips, read.not_tips), (row["tips"], row["not_tips"]))

    def test_every_bundle_is_in_the_index(self):
        files = {p.name for p in (VECTORS / "bundle").iterdir()} - {"index.json"}
        self.assertEqual(files, {row["file"] for row in self.rows})

    def test_their_directory_is_that_of_the_directory_vectors(self):
        self.assertEqual(self._read("good.tar").note, (VECTORS / "directory/good.note").read_bytes())

    def test_a_written_bundle_is_read(self):
        tips = [((VECTORS / "tip" / f"{name}.age").read_bytes(), "2026-11-23") for name in ("one-reader", "two-readers")]
        signed = (VECTORS / "directory/good.note").read_bytes()
        first = bundle.write("softinfo-vectors", "c0" * 16, 1, None, signed, tips)
        read = bundle.read(first)
        self.assertEqual(list(read.tips.values()), [file for file, _ in tips])
        self.assertEqual((read.not_tips, read.note), ([], signed))
        second = bundle.read(bundle.write("softinfo-vectors", "c0" * 16, 2, read.id, signed, []))
        desk = bundle.Desk()
        self.assertEqual(desk.take_in(read), ("next", [tip.tip_id(file) for file, _ in tips]))
        self.assertEqual(desk.take_in(second), ("next", []))

    def test_a_vector_is_written_again_to_the_byte(self):
        good = VECTORS / "bundle/good.tar"
        read = bundle.read(good.read_bytes())
        self.assertEqual(archive.write(list(archive.read(good.read_bytes()))), good.read_bytes())
        self.assertEqual(bundle.manifest_bytes(read.manifest), next(archive.read(good.read_bytes())).content)


if __name__ == "__main__":
    unittest.main(verbosity=2)
