//! The holder's online side: fetches ciphertext from the pool and packs it into bundles for the desk.
//!
//! In: a relay and a token, from one TOML file. Out: a bundle, written whole. It has no keys and can't read a tip.
//! Its folder keeps what was fetched until it is in a bundle, so that a broken connection costs nothing. What a relay says is believed nowhere.
#![forbid(unsafe_code)]

mod config;
mod error;
mod fetch;
mod fetched;
mod journal;
mod pool;
mod progress;
mod spool;

pub use config::{ConfigError, CourierConfig};
pub use error::CourierError;
pub use fetch::{Options, fetch};
pub use fetched::{Fetched, Packed, Stopped};
pub use progress::{Progress, Work};
