//! How a command ends: an exit code, and for scripts a word.

use softinfo_client::ClientError;
use softinfo_terminal::Exit;
use softinfo_writer::compare::{CompareError, EndsSoon};

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
    } else if let Some(error) = call(error) {
        of_call(error)
    } else if let Some(error) = error.downcast_ref::<CompareError>() {
        match error {
            CompareError::Differs(_) => Exit::Differs,
            CompareError::HasExpired(_) => Exit::EndsSoon,
            CompareError::NoHash | CompareError::Channel(_) | CompareError::Client(_) => Exit::Failed,
        }
    } else if error.is::<EndsSoon>() {
        Exit::EndsSoon
    } else {
        Exit::Failed
    }
}

/// The call of the relay that failed, where it was one.
fn call(error: &anyhow::Error) -> Option<&ClientError> {
    match error.downcast_ref::<CompareError>() {
        Some(CompareError::Client(error)) => Some(error),
        _ => error.downcast_ref(),
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
        Exit::TryLater if matches!(call(error), Some(ClientError::Refused { .. } | ClientError::Failed(_))) => "busy",
        Exit::TryLater => "unreachable",
        Exit::Refused => "refused",
        Exit::Differs => "differs",
        Exit::EndsSoon => "ends-soon",
        Exit::Unknown => "unknown",
        _ => "failed",
    }
}
