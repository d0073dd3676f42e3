//! The listener for couriers: lists what is stored and gives it out. Ciphertext only, and a token for every call.
//!
//! In: requests with a token. Out: lists, tips, and how the relay is. Touches: the store, to read it, and the days on which couriers came.

pub(crate) mod couriers;
pub(crate) mod download;
pub(crate) mod listing;
pub(crate) mod metrics;
pub(crate) mod status;
mod tokens;

pub(crate) use tokens::Tokens;
