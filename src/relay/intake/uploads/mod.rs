//! Resumable uploads, for large tips over lines that break: draft-ietf-httpbis-resumable-upload (as of -12), over [`staging`].
//!
//! In: pieces of a tip, in order. Out: where to go on, and in the end the same answer as for a tip sent at once.
//! What has arrived of a piece stays when its connection breaks; a whole tip takes the one way into the store.

mod calls;
mod exclusive;
mod finish;
mod ledger;
mod receive;
mod refusal;
mod session_file;
mod staging;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use crate::accept::Acceptor;
use crate::served::Serving;

pub(crate) use calls::{cancel, options, progress};
pub(crate) use refusal::Refusal;
pub(crate) use staging::Uploads;

/// What resumable uploads need of the relay.
#[derive(Clone)]
pub(crate) struct Resumable {
    pub uploads: Arc<Uploads>,
    pub acceptor: Acceptor,
    pub serving: Arc<Serving>,
}

/// Which piece a request brings.
pub(super) enum Piece {
    /// The one that begins an upload.
    First,
    /// Another, for the upload with this token in its address.
    Further(String),
}
