//! One request at a time for each upload, and the newest wins: it ends the one before, whose sender has given it up.
//!
//! In: the name of an upload. Out: the right to work on it. Touches nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{OwnedMutexGuard, watch};

use super::token::Name;

/// The uploads that requests are working on.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Name, Weak<Queue>>>);

struct Queue {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Number of the newest request.
    newest: watch::Sender<u64>,
}

/// The right to work on an upload, until it is dropped.
pub(super) struct Turn {
    queue: Arc<Queue>,
    number: u64,
    _held: OwnedMutexGuard<()>,
}

impl Turns {
    /// Ends what another request does with the upload, and waits for it; `None` when a newer one came meanwhile.
    pub async fn take(&self, name: &Name) -> Option<Turn> {
        let queue = self.queue(name);
        let mut number = 0;
        queue.newest.send_modify(|newest| {
            *newest += 1;
            number = *newest;
        });
        let held = tokio::select! {
            () = newer(&queue, number) => return None,
            held = Arc::clone(&queue.lock).lock_owned() => held,
        };
        Some(Turn { queue, number, _held: held })
    }

    /// Whether a request works on the upload.
    pub fn is_taken(&self, name: &Name) -> bool {
        self.map().get(name).is_some_and(|queue| queue.strong_count() > 0)
    }

    fn queue(&self, name: &Name) -> Arc<Queue> {
        let mut map = self.map();
        if let Some(queue) = map.get(name).and_then(Weak::upgrade) {
            return queue;
        }
        map.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::new(Queue { lock: Arc::default(), newest: watch::Sender::new(0) });
        map.insert(*name, Arc::downgrade(&queue));
        queue
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Name, Weak<Queue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Resolves when a newer request for the same upload has come.
    pub async fn is_over(&self) {
        newer(&self.queue, self.number).await;
    }
}

async fn newer(queue: &Queue, number: u64) {
    // The sender lives as long as the queue, so this ends for one reason only.
    let _ = queue.newest.subscribe().wait_for(|newest| *newest > number).await;
}

#[cfg(test)]
mod tests {
    use super::super::token::Token;
    use super::*;

    #[tokio::test]
    async fn the_newest_request_gets_the_upload_and_those_between_give_up() {
        let (turns, name) = (Arc::new(Turns::default()), Token::random().name());
        let first = turns.take(&name).await.unwrap();
        assert!(turns.is_taken(&name));
        let wait = |turns: &Arc<Turns>| {
            let turns = Arc::clone(turns);
            tokio::spawn(async move { turns.take(&name).await.is_some() })
        };
        let second = wait(&turns);
        first.is_over().await;
        let third = wait(&turns);
        assert!(!second.await.unwrap());
        drop(first);
        assert!(third.await.unwrap());
        assert!(!turns.is_taken(&name));
        assert!(turns.take(&Token::random().name()).await.is_some());
    }
}
