//! What the desk has: which bundles came, and which tips were in them. Ciphertext stays in `tips/`; this is only the list.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bundle::BundleId;
use crate::day::Day;
use crate::directory::{HolderId, Seen};
use crate::tip::id::TipId;

/// `casebook.json` of one channel, written whole after each import.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Casebook {
    schema: String,
    /// Bundles by number.
    pub bundles: BTreeMap<u64, BundleId>,
    /// Bundles that have not come, as the one after them names them: nothing else may fill the gap.
    #[serde(default)]
    pub awaited: BTreeMap<u64, BundleId>,
    /// Tips by id.
    pub tips: BTreeMap<TipId, Case>,
    /// The newest directory that came with a bundle.
    pub seen: Option<Seen>,
}

/// One tip on the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The day the relay noted.
    pub day: Day,
    /// Bytes.
    pub size: u64,
    /// Number of the bundle it came in.
    pub bundle: u64,
    /// Whose key opens it; `None` when no key of this desk did.
    pub reader: Option<Reader>,
}

/// A key that opens a tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// Whose.
    pub holder: HolderId,
    /// Which.
    pub epoch: HolderId,
}

/// Why the casebook or a tip in it could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CasebookError {
    /// The file is there but not readable as a casebook.
    #[error("{}: {source}; restore it from its copy, or move it away and import the bundles again", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No tip begins so.
    #[error("there is no tip “{0}” on this desk; softinfo-desk list shows all")]
    Unknown(String),
    /// Several tips begin so.
    #[error("several tips begin with “{0}”; type more of the id")]
    Several(String),
}

const SCHEMA: &str = "softinfo/casebook/1";

impl Default for Casebook {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            bundles: BTreeMap::new(),
            awaited: BTreeMap::new(),
            tips: BTreeMap::new(),
            seen: None,
        }
    }
}

impl Casebook {
    /// Reads the casebook in `folder`; an absent one is empty.
    pub fn read(folder: &Path) -> Result<Self, CasebookError> {
        let path = folder.join("casebook.json");
        let failed = |source| CasebookError::File { path: path.clone(), source };
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(error)),
            Ok(bytes) => {
                let book: Self = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
                if book.schema == SCHEMA { Ok(book) } else { Err(failed(io::ErrorKind::Unsupported.into())) }
            }
        }
    }

    /// Writes it, whole.
    pub fn write(&self, folder: &Path) -> Result<(), CasebookError> {
        let path = folder.join("casebook.json");
        crate::file::write_whole(&path, |file| Ok(serde_json::to_writer(io::BufWriter::new(file), self)?))
            .map_err(|source| CasebookError::File { path, source })
    }

    /// Numbers below the highest that have not come yet.
    #[must_use]
    pub fn missing(&self) -> Vec<u64> {
        let last = self.bundles.keys().next_back().copied().unwrap_or(0);
        // A forged number could be huge; the first few gaps say all.
        (1..last).filter(|number| !self.bundles.contains_key(number)).take(20).collect()
    }

    /// The one tip whose id begins with `start`.
    pub fn find(&self, start: &str) -> Result<(TipId, &Case), CasebookError> {
        let mut fits = self.tips.iter().filter(|(id, _)| !start.is_empty() && id.to_string().starts_with(start));
        match (fits.next(), fits.next()) {
            (Some((id, case)), None) => Ok((*id, case)),
            (None, _) => Err(CasebookError::Unknown(start.chars().take(64).collect())),
            _ => Err(CasebookError::Several(start.to_owned())),
        }
    }
}
