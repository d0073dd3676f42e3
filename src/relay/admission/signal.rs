//! The one signal that takes a permit back. It stays given: every await under the permit sees it, whenever it looks.
//!
//! In: why. Out: the same, to all who wait. Touches nothing.

use std::sync::OnceLock;

use tokio::sync::Notify;

/// Why a permit was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Others needed the place, and this one moved least.
    GaveWay,
    /// More came than was announced, and the day's share has no more.
    DaySpent,
}

/// Given once, or never.
#[derive(Default)]
pub(crate) struct Signal {
    why: OnceLock<Why>,
    given: Notify,
}

impl Signal {
    /// Gives it. The first reason stays.
    pub fn give(&self, why: Why) {
        let _ = self.why.set(why);
        self.given.notify_waiters();
    }

    /// Resolves when it was given, now or before.
    pub async fn given(&self) -> Why {
        loop {
            let waiting = self.given.notified();
            if let Some(why) = self.why.get() {
                return *why;
            }
            waiting.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_reaches_all_who_wait_and_all_who_look_later() {
        let signal = std::sync::Arc::new(Signal::default());
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let signal = std::sync::Arc::clone(&signal);
                tokio::spawn(async move { signal.given().await })
            })
            .collect();
        tokio::task::yield_now().await;
        signal.give(Why::GaveWay);
        signal.give(Why::DaySpent);
        for waiting in waiting {
            assert_eq!(waiting.await.unwrap(), Why::GaveWay);
        }
        assert_eq!(signal.given().await, Why::GaveWay);
    }
}
