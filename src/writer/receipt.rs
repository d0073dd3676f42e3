//! The receipt as a text that a person or a script keeps, and reads back.

use std::io::{self, Read, Write};
use std::path::Path;

use softinfo_base::file::write_new;
use softinfo_seal::receipt::{Receipt, ReceiptError};
use zeroize::Zeroizing;

/// Longest file with a receipt, in bytes.
const MAX_RECEIPT: usize = 64 * 1024;

/// What the receipt is good for, in one line.
pub const MEANING: &str =
    "Whoever has this receipt can withdraw the tip. Nobody can give it to you again: keep it where only you find it.";

/// The lines of a receipt: what it is for, then `words:` and `digits:`. `lang` chooses the list of words, as in [`Receipt::words`].
#[must_use]
pub fn lines(receipt: &Receipt, lang: &str) -> [Zeroizing<String>; 3] {
    [
        Zeroizing::new(MEANING.to_owned()),
        Zeroizing::new(format!("words:  {}", *receipt.words(lang))),
        Zeroizing::new(format!("digits: {}", *receipt.digits())),
    ]
}

/// Writes the receipt to a new file that only its owner may read (mode 0600), whole and synced.
///
/// # Errors
/// `AlreadyExists` when there is such a file, which is left alone; otherwise what the file system said. Then there is no file.
pub fn save(path: &Path, receipt: &Receipt, lang: &str) -> io::Result<()> {
    write_new(path, |file| lines(receipt, lang).iter().try_for_each(|line| writeln!(file, "{}", line.as_str())))
}

/// Reads what should hold a receipt, from a file or a script, to its end. What is no UTF-8 in it becomes a sign that no receipt has.
///
/// # Errors
/// What reading said; `InvalidData` when it is longer than any file with a receipt. What was read may still be no receipt.
pub fn read(source: impl Read) -> io::Result<Zeroizing<String>> {
    // As long as it can become: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_RECEIPT + 64));
    source.take(MAX_RECEIPT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_RECEIPT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("larger than {MAX_RECEIPT} bytes")));
    }
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Reads a receipt line by line, until it is complete: from a terminal, where people break lines where the paper does. An empty line behind
/// something, or the end, ends it too.
///
/// # Errors
/// What reading said. What was typed may still be no receipt.
pub fn typed(lines: impl io::BufRead) -> io::Result<Zeroizing<String>> {
    let mut typed = Zeroizing::new(String::with_capacity(4096));
    for line in lines.split(b'\n') {
        let line = Zeroizing::new(line?);
        // What is no UTF-8 becomes a sign that no receipt has.
        let line = Zeroizing::new(String::from_utf8_lossy(&line).into_owned());
        if line.trim().is_empty() {
            if typed.is_empty() {
                continue;
            }
            break;
        }
        typed.push_str(&line);
        typed.push('\n');
        match Receipt::parse(&typed) {
            // Too few so far: the rest comes.
            Err(ReceiptError::Count(so_far)) if so_far < 12 => (),
            _ => break,
        }
    }
    Ok(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 16] = [7; 16];

    fn is_it(receipt: &Receipt) -> bool {
        *receipt.digits() == *Receipt::from_bytes(SECRET).digits()
    }

    #[test]
    fn what_is_saved_reads_back_in_every_language_and_by_words_alone() {
        let folder = tempfile::tempdir().unwrap();
        for lang in ["en", "fr", "es", "pt", "nl"] {
            let path = folder.path().join(lang);
            save(&path, &Receipt::from_bytes(SECRET), lang).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(is_it(&Receipt::parse(&text).unwrap()));
            let words: String = text
                .lines()
                .filter(|line| !line.starts_with("digits"))
                .fold(String::new(), |all, line| all + line + "\r\n");
            assert!(is_it(&Receipt::parse(&words).unwrap()), "{words}");
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
            let again = save(&path, &Receipt::from_bytes([8; 16]), lang).unwrap_err();
            assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    }

    #[test]
    fn a_receipt_typed_over_several_lines_is_read_to_its_end_and_no_further() {
        let receipt = Receipt::from_bytes(SECRET);
        let (words, digits) = (receipt.words("en"), receipt.digits());
        for groups in [words.as_str(), digits.as_str()] {
            for width in [1, 4, 5, 12] {
                let groups: Vec<_> = groups.split(' ').collect();
                let lines: Vec<_> = groups.chunks(width).map(|line| line.join(" ")).collect();
                let text = format!("\n{}\nwhat comes behind", lines.join("\n"));
                let typed = typed(text.as_bytes()).unwrap();
                assert!(is_it(&Receipt::parse(&typed).unwrap()), "{width}: {}", *typed);
            }
        }
        // Who stops early is not kept waiting.
        assert_eq!(*typed(&b"legal winner\n\nmore"[..]).unwrap(), "legal winner\n");
        // What no terminal of today sends is a slip, too.
        assert!(Receipt::parse(&typed(&b"for\xe9t zoo\n\n"[..]).unwrap()).is_err());
        // A slip is said at once, and not waited for.
        assert_eq!(*typed("zoo ".repeat(12).as_bytes()).unwrap(), format!("{}\n", "zoo ".repeat(12)));
    }
}
