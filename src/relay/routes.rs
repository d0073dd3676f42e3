//! Which call goes where: the routes of both listeners, put together in one place, and what of the relay each room is given.
//!
//! In: all parts of a relay. Out: a router for each listener. A handler takes a state of its own, which is made of the parts here and nowhere
//! else: what it does not need it can't reach.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::{Next, from_fn, map_response, map_response_with_state};
use axum::routing::{get, head, post};

use softinfo_base::clock::Clock;
use softinfo_formats::api::paths;
use softinfo_store::Store;

use crate::accept::Acceptor;
use crate::admission::Budget;
use crate::courier::couriers::Couriers;
use crate::courier::download::{self, Downloads};
use crate::courier::listing::{self, Listing};
use crate::courier::status::{self, Status};
use crate::courier::{Tokens, metrics};
use crate::http::security_headers::with_security_headers;
use crate::intake::form_pages::{self, FormPages};
use crate::intake::tips::{self, Tips};
use crate::intake::uploads::{self, Resumable, Uploads};
use crate::problem::Problem;
use crate::refusals::{self, Refusals};
use crate::served::{Serving, calls};
use crate::withdraw::{self, Withdrawing};

/// All that requests are answered from.
#[derive(Clone)]
pub(crate) struct Parts {
    pub store: Arc<dyn Store>,
    pub budget: Arc<Budget>,
    pub serving: Arc<Serving>,
    pub form_pages: Arc<FormPages>,
    pub uploads: Arc<Uploads>,
    pub refusals: Arc<Refusals>,
    pub couriers: Arc<Couriers>,
    pub status: Arc<Status>,
    pub clock: Arc<dyn Clock>,
    /// Time without a byte after which a body is given up.
    pub idle: Duration,
}

/// The public listener: takes sealed tips and withdrawals, gives the page and the directory.
pub(crate) fn intake(parts: Parts) -> Router {
    let refusals = Arc::clone(&parts.refusals);
    Router::new()
        .route(paths::PAGE, get(calls::page))
        .route(paths::SAVED_PAGE, get(calls::page_to_save))
        .route(paths::LEAVE, get(form_pages::leave))
        .route(paths::DIRECTORY, get(calls::directory))
        .route(paths::TIPS, post(tips::post).options(uploads::options))
        .route(
            &format!("{}/{{token}}", paths::UPLOADS),
            head(uploads::progress).patch(tips::patch).delete(uploads::cancel),
        )
        .route(paths::WITHDRAW, post(withdraw::withdraw))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(map_response(with_security_headers))
        .layer(map_response_with_state(refusals, refusals::count))
        .with_state(parts)
}

/// The listener for couriers: lists what is stored and gives it out, to who shows one of `tokens`.
pub(crate) fn courier(parts: Parts, tokens: Tokens) -> Router {
    let refusals = Arc::clone(&parts.refusals);
    let tokens = Arc::new(tokens);
    let authorize = move |request: Request, next: Next| Arc::clone(&tokens).authorize(request, next);
    Router::new()
        .route(paths::POOL, get(listing::pool))
        .route(&format!("{}/{{id}}", paths::TIPS), get(download::tip))
        .route(paths::DIRECTORY, get(calls::directory))
        .route(paths::WITHDRAW, post(withdraw::withdraw))
        .route(paths::STATUS, get(status::status))
        .route(paths::METRICS, get(metrics::metrics))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(from_fn(authorize))
        .layer(map_response_with_state(refusals, refusals::count))
        .with_state(parts)
}

/// The channel's page and directory.
impl FromRef<Parts> for Arc<Serving> {
    fn from_ref(parts: &Parts) -> Self {
        Arc::clone(&parts.serving)
    }
}

/// The page behind the link to leave.
impl FromRef<Parts> for Arc<FormPages> {
    fn from_ref(parts: &Parts) -> Self {
        Arc::clone(&parts.form_pages)
    }
}

/// How the relay is.
impl FromRef<Parts> for Arc<Status> {
    fn from_ref(parts: &Parts) -> Self {
        Arc::clone(&parts.status)
    }
}

impl FromRef<Parts> for Acceptor {
    fn from_ref(parts: &Parts) -> Self {
        Self { store: Arc::clone(&parts.store), budget: Arc::clone(&parts.budget) }
    }
}

impl FromRef<Parts> for Resumable {
    fn from_ref(parts: &Parts) -> Self {
        Self {
            uploads: Arc::clone(&parts.uploads),
            acceptor: Acceptor::from_ref(parts),
            serving: Arc::clone(&parts.serving),
        }
    }
}

impl FromRef<Parts> for Tips {
    fn from_ref(parts: &Parts) -> Self {
        Self { resumable: Resumable::from_ref(parts), form_pages: Arc::clone(&parts.form_pages), idle: parts.idle }
    }
}

impl FromRef<Parts> for Withdrawing {
    fn from_ref(parts: &Parts) -> Self {
        let Acceptor { store, budget } = Acceptor::from_ref(parts);
        Self { store, budget, serving: Arc::clone(&parts.serving), idle: parts.idle }
    }
}

impl FromRef<Parts> for Downloads {
    fn from_ref(parts: &Parts) -> Self {
        let Acceptor { store, budget } = Acceptor::from_ref(parts);
        Self { store, budget }
    }
}

impl FromRef<Parts> for Listing {
    fn from_ref(parts: &Parts) -> Self {
        Self { store: Arc::clone(&parts.store), couriers: Arc::clone(&parts.couriers), clock: Arc::clone(&parts.clock) }
    }
}
