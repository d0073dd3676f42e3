//! The writer's own side, for a program without a page: what a forwarder's script fills in, and the receipt as a file.
//!
//! In: JSON, a receipt. Out: [`softinfo_seal::report::Details`], a file with the receipt, or a sentence that says what is wrong.
#![forbid(unsafe_code)]

pub mod details;
pub mod receipt;
