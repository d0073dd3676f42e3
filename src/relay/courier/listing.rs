//! The list of what is stored, page after page.
//!
//! In: where the last page ended. Out: ids, days and sizes. Touches: the store, which is read, and the day on which a courier came.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use softinfo_base::clock::Clock;
use softinfo_formats::api::pool::{PAGE_TIPS, PoolAfter, PoolCursor, PoolPage, PoolTip};
use softinfo_store::{Cursor, Listed, Store};

use super::couriers::{Courier, Couriers};
use crate::admission::blocking;
use crate::http::json::json;
use crate::problem::Problem;

/// What listing needs of the relay.
#[derive(Clone)]
pub(crate) struct Listing {
    pub store: Arc<dyn Store>,
    pub couriers: Arc<Couriers>,
    pub clock: Arc<dyn Clock>,
}

/// What is asked for: tips behind a cursor, and how many.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoolQuery {
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /pool?after=DAY/ID&limit=N`: what is stored, oldest first, in pages.
pub(crate) async fn pool(
    State(Listing { store, couriers, clock }): State<Listing>,
    Extension(courier): Extension<Courier>,
    query: Result<Query<PoolQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(PoolQuery { after, limit })) = query else { return Err(Problem::BadRequest) };
    let after = after.map(|text| text.parse()).transpose().map_err(|_| Problem::BadRequest)?;
    let after = after.map(|PoolAfter { day, id }| Cursor { day, id });
    let limit = limit.unwrap_or(PAGE_TIPS);
    if !(1..=PAGE_TIPS).contains(&limit) {
        return Err(Problem::BadRequest);
    }
    // One more than asked for tells whether there is a next page.
    let mut listed = blocking(move || store.list(after.as_ref(), limit + 1)).await??;
    let more = listed.len() > limit;
    listed.truncate(limit);
    if !more {
        couriers.came(courier, clock.today());
    }
    let next = listed.last().filter(|_| more).map(|last| PoolCursor(last.day, last.id));
    let tips = listed.into_iter().map(|Listed { day, id, size }| PoolTip { id, day, size }).collect();
    Ok(json(StatusCode::OK, &PoolPage::new(tips, next)))
}
