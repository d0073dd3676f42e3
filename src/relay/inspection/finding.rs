//! One thing that is not as it should be, in the words of the log. What it says comes from the operator's own files, never from a request.
//!
//! In: a text of this room. Out: a line of the log. Touches nothing.

use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The relay does not start with it.
    Error,
    /// Nobody can write to the channel. A look at the configuration fails with it; a relay starts all the same, so that couriers can fetch and
    /// writers withdraw.
    Closed,
    /// Somebody should look at it.
    Warning,
}

/// One thing that is not as it should be. Only this room makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    severity: Severity,
    text: String,
}

impl Finding {
    /// The relay does not start with it.
    pub(super) fn error(text: impl fmt::Display) -> Self {
        Self { severity: Severity::Error, text: text.to_string() }
    }

    /// The relay starts with it, and nobody can write.
    pub(super) fn closed(text: impl fmt::Display) -> Self {
        Self { severity: Severity::Closed, text: text.to_string() }
    }

    /// Somebody should look at it; the relay works.
    pub(super) fn warning(text: impl fmt::Display) -> Self {
        Self { severity: Severity::Warning, text: text.to_string() }
    }

    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether it is a warning only.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.severity == Severity::Warning
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_warning() { "warning" } else { "error" };
        write!(f, "{word}: {}", self.text)
    }
}

/// Findings with which the relay does not start.
#[derive(Debug, thiserror::Error)]
pub struct Refused(pub(super) Vec<Finding>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the relay does not start like this; nothing was changed")?;
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}
