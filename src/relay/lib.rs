//! The letterbox: HTTP in front of the store. It sees ciphertext, its size class and the day, and keeps nothing else.
//!
//! Two listeners that share the store and nothing more: one for everybody, one for holders with a token. There is no access log and no place
//! where one could be switched on; [`log`] is all that is ever printed.
//!
//! ```text
//!              net ─► http ─► routes ─┬─► intake ──┬─► accept ─► store        what a writer sends becomes a tip
//!    where it listens, requests       │            └─► uploads (staged)       or waits for its other pieces
//!    and TLS,         of connections  ├─► withdraw                            a token erases
//!    circuits                         ├─► served                              directory and page
//!                                     └─► courier                             lists, downloads, status
//!    admission    a permit for everything that one of these takes: before work, released by drop
//!    problem      every refusal; refusals counts them by the day
//!    lifecycle    start and end of all this; housekeeping is what it does by the hour
//!    config, inspection, sandbox      before the first request
//! ```
//!
//! A room uses none that uses it. The way of a body is to be read in `intake/tips.rs`, the calls in `routes.rs`.
#![forbid(unsafe_code)]

mod accept;
mod admission;
pub mod config;
mod courier;
mod housekeeping;
mod http;
pub mod inspection;
mod intake;
pub mod lifecycle;
pub mod log;
pub mod net;
#[cfg(feature = "planted-leaks")]
mod planted_leaks;
mod problem;
mod refusals;
mod routes;
pub mod sandbox;
mod served;
mod static_page;
#[doc(hidden)]
pub mod testing;
pub mod token;
mod withdraw;

pub use admission::{CircuitLimits, Limits};
pub use lifecycle::{Prepared, Relay, ServeError};
