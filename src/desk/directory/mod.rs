//! A channel's directory from its making to its checking: the tools of whoever signs for a channel or for a holder.
//!
//! In: holders' public files, signing keys, older directories. Out: drafts, signed notes, pages, each as a new file. Shows and asks nothing: what a
//! person has to see before signing is a value, and only a [`Compared`] one can be signed.

mod check;
mod make;
mod output;
mod page;
mod sign;
mod sign_error;
mod signing_files;
#[cfg(test)]
mod tests;

pub use check::{CheckError, Checked, HolderToday, check};
pub use make::{Draft, MakeError, Order, draft};
pub use output::{OutputError, vacant};
pub use page::{OwnPage, PageError, title};
pub use sign::{Compared, Proposal, Signed, Signer, Since, StillMissing};
pub use sign_error::SignError;
pub use signing_files::SigningFiles;
