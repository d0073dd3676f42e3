//! The letterbox: HTTP in front of the store. It sees ciphertext, its size class and the day, and keeps nothing else.
//!
//! Two listeners that share the store and nothing more: [`intake`] for everybody, [`courier_api`] for holders with a token.
//! There is no access log and no place where one could be switched on; [`event`] is all that is ever printed.

mod answer;
mod body;
pub mod config;
mod courier_api;
pub mod event;
mod form;
mod guard;
mod intake;
pub mod page;
mod problem;
mod serve;
mod storing;
pub mod token;
mod uploads;

pub use serve::{Relay, ServeError};
