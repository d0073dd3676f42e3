//! The bundle. What reads as verified has every byte that its manifest names and no other file, and is written again as it was.

use std::fs::{self, File};
use std::io::{self, Read};

use sha2::Sha256;
use softinfo_base::digest::Digest;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{BundleError, BundleId, BundledTip, Manifest, read, write};

use super::archive::{Archive, walk};
use super::input::Input;

/// `input` is instructions for a bundle; behind a zero byte, the file itself.
pub fn check(input: &[u8]) {
    match input.split_first() {
        Some((0, file)) => judge(file, false),
        _ => {
            let mut input = Input::new(input);
            let (file, is_spoilt) = build(&mut input);
            judge(&file, !is_spoilt);
        }
    }
}

/// A bundle, and whether anything in it is not as a courier would write it.
fn build(input: &mut Input<'_>) -> (Vec<u8>, bool) {
    let (number, previous) = (u64::from(input.byte()), input.byte());
    let directory = input.short();
    let tips: Vec<Vec<u8>> = (0..input.byte() % 4).map(|_| vec![input.byte(); input.number() % 1500]).collect();
    let day = "2026-11-23".parse().expect("a day");
    let bundled = |tip: &Vec<u8>| BundledTip { id: TipId::of(tip), size: tip.len() as u64, day };
    let manifest = Manifest {
        schema: Manifest::SCHEMA.to_owned(),
        channel: "fuzz".parse().expect("a name"),
        courier: "00000000000000000000000000000000".parse().expect("a name"),
        number,
        previous: (previous > 0).then(|| BundleId::of(&[previous])),
        directory_sha256: Digest::of(directory),
        tips: tips.iter().map(bundled).collect(),
    };
    let mut json = manifest.to_bytes().0;
    let mut is_spoilt = tips.iter().enumerate().any(|(n, tip)| tips[..n].contains(tip));
    for _ in 0..input.byte() % 4 {
        let (at, cut, more) = (input.number() % (json.len() + 1), usize::from(input.byte()), input.short());
        json.splice(at..(at + cut).min(json.len()), more.iter().copied());
        is_spoilt = true;
    }
    let mut archive = Archive::default();
    let names = tips.iter().map(|tip| format!("tips/{}.age", TipId::of(tip)));
    let fixed = [("manifest.json".to_owned(), &json[..]), ("directory.note".to_owned(), directory)];
    for (name, content) in fixed.into_iter().chain(names.zip(tips.iter().map(Vec::as_slice))) {
        archive.file(name.as_bytes(), content);
        for _ in 0..input.byte() % 3 {
            archive.spoil(input);
            is_spoilt = true;
        }
    }
    archive.end();
    while !input.is_empty() {
        archive.spoil(input);
        is_spoilt = true;
    }
    (archive.bytes, is_spoilt)
}

fn judge(file: &[u8], is_good: bool) {
    let (mut begun, mut kept) = (None, Vec::<(TipId, Vec<u8>)>::new());
    let outcome = read(
        file,
        |manifest| begun = Some(manifest.clone()),
        |tip, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            kept.push((tip.id, bytes));
            Ok(())
        },
    );
    let unread = read(file, |_| (), |_, _| Ok(()));
    let partly = read(file, |_| (), |_, content| io::copy(&mut content.take(7), &mut io::sink()).map(drop));
    assert_eq!(
        (unread.is_ok(), partly.is_ok()),
        (outcome.is_ok(), outcome.is_ok()),
        "{outcome:?} {unread:?} {partly:?}"
    );
    let verified = match outcome {
        Ok(verified) => verified,
        Err(error) => {
            assert!(!is_good, "refused: {error}");
            if let BundleError::CutShort { found, expected } = error {
                assert!(found <= expected, "{found} of {expected}");
            }
            return;
        }
    };

    let manifest = &verified.manifest;
    assert_eq!(begun.as_ref(), Some(manifest));
    assert_eq!(
        kept.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        manifest.tips.iter().map(|tip| tip.id).collect::<Vec<_>>()
    );
    for (tip, (_, bytes)) in manifest.tips.iter().zip(&kept) {
        assert_eq!(
            (tip.size, hex::encode(<Sha256 as sha2::Digest>::digest(bytes))),
            (bytes.len() as u64, tip.id.to_string())
        );
    }
    // Another reader sees the same files and no more.
    let (walked, is_clean) = walk(file);
    assert!(is_clean, "something hides behind the end");
    let names = kept.iter().map(|(id, _)| format!("tips/{id}.age"));
    let expected: Vec<_> = ["manifest.json".to_owned(), "directory.note".to_owned()].into_iter().chain(names).collect();
    assert_eq!(walked.iter().map(|seen| seen.name.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(BundleId::of(&walked[0].content), verified.id);
    assert!(Digest::of(&walked[1].content) == manifest.directory_sha256 && walked[1].content == verified.directory);

    // Written again: the same bundle, and byte for byte the same file where nothing was meddled with.
    let folder = tempfile::tempdir().unwrap();
    let path = |id: &TipId| folder.path().join(id.to_string());
    for (id, bytes) in &kept {
        fs::write(path(id), bytes).unwrap();
    }
    let out = folder.path().join("bundle.tar");
    let id = write(&out, manifest, &verified.directory, |tip| File::open(path(&tip.id))).unwrap();
    let written = fs::read(&out).unwrap();
    let again = read(&written[..], |_| (), |_, _| Ok(())).unwrap();
    assert!(again.id == id && again.manifest == *manifest && again.directory == verified.directory);
    let (same, behind) = file.split_at(written.len().min(file.len()));
    let is_canonical = verified.id == id;
    assert!(!is_good || is_canonical);
    assert!(
        !is_canonical || same == written && behind.iter().all(|&byte| byte == 0),
        "written again it is another file"
    );
}
