//! The right to send something, until it is dropped; taken back by one signal that no await under it misses.
//!
//! In: a place in a lane, and a part of the day. Out: work that ends when either is lost. Touches nothing.

use std::sync::Arc;

use super::circuits;
use super::disk::Disk;
use super::lane::Place;
use super::large_share::Part;
use super::retry_after::{SOON, until_midnight};
use super::signal::Why;
use crate::problem::Problem;

/// The right to send one tip, or one piece of one, until it is dropped.
pub(crate) struct Permit(Arc<Granted>);

struct Granted {
    place: Place,
    disk: Arc<Disk>,
    /// Of the day's share of large tips.
    part: Option<Part>,
    circuit: Option<circuits::Upload>,
}

/// Counts what a permit receives. Cheap to clone and to call.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Granted>);

impl Permit {
    /// For a place in a lane; of the day and of a circuit where it has a part of them.
    pub(super) fn new(place: Place, disk: &Arc<Disk>, part: Option<Part>, circuit: Option<circuits::Upload>) -> Self {
        Self(Arc::new(Granted { place, disk: Arc::clone(disk), part, circuit }))
    }

    /// What counts for this permit.
    pub fn meter(&self) -> Meter {
        Meter(Arc::clone(&self.0))
    }

    /// Works for as long as the permit holds. Whatever the work waits for, it ends when the permit is taken back.
    pub async fn run<T, E: From<Problem>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        tokio::select! {
            biased;
            why = self.0.place.is_over() => Err(problem(why).into()),
            done = work => done,
        }
    }

    /// From now on the permit is not taken back for others; fails when it was already.
    pub fn keep(&self) -> Result<(), Problem> {
        if self.0.place.keep() { Ok(()) } else { Err(problem(Why::GaveWay)) }
    }

    /// So many of the bytes that came are on the disk, and not in memory any more.
    pub fn written(&self, bytes: usize) {
        self.0.place.released(bytes as u64);
    }

    /// Nothing was kept of what came: the day's share has it back.
    pub fn refund(&self) {
        if let Some(part) = &self.0.part {
            part.refund();
        }
    }

    /// Whether the disk still has room for a large tip.
    pub fn check_disk(&self) -> Result<(), Problem> {
        self.0.disk.check_large()
    }
}

fn problem(why: Why) -> Problem {
    match why {
        Why::GaveWay => Problem::Busy { retry: SOON },
        Why::DaySpent => Problem::DaySpent { retry: until_midnight() },
    }
}

impl Meter {
    /// So many bytes have come.
    pub fn received(&self, bytes: u64) {
        let granted = &self.0;
        granted.place.received(bytes);
        if let Some(circuit) = &granted.circuit {
            circuit.spend(bytes);
        }
        if granted.part.as_ref().is_some_and(|part| !part.came(bytes)) {
            granted.place.end(Why::DaySpent);
        }
    }
}
