//! The letterbox: HTTP in front of the store. It sees ciphertext, its size class and the day, and keeps nothing else.
//!
//! Two listeners that share the store and nothing more: [`intake`] for everybody, [`courier`] for holders with a token.
//! There is no access log and no place where one could be switched on; [`log`] is all that is ever printed.
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
pub(crate) mod planted_leaks;
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
