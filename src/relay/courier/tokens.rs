//! Who may come in: whoever shows a token, a courier to every call, a monitor to two.
//!
//! In: a request. Out: the same with the number of its courier, or a refusal. Touches nothing.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use softinfo_formats::api::paths;

use super::couriers::Courier;
use crate::http::connection::Caller;
use crate::problem::Problem;
use crate::token::{TokenHash, which};

/// The tokens of the configuration. `monitors` see how the relay is, and nothing else.
pub(crate) struct Tokens {
    pub couriers: Vec<TokenHash>,
    pub monitors: Vec<TokenHash>,
}

impl Tokens {
    /// Lets a request through, with the number of its courier, or refuses it.
    pub async fn authorize(self: Arc<Self>, mut request: Request, next: Next) -> Response {
        let shown = request.headers().get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes);
        let (courier, monitor) = (which(shown, &self.couriers), which(shown, &self.monitors));
        let is_look = matches!(request.uri().path(), paths::STATUS | paths::METRICS);
        match courier {
            Some(number) => {
                if let Some(caller) = request.extensions().get::<Caller>() {
                    caller.open.is_known();
                }
                request.extensions_mut().insert(Courier(number));
            }
            None if monitor.is_some() && is_look => {}
            None => return Problem::Unauthorized.into_response(),
        }
        next.run(request).await
    }
}
