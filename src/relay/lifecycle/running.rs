//! A relay that answers, from its first request to an orderly stop that loses nothing.
//!
//! In: a relay whose store is open, the signal to stop. Out: why it ended. Touches: all that the relay has.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use softinfo_base::clock::Clock;
use softinfo_store::{Store, pool::Pool};

use super::error::ServeError;
use super::supervisor::Supervisor;
use super::watchdog::{Watchdog, Watched};
use crate::courier::couriers::Couriers;
use crate::courier::status::Status;
use crate::housekeeping::{expiry, reload, reminders};
use crate::http::listener::Listener;
use crate::intake::uploads::Uploads;
use crate::log::{Event, log};
use crate::net::tls::Tls;
use crate::served::Serving;

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A relay with both listeners open.
pub struct Relay {
    pub(super) intake: Listener,
    pub(super) courier: Listener,
    pub(super) certificates: Vec<Arc<Tls>>,
    pub(super) pool: Arc<Pool>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) status: Arc<Status>,
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) serving: Arc<Serving>,
    pub(super) source: Arc<reload::Source>,
    pub(super) couriers: Arc<Couriers>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: watch::Sender<bool>,
}

impl Relay {
    /// Answers until `signal` resolves or the store stops; then finishes what is under way and closes.
    ///
    /// `reload` yields whenever directory, page and certificates are to be read again; certificates are once an hour anyway. `end` ends the
    /// process at once, with [`EXIT`](super::EXIT): it is called from another thread when the store or the runtime no longer answers.
    pub async fn run(
        self,
        signal: impl Future<Output = ()>,
        reload: Arc<Notify>,
        end: impl Fn() + Send + 'static,
    ) -> Result<(), ServeError> {
        let Self {
            intake,
            courier,
            certificates,
            pool,
            uploads,
            status,
            supervisor,
            serving,
            source,
            couriers,
            clock,
            stop,
        } = self;
        let mut store_stopped = stop.subscribe();
        let (quit, _) = watch::channel(false);
        let tasks = [intake, courier].map(|listener| tokio::spawn(listener.serve(quit.subscribe())));
        let chores = [
            tokio::spawn(expiry::go_on(Arc::clone(&pool), Arc::clone(&uploads), status, Arc::clone(&clock))),
            tokio::spawn(reload::go_on(certificates, (Arc::clone(&serving), source), reload, Arc::clone(&clock))),
            tokio::spawn(reminders::go_on(serving, Arc::clone(&couriers), Arc::clone(&clock))),
        ];
        supervisor.ready();
        let (store, giving_up) = (Arc::downgrade(&pool), stop.clone());
        let watched = Watched {
            probe: Box::new(move || store.upgrade().map(|store| store.probe())),
            runtime: tokio::runtime::Handle::current(),
            give_up: Box::new(move || {
                giving_up.send_replace(true);
            }),
            end: Box::new(end),
        };
        let watchdog = Watchdog::start(Arc::clone(&supervisor), watched)?;
        tokio::select! {
            () = signal => {}
            _ = store_stopped.wait_for(|stopped| *stopped) => {}
        }
        log(&Event::Stopping);
        supervisor.stopping();
        quit.send_replace(true);
        chores.iter().for_each(tokio::task::JoinHandle::abort);
        for mut task in tasks {
            // A courier that reads slowly is cut off; it resumes where it was.
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
        // Uploads whose sender has gone; what is not ready in time goes on when the sender asks for it.
        let _ = tokio::time::timeout(GRACE, uploads.settle()).await;
        let failed = pool.has_stopped() || *stop.borrow();
        reminders::save(couriers, clock.today()).await;
        // The last one out closes the store, and waits until all is on disk.
        let close = move || {
            watchdog.let_go();
            drop(pool);
        };
        tokio::task::spawn_blocking(close).await.map_err(std::io::Error::other)?;
        log(&Event::Stopped);
        if failed { Err(ServeError::StoreStopped) } else { Ok(()) }
    }
}
