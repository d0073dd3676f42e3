//! The archive inside a tip. What is accepted has few names, in order, and every reader of tar sees the same in it.

use std::io::{self, Read};

use softinfo_formats::transfer::ustar::packed_length;
use softinfo_seal::container::{EntryName, Part, pack, unpack};

use super::archive::{Archive, walk};
use super::input::Input;

const NAMES: [&str; 19] = [
    "report.json",
    "message.txt",
    "attachments/01.jpg",
    "attachments/02",
    "attachments/99.7z",
    "originals/01.jpg",
    "originals/02.heic",
    "sealed/some-holder.age",
    "sealed/another-1.age",
    "sealed/third.age",
    "sealed/fourth.age",
    "forwarder.note",
    "author.sig",
    "../report.json",
    "attachments/../x",
    "/etc/passwd",
    "attachments/00.jpg",
    "sealed/.age",
    "./message.txt",
];

/// `input` is instructions for an archive; behind a zero byte, the plaintext itself.
pub fn check(input: &[u8]) {
    match input.split_first() {
        Some((0, plaintext)) => judge(plaintext),
        _ => judge(&build(&mut Input::new(input))),
    }
}

fn build(input: &mut Input<'_>) -> Vec<u8> {
    let mut archive = Archive::default();
    let is_ended = input.byte().is_multiple_of(2);
    while !input.is_empty() {
        match input.byte() {
            n @ 0..128 => {
                let preset = NAMES.get(usize::from(n % 32)).map(|name| name.as_bytes());
                let name = preset.unwrap_or_else(|| input.short());
                let (length, fill) = (input.number() % 4200, input.byte());
                archive.file(name, &vec![fill; length]);
            }
            _ => archive.spoil(input),
        }
    }
    if is_ended {
        archive.end();
    }
    archive.bytes
}

fn judge(plaintext: &[u8]) {
    let mut entries = Vec::<(EntryName, Vec<u8>)>::new();
    let outcome = unpack(plaintext, |name, size, content| {
        assert!(is_in_the_protocol(&name.to_string()), "{name}");
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        assert!(entries.last().is_none_or(|(before, _)| before < name), "{name} stands too late");
        assert!(size <= name.limit());
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        assert!(bytes.len() as u64 <= size, "more than was announced");
        entries.push((name.clone(), bytes));
        Ok(())
    });
    // Who reads nothing of an entry comes to the same end.
    let unread = unpack(plaintext, |_, _, _| Ok(()));
    let partly = unpack(plaintext, |_, _, content| Ok(io::copy(&mut content.take(1), &mut io::sink()).map(drop)?));
    assert_eq!(
        (unread.is_ok(), partly.is_ok()),
        (outcome.is_ok(), outcome.is_ok()),
        "{outcome:?} {unread:?} {partly:?}"
    );
    if outcome.is_err() {
        return;
    }

    assert_eq!(entries.first().map(|(name, _)| name), Some(&EntryName::Report));
    assert!(entries.iter().filter(|(name, _)| matches!(name, EntryName::Sealed(_))).count() <= 3);
    let (walked, is_clean) = walk(plaintext);
    assert!(is_clean, "something hides behind the end");
    let read = entries.iter().map(|(name, content)| (name.to_string(), content.clone()));
    assert!(walked.into_iter().map(|seen| (seen.name, seen.content)).eq(read), "another reader sees something else");

    // Packed by us, the same parts come out again.
    let parts = entries.iter().map(|(name, content)| Part {
        name: name.clone(),
        size: content.len() as u64,
        content: Box::new(&content[..]),
    });
    let mut packed = Vec::new();
    pack(parts, &mut packed).expect("what was read can be packed");
    assert_eq!(packed.len() as u64, packed_length(entries.iter().map(|(_, content)| content.len() as u64)));
    let mut again = Vec::new();
    unpack(&packed[..], |name, _, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        again.push((name.clone(), bytes));
        Ok(())
    })
    .expect("what was packed can be read");
    assert!(again == entries);
    let (same, behind) = plaintext.split_at(packed.len().min(plaintext.len()));
    assert!(same == packed && behind.iter().all(|&byte| byte == 0), "packed again it is another archive");
}

/// The names of `docs/protocol.md`, 1.5, told apart without the product's parser.
fn is_in_the_protocol(name: &str) -> bool {
    let is_file = |file: &str| {
        let (number, extension) = file.split_at_checked(2).unwrap_or(("", ""));
        let plain = |extension: &str| {
            (1..=8).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        number != "00"
            && number.len() == 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (extension.is_empty() || extension.strip_prefix('.').is_some_and(plain))
    };
    let is_holder = |id: &str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    !name.contains("..")
        && (["report.json", "message.txt", "forwarder.note", "author.sig"].contains(&name)
            || name.strip_prefix("attachments/").is_some_and(is_file)
            || name.strip_prefix("originals/").is_some_and(is_file)
            || name.strip_prefix("sealed/").and_then(|name| name.strip_suffix(".age")).is_some_and(is_holder))
}
