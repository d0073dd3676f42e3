//! Why a configuration is refused: with the file or the key, and what is allowed.
//!
//! In: what a file holds. Out: a sentence with the file or the key in it. Touches nothing.

use std::path::PathBuf;

use softinfo_formats::directory::{DirectoryError, SigningError};
use softinfo_formats::example_keys::ExampleKeys;

use crate::static_page::PageError;

/// Why a configuration was refused. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What reading it failed with.
        source: std::io::Error,
    },
    /// Not TOML, a key that doesn't exist, or a value of the wrong type.
    #[error("{}, line {line}: {reason}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there, in a sentence.
        reason: String,
    },
    /// A value out of range.
    #[error("{key}: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is allowed.
        reason: &'static str,
    },
    /// The root key file holds no verifier key.
    #[error("{}: {source}", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with the key in it.
        source: SigningError,
    },
    /// The directory is not one, or not signed by the root.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, or with its signature.
        source: DirectoryError,
    },
    /// The page can't be served.
    #[error("{}: {source}", path.display())]
    Page {
        /// The file.
        path: PathBuf,
        /// Why it is not served.
        source: PageError,
    },
    /// Example keys on an address others can reach.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
}
