//! Making a directory: the contents from the holders' public files, still to be signed.

use std::path::{Path, PathBuf};

use softinfo_base::day::Day;
use softinfo_formats::directory::{ChannelId, Contents, DirectoryError, Doubt, Replies};
use softinfo_formats::example_keys::{self, ExampleKeys};

use super::output::{OutputError, vacant, write};
use super::page::{PageError, sha256_for};
use crate::keyring::{KeyringError, read_holder};

/// What a directory is to say.
#[derive(Debug, Clone)]
pub struct Order {
    /// Id of the channel, as in its root key.
    pub channel: ChannelId,
    /// Higher than that of any directory before.
    pub version: u64,
    /// First day.
    pub issued: Day,
    /// Last day.
    pub expires: Day,
    /// Addresses of relays.
    pub relays: Vec<String>,
    /// Each holder's public file, as `keygen` wrote it.
    pub holders: Vec<PathBuf>,
    /// The page that the relays serve, whose SHA-256 is named.
    pub page: Option<PathBuf>,
    /// Largest tip, in bytes of plaintext.
    pub max_bytes: u64,
}

/// A directory that nobody has signed.
#[derive(Debug)]
pub struct Draft {
    /// What its maker may not have meant.
    pub doubts: Vec<Doubt>,
    text: Vec<u8>,
}

/// Why no directory was made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The last day is before today.
    #[error("{0} is over, so everybody would refuse the directory. Give a later day with --expires")]
    Over(Day),
    /// The file to write.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A holder's public file.
    #[error(transparent)]
    Holder(#[from] KeyringError),
    /// The page.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The contents, put together, make no sense.
    #[error(transparent)]
    Contents(#[from] DirectoryError),
    /// Example keys for a relay elsewhere.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The contents have no JSON form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Puts a directory together, to be written to `out` with [`Draft::write`]. `today` is what a last day and doubts are held against; example keys for a
/// relay elsewhere are refused unless `allow_example`.
///
/// # Errors
/// As [`MakeError`] says. Nothing was written.
pub fn draft(order: &Order, out: &Path, today: Day, allow_example: bool) -> Result<Draft, MakeError> {
    vacant(out)?;
    if order.expires < today {
        return Err(MakeError::Over(order.expires));
    }
    let mut holders = order.holders.iter().map(|path| read_holder(path)).collect::<Result<Vec<_>, _>>()?;
    // Later keys come with a later directory.
    for holder in &mut holders {
        holder.epochs.retain(|epoch| epoch.from <= order.expires);
    }
    let contents = Contents {
        schema: Contents::schema(),
        channel: order.channel.clone(),
        version: order.version,
        issued: order.issued,
        expires: order.expires,
        relays: order.relays.clone(),
        page_sha256: order.page.as_deref().map(|path| sha256_for(path, order.version)).transpose()?,
        max_bytes: order.max_bytes,
        must_understand: Vec::new(),
        replies: Replies::default(),
        holders,
        forwarders: Vec::new(),
    };
    let mut text = serde_json::to_vec_pretty(&contents)?;
    text.push(b'\n');
    let contents = Contents::parse_strict(&text)?;
    example_keys::refuse_elsewhere(&contents, contents.relays.iter().map(String::as_str), allow_example)?;
    Ok(Draft { doubts: contents.doubts(today), text })
}

impl Draft {
    /// Writes it to `out`.
    ///
    /// # Errors
    /// `File`.
    pub fn write(&self, out: &Path) -> Result<(), OutputError> {
        write(out, &self.text)
    }
}
