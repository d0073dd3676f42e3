//! A gate: so many at a time, so many who wait, and none who waits for ever. For calls that may wait for the disk, and for what they open.
//!
//! In: work. Out: its result, or [`Problem::Busy`]. Touches nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::Problem;

/// Seconds until a gate that is besieged is likely to be free.
const SOON: u64 = 10;

/// Places behind it, and places in front of it to wait.
pub(crate) struct Gate {
    at_a_time: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    patience: Duration,
}

/// The right to be behind a gate, until it is dropped.
pub(crate) struct Pass(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Gate {
    /// So many behind it, so many in front of it, each for `patience` at most.
    pub fn new(at_a_time: usize, waiting: usize, patience: Duration) -> Self {
        let [at_a_time, waiting] = [at_a_time, waiting].map(|number| Arc::new(Semaphore::new(number)));
        Self { at_a_time, waiting, patience }
    }

    /// Waits for a turn, in the order in which they came.
    pub async fn enter(&self) -> Result<Pass, Problem> {
        let busy = Problem::Busy { retry: SOON };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy.clone())?;
        match timeout(self.patience, Arc::clone(&self.at_a_time).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Pass(permit)),
            _ => Err(busy),
        }
    }

    /// Does what may wait for the disk, where waiting is allowed. The turn lasts as long as the work, also when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let pass = self.enter().await?;
        let work = move || {
            let done = work();
            drop(pass);
            done
        };
        blocking(work).await
    }
}

/// Does what may wait for the disk, where waiting is allowed, and without a turn: for a look that is short.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_are_let_in_so_many_wait_and_the_rest_are_told_to_come_back() {
        let gate = Arc::new(Gate::new(2, 1, Duration::from_secs(5)));
        let (first, _second) = (gate.enter().await.ok().unwrap(), gate.enter().await.ok().unwrap());
        let third = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter().await }
        });
        tokio::task::yield_now().await;
        assert_eq!(gate.enter().await.err(), Some(Problem::Busy { retry: SOON }));
        drop(first);
        let third = third.await.unwrap().ok().unwrap();
        // Nobody leaves: who waits is told in the end.
        assert!(gate.enter().await.is_err());
        drop(third);
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_turn_until_it_is_done() {
        let gate = Arc::new(Gate::new(1, 1, Duration::from_millis(50)));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let work = tokio::time::timeout(Duration::from_millis(10), gate.run(move || ended.recv()));
        assert!(work.await.is_err());
        assert!(gate.enter().await.is_err());
        end.send(()).unwrap();
        for _ in 0..200 {
            if gate.enter().await.is_ok() {
                return;
            }
        }
        panic!("the turn was never given back");
    }
}
