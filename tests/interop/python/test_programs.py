"""Our programs and this implementation, each reading what the other wrote. Needs SOFTINFO_BIN_DIR, see README.md."""

import datetime
import hashlib
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import bundle
import directory
import note
import receipt
import report
import sealed_identity
import test_vectors
import tip
from archive import Entry
from hybrid import Identity, Recipient

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = os.environ.get("SOFTINFO_BIN_DIR")
TODAY = datetime.date.today()
HOLDER = "labour-inspectorate-example"
PROSECUTOR = "public-prosecutor-example"
MESSAGE = "Zij houden onze paspoorten. Žluťoučký kůň.\n".encode("utf-8")


def run(program: str, *arguments: str, fails: bool = False) -> str:
    """What a program prints; it is started in the repository's root, where the desk finds the example keys."""
    command = [str(Path(PROGRAMS, program)), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


@unittest.skipUnless(PROGRAMS, "SOFTINFO_BIN_DIR is not set: nothing was tried with softinfo-desk and softinfo-tip")
class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def _tips(self, epoch_key: Recipient, identity_key: Recipient) -> dict[str, tuple[list[Entry], bytes]]:
        """Entries and file of tips of every sort, for the example holder."""
        mine = receipt.Receipt(os.urandom(16))
        photo, original = os.urandom(40_000), os.urandom(60_000)
        listed = {
            "name": "attachments/01.jpg",
            "media_type": "image/jpeg",
            "size": len(photo),
            "sha256": hashlib.sha256(photo).hexdigest(),
            "scrubbed": True,
        }
        files = [Entry("attachments/01.jpg", photo), Entry("originals/01.jpg", original)]
        sealed, number = sealed_identity.write(identity_key, mine.thread, TODAY, MESSAGE, "M. Example")
        slip = {"holder": PROSECUTOR, "number": number, "sha256": hashlib.sha256(sealed).hexdigest()}

        def entries(n: int, **optional) -> list[Entry]:
            return [Entry("report.json", report.write(mine, n, "nl", [HOLDER], **optional)), Entry("message.txt", MESSAGE)]

        sorts = {
            "plain": (0, entries(0)),
            "with attachments": (1, entries(1, attachments=[listed]) + files),
            "with a sealed identity": (2, entries(2, sealed=[slip]) + [Entry(f"sealed/{PROSECUTOR}.age", sealed)]),
            "a later message": (3, tip.sign_later(entries(3), mine.author_seed)),
        }
        return {
            name: (written, tip.write(written, [epoch_key], mine.withdraw_token(n))) for name, (n, written) in sorts.items()
        }

    def test_the_desk_opens_tips_of_this_implementation_from_its_bundle(self):
        signed = (ROOT / "keys-example/EXAMPLE-directory.note").read_bytes()
        root = note.Verifier.parse((ROOT / "keys-example/EXAMPLE-root.vkey").read_text().rstrip("\n"))
        example = directory.read(signed, root, TODAY)
        epoch_key = Recipient.parse(example.epoch(HOLDER, TODAY)["recipient"])
        tips = self._tips(epoch_key, Recipient.parse(example.holder(PROSECUTOR)["identity"] or Identity.new().recipient.text))
        rows = [(file, TODAY.isoformat()) for _, file in tips.values()]
        packed = self.folder / "bundle.tar"
        packed.write_bytes(bundle.write(example.fields["channel"], os.urandom(16).hex(), 1, None, signed, rows))
        desk = ("softinfo-desk", "--desk", self.folder / "desk", "--json")
        imported = json.loads(run(*desk, "import", packed))
        self.assertEqual(imported["bundle"], bundle.read(packed.read_bytes()).id)
        self.assertEqual((imported["new"], imported["for_this_desk"], imported["not_tips"]), (len(tips), len(tips), []))
        for name, (entries, file) in tips.items():
            with self.subTest(name):
                out = self.folder / name
                run(*desk, "open", tip.tip_id(file), "--originals", "--out", out)
                found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
                sheet, shown = json.loads(found.pop("tip.json")), json.loads(found.pop("report.json"))
                self.assertEqual(sheet["id"], tip.tip_id(file))
                self.assertEqual(found, {entry.name: entry.content for entry in entries if entry.name != "report.json"})
                # A desk leaves the writer's secrets out of what it puts into a folder, and nothing else.
                sent = json.loads(entries[0].content)
                for secret in ("thread", "reply", "withdraw_token"):
                    self.assertNotEqual(shown.pop(secret), sent.pop(secret))
                self.assertEqual(shown, sent)

    def test_this_implementation_opens_a_tip_of_softinfo_tip(self):
        keys = test_vectors.WrittenDirectories
        fields = keys.fields()
        issued, expires = TODAY - datetime.timedelta(1), TODAY + datetime.timedelta(30)
        fields |= {"issued": issued.isoformat(), "expires": expires.isoformat()}
        fields["holders"][0]["epochs"][0] |= {"from": issued.isoformat(), "until": expires.isoformat()}
        signed, root = self.folder / "directory.note", self.folder / "root.vkey"
        signed.write_bytes(directory.write(fields, [keys.root, keys.holder]))
        root.write_text(keys.root.verifier.text + "\n")
        desk = ("softinfo-desk", "--desk", self.folder / "desk")
        self.assertIn("some-holder", run(*desk, "directory", "check", signed, "--root", root))

        message, attached, out = self.folder / "message", self.folder / "holiday photo.jpg", self.folder / "sealed.age"
        message.write_bytes(MESSAGE)
        attached.write_bytes(b"\xff\xd8\xff" + os.urandom(30_000))
        choice = ("--directory", signed, "--root", root, "--leave-no-trace", "--to", "some-holder", "--lang", "nl", "--json")
        lines = run("softinfo-tip", "seal", *choice, "--message", message, "--attach", attached, "--out", out).splitlines()
        # The receipt comes first, then the outcome.
        shown = {name: value for line in lines for name, value in json.loads(line).items()}

        file = out.read_bytes()
        self.assertEqual(tip.tip_id(file), shown["id"])
        opened = tip.open_tip(file, [keys.identity])
        self.assertEqual(opened.content("message.txt"), MESSAGE)
        self.assertEqual([e.content for e in opened.entries if e.name.startswith("attachments/")], [attached.read_bytes()])
        read = report.read(opened.content("report.json"))
        self.assertEqual(read.warnings + report.compare(read, opened.entries, opened.digest, {"some-holder"}), [])
        # The receipt that the program shows is the one whose keys stand in the report.
        mine = receipt.read(shown["words"])
        self.assertEqual(mine, receipt.read(shown["digits"]))
        expected = json.loads(report.write(mine, 0, "nl", ["some-holder"]))
        self.assertEqual({name: read.fields[name] for name in expected}, expected)

    def test_the_desk_refuses_a_directory_that_its_holder_does_not_vouch_for(self):
        keys = test_vectors.WrittenDirectories
        signed, root = self.folder / "directory.note", self.folder / "root.vkey"
        signed.write_bytes(directory.write(keys.fields(), [keys.root]))
        root.write_text(keys.root.verifier.text + "\n")
        run("softinfo-desk", "--desk", self.folder / "desk", "directory", "check", signed, "--root", root, fails=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
