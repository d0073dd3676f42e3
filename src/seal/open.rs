//! Opening a sealed file, in constant memory.
//!
//! In: an age file and identities. Out: plaintext. Touches nothing. Every file passes the header scanner first; only then does the `age` crate see
//! it. Plaintext is given out chunk by chunk, and each chunk is authentic; but a caller must keep nothing before the end was reached without an
//! error, since a file may have been cut off.

use std::io::{self, BufReader, Chain, Cursor, Read};

use age::stream::StreamReader;
use age::{DecryptError, Decryptor};
use age_core::format::FileKey;

use super::hybrid::Identity;
use softinfo_base::limits::HEADER_CAP;
use softinfo_formats::envelope::header::{Header, HeaderError, TipHeader, scan};

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The header breaks a rule of age, or of a tip.
    #[error("not a tip: {0}")]
    Header(#[from] HeaderError),
    /// None of the identities opens it.
    #[error("none of this desk's keys opens it: it is for another holder, or for a month whose key is not here")]
    NotForUs,
    /// The header or the payload was changed.
    #[error("damaged or forged: {0}")]
    Damaged(DecryptError),
    /// Reading the source failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads the plaintext of an opened file; fails at the first chunk that is not authentic, and at an end that came too early.
pub type Plaintext<R> = StreamReader<BufReader<Chain<Cursor<Vec<u8>>, R>>>;

/// Opens any age file whose header passes the scanner, with any kind of identity.
pub fn decrypt<R: Read>(mut file: R, identities: &[&dyn age::Identity]) -> Result<Plaintext<R>, OpenError> {
    let start = start_of(&mut file)?;
    scan(&start)?;
    decrypt_scanned(start, file, identities)
}

/// Opens a tip: the header has to be a tip's. Gives the header and the plaintext to read.
pub fn open<'a, R: Read>(
    mut file: R,
    identities: impl IntoIterator<Item = &'a Identity>,
) -> Result<(TipHeader, Plaintext<R>), OpenError> {
    let start = start_of(&mut file)?;
    let header = TipHeader::parse(&start)?;
    let identities: Vec<_> = identities.into_iter().map(|identity| identity as &dyn age::Identity).collect();
    let plaintext = decrypt_scanned(start, file, &identities)?;
    Ok((header, plaintext))
}

/// Which of `identities` a scanned header is for, by its position; `None` when for none of them.
///
/// Opens nothing but the file key. Takes about 0.1 ms for each stanza and identity.
pub fn reader_of<'a>(header: &Header<'_>, identities: impl IntoIterator<Item = &'a Identity>) -> Option<usize> {
    let fits = |identity: &Identity| {
        header.stanzas.iter().any(|stanza| {
            let key: Option<Result<FileKey, _>> = identity.unwrap(stanza.tag, &stanza.args, &stanza.body);
            matches!(key, Some(Ok(_)))
        })
    };
    identities.into_iter().position(fits)
}

/// The first bytes of a file, enough for any header.
fn start_of(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(HEADER_CAP);
    file.take(HEADER_CAP as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn decrypt_scanned<R: Read>(
    start: Vec<u8>,
    rest: R,
    identities: &[&dyn age::Identity],
) -> Result<Plaintext<R>, OpenError> {
    let file = BufReader::with_capacity(64 * 1024, Cursor::new(start).chain(rest));
    let outcome = Decryptor::new_buffered(file).and_then(|decryptor| decryptor.decrypt(identities.iter().copied()));
    outcome.map_err(|error| match error {
        DecryptError::NoMatchingKeys => OpenError::NotForUs,
        // The payload's nonce is missing.
        DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => HeaderError::CutShort.into(),
        DecryptError::Io(error) => OpenError::Io(error),
        other => OpenError::Damaged(other),
    })
}
