//! What the courier remembers between runs: the last bundle, and which tips have been in one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bundle::{BundleId, CourierName};
use crate::day::Day;
use crate::directory::Seen;
use crate::tip::id::TipId;

/// `journal.json` in the courier's folder, written whole after each bundle.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    /// The name under which the bundles are numbered.
    pub courier: Option<CourierName>,
    /// Number and id of the last bundle.
    pub last: Option<(u64, BundleId)>,
    /// Tips that have been in a bundle, with their day.
    pub bundled: BTreeMap<TipId, Day>,
    /// The newest directory.
    pub seen: Option<Seen>,
}

impl Journal {
    pub fn read(folder: &Path) -> io::Result<Self> {
        match std::fs::read(path(folder)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    pub fn write(&self, folder: &Path) -> io::Result<()> {
        crate::file::write_whole(&path(folder), |file| Ok(serde_json::to_writer(file, self)?))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("journal.json")
}
