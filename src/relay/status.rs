//! How the relay is, for the operator and for couriers: `GET /status` and `GET /metrics` of the courier listener.
//!
//! Health and disk are as they are now, the disk in steps of 64 MiB. What follows tips is counted once a day and rounded, so that nobody
//! who looks often learns when one came.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::admission::Budget;
use super::intake::{Shared, blocking, json};
use super::problem::Problem;
use crate::day::Day;
use crate::store::pool::Pool;
use crate::store::{Store, StoreError};

/// Tips are counted in tens.
const TIPS: u64 = 10;
/// Bytes of tips are counted in steps of 16 MiB.
const TIP_MIB: u64 = 16;
/// Free disk is shown in steps of 64 MiB: a tip of text hardly ever moves it.
const DISK_MIB: u64 = 64;

/// What is looked at.
pub(super) struct Status {
    pub pool: Arc<Pool>,
    pub budget: Arc<Budget>,
    pub floor_mib: u64,
    pub directory_version: u64,
    pub directory_expires: Day,
    kept: Mutex<Kept>,
}

/// What was kept when the day was first looked at.
#[derive(Clone, Copy, Serialize)]
struct Kept {
    day: Day,
    /// Rounded up.
    tips: u64,
    /// Rounded up.
    mib: u64,
}

#[derive(Serialize)]
struct Shown {
    schema: &'static str,
    version: &'static str,
    healthy: bool,
    directory: ShownDirectory,
    disk: Disk,
    kept: Kept,
}

#[derive(Serialize)]
struct ShownDirectory {
    version: u64,
    expires: Day,
}

#[derive(Serialize)]
struct Disk {
    free_mib: u64,
    floor_mib: u64,
}

impl Status {
    /// Counts what is kept, for the first time.
    pub fn new(
        pool: Arc<Pool>,
        budget: Arc<Budget>,
        floor_mib: u64,
        (directory_version, directory_expires): (u64, Day),
    ) -> Result<Self, StoreError> {
        let kept = Mutex::new(count(&pool, Day::today()));
        Ok(Self { pool, budget, floor_mib, directory_version, directory_expires, kept })
    }

    /// Counts what is kept, once a day. May wait for the disk.
    pub fn count(&self, today: Day) -> Result<(), StoreError> {
        if self.kept().day != today {
            let counted = count(&self.pool, today);
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = counted;
        }
        Ok(())
    }

    fn kept(&self) -> Kept {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Result<Shown, Problem> {
        let free = self.budget.free_disk().map_err(|_| Problem::Unavailable)? >> 20;
        Ok(Shown {
            schema: "softinfo/status/1",
            version: env!("CARGO_PKG_VERSION"),
            healthy: !self.pool.has_stopped() && free >= self.floor_mib && Day::today() <= self.directory_expires,
            directory: ShownDirectory { version: self.directory_version, expires: self.directory_expires },
            disk: Disk { free_mib: free - free % DISK_MIB, floor_mib: self.floor_mib },
            kept: self.kept(),
        })
    }
}

fn count(pool: &Pool, day: Day) -> Kept {
    let crate::store::Kept { tips, bytes } = pool.kept();
    Kept { day, tips: tips.next_multiple_of(TIPS), mib: bytes.div_ceil(1 << 20).next_multiple_of(TIP_MIB) }
}

/// `GET /status`, schema `softinfo/status/1`.
pub(super) async fn status(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let status = Arc::clone(&shared.status);
    Ok(json(StatusCode::OK, &blocking(move || status.look()).await??))
}

/// `GET /metrics`, the Prometheus text format 0.0.4.
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let status = Arc::clone(&shared.status);
    let shown = blocking(move || status.look()).await??;
    let days = i64::from(shown.directory.expires.number()) - i64::from(Day::today().number());
    let values = [
        ("healthy", "1 while tips are taken and writers accept the directory", i64::from(shown.healthy)),
        ("directory_days_left", "days until the directory expires", days),
        ("disk_free_bytes", "free disk, in steps of 64 MiB", mib(shown.disk.free_mib)),
        ("disk_floor_bytes", "free disk below which nothing is taken", mib(shown.disk.floor_mib)),
        ("kept_tips", "tips kept, in tens, counted once a day", i64::try_from(shown.kept.tips).unwrap_or(i64::MAX)),
        ("kept_bytes", "their size, in steps of 16 MiB, counted once a day", mib(shown.kept.mib)),
    ];
    let mut text = String::new();
    for (name, help, value) in values {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP softinfo_{name} {help}\n# TYPE softinfo_{name} gauge\nsoftinfo_{name} {value}");
    }
    #[cfg(feature = "leaky")]
    text.push_str(&super::leak::metric());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn mib(mib: u64) -> i64 {
    i64::try_from(mib << 20).unwrap_or(i64::MAX)
}
