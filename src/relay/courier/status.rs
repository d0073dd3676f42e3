//! How the relay is, for the operator and for couriers: `GET /status` and `GET /metrics` of the courier listener.
//!
//! Health and disk are as they are now, the disk in steps of 64 MiB, the day's shares in quarters. What follows tips is counted once a day and
//! rounded, so that nobody who looks often learns when one came: what is kept, and what was refused on the last whole day. A courier's last
//! fetch is a day.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::admission::{Budget, LARGE, Share, TEXT};
use crate::courier::couriers;
use crate::intake::{Shared, blocking, json};
use crate::problem::Problem;
use crate::refusals::{Refusals, Refused};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_store::Store;
use softinfo_store::pool::Pool;

/// Tips are counted in tens.
const TIPS: u64 = 10;
/// Bytes of tips are counted in steps of 16 MiB.
const TIP_MIB: u64 = 16;
/// Free disk is shown in steps of 64 MiB: a tip of text hardly ever moves it.
const DISK_MIB: u64 = 64;

/// What is looked at.
pub(crate) struct Status {
    pub pool: Arc<Pool>,
    pub budget: Arc<Budget>,
    pub refusals: Refusals,
    pub floor_mib: u64,
    kept: Mutex<Kept>,
}

/// Why a relay is not healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
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
const REASONS: [(Reason, &str, &str); 12] = [
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
    /// Why not.
    reasons: Vec<&'static str>,
    /// What ends within 30 days, or has ended.
    reminders: Vec<String>,
    directory: ShownDirectory,
    disk: Disk,
    kept: Kept,
    shares: Vec<ShownShare>,
    refusals: Refused,
    couriers: Vec<couriers::Shown>,
    #[serde(skip)]
    today: Day,
    #[serde(skip)]
    holding: Vec<Reason>,
}

#[derive(Serialize)]
struct ShownDirectory {
    version: u64,
    expires: Day,
    /// The last day on which every holder has a key.
    keys_until: Day,
}

#[derive(Serialize)]
struct Disk {
    free_mib: u64,
    floor_mib: u64,
}

#[derive(Serialize)]
struct ShownShare {
    name: &'static str,
    mib: u64,
    spent_percent: u8,
}

impl Status {
    /// Counts what is kept, for the first time.
    pub fn new(pool: Arc<Pool>, budget: Arc<Budget>, floor_mib: u64) -> Self {
        let today = SystemClock.today();
        let kept = Mutex::new(count(&pool, today));
        Self { pool, budget, refusals: Refusals::new(today), floor_mib, kept }
    }

    /// Counts what is kept, once a day. May wait for the disk.
    pub fn count(&self, today: Day) {
        if self.kept().day != today {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = count(&self.pool, today);
        }
    }

    fn kept(&self) -> Kept {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, shared: &Shared, today: Day) -> Shown {
        let standing = self.budget.standing();
        let served = shared.serving.now();
        let contents = served.contents();
        let (free, keys_until) = (standing.free.unwrap_or(0) >> 20, contents.keys_last_until(today));
        let is_below_floor = standing.free.is_some() && free < self.floor_mib;
        let is_spent = |name| standing.shares.iter().any(|share| share.name == name && share.is_spent());
        let holds = |reason: Reason| match reason {
            Reason::StoreStopped => self.pool.has_stopped(),
            Reason::DiskUnknown => standing.free.is_none(),
            Reason::BelowFloor => is_below_floor,
            Reason::BelowReserve => standing.free.is_some() && standing.below_reserve && !is_below_floor,
            Reason::DaySpent => is_spent(LARGE),
            Reason::TextSpent => is_spent(TEXT) && !is_below_floor,
            Reason::Unreadable => self.pool.unreadable() > 0,
            Reason::Damaged => self.pool.damaged() > 0,
            Reason::ClockAhead => self.pool.clock_held().is_some(),
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
            disk: Disk { free_mib: free - free % DISK_MIB, floor_mib: self.floor_mib },
            kept: self.kept(),
            shares: standing.shares.into_iter().map(share).collect(),
            refusals: self.refusals.yesterday(today),
            couriers: shared.couriers.shown(),
            today,
            holding: holding.iter().map(|(reason, ..)| *reason).collect(),
        }
    }
}

fn count(pool: &Pool, day: Day) -> Kept {
    let softinfo_store::Kept { tips, bytes } = pool.kept();
    Kept { day, tips: tips.next_multiple_of(TIPS), mib: bytes.div_ceil(1 << 20).next_multiple_of(TIP_MIB) }
}

async fn look(shared: Arc<Shared>) -> Result<Shown, Problem> {
    blocking(move || shared.status.look(&shared, SystemClock.today())).await
}

/// `GET /status`, schema `softinfo/status/1`.
pub(crate) async fn status(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &look(shared).await?))
}

/// `GET /metrics`, the Prometheus text format 0.0.4.
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    #[cfg_attr(not(feature = "planted-leaks"), allow(unused_mut))]
    let mut text = look(shared).await?.to_metrics();
    #[cfg(feature = "planted-leaks")]
    text.push_str(&crate::planted_leaks::metric());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

impl Shown {
    fn to_metrics(&self) -> String {
        let days = |from: Day, to: Day| i64::from(to.number()) - i64::from(from.number());
        let one = |value: i64| vec![(String::new(), value)];
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let reasons = REASONS
            .iter()
            .map(|(reason, name, _)| (format!("{{reason=\"{name}\"}}"), i64::from(self.holding.contains(reason))));
        let shares = self.shares.iter();
        let shares = shares.map(|share| (format!("{{share=\"{}\"}}", share.name), i64::from(share.spent_percent)));
        let refused = self.refusals.kinds.iter();
        let refused =
            refused.map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), i64::try_from(*count).unwrap_or(i64::MAX)));
        let fetched = self.couriers.iter().map(|courier| {
            let since = courier.last_fetch.map_or(-1, |last| days(last, self.today));
            (format!("{{number=\"{}\"}}", courier.number), since)
        });
        let values = [
            ("healthy", "1 while all tips are taken and writers accept the directory", one(self.healthy.into())),
            ("unhealthy", "1 for each reason why it is not healthy", reasons.collect()),
            ("directory_days_left", "days until the directory expires", one(days(self.today, self.directory.expires))),
            (
                "keys_days_left",
                "days until the first holder has no key; below 0 when one has none now",
                one(days(self.today, self.directory.keys_until)),
            ),
            ("reminders", "what ends within 30 days, or has ended", one(count(self.reminders.len()))),
            ("disk_free_bytes", "free disk, in steps of 64 MiB", one(mib(self.disk.free_mib))),
            ("disk_floor_bytes", "free disk below which nothing is taken", one(mib(self.disk.floor_mib))),
            (
                "kept_tips",
                "tips kept, in tens, counted once a day",
                one(i64::try_from(self.kept.tips).unwrap_or(i64::MAX)),
            ),
            ("kept_bytes", "their size, in steps of 16 MiB, counted once a day", one(mib(self.kept.mib))),
            ("share_spent_percent", "how much of a day's share is spent, in quarters", shares.collect()),
            ("refusals", "refusals of the last whole day, in tens", refused.collect::<Vec<_>>()),
            (
                "courier_days_since_fetch",
                "days since a courier was last given the whole list; -1 when it never was",
                fetched.collect(),
            ),
        ];
        let mut text = String::new();
        for (name, help, samples) in values {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP softinfo_{name} {help}\n# TYPE softinfo_{name} gauge");
            for (label, value) in samples {
                let _ = writeln!(text, "softinfo_{name}{label} {value}");
            }
        }
        text
    }
}

fn mib(mib: u64) -> i64 {
    i64::try_from(mib << 20).unwrap_or(i64::MAX)
}
