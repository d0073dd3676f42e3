//! What a run did: the bundle that it wrote or found, what became of each tip that is in none, and what ended it early.

use std::path::PathBuf;

use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{BundleId, CourierName};

/// A bundle that is there, whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Packed {
    /// Its number in this courier's chain, from 1.
    pub number: u64,
    /// SHA-256 of its manifest.
    pub id: BundleId,
    /// Tips in it.
    pub tips: usize,
    /// The file.
    pub bundle: PathBuf,
}

/// What ended a run before all was fetched. What was whole by then is in the bundle, the rest waits for the next run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The disk of the courier's folder is full.
    #[error(
        "No more could be fetched, because the disk of {} is full ({reason}{}). Make room there, or make bundle_mib in courier.toml smaller: \
         a run needs as much in the folder and as much again for the bundle",
        folder.display(),
        free_mib.map_or_else(String::new, |mib| format!("; {mib} MiB are free"))
    )]
    DiskFull {
        /// The courier's folder.
        folder: PathBuf,
        /// What the file system said.
        reason: String,
        /// What is free there now, in MiB, where the file system says it.
        free_mib: Option<u64>,
    },
    /// The relay was there, and is no longer.
    #[error("No more could be fetched: {0}")]
    RelayLost(String),
    /// What the relay sends never comes to its end.
    #[error("No more could be fetched: {0}. Of the tip that was on its way the next run fetches only the rest")]
    TooSlow(String),
    /// Too much time went by with tips that the relay lists, and that did not come.
    #[error(
        "No more could be fetched: the relay lists tips that it does not bring, and too long was waited for them. Tell its operator"
    )]
    NothingComes,
}

/// What a run did.
#[derive(Debug, serde::Serialize)]
pub struct Fetched {
    /// The name of this courier's chain.
    pub courier: CourierName,
    /// Tips in the bundle; when 0, no bundle was written.
    pub tips: usize,
    /// The bundle's number in this courier's chain.
    pub number: Option<u64>,
    /// SHA-256 of the bundle's manifest.
    pub id: Option<BundleId>,
    /// A bundle that an earlier run had finished when it was cut off, in another place than this one's.
    pub found: Option<Packed>,
    /// Whether the bundle is the one that an earlier run was about to write. Then nothing else was fetched.
    pub resumed: bool,
    /// Tips that disappeared from the pool while fetching: withdrawn or expired.
    pub gone: usize,
    /// Tips for which one bundle has no room; the next run fetches them. When there are more than one list holds, those are counted as one.
    pub waiting: usize,
    /// What ended the run before all was fetched; the rest is among those that wait.
    pub stopped: Option<Stopped>,
    /// Tips on which the connection broke again and again. They are tried again at the next run, from where it broke.
    pub broken: Vec<TipId>,
    /// Tips that the relay could not give out at the moment: it was busy, or failed. They are tried again at the next run.
    pub busy: Vec<TipId>,
    /// Tips that the relay dates in the future; they have today instead.
    pub misdated: usize,
    /// Tips that the relay could not give out as they were stored. They are tried again at the next run, where it still lists them: an honest
    /// relay does not.
    pub unreadable: Vec<TipId>,
    /// What the relay lists with a length that no tip of the channel has. It was not fetched.
    pub wrong_sizes: Vec<TipId>,
    /// What the relay gives out and what is no tip. It is not in the bundle, and is not fetched again.
    pub not_tips: Vec<TipId>,
}

impl Fetched {
    /// Whether all of the pool is in a bundle: nothing waits for the next run, and no tip failed. What was withdrawn meanwhile counts as done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Self { resumed, waiting, unreadable, broken, busy, wrong_sizes, not_tips, .. } = self;
        !resumed && *waiting == 0 && [unreadable, broken, busy, wrong_sizes, not_tips].iter().all(|ids| ids.is_empty())
    }

    /// A run of the courier with this name, before it has done anything.
    pub(crate) const fn nothing(courier: CourierName) -> Self {
        Self {
            courier,
            tips: 0,
            number: None,
            id: None,
            found: None,
            resumed: false,
            gone: 0,
            waiting: 0,
            stopped: None,
            broken: Vec::new(),
            busy: Vec::new(),
            misdated: 0,
            unreadable: Vec::new(),
            wrong_sizes: Vec::new(),
            not_tips: Vec::new(),
        }
    }
}
