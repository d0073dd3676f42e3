//! What the courier remembers between runs: its name and its last bundle, which tips have been in one, and what it was about to do.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;
use softinfo_base::limits::DEFAULT_MAX_PLAINTEXT;
use softinfo_formats::directory::Seen;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{BundleId, CourierName, Manifest};

const SCHEMA: &str = "softinfo/courier/1";

/// Most ids that are remembered as no tips. Any beyond are fetched again at each run, which costs time and nothing else.
const MOST_NOT_TIPS: usize = 10_000;

/// Days for which a packed tip is remembered that is no longer in the pool.
const REMEMBERED_DAYS: i64 = 366;

/// `journal.json` in the courier's folder, written whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    schema: String,
    /// The name of this courier's chain of bundles, in each of its manifests.
    pub courier: CourierName,
    /// Number and id of the last bundle.
    pub last: Option<(u64, BundleId)>,
    /// The bundle that is being written. It is noted before the file is written, so that the next run can finish it when this one is cut off.
    pub planned: Option<Plan>,
    /// Tips that have been in a bundle, with their day.
    pub bundled: BTreeMap<TipId, Day>,
    /// Ids that the relay has listed, and whose bytes are no tip.
    pub not_tips: BTreeSet<TipId>,
    /// The newest directory.
    pub seen: Option<Seen>,
    /// The largest `max_bytes` of a directory so far, and at least the usual one: what was taken in before a limit was lowered is still a tip, also for
    /// a courier that has not seen that directory.
    pub max_bytes: u64,
}

/// A bundle, before it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The file that it is to be.
    pub out: PathBuf,
    /// `manifest.json`.
    pub manifest: Manifest,
    /// `directory.note`.
    pub note: String,
}

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// The file is there, and is not as this program writes it.
    #[error("{0}")]
    Damaged(String),
    /// The file can't be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Journal {
    /// The journal's file in the courier's folder.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("journal.json")
    }

    /// Reads the journal; a new one, under a new name, where there is none yet.
    pub fn read(folder: &Path) -> Result<Self, JournalError> {
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        let bytes = match std::fs::read(Self::path(folder)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::new()),
            Err(error) => return Err(error.into()),
        };
        let damaged = |error: serde_json::Error| JournalError::Damaged(softinfo_base::wording::json(&error));
        let Version { schema } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if schema != SCHEMA {
            return Err(JournalError::Damaged(format!("its version is “{schema}”, this program knows {SCHEMA}")));
        }
        serde_json::from_slice(&bytes).map_err(damaged)
    }

    /// A new chain: another name, no bundle yet. What the old journal knows of directories is kept, where it can be read.
    pub fn new_chain(folder: &Path) -> Self {
        match Self::read(folder) {
            Ok(Self { seen, max_bytes, .. }) => Self { seen, max_bytes, ..Self::new() },
            Err(_) => Self::new(),
        }
    }

    fn new() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            courier: CourierName::generate(&mut OsRng),
            last: None,
            planned: None,
            bundled: BTreeMap::new(),
            not_tips: BTreeSet::new(),
            seen: None,
            max_bytes: DEFAULT_MAX_PLAINTEXT,
        }
    }

    /// Writes the journal, whole or not at all.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        softinfo_base::file::write_whole(&Self::path(folder), |file| {
            let mut writer = io::BufWriter::new(file);
            serde_json::to_writer(&mut writer, self)?;
            io::Write::flush(&mut writer)
        })
    }

    /// Remembers what is no tip, as far as there is room.
    pub fn is_no_tip(&mut self, id: TipId) {
        if self.not_tips.len() < MOST_NOT_TIPS {
            self.not_tips.insert(id);
        }
    }

    /// Forgets that tips which came from `day` on were packed, and which ids are no tips: all of these are fetched again.
    pub fn pack_again(&mut self, day: Day) {
        self.bundled.retain(|_, came| *came < day);
        self.not_tips.clear();
    }

    /// Forgets what is no longer in the pool: ids that are no tips right away, a packed tip a year after its day. Until then a relay that could not read a tip for
    /// a while and lists it again does not make it packed twice.
    pub fn forget_gone(&mut self, listed: &HashSet<TipId>, today: Day) {
        self.not_tips.retain(|id| listed.contains(id));
        let oldest = today.plus(-REMEMBERED_DAYS);
        self.bundled.retain(|id, day| *day >= oldest || listed.contains(id));
    }

    /// The planned bundle is there, whole: from now on its tips count as packed.
    pub fn planned_is_done(&mut self) {
        if let Some(Plan { manifest, .. }) = self.planned.take() {
            self.last = Some((manifest.number, manifest.to_bytes().1));
            self.bundled.extend(manifest.tips.iter().map(|tip| (tip.id, tip.day)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_the_pool_is_forgotten_a_year_later() {
        let today = Day::from_number(2_461_000).unwrap();
        let [listed, old, recent] = ["listed", "old", "recent"].map(|name| TipId::of(name.as_bytes()));
        let mut journal = Journal::new();
        journal.bundled = [(listed, today.plus(-800)), (old, today.plus(-367)), (recent, today.plus(-366))].into();
        journal.forget_gone(&HashSet::from([listed]), today);
        assert_eq!(journal.bundled.into_keys().collect::<BTreeSet<_>>(), BTreeSet::from([listed, recent]));
    }
}
