//! Why the relay does not start, or ends: for the operator, in sentences that say what to do.
//!
//! In: what went wrong. Out: a sentence. Touches nothing.

use std::path::PathBuf;

use softinfo_store::StoreError;

use crate::inspection::Refused;
use crate::net::{CantListen, TlsError};

/// Why the relay did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What was found in the configuration, and in what it names.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The version that is about to be served can't be written down.
    #[error("the directory's version can't be written into the store's folder ({0}); nothing was served")]
    Remember(std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sentences that were built in are not complete.
    #[error("the answers to a form that were built in can't be read: {0}; build the page in web/, then the relay")]
    Answers(serde_json::Error),
    /// A certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The folder of the store can't be made.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What making it failed with.
        source: std::io::Error,
    },
    /// A place of a listener.
    #[error(transparent)]
    Listen(#[from] CantListen),
    /// systemd's socket can't be reached.
    #[error("NOTIFY_SOCKET can't be reached: {0}; systemd sets it, so by hand start the relay without it")]
    Supervisor(std::io::Error),
    /// The store stopped after a failed write.
    #[error("a write to the disk failed, so the relay has stopped; check the disk, then start it again")]
    StoreStopped,
    /// The listeners failed.
    #[error("a listener failed: {0}")]
    Io(#[from] std::io::Error),
}
