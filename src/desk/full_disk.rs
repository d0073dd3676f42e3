//! Telling a full disk from a broken one: only the first is mended by making room.

use std::io::{Error, ErrorKind};

/// Whether a file could not be written because the disk, or the share of it that this user has, is full.
pub(crate) fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
