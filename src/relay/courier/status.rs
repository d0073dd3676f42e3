//! How the relay is, for the operator and for couriers: `GET /status` of the courier listener, and the figures of `GET /metrics`.
//!
//! In: all parts of the relay that have something to say. Out: JSON. Touches nothing but its own count of what is kept.
//!
//! Health and disk are as they are now, the disk in steps of 64 MiB, the day's shares in quarters. What follows tips is counted once a day and
//! rounded, so that nobody who looks often learns when one came: what is kept, and what was refused on the last whole day. A courier's last
//! fetch is a day.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_store::Store;
use softinfo_store::pool::Pool;

use super::couriers::{self, Couriers};
use crate::admission::{Budget, LARGE, Share, TEXT, blocking};
use crate::http::json::json;
use crate::problem::Problem;
use crate::refusals::{Refusals, Refused};
use crate::served::Serving;

/// Tips are counted in tens.
const TIPS: u64 = 10;
/// Bytes of tips are counted in steps of 16 MiB.
const TIP_MIB: u64 = 16;
/// Free disk is shown in steps of 64 MiB: a tip of text hardly ever moves it.
const DISK_MIB: u64 = 64;

/// What is looked at, and what was kept when the day was first looked at.
pub(crate) struct Status {
    looked_at: LookedAt,
    kept: Mutex<Kept>,
}

/// What is looked at.
pub(crate) struct LookedAt {
    pub pool: Arc<Pool>,
    pub budget: Arc<Budget>,
    pub serving: Arc<Serving>,
    pub couriers: Arc<Couriers>,
    pub refusals: Arc<Refusals>,
    pub clock: Arc<dyn Clock>,
    /// `store.floor_mib` of the configuration.
    pub floor_mib: u64,
}

/// Why a relay is not healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    StoreStopped,
    DiskUnknown,
    BelowFloor,
    BelowReserve,
    DaySpent,
    TextSpent,
    Unreadable,
    Damaged,
    ClockAhead,
    Expired,
    NotYet,
    NoKey,
}

/// All of them, each with its name in the metrics and its sentence in the status.
pub(super) const REASONS: [(Reason, &str, &str); 12] = [
    (
        Reason::StoreStopped,
        "store_stopped",
        "a write to the disk failed: nothing is taken until the relay is started again",
    ),
    (Reason::DiskUnknown, "disk_unknown", "the disk can't be asked how much is free"),
    (Reason::BelowFloor, "below_floor", "the disk is below store.floor_mib: nothing is taken"),
    (Reason::BelowReserve, "below_reserve", "the disk is down to what is kept for text: large tips are refused"),
    (Reason::DaySpent, "day_spent", "the day's share is spent: large tips are refused until midnight UTC"),
    (Reason::TextSpent, "text_spent", "the share of text is spent: texts are taken only as fast as it runs full again"),
    (
        Reason::Unreadable,
        "store_unreadable",
        "a part of the store can't be read: some tips can be neither given out nor withdrawn",
    ),
    (
        Reason::Damaged,
        "tip_damaged",
        "a tip does not read back as it was written, so couriers get it no more: the log names its volume; look at the disk",
    ),
    (
        Reason::ClockAhead,
        "clock_ahead",
        "the clock is too far ahead to be believed: nothing expires; set it right, or start with --accept-date",
    ),
    (Reason::Expired, "directory_expired", "the directory has expired: nobody can write"),
    (Reason::NotYet, "directory_not_yet", "the directory is not valid yet: nobody can write; is the clock right?"),
    (Reason::NoKey, "no_key", "a holder has no key that holds today: nobody can write to it"),
];

/// What was kept when the day was first looked at.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Kept {
    pub(super) day: Day,
    /// Rounded up.
    pub(super) tips: u64,
    /// Rounded up.
    pub(super) mib: u64,
}

/// The status, as it is given out.
#[derive(Serialize)]
pub(super) struct Shown {
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) healthy: bool,
    /// Why it is not healthy, in sentences.
    pub(super) reasons: Vec<&'static str>,
    /// What ends within 30 days, or has ended.
    pub(super) reminders: Vec<String>,
    pub(super) directory: ShownDirectory,
    pub(super) disk: Disk,
    pub(super) kept: Kept,
    pub(super) shares: Vec<ShownShare>,
    pub(super) refusals: Refused,
    pub(super) couriers: Vec<couriers::Shown>,
    #[serde(skip)]
    pub(super) today: Day,
    #[serde(skip)]
    pub(super) holding: Vec<Reason>,
}

/// What is said of the directory.
#[derive(Serialize)]
pub(super) struct ShownDirectory {
    pub(super) version: u64,
    pub(super) expires: Day,
    /// The last day on which every holder has a key.
    pub(super) keys_until: Day,
}

/// What is said of the disk.
#[derive(Serialize)]
pub(super) struct Disk {
    pub(super) free_mib: u64,
    pub(super) floor_mib: u64,
}

/// What is said of a day's share.
#[derive(Serialize)]
pub(super) struct ShownShare {
    pub(super) name: &'static str,
    pub(super) mib: u64,
    pub(super) spent_percent: u8,
}

impl Status {
    /// Counts what is kept, for the first time.
    pub fn new(looked_at: LookedAt) -> Self {
        let kept = Mutex::new(count(&looked_at.pool, looked_at.clock.today()));
        Self { looked_at, kept }
    }

    /// Counts what is kept, once a day. May wait for the disk.
    pub fn count(&self, today: Day) {
        if self.kept().day != today {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = count(&self.looked_at.pool, today);
        }
    }

    fn kept(&self) -> Kept {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Shown {
        let LookedAt { pool, budget, serving, couriers, refusals, clock, floor_mib } = &self.looked_at;
        let today = clock.today();
        let standing = budget.standing();
        let served = serving.now();
        let contents = served.contents();
        let (free, keys_until) = (standing.free.unwrap_or(0) >> 20, contents.keys_last_until(today));
        let is_below_floor = standing.free.is_some() && free < *floor_mib;
        let is_spent = |name| standing.shares.iter().any(|share| share.name == name && share.is_spent());
        let holds = |reason: Reason| match reason {
            Reason::StoreStopped => pool.has_stopped(),
            Reason::DiskUnknown => standing.free.is_none(),
            Reason::BelowFloor => is_below_floor,
            Reason::BelowReserve => standing.free.is_some() && standing.below_reserve && !is_below_floor,
            Reason::DaySpent => is_spent(LARGE),
            Reason::TextSpent => is_spent(TEXT) && !is_below_floor,
            Reason::Unreadable => pool.unreadable() > 0,
            Reason::Damaged => pool.damaged() > 0,
            Reason::ClockAhead => pool.clock_held().is_some(),
            Reason::Expired => contents.expires < today,
            Reason::NotYet => today < contents.issued,
            Reason::NoKey => keys_until < today,
        };
        let holding: Vec<_> = REASONS.iter().filter(|(reason, ..)| holds(*reason)).collect();
        let share = |Share { name, limit_mib, spent_percent }| ShownShare { name, mib: limit_mib, spent_percent };
        Shown {
            schema: "softinfo/status/1",
            version: env!("CARGO_PKG_VERSION"),
            healthy: holding.is_empty(),
            reasons: holding.iter().map(|(_, _, sentence)| *sentence).collect(),
            reminders: contents.endings(today, REMINDER_DAYS).iter().map(ToString::to_string).collect(),
            directory: ShownDirectory { version: contents.version, expires: contents.expires, keys_until },
            disk: Disk { free_mib: free - free % DISK_MIB, floor_mib: *floor_mib },
            kept: self.kept(),
            shares: standing.shares.into_iter().map(share).collect(),
            refusals: refusals.yesterday(),
            couriers: couriers.shown(),
            today,
            holding: holding.iter().map(|(reason, ..)| *reason).collect(),
        }
    }
}

fn count(pool: &Pool, day: Day) -> Kept {
    let softinfo_store::Kept { tips, bytes } = pool.kept();
    Kept { day, tips: tips.next_multiple_of(TIPS), mib: bytes.div_ceil(1 << 20).next_multiple_of(TIP_MIB) }
}

/// How it is now.
pub(super) async fn look(status: Arc<Status>) -> Result<Shown, Problem> {
    blocking(move || status.look()).await
}

/// `GET /status`, schema `softinfo/status/1`.
pub(crate) async fn status(State(status): State<Arc<Status>>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &look(status).await?))
}
