//! Whatever is changed on the way is noticed, and nothing of it stays: bundles to the last byte, tips on the desk, archives.

use std::fs;
use std::io::Read;
use std::path::Path;

use proptest::prelude::*;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use softinfo_base::limits::{DEFAULT_MAX_PLAINTEXT, TIP_HEADER_BYTES};
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::keyring::{Keyring, Unlocked};
use softinfo_desk::{Case, Casebook, OpenTipError, UnlockedKeys, open};
use softinfo_formats::envelope::header::scan;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_formats::example_keys;
use softinfo_formats::transfer::bundle::{self, BundleError};
use softinfo_formats::transfer::ustar::{Writer, packed_length};
use softinfo_seal::container::{ContainerError, EntryName, Part, pack, unpack};
use softinfo_seal::hybrid::Identity;
use softinfo_seal::seal::Sealer;

fn vector(name: &str) -> Vec<u8> {
    fs::read(Path::new(scene::PROJECT).join("tests/vectors/bundle").join(name)).unwrap()
}

/// The id of a bundle, its directory and its tips.
type Contents = (bundle::BundleId, Vec<u8>, Vec<Vec<u8>>);

/// All that a bundle gives to whoever reads it.
fn contents(bytes: &[u8]) -> Result<Contents, BundleError> {
    let mut tips = Vec::new();
    let verified = bundle::read(
        bytes,
        |_| (),
        |_, content| {
            let mut tip = Vec::new();
            content.read_to_end(&mut tip)?;
            tips.push(tip);
            Ok(())
        },
    )?;
    Ok((verified.id, verified.directory, tips))
}

#[test]
fn a_bundle_cut_at_any_length_is_refused() {
    let whole = vector("next.tar");
    contents(&whole).unwrap();
    for length in 0..whole.len() {
        assert!(contents(&whole[..length]).is_err(), "{length} of {}", whole.len());
    }
}

#[test]
fn a_bundle_with_any_byte_changed_is_refused_or_gives_the_same_tips_and_a_changed_manifest_shows_in_its_id() {
    let whole = vector("next.tar");
    let right = contents(&whole).unwrap();
    let mut archive = tar::Archive::new(&whole[..]);
    let entries: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.map(|entry| (entry.raw_file_position(), entry.size())).unwrap())
        .map(|(start, size)| (usize::try_from(start).unwrap(), usize::try_from(size).unwrap()))
        .collect();
    let (start, size) = entries[0];
    let manifest = start..start + size;
    // What fills up a block behind an entry belongs to nothing; all else counts.
    let filling = |at: usize| {
        entries.iter().any(|(start, size)| (start + size..(start + size).next_multiple_of(512)).contains(&at))
    };
    for at in 0..whole.len() {
        for flip in [0x01, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= flip;
            if let Ok((id, directory, tips)) = contents(&changed) {
                assert!(directory == right.1 && tips == right.2, "byte {at}");
                // Nobody signs a manifest: a day or number that was changed shows where the next bundle names this one's id.
                assert!((manifest.contains(&at) && id != right.0) || (filling(at) && id == right.0), "byte {at}");
            }
        }
    }
}

#[test]
fn zeros_behind_a_bundle_are_padding_and_anything_else_is_not() {
    let mut padded = vector("next.tar");
    padded.resize(padded.len().next_multiple_of(10_240), 0);
    contents(&padded).unwrap();
    *padded.last_mut().unwrap() = 1;
    assert!(matches!(contents(&padded), Err(BundleError::Altered(_))));
}

#[test]
fn a_manifest_that_names_a_tip_twice_is_refused() {
    let whole = vector("next.tar");
    let right = contents(&whole).unwrap();
    let mut archive = tar::Archive::new(&whole[..]);
    let mut manifest = String::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_string(&mut manifest).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let tip = value["tips"][0].clone();
    value["tips"].as_array_mut().unwrap().push(tip.clone());
    let name = format!("tips/{}.age", tip["id"].as_str().unwrap());
    let mut archive = Writer::new(Vec::new());
    let text = value.to_string();
    for (name, bytes) in
        [("manifest.json", text.as_bytes()), ("directory.note", &right.1), (&name, &right.2[0]), (&name, &right.2[0])]
    {
        archive.append(name, bytes.len() as u64, bytes).unwrap();
    }
    let outcome = contents(&archive.finish().unwrap());
    assert!(matches!(&outcome, Err(BundleError::Altered(name)) if name == "manifest.json"), "{outcome:?}");
}

/// A tip of three chunks with a message and an attachment, and who reads it.
fn tip(rng: &mut StdRng) -> (Vec<u8>, Identity) {
    let identity = Identity::generate(rng);
    let report =
        r#"{"schema":"softinfo/report/1","lang":"nl","readers":["a"],"thread":"0","reply":"r","withdraw_token":"w"}"#;
    let mut file = vec![0; 150_000];
    rng.fill_bytes(&mut file);
    let parts = [
        (EntryName::Report, report.as_bytes()),
        (EntryName::Message, b"a message".as_slice()),
        ("attachments/01.jpg".parse().unwrap(), &file[..]),
    ];
    let length = packed_length(parts.iter().map(|(_, bytes)| bytes.len() as u64));
    let class = SizeClass::for_content(length, DEFAULT_MAX_PLAINTEXT).unwrap();
    let mut sealed = Vec::new();
    let digest = WithdrawToken::from_bytes([1; 32]).digest();
    let mut sealer = Sealer::start(&mut sealed, &[identity.recipient()], &digest, class, rng).unwrap();
    let parts = parts.map(|(name, bytes)| Part { name, size: bytes.len() as u64, content: Box::new(bytes) });
    pack(parts, &mut sealer).unwrap();
    sealer.finish().unwrap();
    (sealed, identity)
}

struct Stage {
    folder: tempfile::TempDir,
    desk: Desk,
}

impl Stage {
    fn new() -> Self {
        let folder = scene::folder();
        fs::create_dir(folder.path().join("tips")).unwrap();
        fs::create_dir(folder.path().join("opened")).unwrap();
        let keyring = Keyring::read(&folder.path().join("keys")).unwrap();
        let desk =
            Desk { folder: folder.path().to_owned(), root: example_keys::root().unwrap(), keyring, example: false };
        Self { folder, desk }
    }

    /// Opens `sealed` as it would lie on a desk that got it in a bundle; says what is in the place for opened tips afterwards.
    fn open(&self, sealed: &[u8], identity: &Identity) -> (Result<Vec<String>, OpenTipError>, usize) {
        let id = TipId::of(sealed);
        fs::write(self.folder.path().join("tips").join(format!("{id}.age")), sealed).unwrap();
        let mut book = Casebook::default();
        let courier = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let day = scene::today();
        book.tips.insert(id, Case::new(day, sealed.len() as u64, courier, 1));
        book.write(self.folder.path()).unwrap();
        let key = Unlocked {
            holder: "a".parse().unwrap(),
            epoch: "2026-11".parse().unwrap(),
            from: "2026-11-01".parse().unwrap(),
            until: "2026-11-30".parse().unwrap(),
            identity: identity.expose().parse().unwrap(),
        };
        let place = self.folder.path().join("opened");
        let opened =
            open(&self.desk, &id, &UnlockedKeys { keys: vec![key], damaged: Vec::new() }, &place.join("tip"), false)
                .map(|opened| opened.entries);
        let left = fs::read_dir(&place).unwrap().count();
        let _ = fs::remove_dir_all(place.join("tip"));
        (opened, left)
    }
}

#[test]
fn a_tip_with_a_changed_byte_or_cut_or_longer_leaves_nothing_on_the_desk() {
    let stage = Stage::new();
    let mut rng = StdRng::seed_from_u64(5);
    let (sealed, identity) = tip(&mut rng);
    let (opened, left) = stage.open(&sealed, &identity);
    assert_eq!((opened.unwrap().len(), left), (3, 1), "as it is, it opens");

    let end = sealed.len();
    let chunk = 64 * 1024 + 16;
    let payload = TIP_HEADER_BYTES + 16;
    // The edges of the header, the nonce and each chunk, and a walk through the rest.
    let edges = [0, 22, TIP_HEADER_BYTES, payload, payload + chunk, payload + 2 * chunk, end];
    let edges = edges.iter().flat_map(|&edge| edge.saturating_sub(2)..=edge + 1).filter(|&at| at < end);
    for at in edges.chain((0..end).step_by(977)) {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        let (opened, left) = stage.open(&changed, &identity);
        assert!(opened.is_err() && left == 0, "byte {at}: {opened:?}, {left} left");
        let (opened, left) = stage.open(&sealed[..at], &identity);
        assert!(opened.is_err() && left == 0, "cut at {at}: {opened:?}, {left} left");
    }
    for more in [1, 16, 17, chunk] {
        let longer = [&sealed[..], &vec![0; more]].concat();
        let (opened, left) = stage.open(&longer, &identity);
        assert!(opened.is_err() && left == 0, "{more} more: {opened:?}");
    }
    let (opened, left) = stage.open(&sealed, &Identity::generate(&mut rng));
    assert!(matches!(opened, Err(OpenTipError::NoKey(_))) && left == 0);
}

#[test]
fn every_header_has_the_same_length_and_four_readers_stanzas_whatever_the_number_of_readers() {
    let mut rng = StdRng::seed_from_u64(6);
    let recipients: Vec<_> = (0..3).map(|_| Identity::generate(&mut rng).recipient()).collect();
    for n in 0..60 {
        let mut sealed = Vec::new();
        let digest = WithdrawToken::from_bytes([n; 32]).digest();
        let readers = &recipients[..=usize::from(n) % 3];
        Sealer::start(&mut sealed, readers, &digest, SizeClass::default(), &mut rng).unwrap().finish().unwrap();
        let header = scan(&sealed).unwrap();
        assert_eq!((header.length, header.stanzas.len(), sealed.len()), (TIP_HEADER_BYTES, 5, 30_965));
    }
}

#[test]
fn what_is_packed_is_plain_ustar_with_nothing_of_the_machine_in_it() {
    let mut bytes = Vec::new();
    let parts = [(EntryName::Report, &b"{}"[..]), ("attachments/01.jpg".parse().unwrap(), &b"x"[..])];
    pack(parts.map(|(name, bytes)| Part { name, size: bytes.len() as u64, content: Box::new(bytes) }), &mut bytes)
        .unwrap();
    for (start, name) in [(0, "report.json"), (1024, "attachments/01.jpg")] {
        let header = &bytes[start..start + 512];
        let field = |from: usize, to: usize| std::str::from_utf8(&header[from..to]).unwrap().trim_end_matches('\0');
        assert_eq!(field(0, 100), name);
        assert_eq!((field(100, 108), field(108, 116), field(116, 124)), ("0000644", "0000000", "0000000"));
        assert_eq!(field(136, 148), "00000000000", "no time");
        assert_eq!(field(156, 157), "0", "a regular file");
        assert_eq!((field(157, 257), field(257, 265)), ("", "ustar\x0000"));
        assert_eq!((field(329, 337), field(337, 345)), ("0000000", "0000000"), "no device");
        let rest = header[265..329].iter().chain(&header[345..]);
        assert!(rest.copied().all(|byte| byte == 0), "no owner, no group, no prefix");
    }
    assert_eq!(bytes.len() as u64, packed_length([2, 1]));
}

#[test]
fn tar_of_other_kinds_is_refused_and_named() {
    let mut good = Vec::new();
    let part = Part { name: EntryName::Report, size: 2, content: Box::new(&b"{}"[..]) };
    pack([part], &mut good).unwrap();
    let read = |bytes: &[u8]| unpack(bytes, |_, _, _| Ok(()));
    read(&good).unwrap();
    let with = |at: usize, field: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + field.len()].copy_from_slice(field);
        bytes[148..156].fill(b' ');
        let sum: u32 = bytes[..512].iter().map(|&byte| u32::from(byte)).sum();
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes
    };
    let kinds: [(&str, usize, &[u8]); 9] = [
        ("the type of old tar", 156, b"\0"),
        ("contiguous", 156, b"7"),
        ("a global pax header", 156, b"g"),
        ("a GNU long link", 156, b"K"),
        ("a vendor's own", 156, b"A"),
        ("GNU magic", 257, b"ustar  \0"),
        ("no magic", 257, b"\0\0\0\0\0\0\0\0"),
        ("a size in base 256", 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
        ("a link name", 157, b"/etc/passwd"),
    ];
    for (what, at, field) in kinds {
        let outcome = read(&with(at, field));
        assert!(matches!(outcome, Err(ContainerError::Kind(_))), "{what}: {outcome:?}");
    }
    // A folder before the name.
    assert!(matches!(read(&with(345, b"elsewhere")), Err(ContainerError::Kind(_))));
    let huge = read(&with(124, b"00004000001\0"));
    assert!(matches!(huge, Err(ContainerError::Size { .. })), "{huge:?}");
    for hidden in [good.len() - 1, good.len() - 512] {
        let mut bytes = good.clone();
        bytes[hidden] = 1;
        assert!(matches!(read(&bytes), Err(ContainerError::Padding)), "{hidden}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes that are nearly right reach further into a reader than noise does.
    #[test]
    fn no_change_makes_a_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut archive = Vec::new();
        let parts = ["report.json", "message.txt", "attachments/01.jpg", "originals/01.jpg", "sealed/a.age", "forwarder.note"];
        let parts = parts.map(|name| Part { name: name.parse().unwrap(), size: 600, content: Box::new(std::io::repeat(7)) as Box<dyn Read> });
        pack(parts.map(|part| Part { content: Box::new(part.content.take(600)), ..part }), &mut archive).unwrap();
        let sealed = fs::read(Path::new(scene::PROJECT).join("tests/vectors/tip/one-reader.age")).unwrap();
        for mut bytes in [archive, sealed[..7000].to_vec(), vector("next.tar"), example_keys::DIRECTORY.to_vec()] {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes.truncate(cut.index(bytes.len() * 2) + 1);
            let _ = unpack(&bytes[..], |_, _, content| Ok(std::io::copy(content, &mut std::io::sink()).map(drop)?));
            if let Ok(header) = scan(&bytes) {
                prop_assert!(header.length <= bytes.len());
            }
            let _ = contents(&bytes);
            let untrusted = softinfo_formats::directory::UntrustedDirectory::parse(&bytes);
            let _ = untrusted.and_then(|untrusted| untrusted.verify(&example_keys::root().unwrap()));
        }
    }
}
