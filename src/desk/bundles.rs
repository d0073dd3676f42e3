//! Which bundles came from which courier, which are missing, and an end to waiting for them.
//!
//! In: the casebook. Out: a row for each courier; the casebook without what nobody waits for any more.

use std::path::PathBuf;

use serde::Serialize;
use softinfo_formats::transfer::bundle::CourierName;

use crate::casebook::{Casebook, CasebookError};
use crate::desk_folder::Desk;
use crate::gap::Gap;
use crate::lock::{DeskLock, LockError};

/// The bundles of one courier, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CourierRow {
    /// The courier.
    pub courier: CourierName,
    /// How many of its bundles came.
    pub bundles: usize,
    /// The number of the first that came.
    pub first: Option<u64>,
    /// The number of the last that came.
    pub last: Option<u64>,
    /// The numbers between them that have not come and are waited for.
    pub missing: Vec<Gap>,
    /// The numbers that have not come and are not waited for any more.
    pub given_up: Vec<Gap>,
}

/// What became of waiting for bundles.
#[derive(Debug)]
pub struct Closed {
    /// The courier whose bundles they are.
    pub courier: CourierName,
    /// The numbers that are not waited for any more; empty when none was missing, and then nothing was changed.
    pub numbers: Vec<Gap>,
    /// Folders with plaintext that a killed program left, and that could not be removed.
    pub plaintext_left: Vec<PathBuf>,
}

/// Why the waiting for bundles could not be ended. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// One of the numbers is not missing.
    #[error("bundle {number} of the courier {} is not missing; nothing was changed", courier.short())]
    NotMissing {
        /// The courier whose bundle it would be.
        courier: CourierName,
        /// The first of the numbers that is not missing.
        number: u64,
    },
    /// Another program is at work, or the desk's folder could not be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The casebook could not be read or written, or no courier has this name.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// A row for each courier that has brought a bundle to `desk`.
///
/// # Errors
/// The casebook is lost, or can't be read.
pub fn couriers(desk: &Desk) -> Result<Vec<CourierRow>, CasebookError> {
    let book = Casebook::read(&desk.folder)?;
    let rows = book.chains.iter().map(|(courier, chain)| CourierRow {
        courier: courier.clone(),
        bundles: chain.len(),
        first: chain.first(),
        last: chain.last(),
        missing: chain.missing(),
        given_up: chain.given_up(),
    });
    Ok(rows.collect())
}

/// Ends the waiting for `numbers` of the one courier whose name begins with `start`; for all that is missing when there are none.
///
/// # Errors
/// As [`CloseError`] says; then nothing was changed.
pub fn close(desk: &Desk, start: &str, numbers: &[u64]) -> Result<Closed, CloseError> {
    let lock = DeskLock::take(&desk.folder)?;
    let mut book = Casebook::read(&desk.folder)?;
    let (courier, chain) = book.courier(start)?;
    let closed =
        chain.give_up(numbers).map_err(|number| CloseError::NotMissing { courier: courier.clone(), number })?;
    if !closed.is_empty() {
        book.write(&desk.folder)?;
    }
    Ok(Closed { courier, numbers: closed, plaintext_left: lock.plaintext_left().to_vec() })
}
