//! The letterbox: HTTP in front of the store. It sees ciphertext, its size class and the day, and keeps nothing else.
//!
//! Two listeners that share the store and nothing more: [`intake`] for everybody, [`courier_api`] for holders with a token.
//! There is no access log and no place where one could be switched on; [`event`] is all that is ever printed.
#![forbid(unsafe_code)]

mod accept;
mod admission;
mod answer;
mod body;
pub mod circuit;
pub mod config;
mod connection;
mod courier_api;
mod couriers;
pub mod event;
mod form;
mod guard;
mod idle_timeout;
pub mod inspection;
mod intake;
mod known_headers;
pub mod listen;
pub mod page;
mod problem;
mod refusals;
pub mod sandbox;
mod serve;
mod served;
mod status;
#[doc(hidden)]
pub mod testing;
pub mod tls;
pub mod token;
mod uploads;
pub mod watchdog;

pub use admission::{CircuitLimits, Limits};
pub use serve::{Prepared, Relay, ServeError};
