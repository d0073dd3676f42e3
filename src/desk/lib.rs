//! The air-gapped side: the only room with keys and plaintext. It has no way to reach a network.
//!
//! In: bundles, and a passphrase. Out: folders with what was written. Touches one folder of its own, and what it is told to write.
#![forbid(unsafe_code)]

pub mod bundles;
mod casebook;
mod chain;
pub mod desk_folder;
pub mod directory;
mod full_disk;
mod gap;
mod import;
mod key_name;
pub mod keyring;
mod lock;
mod open;
pub mod passphrase;
mod progress;
mod reading;
mod released;
pub mod secret_file;
mod trying;
pub mod views;

pub use casebook::{Case, Casebook, CasebookError, Missing, WithoutFile};
pub use chain::{Chain, Misplaced, Standing};
pub use gap::{Gap, spelled};
pub use import::{BundleOutcome, ImportError, Imported, Permission, import, import_file, import_files};
pub use key_name::{KeyName, KeyNames, KnownKey};
pub use keyring::UnlockedKeys;
pub use lock::{DeskLock, LockError, clear_away};
pub use open::{OpenTipError, Opened, Shown, check_out, find, open, show};
pub use progress::{Progress, Step};
pub use reading::{Entry, Oddity, TipRead};
pub use trying::{TryKeysError, try_keys};
