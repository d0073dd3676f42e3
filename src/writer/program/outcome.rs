//! How a command ends: an exit code, and for scripts a word.

use softinfo_client::{Arrival, ClientError, Unconfirmed};
use softinfo_terminal::Exit;

use crate::check_relay::{Differs, EndsSoon, HasExpired};

/// The codes that this program can end with.
pub const CODES: [Exit; 10] = [
    Exit::Done,
    Exit::Failed,
    Exit::Usage,
    Exit::TryLater,
    Exit::Refused,
    Exit::Differs,
    Exit::EndsSoon,
    Exit::Unknown,
    Exit::Incomplete,
    Exit::NothingThere,
];

/// An end that its command has judged itself.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub struct Ended {
    /// The code.
    pub exit: Exit,
    /// What happened, whether anything was stored, and what to do.
    pub said: String,
}

impl Ended {
    /// As an error to return.
    pub fn with(exit: Exit, said: impl Into<String>) -> anyhow::Error {
        Self { exit, said: said.into() }.into()
    }
}

/// The code of a failure.
pub fn exit(error: &anyhow::Error) -> Exit {
    if let Some(ended) = error.downcast_ref::<Ended>() {
        ended.exit
    } else if let Some(error) = error.downcast_ref::<ClientError>() {
        of_call(error)
    } else if let Some(Unconfirmed { error, arrival }) = error.downcast_ref() {
        if *arrival == Arrival::Open { Exit::Unknown } else { of_call(error) }
    } else if error.is::<Differs>() {
        Exit::Differs
    } else if error.is::<EndsSoon>() || error.is::<HasExpired>() {
        Exit::EndsSoon
    } else {
        Exit::Failed
    }
}

/// The code of a call that is known to have changed nothing.
pub fn of_call(error: &ClientError) -> Exit {
    match error {
        error if error.may_pass() => Exit::TryLater,
        ClientError::Refused { .. } => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// A failure in one word.
pub fn word(error: &anyhow::Error) -> &'static str {
    match exit(error) {
        Exit::TryLater
            if matches!(error.downcast_ref(), Some(ClientError::Refused { .. } | ClientError::Failed(_))) =>
        {
            "busy"
        }
        Exit::TryLater => "unreachable",
        Exit::Refused => "refused",
        Exit::Differs => "differs",
        Exit::EndsSoon => "ends-soon",
        Exit::Unknown => "unknown",
        _ => "failed",
    }
}
