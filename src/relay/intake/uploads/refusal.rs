//! What the draft refuses in its own words, beside the problems that every call shares.
//!
//! In: why a piece was not taken. Out: an answer. Touches nothing.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use softinfo_formats::api::problem::{OF_UPLOADS, Problem as Body};
use softinfo_formats::envelope::header::HeaderError;
use softinfo_formats::envelope::padding::SizeError;
use softinfo_store::StoreError;

use crate::http::upload_headers::set_state;
use crate::problem::{Problem, refuse};

/// Why a piece was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As in every other call.
    Problem(Problem),
    /// The piece begins elsewhere than the upload stands.
    MismatchingOffset { expected: u64, provided: u64, complete: bool },
    /// The lengths that were announced contradict each other, or what came.
    InconsistentLength,
    /// There is nothing to add any more.
    Completed,
}

/// A body with the two fields that the draft adds where an offset does not match.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Mismatch {
    #[serde(flatten)]
    body: Body,
    expected_offset: u64,
    provided_offset: u64,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, name, title, detail) = match &self {
            Self::Problem(problem) => return problem.clone().into_response(),
            Self::MismatchingOffset { .. } => (
                StatusCode::CONFLICT,
                "mismatching-upload-offset",
                "The upload stands elsewhere",
                "Go on from the byte that Upload-Offset names.",
            ),
            Self::InconsistentLength => (
                StatusCode::BAD_REQUEST,
                "inconsistent-upload-length",
                "The lengths of this upload contradict each other",
                "Send exactly as many bytes as Upload-Length has announced.",
            ),
            Self::Completed => (
                StatusCode::BAD_REQUEST,
                "completed-upload",
                "The upload is complete already",
                "There is nothing to add. For its answer send an empty piece with Upload-Complete: ?1.",
            ),
        };
        let body = Body {
            r#type: format!("{OF_UPLOADS}{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            stored: Some(matches!(self, Self::Completed | Self::MismatchingOffset { complete: true, .. })),
        };
        let Self::MismatchingOffset { expected, provided, complete } = self else { return refuse(status, &body) };
        let mut answer = refuse(status, &Mismatch { body, expected_offset: expected, provided_offset: provided });
        set_state(answer.headers_mut(), complete, expected);
        answer
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<SizeError> for Refusal {
    fn from(error: SizeError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    #[tokio::test]
    async fn a_refusal_of_the_draft_is_these_bytes() {
        for (refusal, expected) in [
            (
                Refusal::MismatchingOffset { expected: 7, provided: 8, complete: true },
                r#"{"type":"https://iana.org/assignments/http-problem-types#mismatching-upload-offset","title":"The upload stands elsewhere","status":409,"detail":"Go on from the byte that Upload-Offset names.","stored":true,"expected-offset":7,"provided-offset":8}"#,
            ),
            (
                Refusal::InconsistentLength,
                r#"{"type":"https://iana.org/assignments/http-problem-types#inconsistent-upload-length","title":"The lengths of this upload contradict each other","status":400,"detail":"Send exactly as many bytes as Upload-Length has announced.","stored":false}"#,
            ),
            (
                Refusal::Completed,
                r#"{"type":"https://iana.org/assignments/http-problem-types#completed-upload","title":"The upload is complete already","status":400,"detail":"There is nothing to add. For its answer send an empty piece with Upload-Complete: ?1.","stored":true}"#,
            ),
        ] {
            let answer = refusal.into_response();
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap(), expected);
        }
    }
}
