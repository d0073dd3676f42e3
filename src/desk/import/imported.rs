//! What an import did, as values: a terminal makes sentences of them, a screen its own.

use std::path::PathBuf;

use serde::Serialize;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{BundleId, CourierName, Manifest};

use crate::casebook::{Missing, WithoutFile};
use crate::chain::Standing;
use crate::keyring::KeyringError;

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// The courier whose bundle it is.
    pub courier: CourierName,
    /// Its number in the courier's chain.
    pub number: u64,
    /// The bundle's id.
    pub bundle: BundleId,
    /// Where it stands in the chain.
    pub standing: Standing,
    /// Whether it is the first of its courier on this desk.
    pub begins: bool,
    /// Tips that are new on this desk.
    pub new: usize,
    /// Of the new ones, those that a key of this desk opens.
    pub for_this_desk: usize,
    /// Tips that were here before.
    pub already: usize,
    /// Of those, tips whose file was gone or damaged and is whole again.
    pub mended: usize,
    /// Tips of earlier bundles that no key had opened, and that one opens now.
    pub opens_now: usize,
    /// Tips on this desk, of this bundle and others, that no key has opened and whose files are there.
    pub unopened: usize,
    /// Why the keys could not be unlocked with any passphrase, so that none was tried; the tips were taken in all the same.
    #[serde(serialize_with = "as_text")]
    pub not_unlocked: Option<KeyringError>,
    /// Key files that could not be read, so that they were not tried.
    pub damaged_keys: usize,
    /// Tips of other bundles whose files are missing or damaged.
    pub without_file: Vec<WithoutFile>,
    /// Tips in the desk's folder that no list names, because the casebook was lost and their bundles have not been imported again.
    pub unlisted: usize,
    /// Tips that are no well-formed tips; they were left out.
    pub not_tips: Vec<TipId>,
    /// Bundles that have not come, of every courier.
    pub missing: Vec<Missing>,
    /// Folders with plaintext that a killed `open` left, and that could not be removed.
    pub plaintext_left: Vec<PathBuf>,
    /// Bundles that nobody waits for any more since the last import, of every courier.
    pub given_up: Vec<Missing>,
    /// The new tips that a key of this desk opens.
    pub ids: Vec<TipId>,
}

impl Imported {
    /// Before anything of the bundle was taken in.
    pub(super) fn begun(manifest: &Manifest, bundle: BundleId, standing: Standing, begins: bool) -> Self {
        Self {
            courier: manifest.courier.clone(),
            number: manifest.number,
            bundle,
            standing,
            begins,
            new: 0,
            for_this_desk: 0,
            already: 0,
            mended: 0,
            opens_now: 0,
            unopened: 0,
            not_unlocked: None,
            damaged_keys: 0,
            without_file: Vec::new(),
            unlisted: 0,
            not_tips: Vec::new(),
            missing: Vec::new(),
            plaintext_left: Vec::new(),
            given_up: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// The number of the last bundle before this one that never came to this desk, where this is the first of its courier and not number 1.
    #[must_use]
    pub fn never_came(&self) -> Option<u64> {
        self.number.checked_sub(1).filter(|before| self.begins && *before > 0)
    }

    /// How many tips no key has opened that may be opened by one whose file could not be read. 0 where every key was tried.
    #[must_use]
    pub fn untried(&self) -> usize {
        if self.damaged_keys > 0 { self.unopened } else { 0 }
    }

    /// Whether nothing is left to do for whoever imports: no bundle, key or file is missing that could be brought.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.untried() == 0
            && self.never_came().is_none()
            && self.missing.is_empty()
            && self.not_unlocked.is_none()
            && self.without_file.is_empty()
            && self.unlisted == 0
    }
}

#[expect(clippy::ref_option, reason = "serde gives a reference")]
fn as_text<S: serde::Serializer>(error: &Option<KeyringError>, to: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(ToString::to_string).serialize(to)
}
