//! What is not on the desk although it should be: bundles that have not come, and tips whose files are gone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use super::{Case, Casebook, CasebookError};
use crate::chain::Chain;
use crate::gap::Gap;

/// Tips that are listed and whose files are not there, or have not their length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithoutFile {
    /// The courier whose bundles they came in.
    pub courier: CourierName,
    /// How many tips have no whole file.
    pub tips: usize,
    /// The numbers of those bundles: imported again, they bring the files back.
    pub bundles: Vec<Gap>,
}

/// Bundles of a courier that have not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The courier whose bundles they are.
    pub courier: CourierName,
    /// The numbers that have not come.
    #[serde(flatten)]
    pub numbers: Gap,
    /// The first day that is noted of a tip in the last bundle before them. What was in them came on that day or later, unless the courier had left
    /// it behind before: the smallest tips are fetched first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
}

impl Casebook {
    /// Refuses a folder whose casebook is missing although sealed tips are there, as [`Casebook::read`] does; for whoever asks before a passphrase is typed.
    ///
    /// # Errors
    /// `Lost`.
    pub fn not_lost(folder: &Path) -> Result<(), CasebookError> {
        if Self::is_there(folder) { Ok(()) } else { Self::begun(folder).map(drop) }
    }

    /// An empty one, for a folder that has none and no sealed tips either.
    pub(super) fn begun(folder: &Path) -> Result<Self, CasebookError> {
        let empty = Self::default();
        match empty.unlisted(folder) {
            0 => Ok(empty),
            tips => Err(CasebookError::Lost { folder: folder.to_owned(), tips }),
        }
    }

    /// How many sealed tips are in `folder` that this casebook does not name.
    #[must_use]
    pub fn unlisted(&self, folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder.join("tips")).into_iter().flatten().flatten();
        let tip = |name: std::ffi::OsString| name.to_str()?.strip_suffix(".age")?.parse::<TipId>().ok();
        entries.filter_map(|entry| tip(entry.file_name())).filter(|id| !self.tips.contains_key(id)).count()
    }

    /// The tips of each courier whose file in `folder` is missing or has not its length, and the bundles that bring them back.
    #[must_use]
    pub fn without_file(&self, folder: &Path) -> Vec<WithoutFile> {
        let mut all: BTreeMap<&CourierName, (usize, BTreeSet<u64>)> = BTreeMap::new();
        for (_, case) in self.tips.iter().filter(|(id, case)| !case.is_here(folder, id)) {
            let (tips, bundles) = all.entry(&case.courier).or_default();
            *tips += 1;
            bundles.insert(case.bundle);
        }
        let of = |(courier, (tips, bundles)): (&CourierName, _)| WithoutFile {
            courier: courier.clone(),
            tips,
            bundles: Gap::of(bundles),
        };
        all.into_iter().map(of).collect()
    }

    /// Bundles that have not come and are waited for, of every courier.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let mut all = Vec::new();
        for (courier, chain) in &self.chains {
            for numbers in chain.missing() {
                let before = |case: &&Case| case.courier == *courier && case.bundle < numbers.first;
                let days = self.tips.values().filter(before).map(|case| (Reverse(case.bundle), case.day));
                let since = days.min().map(|(_, day)| day);
                all.push(Missing { courier: courier.clone(), numbers, since });
            }
        }
        all
    }

    /// Bundles that nobody waits for any more since this was last asked, of every courier.
    pub(crate) fn newly_given_up(&mut self) -> Vec<Missing> {
        let of = |(courier, chain): (&CourierName, &mut Chain)| {
            let gone = |numbers| Missing { courier: courier.clone(), numbers, since: None };
            chain.newly_given_up().into_iter().map(gone).collect::<Vec<_>>()
        };
        self.chains.iter_mut().flat_map(of).collect()
    }
}
