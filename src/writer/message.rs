//! The message of a tip, read from a file or from whoever writes it.
//!
//! In: bytes, and the name that they have for a person. Out: text, or a sentence that names where it came from.

use std::io::{self, Read};

use softinfo_base::limits::MAX_MESSAGE;

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It can't be read.
    #[error("the message {name} can't be read: {source}")]
    Unreadable {
        /// What the source is called.
        name: String,
        /// What reading said.
        source: io::Error,
    },
    /// It is no text.
    #[error(
        "the message {0} is not UTF-8 text, so the reader would not see what you wrote: save it as text in UTF-8, or attach it with --attach"
    )]
    NotText(String),
}

/// Reads a message, at most one byte more than a message may have: a draft that is made of it is refused as too long.
///
/// # Errors
/// The source fails, or what it gives is no text.
pub fn read(name: &str, source: impl Read) -> Result<String, MessageError> {
    let mut bytes = Vec::new();
    let read = source.take(MAX_MESSAGE + 1).read_to_end(&mut bytes);
    read.map_err(|source| MessageError::Unreadable { name: name.to_owned(), source })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // What was cut off in the middle of a letter is too long, and said to be so.
        Err(error) if error.as_bytes().len() as u64 > MAX_MESSAGE => {
            Ok(String::from_utf8_lossy(error.as_bytes()).into_owned())
        }
        Err(_) => Err(MessageError::NotText(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_text_and_one_that_is_too_long_still_is_one() {
        assert_eq!(read("note.txt", "été".as_bytes()).unwrap(), "été");
        assert!(matches!(read("note.txt", &b"\xff"[..]), Err(MessageError::NotText(name)) if name == "note.txt"));
        let long = "a".to_owned() + &"é".repeat(usize::try_from(MAX_MESSAGE).unwrap() / 2 + 1);
        assert!(read("note.txt", long.as_bytes()).unwrap().len() as u64 > MAX_MESSAGE);
    }
}
