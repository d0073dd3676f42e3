//! How a relay refuses: a problem by RFC 9457, as `docs/protocol.md`, 5, has it.
//!
//! In: what a relay refuses, or JSON from a relay, which may be a stranger. Out: its fields, each empty where it is missing.
//! The names say what a program may do about it; title and detail are for people.

use serde::{Deserialize, Serialize};

/// In front of the name of a problem that softinfo defines, in `type`.
pub const OWN: &str = "urn:softinfo:problem:";
/// In front of the name of a problem that draft-ietf-httpbis-resumable-upload defines.
pub const OF_UPLOADS: &str = "https://iana.org/assignments/http-problem-types#";

/// The body ended early, or a newer request for the same upload came.
pub const INTERRUPTED: &str = "interrupted";
/// Nothing is stored under any of the tokens that were shown.
pub const UNKNOWN_TOKEN: &str = "unknown-token";
/// Part of the store can't be read: it is not known whether the tip is there.
pub const UNPROVEN: &str = "unproven";

/// The body of a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// [`OWN`] or [`OF_UPLOADS`], and the name.
    pub r#type: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// The status of the answer again. Written, and never read: what counts is the answer's own (RFC 9457, 3.1.2).
    #[serde(skip_deserializing)]
    pub status: u16,
    /// What to do.
    pub detail: String,
    /// Whether anything was stored or erased: false, or none where a disk that fails leaves it open.
    pub stored: Option<bool>,
}

impl Problem {
    /// The name, such as `too-large`: what stands behind the last `:` or `#` of the type.
    #[must_use]
    pub fn name(&self) -> &str {
        self.r#type.rsplit([':', '#']).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_read_with_what_it_has_and_written_as_the_protocol_says() {
        let json = r#"{"type":"urn:softinfo:problem:too-large","title":"T","status":413,"detail":"D","stored":false}"#;
        let problem: Problem = serde_json::from_str(json).unwrap();
        assert_eq!((problem.name(), problem.stored), ("too-large", Some(false)));
        assert_eq!(serde_json::to_string(&Problem { status: 413, ..problem }).unwrap(), json);
        let bare: Problem = serde_json::from_str(r#"{"title":"T","status":"none"}"#).unwrap();
        assert_eq!((bare.name(), &*bare.title, bare.stored), ("", "T", None));
        let of_uploads = format!("{OF_UPLOADS}completed-upload");
        assert_eq!(Problem { r#type: of_uploads, ..Problem::default() }.name(), "completed-upload");
    }

    #[test]
    fn each_name_that_a_program_acts_on_is_one_of_the_protocol() {
        let protocol = include_str!("../../../docs/protocol.md");
        for name in [INTERRUPTED, UNKNOWN_TOKEN, UNPROVEN] {
            assert!(protocol.contains(&format!("| `{name}` |")), "{name}");
        }
    }
}
