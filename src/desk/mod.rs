//! The air-gapped side: the only room with keys and plaintext. It has no way to reach a network.
//!
//! In: bundles, and a passphrase. Out: folders with what was written. Touches one folder of its own, and what it is told to write.

mod casebook;
mod import;
pub mod keyring;
mod open;
pub mod passphrase;
pub mod trust;

pub use casebook::{Case, Casebook, CasebookError, Reader};
pub use import::{ImportError, Imported, Standing, import};
pub use keyring::UnlockedKeys;
pub use open::{OpenTipError, Opened, open};
