//! The air-gapped side: the only room with keys and plaintext. It has no way to reach a network.
//!
//! In: bundles, and a passphrase. Out: folders with what was written. Touches one folder of its own, and what it is told to write.
#![forbid(unsafe_code)]

mod casebook;
mod chain;
pub mod desk_folder;
mod import;
mod key_name;
pub mod keyring;
mod lock;
mod open;
pub mod passphrase;
mod reading;
mod released;
mod trying;

pub use casebook::{Case, Casebook, CasebookError, Missing, WithoutFile};
pub use chain::{Chain, Gap, Misplaced, Standing, spelled};
pub use import::{ImportError, Imported, Permission, import};
pub use key_name::{KeyName, KeyNames, KnownKey};
pub use keyring::UnlockedKeys;
pub use lock::{DeskLock, LockError};
pub use open::{OpenTipError, Opened, Shown, check_out, find, open, show, try_keys};
pub use reading::{Entry, Oddity, TipRead};
pub use released::{released, released_fields};
pub use trying::{Progress, key_files, known};

/// Whether a file could not be written because the disk, or the share of it that this user has, is full.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
