//! All that is limited, and who gets a permit. Text has a lane, a share of the day and a part of the disk of its own, and waits for nobody.
//!
//! In: limits of the configuration, the length of what is about to come. Out: a permit, or when to come back. Touches: the disk, which is
//! asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use softinfo_base::clock::Clock;

use super::circuits::CircuitLease;
use super::disk::Disk;
use super::gate::Gate;
use super::lane::{Lane, Room};
use super::large_share::{LargeShare, Short};
use super::limits::Limits;
use super::permit::Permit;
use super::retry_after::{SOON, until_midnight};
use super::text_share::TextShare;
use crate::problem::Problem;

/// Below so many bytes a second a large tip may be asked to give way. A line over Tor that is worth the name is faster.
const CRAWL: u64 = 512;
/// The same, while the rest of the day's share is announced and does not come.
const SHORT_CRAWL: u64 = 4096;
/// Bytes of large tips that are in memory at a time, of all together.
const LARGE_BYTES: u64 = 24 << 20;
/// Bytes of disk that a text tip takes at most, all told; measured: 62.9 KiB with the first store (`docs/performance.md`).
const TEXT_ON_DISK: u64 = 64 * 1024;

/// Calls of large tips into the store, or into their staging, at a time. Each has a thread and a chunk.
const STORE_CALLS: usize = 8;
/// Staged uploads that go into the store at a time: each has two files open.
const FINISHING: usize = 8;
/// How long one of them waits at most: only a disk that stands still makes anybody wait so long.
const LONG: Duration = Duration::from_mins(2);
/// Withdrawals in the store at a time, and how many wait for how long.
const WITHDRAWALS: (usize, usize, Duration) = (2, 64, Duration::from_secs(10));
/// Bytes of lists of withdraw tokens that are in memory at a time: some ninety of the longest.
const WITHDRAWAL_BYTES: u64 = 16 << 20;
/// Tips that couriers read at a time, and how many wait for how long.
const READERS: (usize, usize, Duration) = (32, 256, Duration::from_mins(1));
/// Chunks that are read for them at a time.
const READS: usize = 4;

/// All that is limited.
pub(crate) struct Budget {
    text: Arc<Lane>,
    large: Arc<Lane>,
    withdrawal: Arc<Lane>,
    pub(super) large_share: Arc<LargeShare>,
    pub(super) text_share: TextShare,
    pub(super) disk: Arc<Disk>,
    /// What may wait for the disk on behalf of a large tip.
    pub store_calls: Gate,
    /// Staged uploads on their way into the store.
    pub finishing: Gate,
    /// Withdrawals.
    pub withdrawals: Gate,
    /// Tips on their way to couriers.
    pub readers: Gate,
    /// Their chunks.
    pub reads: Gate,
}

/// A part of the share of text that one tip has; given back on drop unless the tip was stored.
pub(crate) struct TextPart<'a> {
    share: &'a TextShare,
    stored: bool,
}

impl Budget {
    /// `folder` is on the disk that is watched; `floor` bytes of it are for nobody; a tip is kept for `days` at most. `clock` says when
    /// the share of large tips begins anew.
    pub fn new(limits: &Limits, folder: PathBuf, floor: u64, days: u32, clock: Arc<dyn Clock>) -> Self {
        let gate = |(at_a_time, waiting, patience)| Gate::new(at_a_time, waiting, patience);
        Self {
            text: Lane::new(Room { bodies: usize::MAX, bytes: limits.text_buffer_mib << 20, crawl: 0 }),
            large: Lane::new(Room { bodies: limits.uploads, bytes: LARGE_BYTES, crawl: CRAWL }),
            withdrawal: Lane::new(Room { bodies: usize::MAX, bytes: WITHDRAWAL_BYTES, crawl: 0 }),
            large_share: LargeShare::new(limits.day_mib << 20, clock),
            text_share: TextShare::new(limits.text_parts, days.into()),
            disk: Arc::new(Disk::new(folder, floor, limits.text_reserve_mib << 20)),
            store_calls: Gate::new(STORE_CALLS, limits.uploads.saturating_mul(2), LONG),
            finishing: Gate::new(FINISHING, limits.uploads, LONG),
            withdrawals: gate(WITHDRAWALS),
            readers: gate(READERS),
            reads: Gate::new(READS, READERS.0, LONG),
        }
    }

    /// A permit for a text. There is always a place: it is memory that runs out, and then the slowest gives way.
    pub fn text(&self, circuit: Option<&CircuitLease>) -> Result<Permit, Problem> {
        let upload = circuit.map(CircuitLease::upload).transpose()?;
        let place = self.text.take().ok_or(Problem::Busy { retry: SOON })?;
        Ok(Permit::new(place, &self.disk, None, upload))
    }

    /// A permit for anything larger, of which so many bytes are announced; or why there is none now.
    pub fn large(&self, announced: Option<u64>, circuit: Option<&CircuitLease>) -> Result<Permit, Problem> {
        self.disk.check_large()?;
        let upload = circuit.map(CircuitLease::upload).transpose()?;
        let part = match self.large_share.reserve(announced.unwrap_or(0)) {
            Ok(part) => part,
            // Announced and not sent: who keeps the share from others has to move.
            Err(Short::Announced) if self.large.make_way(SHORT_CRAWL) => return Err(Problem::Busy { retry: SOON }),
            Err(_) => return Err(Problem::DaySpent { retry: until_midnight() }),
        };
        let place = self.large.take().ok_or(Problem::Busy { retry: SOON })?;
        Ok(Permit::new(place, &self.disk, Some(part), upload))
    }

    /// A permit for a list of withdraw tokens. There is always a place: when it is too much memory, the slowest gives way.
    pub fn withdrawal(&self) -> Result<Permit, Problem> {
        let place = self.withdrawal.take().ok_or(Problem::Busy { retry: SOON })?;
        Ok(Permit::new(place, &self.disk, None, None))
    }

    /// The share of one text tip that is whole and about to be stored.
    pub fn text_part(&self) -> Result<TextPart<'_>, Problem> {
        let free = self.disk.above_floor()?;
        if self.text_share.limit(free) < TEXT_ON_DISK {
            return Err(Problem::StorageFull);
        }
        match self.text_share.take(TEXT_ON_DISK, free) {
            Ok(()) => Ok(TextPart { share: &self.text_share, stored: false }),
            Err(wait) => Err(Problem::TextSpent { retry: wait.as_secs().max(1) }),
        }
    }
}

impl TextPart<'_> {
    /// The tip lies on the disk.
    pub fn keep(mut self) {
        self.stored = true;
    }
}

impl Drop for TextPart<'_> {
    fn drop(&mut self) {
        if !self.stored {
            self.share.refund(TEXT_ON_DISK);
        }
    }
}

#[cfg(test)]
mod tests {
    use softinfo_base::clock::SystemClock;

    use super::*;

    fn budget(limits: Limits) -> Arc<Budget> {
        Arc::new(Budget::new(
            &Limits { text_reserve_mib: 0, ..limits },
            std::env::temp_dir(),
            0,
            97,
            Arc::new(SystemClock),
        ))
    }

    #[tokio::test(start_paused = true)]
    async fn large_tips_never_take_a_place_of_text() {
        let budget = budget(Limits { uploads: 2, ..Limits::default() });
        let large: Vec<_> = (0..2).map(|_| budget.large(None, None).ok().unwrap()).collect();
        for permit in &large {
            permit.meter().received(CRAWL);
        }
        assert_eq!(budget.large(None, None).err(), Some(Problem::Busy { retry: SOON }));
        let text: Vec<_> = (0..100).map(|_| budget.text(None).ok().unwrap()).collect();
        drop((large, text));
        assert!(budget.large(None, None).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn lists_of_tokens_that_come_slowly_never_fill_the_memory_and_keep_no_text_out() {
        let budget = budget(Limits::default());
        let mut lists = Vec::new();
        for _ in 0..1000 {
            let permit = budget.withdrawal().ok().unwrap();
            permit.meter().received(184_320);
            lists.push(permit);
        }
        let held = lists.iter().filter(|permit| permit.keep().is_ok()).count() as u64;
        assert!((64..=WITHDRAWAL_BYTES / 184_320).contains(&held), "{held} lists in memory");
        assert!(budget.text(None).is_ok_and(|text| text.keep().is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_a_permit_waits_for_ends_when_it_is_taken_back() {
        let budget = budget(Limits { uploads: 1, ..Limits::default() });
        let permit = budget.large(None, None).ok().unwrap();
        let _new = budget.large(None, None).ok().unwrap();
        for _ in 0..2 {
            let result: Result<(), Problem> = permit.run(std::future::pending()).await;
            assert_eq!(result, Err(Problem::Busy { retry: SOON }));
        }
        assert!(permit.keep().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_that_was_announced_and_does_not_come_is_given_to_others() {
        let budget = budget(Limits { day_mib: 16, ..Limits::default() });
        let silent = budget.large(Some(16 << 20), None).ok().unwrap();
        assert_eq!(budget.large(Some(1 << 20), None).err(), Some(Problem::Busy { retry: SOON }));
        let result: Result<(), Problem> = silent.run(std::future::pending()).await;
        assert!(result.is_err());
        drop(silent);
        let next = budget.large(Some(16 << 20), None).ok().unwrap();
        next.meter().received(16 << 20);
        assert!(matches!(budget.large(Some(1), None), Err(Problem::DaySpent { .. })));
        assert!(budget.standing().shares[0].is_spent());
        next.refund();
        drop(next);
        assert!(budget.large(Some(1 << 20), None).is_ok());
    }
}
