//! The holder's online side: fetches ciphertext from the pool and packs it into bundles for the desk.
//!
//! In: a relay and a token, from one TOML file. Out: a bundle, written whole. It has no keys and can't read a tip.
//! Its folder keeps what was fetched until it is in a bundle, so that a broken connection costs nothing. What a relay says is believed nowhere.
//!
//! | room | comes in | goes out |
//! | --- | --- | --- |
//! | `config` | one TOML file | the settings |
//! | `fetch` | the settings, a place for the bundle | one run: a bundle, and what was done ([`Fetched`]) |
//! | `pool` | the relay's list, which may be a lie | what is to be fetched |
//! | `spool` | bytes from the relay | files that are tips, as a desk would say |
//! | `packing` | a planned bundle | the bundle, read back |
//! | `journal` | what was done | the same at the next run |
//! | `folder` | the courier's folder, the bundle's | a lock, and nothing half written |
//! | `progress`, `fetched`, `error` | | how far a run is, what it did, why it failed |
#![forbid(unsafe_code)]

mod config;
mod error;
mod fetch;
mod fetched;
mod folder;
mod journal;
mod packing;
mod pool;
mod progress;
mod spool;

pub use config::{ConfigError, CourierConfig};
pub use error::CourierError;
pub use fetch::{Options, fetch};
pub use fetched::{Fetched, Packed, Stopped};
pub use progress::{Progress, Work};
