//! Starting and stopping: opens the store, binds both listeners, erases what expires, and stops without losing anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answer::Answers;
use super::config::{Config, ConfigError};
use super::event::{Event, Listener, log};
use super::uploads::Uploads;
use super::{courier_api, intake};
use crate::day::Day;
use crate::store::pool::Pool;
use crate::store::{Store, StoreError};

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How often the day is looked at, for expiry.
const HOUR: Duration = Duration::from_hours(1);
/// Days before its end from which an expiring directory is announced.
const NOTICE_DAYS: i64 = 14;

/// A relay with both listeners open.
pub struct Relay {
    intake: (TcpListener, Router),
    courier: (TcpListener, Router),
    pool: Arc<Pool>,
    uploads: Arc<Uploads>,
    stop: watch::Sender<bool>,
}

/// Why the relay did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sentences that were built in are not complete.
    #[error("the answers to a form that were built in can't be read: {0}; build the page in web/, then the relay")]
    Answers(serde_json::Error),
    /// An address is taken or not ours.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The store stopped after a failed write.
    #[error("a write to the disk failed, so the relay has stopped; check the disk, then start it again")]
    StoreStopped,
    /// The listeners failed.
    #[error("a listener failed: {0}")]
    Io(#[from] std::io::Error),
}

impl Relay {
    /// Verifies the directory, opens the store and both listeners. Nothing is answered before [`Relay::run`].
    ///
    /// `after_close` is called when the store has freed much memory (see [`crate::store::pool::Settings`]).
    pub async fn start(config: &Config, allow_example: bool, after_close: fn()) -> Result<Self, ServeError> {
        let directory = config.verified_directory(allow_example)?;
        let page = config.read_page(&directory)?.map(Arc::new);
        let answers = Answers::built_in().map_err(ServeError::Answers)?;
        announce_expiry(directory.contents().expires, Day::today());
        let (stop, _) = watch::channel(false);
        let stopper = stop.clone();
        let notice = move |notice| {
            log(&Event::Store(notice));
            if notice == crate::store::pool::Notice::Stopped {
                stopper.send_replace(true);
            }
        };
        let pool = Arc::new(Pool::open(&config.store.folder, config.store_settings(after_close), notice)?);
        pool.expire(Day::today())?;
        let uploads = Arc::new(Uploads::open(config.store.folder.join("uploads"), config.store.floor_mib << 20)?);
        uploads.expire(Day::today())?;
        if let Some(page) = page.clone() {
            // Nobody waits for it: until it is done the page is served as it is.
            tokio::task::spawn_blocking(move || page.pack());
        }
        let shared = Arc::new(intake::Shared {
            store: Arc::clone(&pool) as Arc<dyn Store>,
            directory: Bytes::copy_from_slice(directory.bytes()),
            page,
            answers,
            uploads: Arc::clone(&uploads),
            max_plaintext: directory.contents().max_bytes,
            idle: Duration::from_secs(config.intake.idle_seconds),
        });
        let intake = (bind(config.intake.listen, Listener::Intake).await?, intake::routes(Arc::clone(&shared)));
        let courier = (
            bind(config.courier.listen, Listener::Courier).await?,
            courier_api::routes(shared, config.courier.token_sha256.clone()),
        );
        Ok(Self { intake, courier, pool, uploads, stop })
    }

    /// The address of the intake listener; its port was chosen by the system when the configuration said 0.
    pub fn intake_address(&self) -> std::io::Result<SocketAddr> {
        self.intake.0.local_addr()
    }

    /// The address of the courier listener.
    pub fn courier_address(&self) -> std::io::Result<SocketAddr> {
        self.courier.0.local_addr()
    }

    /// Answers until `signal` resolves or the store stops; then finishes what is under way and closes.
    pub async fn run(self, signal: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { intake, courier, pool, uploads, stop } = self;
        let mut store_stopped = stop.subscribe();
        let (quit, _) = watch::channel(false);
        let serve = |(listener, router): (TcpListener, Router)| {
            let mut quit = quit.subscribe();
            let stopping = async move {
                let _ = quit.wait_for(|quit| *quit).await;
            };
            tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(stopping).into_future())
        };
        let tasks = [serve(intake), serve(courier)];
        let expiry = tokio::spawn(expire(Arc::clone(&pool), Arc::clone(&uploads)));
        tokio::select! {
            () = signal => {}
            _ = store_stopped.wait_for(|stopped| *stopped) => {}
        }
        log(&Event::Stopping);
        quit.send_replace(true);
        expiry.abort();
        for mut task in tasks {
            match tokio::time::timeout(GRACE, &mut task).await {
                // A courier that reads slowly is cut off; it resumes where it was.
                Err(_) => task.abort(),
                Ok(Ok(outcome)) => outcome?,
                Ok(Err(_)) => {}
            }
        }
        // Uploads whose sender has gone; what is not ready in time goes on when the sender asks for it.
        let _ = tokio::time::timeout(GRACE, uploads.settle()).await;
        let failed = pool.has_stopped();
        // The last one out closes the store, and waits until all is on disk.
        tokio::task::spawn_blocking(move || drop(pool)).await.map_err(std::io::Error::other)?;
        log(&Event::Stopped);
        if failed { Err(ServeError::StoreStopped) } else { Ok(()) }
    }
}

async fn bind(address: SocketAddr, listener: Listener) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    log(&Event::Listening { listener, address: bound.local_addr()? });
    Ok(bound)
}

fn announce_expiry(expires: Day, today: Day) {
    if expires < today {
        log(&Event::DirectoryExpired { on: expires });
    } else if expires < today.plus(NOTICE_DAYS) {
        log(&Event::DirectoryExpiresSoon { on: expires });
    }
}

/// Uploads once an hour, tips once a day.
async fn expire(pool: Arc<Pool>, uploads: Arc<Uploads>) {
    let mut done = Day::today();
    loop {
        tokio::time::sleep(HOUR).await;
        let today = Day::today();
        let (pool, uploads) = (Arc::clone(&pool), Arc::clone(&uploads));
        let erased = tokio::task::spawn_blocking(move || {
            uploads.expire(today)?;
            if today == done { Ok(0) } else { pool.expire(today) }
        });
        match erased.await {
            Ok(Ok(_)) => done = today,
            _ => log(&Event::ExpiryFailed),
        }
    }
}
