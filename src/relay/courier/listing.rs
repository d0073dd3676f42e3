//! The list of what is stored, page after page.
//!
//! In: where the last page ended. Out: ids, days and sizes. Touches: the store, which is read, and the day on which a courier came.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_store::{Cursor, Listed, Store};

use super::couriers::{Courier, Couriers};
use crate::admission::blocking;
use crate::http::json::json;
use crate::problem::Problem;

/// Most tips in one page of the listing.
const PAGE: usize = 1000;

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

#[derive(Serialize)]
struct PoolPage {
    schema: &'static str,
    tips: Vec<PoolTip>,
    next: Option<String>,
}

#[derive(Serialize)]
struct PoolTip {
    id: TipId,
    day: Day,
    size: u64,
}

/// `GET /pool?after=DAY/ID&limit=N`: what is stored, oldest first, in pages.
pub(crate) async fn pool(
    State(Listing { store, couriers, clock }): State<Listing>,
    Extension(courier): Extension<Courier>,
    query: Result<Query<PoolQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(PoolQuery { after, limit })) = query else { return Err(Problem::BadRequest) };
    let after = after.map(|text| parse_cursor(&text)).transpose()?;
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::BadRequest);
    }
    // One more than asked for tells whether there is a next page.
    let mut listed = blocking(move || store.list(after.as_ref(), limit + 1)).await??;
    let more = listed.len() > limit;
    listed.truncate(limit);
    if !more {
        couriers.came(courier, clock.today());
    }
    let next = listed.last().filter(|_| more).map(|last| format!("{}/{}", last.day, last.id));
    let tips = listed.into_iter().map(|Listed { day, id, size }| PoolTip { id, day, size }).collect();
    Ok(json(StatusCode::OK, &PoolPage { schema: "softinfo/pool/1", tips, next }))
}

fn parse_cursor(text: &str) -> Result<Cursor, Problem> {
    let (day, id) = text.split_once('/').map_or((text, None), |(day, id)| (day, Some(id)));
    let day = day.parse().map_err(|_| Problem::BadRequest)?;
    let id = id.map(str::parse).transpose().map_err(|_| Problem::BadRequest)?;
    Ok(Cursor { day, id })
}
