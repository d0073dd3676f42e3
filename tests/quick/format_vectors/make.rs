//! Writes the vectors of directories and bundles anew, with the library. Only for a change of format:
//! `cargo nextest run -p softinfo-tests -E 'binary(quick) and test(format_vectors)' --run-ignored only`; then read the difference before committing it.

use std::fs::{self, File};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use softinfo_base::day::Day;
use softinfo_formats::directory::{SigningKey, UntrustedDirectory, add_signature};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{self, BundledTip, Manifest};
use softinfo_seal::draft::Draft;
use softinfo_seal::hybrid::Identity;
use softinfo_seal::reader::Reader;
use softinfo_seal::receipt::Receipt;
use tar::{EntryType, Header};

use crate::format_vectors::path;

const CHANNEL: &str = "softinfo-vectors";
const HOLDER: &str = "inspectorate-vectors";
const COURIER: &str = "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";
const TODAY: &str = "2026-11-23";

fn epoch(name: &str, from: &str, until: &str, identity: &Identity) -> Value {
    json!({ "epoch": name, "from": from, "until": until, "recipient": identity.recipient().to_string() })
}

fn key_of(rng: &mut StdRng, name: &str) -> SigningKey {
    SigningKey::generate(name, rng).unwrap()
}

/// The JSON of a directory, pretty-printed, after `change`.
fn text(change: impl FnOnce(&mut Value), epochs: &[Value], signing_key: &str) -> Vec<u8> {
    let mut contents = json!({
        "schema": "softinfo/directory/1", "channel": CHANNEL, "version": 2, "issued": "2026-11-01", "expires": "2026-12-31",
        "relays": ["http://127.0.0.1:8080"], "page_sha256": null, "max_bytes": 268_435_456,
        "replies": { "bytes": 4096, "buckets": 1, "keep_days": 60, "shards": 1 }, "must_understand": [],
        "holders": [{
            "id": HOLDER, "kind": "labour-inspectorate", "names": { "nl": "Arbeidsinspectie (vectoren)", "en": "Labour inspectorate (vectors)" },
            "categories": ["labour", "housing-slum"], "competence": { "nl": "heel het land", "en": "undeclared work" },
            "duty_card": { "en": "Must never say who complained." },
            "signing_key": signing_key, "identity": null, "posts": { "rows": 1024, "texts": 8, "every_days": 4 }, "epochs": epochs,
        }],
        "forwarders": [],
    });
    change(&mut contents);
    let mut bytes = serde_json::to_vec_pretty(&contents).unwrap();
    bytes.push(b'\n');
    bytes
}

#[test]
#[ignore = "writes tests/vectors/directory and tests/vectors/bundle anew"]
fn make_the_vectors() {
    let mut rng = StdRng::seed_from_u64(20_261_123);
    let (root, impostor, holder) = (key_of(&mut rng, CHANNEL), key_of(&mut rng, CHANNEL), key_of(&mut rng, HOLDER));
    let (old, new) = (Identity::generate(&mut rng), Identity::generate(&mut rng));
    let (october, november) =
        (epoch("2026-10", "2026-10-01", "2026-12-31", &old), epoch("2026-11", "2026-11-01", "2026-11-30", &new));
    let holder_key = holder.public().as_str().to_owned();
    let one = |change: &dyn Fn(&mut Value)| text(change, std::slice::from_ref(&november), &holder_key);
    let by_root = |text: &[u8]| add_signature(text, &root).unwrap();
    let sign = |text: &[u8]| add_signature(&by_root(text), &holder).unwrap();
    let written = |name: &str, bytes: &[u8]| {
        fs::create_dir_all(path("directory")).unwrap();
        fs::write(path("directory").join(name), bytes).unwrap();
    };

    let good_text = text(|_| (), &[october, november.clone()], &holder_key);
    let good = sign(&good_text);
    let plain = one(&|_| ());
    let by_holder = |text: &[u8]| add_signature(text, &holder).unwrap();
    written("good.note", &good);
    written("holder-first.note", &by_root(&by_holder(&good_text)));
    written("not-vouched.note", &by_root(&good_text));
    written("wrong-root.note", &by_holder(&add_signature(&plain, &impostor).unwrap()));
    written("vouched-only.note", &by_holder(&plain));
    // Of two epochs that began on one day the last in the list is used.
    let tie = epoch("2026-11-b", "2026-11-01", "2026-12-31", &old);
    written("tie.note", &sign(&text(|_| (), &[tie, november.clone()], &holder_key)));
    let identity = Identity::generate(&mut rng);
    let forwarder = key_of(&mut rng, "union-vectors");
    let full = |c: &mut Value| {
        c["holders"][0]["kind"] = json!("public-prosecutor");
        c["holders"][0]["identity"] = json!(identity.recipient().to_string());
        c["forwarders"] = json!([{
            "id": "union-vectors", "name": "A union", "signing_key": forwarder.public().as_str(), "from": "2026-01-01", "until": "2027-12-31",
        }]);
        c["must_understand"] = json!(["shards", "identity"]);
    };
    written("every-field.note", &sign(&one(&full)));
    let tampered =
        String::from_utf8(good.clone()).unwrap().replace("\"expires\": \"2026-12-31\"", "\"expires\": \"2027-12-31\"");
    written("tampered.note", tampered.as_bytes());
    written("expired.note", &sign(&one(&|c| c["expires"] = json!("2026-11-22"))));
    written("not-yet.note", &sign(&one(&|c| c["issued"] = json!("2026-11-24"))));
    written("older.note", &sign(&one(&|c| c["version"] = json!(1))));
    written("forked.note", &sign(&one(&|c| c["relays"] = json!(["http://127.0.0.1:9999"]))));
    written("no-epoch.note", &sign(&one(&|c| c["holders"][0]["epochs"][0]["until"] = json!("2026-11-22"))));
    written("other-channel.note", &sign(&one(&|c| c["channel"] = json!("another-channel"))));
    written("immigration-office.note", &sign(&one(&|c| c["holders"][0]["kind"] = json!("immigration-office"))));
    written("unknown-kind.note", &sign(&one(&|c| c["holders"][0]["kind"] = json!("army"))));
    written("unknown-field.note", &sign(&one(&|c| c["telephone"] = json!("0"))));
    written("must-understand.note", &sign(&one(&|c| c["must_understand"] = json!(["telephone"]))));
    written("foreign-signing-key.note", &sign(&one(&|c| c["holders"][0]["id"] = json!("somebody-else"))));
    written("replies-of-another-size.note", &sign(&one(&|c| c["replies"]["bytes"] = json!(8192))));
    written("no-buckets.note", &sign(&one(&|c| c["replies"]["buckets"] = json!(3))));
    written("no-identity.note", &sign(&one(&|c| c["holders"][0]["identity"] = json!("age1pq1"))));
    written("no-size-class.note", &sign(&one(&|c| c["max_bytes"] = json!(1_000_001))));
    let classical = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    written("x25519-recipient.note", &sign(&one(&|c| c["holders"][0]["epochs"][0]["recipient"] = json!(classical))));
    written("not-a-note.json", &plain);
    let row = |file: &str, outcome: &str| json!({ "file": file, "outcome": outcome });
    let after = |file: &str, outcome: &str| json!({ "file": file, "outcome": outcome, "seen": "good.note" });
    let contents = |file: &str, says: &str| json!({ "file": file, "outcome": "contents", "says": says });
    let index = json!({
        "what": "Directories to be read on `today` with `root` pinned; `seen` is the newest directory read before.",
        "root": root.public().as_str(), "today": TODAY, "holder": HOLDER,
        "epoch": "2026-11", "identity": new.expose().as_str(),
        "recipient": new.recipient().to_string(),
        "vectors": [
            row("good.note", "accepted"), row("holder-first.note", "accepted"), row("every-field.note", "accepted"),
            { "file": "tie.note", "outcome": "accepted", "epoch": "2026-11" },
            after("holder-first.note", "accepted"), after("good.note", "accepted"),
            row("not-vouched.note", "not-vouched"), row("wrong-root.note", "wrong-root"), row("vouched-only.note", "wrong-root"), row("tampered.note", "wrong-root"),
            row("expired.note", "expired"), row("not-yet.note", "not-yet"),
            row("older.note", "accepted"), after("older.note", "rolled-back"), after("forked.note", "forked"),
            row("no-epoch.note", "no-epoch"),
            contents("other-channel.note", "another-channel"), contents("immigration-office.note", "immigration office"),
            contents("unknown-kind.note", "army"), row("unknown-field.note", "accepted"),
            contents("must-understand.note", "telephone"), contents("foreign-signing-key.note", HOLDER),
            contents("replies-of-another-size.note", "4096"), contents("no-buckets.note", "power of two"),
            contents("no-identity.note", "identity key"),
            contents("no-size-class.note", "1000001"), contents("x25519-recipient.note", "age1pq1"),
            row("not-a-note.json", "malformed"),
        ],
    });
    written("index.json", &serde_json::to_vec_pretty(&index).unwrap());
    make_bundles(&good, &root, &mut rng);
}

fn make_bundles(directory: &[u8], root: &SigningKey, rng: &mut StdRng) {
    let folder = path("bundle");
    fs::create_dir_all(&folder).unwrap();
    let day: Day = TODAY.parse().unwrap();
    let current =
        UntrustedDirectory::parse(directory).unwrap().verify(root.public()).unwrap().current(day, None).unwrap();
    let readers = [Reader::of(&current, &HOLDER.parse().unwrap()).unwrap()];
    let receipt = Receipt::generate(rng);
    let draft = Draft { lang: "nl".to_owned(), message: "Een tip in een bundel.".to_owned(), ..Draft::default() };
    let mut tip = Vec::new();
    draft.prepare(&readers, &receipt, 1 << 28).unwrap().seal(&readers, &receipt, &mut tip, rng, &|_| ()).unwrap();

    let bundle =
        |name: &str, number: u64, previous: Option<softinfo_formats::transfer::bundle::BundleId>, tips: &[&[u8]]| {
            let bundled: Vec<_> =
                tips.iter().map(|tip| BundledTip { id: TipId::of(tip), size: tip.len() as u64, day }).collect();
            let manifest = Manifest {
                schema: Manifest::SCHEMA.to_owned(),
                channel: CHANNEL.parse().unwrap(),
                courier: COURIER.parse().unwrap(),
                number,
                previous,
                directory_sha256: softinfo_base::digest::Digest::of(directory),
                tips: bundled,
            };
            let open = |wanted: &BundledTip| {
                let part = folder.join("part");
                fs::write(&part, tips.iter().find(|tip| TipId::of(tip) == wanted.id).unwrap())?;
                File::open(part)
            };
            let id = bundle::write(&folder.join(name), &manifest, directory, open).unwrap();
            let _ = fs::remove_file(folder.join("part"));
            id
        };
    let (first_odd, second_odd) = (&b"age-encryption.org/v1\nnot a tip\n"[..], &b"not a tip either\n"[..]);
    let first = bundle("good.tar", 1, None, &[&tip, first_odd]);
    let second = bundle("next.tar", 2, Some(first), &[second_odd]);
    let empty = bundle("fork.tar", 1, None, &[]);
    let stranger = bundle("stranger.tar", 2, Some(empty), &[]);

    let next = fs::read(folder.join("next.tar")).unwrap();
    let good = fs::read(folder.join("good.tar")).unwrap();
    let find = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).position(|w| w == needle).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let entry = |name: &str, kind: EntryType, link: &str, content: &[u8]| {
        let mut header = Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        let mut bytes = [header.as_bytes(), content].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let tip_name = format!("tips/{}.age", TipId::of(&tip));
    let odd_name = format!("tips/{}.age", TipId::of(second_odd));
    let odd_at = find(&next, second_odd) - 512;
    write("cut-in-a-tip.tar", &good[..20_000]);
    write("cut-behind-a-tip.tar", &next[..next.len() - 1024]);
    write("altered-tip.tar", &flipped(&good, find(&good, b"age-encryption.org/v1") + 10_000));
    write("altered-manifest.tar", &flipped(&next, find(&next, b"\"directory_sha256\"") + 22));
    write("altered-directory.tar", &flipped(&next, find(&next, b"undeclared work")));
    let end = vec![0; 1024];
    write(
        "extra-entry.tar",
        &[&next[..next.len() - 1024], &entry("tips/extra.age", EntryType::Regular, "", b"x"), &end].concat(),
    );
    write("behind-the-end.tar", &[&next[..], &entry("tips/extra.age", EntryType::Regular, "", b"x")].concat());
    write(
        "link-entry.tar",
        &[&next[..odd_at], &entry(&odd_name, EntryType::Symlink, "/etc/passwd", b""), &end].concat(),
    );
    // What another reader of tar would see and this one would not: behind the zero byte of a name, in the gap behind an entry, in a mode.
    let directory_at = find(&next, b"directory.note\0");
    let spoilt = |at: usize, bytes: &[u8]| {
        let mut spoilt = next.clone();
        spoilt[at..at + bytes.len()].copy_from_slice(bytes);
        let header = &mut spoilt[directory_at..directory_at + 512];
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        spoilt
    };
    write("behind-a-name.tar", &spoilt(directory_at + 15, b"x"));
    write("another-mode.tar", &spoilt(directory_at + 100, b"0000600"));
    write("old-checksum.tar", &{
        let mut old = next.clone();
        let field = &mut old[directory_at + 148..directory_at + 156];
        let sum = std::str::from_utf8(&field[..6]).unwrap().to_owned();
        field.copy_from_slice(format!("0{sum}\0").as_bytes());
        old
    });
    write("in-a-gap.tar", &flipped(&next, directory_at - 1));
    let text = b"softinfo/bundle/1";
    let mut newer = next.clone();
    newer[find(&next, text) + text.len() - 1] = b'2';
    write("newer.tar", &newer);
    let row = |file: &str, outcome: &str, entry: &str| json!({ "file": file, "outcome": outcome, "entry": entry });
    let index = json!({
        "what": "Bundles with the directory and the root of ../directory/. `standing` is that on a desk which has imported `after`, in order.",
        "vectors": [
            { "file": "good.tar", "outcome": "accepted", "after": [], "standing": "next", "id": first, "number": 1, "tips": [TipId::of(&tip)], "not_tips": [TipId::of(first_odd)] },
            { "file": "good.tar", "outcome": "accepted", "after": ["good.tar"], "standing": "repeated", "id": first, "number": 1, "tips": [], "not_tips": [TipId::of(first_odd)] },
            { "file": "next.tar", "outcome": "accepted", "after": ["good.tar"], "standing": "next", "id": second, "number": 2, "tips": [], "not_tips": [TipId::of(second_odd)] },
            { "file": "next.tar", "outcome": "accepted", "after": [], "standing": "after-a-gap", "id": second, "number": 2, "tips": [], "not_tips": [TipId::of(second_odd)] },
            { "file": "good.tar", "outcome": "accepted", "after": ["next.tar"], "standing": "out-of-order", "id": first, "number": 1, "tips": [TipId::of(&tip)], "not_tips": [TipId::of(first_odd)] },
            { "file": "fork.tar", "outcome": "forked", "after": ["good.tar"] },
            { "file": "fork.tar", "outcome": "forked", "after": ["next.tar"] },
            { "file": "stranger.tar", "outcome": "forked", "after": ["good.tar"], "id": stranger },
            { "file": "cut-in-a-tip.tar", "outcome": "cut-short", "found": 0 },
            { "file": "cut-behind-a-tip.tar", "outcome": "cut-short", "found": 1 },
            row("altered-tip.tar", "altered", &tip_name), row("altered-manifest.tar", "altered", "directory.note"),
            row("altered-directory.tar", "altered", "directory.note"), row("extra-entry.tar", "altered", "tips/extra.age"),
            row("behind-the-end.tar", "altered", "the end of the file"),
            row("behind-a-name.tar", "altered", "directory.note"), row("another-mode.tar", "altered", "directory.note"),
            row("old-checksum.tar", "altered", "directory.note"), row("in-a-gap.tar", "altered", "manifest.json"), row("link-entry.tar", "altered", &odd_name),
            { "file": "newer.tar", "outcome": "version" },
        ],
    });
    write("index.json", &serde_json::to_vec_pretty(&index).unwrap());
}
