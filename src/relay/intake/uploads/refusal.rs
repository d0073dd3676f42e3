//! What the draft refuses in its own words, beside the problems that every call shares.
//!
//! In: why a piece was not taken. Out: an answer. Touches nothing.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use softinfo_formats::envelope::header::HeaderError;
use softinfo_formats::envelope::padding::SizeError;
use softinfo_store::StoreError;

use super::headers::set_state;
use crate::problem::Problem;

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

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Body {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'static str,
    stored: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provided_offset: Option<u64>,
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
        let (expected_offset, provided_offset) = match self {
            Self::MismatchingOffset { expected, provided, .. } => (Some(expected), Some(provided)),
            _ => (None, None),
        };
        let r#type = format!("https://iana.org/assignments/http-problem-types#{name}");
        let stored = matches!(self, Self::Completed | Self::MismatchingOffset { complete: true, .. });
        let body = Body { r#type, title, status: status.as_u16(), detail, stored, expected_offset, provided_offset };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, "application/problem+json")], text).into_response();
        if let Self::MismatchingOffset { expected, complete, .. } = self {
            set_state(answer.headers_mut(), complete, expected);
        }
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
    use http_body_util::BodyExt;

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
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), expected);
        }
    }
}
