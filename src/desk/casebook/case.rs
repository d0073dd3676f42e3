//! One tip on the desk: where it came from, where its sealed file is, and which keys were tried on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use crate::key_name::KeyName;

/// One tip on the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The day the relay noted. It is a hint: a tip may have been sealed long before.
    pub day: Day,
    /// Bytes of the sealed file.
    pub size: u64,
    /// The courier whose bundle it came in.
    pub courier: CourierName,
    /// The number of that bundle.
    pub bundle: u64,
    /// The key that opens it; `None` when no key of this desk did.
    pub reader: Option<KeyName>,
    /// Keys that don't open it, by their places in the casebook's list.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) tried: BTreeSet<usize>,
}

impl Case {
    /// A new case, in which no key was tried.
    #[must_use]
    pub const fn new(day: Day, size: u64, courier: CourierName, bundle: u64) -> Self {
        Self { day, size, courier, bundle, reader: None, tried: BTreeSet::new() }
    }

    /// Whether the file of this tip is in `folder` with its length. What was changed inside shows when it is opened.
    #[must_use]
    pub fn is_here(&self, folder: &Path, id: &TipId) -> bool {
        std::fs::metadata(tip_file(folder, id)).is_ok_and(|found| found.len() == self.size)
    }

    /// Whether a key was tried on this tip.
    #[must_use]
    pub fn was_tried(&self) -> bool {
        self.reader.is_some() || !self.tried.is_empty()
    }
}

/// Where the sealed file of a tip is, in the folder of a channel.
pub(crate) fn tip_file(folder: &Path, id: &TipId) -> PathBuf {
    tip_file_in(&folder.join("tips"), id)
}

/// The same where the sealed tips themselves are in `folder`.
pub(crate) fn tip_file_in(folder: &Path, id: &TipId) -> PathBuf {
    folder.join(format!("{id}.age"))
}
