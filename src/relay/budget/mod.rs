//! How much is taken at a time and in a day, without knowing from whom.
//!
//! In: what a request is about to send. Out: a seat for as long as it sends, or a refusal that says when to come back. Text tips keep a
//! reserve of seats and of disk that large ones can't use. No limit is keyed to an address; one keyed to a circuit is for onion services only.

mod circuits;
mod seats;
mod standing;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub(super) use circuits::{Circuits, Held};
use seats::Seats;
pub(super) use seats::Size;
pub(super) use standing::Share;

use super::problem::Problem;
use crate::day::Day;
use crate::store::free_bytes;

/// Seconds until a seat is likely to be free.
const SOON: u64 = 60;
const SECONDS_A_DAY: u64 = 86_400;

/// The limits, each with a default that is meant for a small server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections of writers that are open at a time. When there are more, the one that has been idle longest is closed.
    pub connections: usize,
    /// Tips that are received at a time.
    pub uploads: usize,
    /// Of these, how many only text tips may use.
    pub text_reserve: usize,
    /// MiB of large tips that are taken in a day (UTC). Counted anew at each start.
    pub day_mib: u64,
    /// MiB of disk above `store.floor_mib` that only text tips may use.
    pub text_reserve_mib: u64,
    /// What one circuit may do, where tor says which it is.
    pub circuit: CircuitLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2048,
            uploads: 1536,
            text_reserve: 256,
            day_mib: 4096,
            text_reserve_mib: 256,
            circuit: CircuitLimits::default(),
        }
    }
}

/// What one circuit may do at a time and in an hour.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CircuitLimits {
    /// Connections that are open at a time.
    pub connections: u32,
    /// Tips that are received at a time.
    pub uploads: u32,
    /// MiB in an hour.
    pub hour_mib: u64,
}

impl Default for CircuitLimits {
    fn default() -> Self {
        Self { connections: 16, uploads: 4, hour_mib: 1024 }
    }
}

/// All that is limited.
pub(super) struct Budget {
    seats: Seats,
    day: DayShare,
    disk: Disk,
}

/// The right to send one tip, or one piece of one, until it is dropped.
pub(super) struct Seat {
    taken: seats::Taken,
    budget: Arc<Budget>,
    size: Size,
    circuit: Option<circuits::Upload>,
}

/// Counts what a seat receives. Cheap to clone and to call.
#[derive(Clone)]
pub(super) struct Meter {
    seat: Arc<seats::Entry>,
    day: Option<Arc<Budget>>,
    circuit: Option<Arc<circuits::Account>>,
}

impl Budget {
    /// `folder` is on the disk that is watched; `floor` bytes of it are for nobody.
    pub fn new(limits: &Limits, folder: PathBuf, floor: u64) -> Self {
        Self {
            seats: Seats::new(limits.uploads, limits.text_reserve),
            day: DayShare { limit: limits.day_mib << 20, spent: Mutex::new((Day::today(), 0)) },
            disk: Disk { folder, floor, reserve: limits.text_reserve_mib << 20 },
        }
    }

    /// A seat for a tip of this size, or why there is none now.
    pub fn enter(self: &Arc<Self>, size: Size, circuit: Option<&Held>) -> Result<Seat, Problem> {
        if size == Size::Large {
            self.day.check()?;
            self.disk.check()?;
        }
        let upload = circuit.map(Held::upload).transpose()?;
        let taken = self.seats.take(size).ok_or(Problem::Busy { retry: SOON })?;
        Ok(Seat { taken, budget: Arc::clone(self), size, circuit: upload })
    }
}

impl Seat {
    /// What counts for this seat.
    pub fn meter(&self) -> Meter {
        Meter {
            seat: self.taken.entry(),
            day: (self.size == Size::Large).then(|| Arc::clone(&self.budget)),
            circuit: self.circuit.as_ref().map(circuits::Upload::account),
        }
    }

    /// Resolves when somebody else needs the seat more: it has hardly moved for too long.
    pub async fn is_over(&self) -> Problem {
        self.taken.is_over().await;
        Problem::Busy { retry: SOON }
    }

    /// Nobody else needs it more from now on.
    pub fn keep(&self) {
        self.taken.keep();
    }

    /// Whether the disk still has room for what this seat brings.
    pub fn check_disk(&self) -> Result<(), Problem> {
        if self.size == Size::Large { self.budget.disk.check() } else { Ok(()) }
    }
}

impl Meter {
    /// So many bytes have come.
    pub fn received(&self, bytes: u64) {
        self.seat.received(bytes);
        if let Some(budget) = &self.day {
            budget.day.spend(bytes);
        }
        if let Some(account) = &self.circuit {
            account.spend(bytes);
        }
    }
}

struct DayShare {
    limit: u64,
    spent: Mutex<(Day, u64)>,
}

impl DayShare {
    fn spend(&self, bytes: u64) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let today = Day::today();
        *spent = if spent.0 == today { (today, spent.1.saturating_add(bytes)) } else { (today, bytes) };
    }

    /// Bytes of today.
    fn spent(&self) -> u64 {
        self.spend(0);
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn check(&self) -> Result<(), Problem> {
        if self.spent() < self.limit {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs);
        Err(Problem::DaySpent { retry: SECONDS_A_DAY - now % SECONDS_A_DAY })
    }
}

struct Disk {
    folder: PathBuf,
    floor: u64,
    reserve: u64,
}

impl Disk {
    fn free(&self) -> std::io::Result<u64> {
        free_bytes(&self.folder)
    }

    fn check(&self) -> Result<(), Problem> {
        let free = self.free().map_err(|_| Problem::Unavailable)?;
        if free < self.floor.saturating_add(self.reserve) { Err(Problem::StorageFull) } else { Ok(()) }
    }
}
