//! The signed directory, in front of the signature and behind it: the target has a root key of its own.

use std::sync::LazyLock;

use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use sha2::{Digest, Sha256};
use softinfo_base::day::Day;
use softinfo_formats::directory::{
    Contents, Directory, DirectoryError, Seen, SigningKey, UntrustedDirectory, add_signature,
};
use softinfo_formats::envelope::padding::is_class;

use super::input::Input;

/// The name of the root, and so of the channel that it may sign for.
const CHANNEL: &str = "fuzz";

static ROOT: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(CHANNEL, &mut StdRng::seed_from_u64(1)).expect("a name without white space"));

/// The first byte says whether the rest is a note as it is (0), a text to be signed (1), or a text, a zero byte and more
/// signature lines, of which the text is signed (2). The second chooses a day and a byte to change.
pub fn check(input: &[u8]) {
    let mut input = Input::new(input);
    let (mode, choice) = (input.byte() % 3, input.number());
    let rest = input.rest();
    if mode == 0 {
        if let Ok(untrusted) = UntrustedDirectory::parse(rest) {
            // Whoever has no root key gets past no signature; the corpus may hold notes that were signed.
            let _ = untrusted.verify(ROOT.public()).map(|directory| judge(&directory, rest, choice));
        }
        return;
    }
    let end = rest.iter().position(|&byte| byte == 0).filter(|_| mode == 2).unwrap_or(rest.len());
    let (text, more) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let Ok(mut note) = add_signature(text, &ROOT) else { return };
    let signed_end = note.len();
    note.extend(more);
    let directory = UntrustedDirectory::parse(&note).and_then(|untrusted| untrusted.verify(ROOT.public()));
    let directory = match directory {
        Ok(directory) => directory,
        Err(DirectoryError::WrongRoot(_)) => {
            assert!(!more.is_empty(), "signed, and not by the root");
            return;
        }
        Err(_) => return,
    };
    judge(&directory, &note, choice);
    if !more.is_empty() {
        let alone = UntrustedDirectory::parse(&note[..signed_end]).unwrap().verify(ROOT.public()).unwrap();
        assert_eq!((alone.seen(), alone.contents()), (directory.seen(), directory.contents()), "more than signatures");
    }
    // Whatever is changed in the text, its signature holds no more.
    let signed = text_of(&note);
    let mut changed = note.clone();
    changed[choice % signed] ^= 1 << (choice % 7);
    let changed = UntrustedDirectory::parse(&changed).and_then(|untrusted| untrusted.verify(ROOT.public()));
    assert!(changed.is_err(), "a changed text was taken");
}

/// Bytes of a note's text, with the newline before the empty line.
fn text_of(note: &[u8]) -> usize {
    let text = std::str::from_utf8(note).expect("a note is text");
    text.rfind("\n\n").expect("a note has an empty line") + 1
}

fn judge(directory: &Directory, note: &[u8], choice: usize) {
    let contents = directory.contents();
    let written = serde_json::to_vec(contents).unwrap();
    assert_eq!(Contents::parse(&written).unwrap(), *contents, "written and read, it is another directory");
    let value: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!((contents.schema.clone(), contents.channel.as_str()), (Contents::schema(), CHANNEL));
    assert_eq!(directory.bytes(), note);
    assert!(is_class(contents.max_bytes) && contents.issued <= contents.expires && !contents.holders.is_empty());
    let mut ids: Vec<_> = contents.holders.iter().map(|holder| &holder.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), contents.holders.len(), "a holder stands twice");
    for holder in value["holders"].as_array().unwrap() {
        assert_ne!(holder["kind"], "immigration-office");
    }

    let seen = directory.seen();
    assert_eq!(seen.sha256, hex::encode(Sha256::digest(&note[..text_of(note)])));
    assert!(directory.clone().not_older_than(Some(&seen)).is_ok());
    if let Some(version) = seen.version.checked_add(1) {
        assert!(directory.clone().not_older_than(Some(&Seen { version, ..seen.clone() })).is_err(), "it went back");
    }
    let other = Seen { sha256: String::new(), ..seen.clone() };
    assert!(directory.clone().not_older_than(Some(&other)).is_err(), "two of one version");

    let (first, last) = (contents.issued, contents.expires);
    let days = i64::from(last.number()) - i64::from(first.number());
    assert!(
        first == Day::from_number(first.number()).unwrap() && directory.clone().current(first, Some(&seen)).is_ok()
    );
    for outside in [first.plus(-1), last.plus(1)].into_iter().filter(|day| *day < first || *day > last) {
        assert!(directory.clone().current(outside, None).is_err(), "{outside}");
    }
    let today = first.plus(i64::try_from(choice).unwrap_or(0) % (days + 1));
    let current = directory.clone().current(today, Some(&seen)).expect("it holds on every day between");
    for holder in &contents.holders {
        let covering = holder.epochs.iter().any(|epoch| epoch.from <= today && today <= epoch.until);
        assert_eq!(current.key_of(&holder.id).is_ok(), covering, "{} on {today}", holder.id);
    }
}
