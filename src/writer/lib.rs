//! The writer's own side, for a program without a page: a forwarder's script, or a person with a terminal. It asks nobody and shows nothing: values come
//! in, values and typed errors go out, and a [`progress::Progress`] is told how far it is.
//!
//! | room | comes in | goes out |
//! | --- | --- | --- |
//! | [`details`] | JSON from a script | the optional details of a report, or what is wrong in them and where |
//! | [`message`] | a file, or what is typed | the text of a message |
//! | [`channel`] | a signed directory, the pinned root key | the directory that holds today, and the readers in it |
//! | [`memory`] | a directory that was seen | the newest one that was seen before |
//! | [`sealing`] | a draft, readers, a receipt | a sealed tip, in a file that appears when somebody has the receipt |
//! | [`receipt`] | a receipt | its lines, a file with them, and the receipt back from either |
//! | [`sealed`] | a file | a tip that can be sent |
//! | [`relay`] | an address, tor's SOCKS port | clients of that relay, each with a circuit of its own |
//! | [`submit`] | a sealed tip | the relay's confirmation, or what is known without one |
//! | [`withdraw`] | a receipt, or a token | how many tips were erased |
//! | [`delivery`] | bytes that leave, tries that end | what is known of either of the two, at any moment |
//! | [`compare`] | a relay's address | whether it serves what the channel's owner signed |
#![forbid(unsafe_code)]

pub mod channel;
pub mod compare;
pub mod delivery;
pub mod details;
pub mod memory;
pub mod message;
pub mod progress;
pub mod receipt;
pub mod relay;
pub mod sealed;
pub mod sealing;
pub mod submit;
#[cfg(test)]
mod testing;
pub mod withdraw;
