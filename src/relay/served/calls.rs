//! The calls that give out what is served: the page, the page to save, the directory.
//!
//! In: a request. Out: the bytes of the pair that is served now. Touches nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use softinfo_formats::api::media_types;

use super::Serving;
use crate::problem::Problem;

/// `GET /`.
pub(crate) async fn page(State(serving): State<Arc<Serving>>, headers: HeaderMap) -> Result<Response, Problem> {
    let served = serving.now();
    Ok(served.page().ok_or(Problem::NotFound)?.shown(&headers))
}

/// `GET /softinfo.html`.
pub(crate) async fn page_to_save(State(serving): State<Arc<Serving>>, headers: HeaderMap) -> Result<Response, Problem> {
    let served = serving.now();
    Ok(served.page().ok_or(Problem::NotFound)?.saved(&headers))
}

/// `GET /directory`, the same on both listeners.
pub(crate) async fn directory(State(serving): State<Arc<Serving>>) -> Response {
    ([(CONTENT_TYPE, media_types::DIRECTORY)], serving.now().note()).into_response()
}
