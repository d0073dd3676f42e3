//! Starting and stopping: opens the store, binds both listeners, erases what expires, and stops without losing anything.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, watch};

use super::admission::{Budget, Circuits};
use super::answer::Answers;
use super::config::{Config, ConfigError};
use super::connection::Door;
use super::event::{Event, Listener, log};
#[cfg(feature = "leaky")]
use super::leak;
use super::listen::{Bound, Place};
use super::page::Page;
use super::sandbox::Openings;
use super::status::Status;
use super::tls::{Tls, TlsError, TlsFiles};
use super::uploads::Uploads;
use super::watchdog::{self, Supervisor, Watchdog, Watched};
use super::{courier_api, intake};
use crate::day::Day;
use crate::directory::Directory;
use crate::file::{private_folder, sync_folder};
use crate::store::pool::Pool;
use crate::store::{Store, StoreError};

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How often the day is looked at, for expiry.
const HOUR: Duration = Duration::from_hours(1);
/// Connections of couriers at a time; each holder has one or two.
const COURIERS: usize = 256;
/// Days before its end from which an expiring directory is announced.
const NOTICE_DAYS: i64 = 14;

/// A relay that has read its files and bound its listeners, and answers nothing yet. What is left to do works inside the sandbox.
pub struct Prepared {
    directory: Directory,
    page: Option<Arc<Page>>,
    answers: Answers,
    intake: Bound,
    courier: Bound,
    /// Asked for before the sandbox closes.
    places: [(Listener, Place); 2],
    tls: (Option<Arc<Tls>>, Option<Arc<Tls>>),
    supervisor: Arc<Supervisor>,
}

/// A relay with both listeners open.
pub struct Relay {
    intake: Door,
    courier: Door,
    certificates: Vec<Arc<Tls>>,
    pool: Arc<Pool>,
    uploads: Arc<Uploads>,
    status: Arc<Status>,
    supervisor: Arc<Supervisor>,
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
    /// A certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The folder of the store can't be made.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A place is taken or not ours.
    #[error("can't listen on {place}: {source}")]
    Listen {
        /// Which.
        place: Place,
        /// Why.
        source: std::io::Error,
    },
    /// systemd's socket can't be reached.
    #[error("NOTIFY_SOCKET can't be reached: {0}; systemd sets it, so by hand start the relay without it")]
    Supervisor(std::io::Error),
    /// The store stopped after a failed write.
    #[error("a write to the disk failed, so the relay has stopped; check the disk, then start it again")]
    StoreStopped,
    /// The listeners failed.
    #[error("a listener failed: {0}")]
    Io(#[from] std::io::Error),
}

impl Prepared {
    /// Verifies the directory, reads page and certificates, binds both listeners, connects to systemd.
    pub fn new(config: &Config, allow_example: bool) -> Result<Self, ServeError> {
        let directory = config.verified_directory(allow_example)?;
        let page = config.read_page(&directory)?.map(Arc::new);
        let answers = Answers::built_in().map_err(ServeError::Answers)?;
        announce_expiry(directory.contents().expires, Day::today());
        let open = |files: &Option<TlsFiles>| files.clone().map(|files| Tls::open(files).map(Arc::new)).transpose();
        let tls = (open(&config.intake.tls)?, open(&config.courier.tls)?);
        let intake = bind(&config.intake.listen)?;
        let courier = bind(&config.courier.listen)?;
        let places = [(Listener::Intake, intake.place()?), (Listener::Courier, courier.place()?)];
        let supervisor = Arc::new(Supervisor::from_environment().map_err(ServeError::Supervisor)?);
        Ok(Self { directory, page, answers, intake, courier, places, tls, supervisor })
    }

    /// Makes the store's folder, and says what the sandbox has to leave open.
    pub fn openings(config: &Config) -> Result<Openings, ServeError> {
        let store = &config.store.folder;
        let new = !store.exists();
        let made = private_folder(store).and_then(|()| match store.parent() {
            // Its name has to last as long as what will be in it. The sandbox closes the folder above.
            Some(above) if new && !above.as_os_str().is_empty() => sync_folder(above),
            _ => Ok(()),
        });
        made.map_err(|source| ServeError::Folder { path: store.clone(), source })?;
        let read = config.intake.tls.iter().chain(&config.courier.tls).flat_map(TlsFiles::folders).collect();
        Ok(Openings { written: vec![store.clone()], read })
    }

    /// The place of the intake listener; its port was chosen by the system when the configuration said 0.
    #[must_use]
    pub fn intake(&self) -> &Place {
        &self.places[0].1
    }

    /// Opens the store. Nothing is answered before [`Relay::run`].
    ///
    /// `after_close` is called when the store has freed much memory (see [`crate::store::pool::Settings`]).
    pub fn start(self, config: &Config, after_close: fn()) -> Result<Relay, ServeError> {
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
        let floor = config.store.floor_mib << 20;
        let uploads =
            Arc::new(Uploads::open(config.store.folder.join("uploads"), floor, config.limits.staged_mib << 20)?);
        uploads.expire(Day::today())?;
        pool.date_files();
        if let Some(page) = self.page.clone() {
            // Nobody waits for it: until it is done the page is served as it is.
            tokio::task::spawn_blocking(move || page.pack());
        }
        let contents = self.directory.contents();
        let keep = config.store.retention_days.saturating_add(config.store.jitter_days);
        let budget = Arc::new(Budget::new(&config.limits, config.store.folder.clone(), floor, keep));
        let directory = (contents.version, contents.expires);
        let status = Arc::new(Status::new(Arc::clone(&pool), Arc::clone(&budget), config.store.floor_mib, directory)?);
        let shared = Arc::new(intake::Shared {
            store: Arc::clone(&pool) as Arc<dyn Store>,
            directory: Bytes::copy_from_slice(self.directory.bytes()),
            page: self.page,
            answers: self.answers,
            uploads: Arc::clone(&uploads),
            budget,
            status: Arc::clone(&status),
            max_plaintext: contents.max_bytes,
            idle: Duration::from_secs(config.intake.idle_seconds),
        });
        let circuits = config.intake.circuit_ids.then(|| Arc::new(Circuits::new(config.limits.circuit.clone())));
        let router = intake::routes(Arc::clone(&shared));
        #[cfg(feature = "leaky")]
        let router = router.layer(axum::middleware::from_fn(leak::leak));
        #[cfg(feature = "leaky")]
        leak::into(&config.store.folder.join("uploads"));
        let intake = Door {
            accepting: self.intake.open()?,
            router,
            tls: self.tls.0,
            circuits,
            idle: shared.idle,
            connections: config.limits.connections,
        };
        let courier = Door {
            accepting: self.courier.open()?,
            idle: shared.idle,
            router: courier_api::routes(shared, config.courier.token_sha256.clone()),
            tls: self.tls.1,
            circuits: None,
            connections: COURIERS,
        };
        let certificates = intake.tls.iter().chain(&courier.tls).cloned().collect();
        for (listener, place) in self.places {
            log(&Event::Listening { listener, place });
        }
        Ok(Relay { intake, courier, certificates, pool, uploads, status, supervisor: self.supervisor, stop })
    }
}

impl Relay {
    /// Answers until `signal` resolves or the store stops; then finishes what is under way and closes.
    ///
    /// `reload` yields whenever the certificates are to be read again; they are once an hour anyway.
    pub async fn run(self, signal: impl Future<Output = ()>, reload: Arc<Notify>) -> Result<(), ServeError> {
        let Self { intake, courier, certificates, pool, uploads, status, supervisor, stop } = self;
        let mut store_stopped = stop.subscribe();
        let (quit, _) = watch::channel(false);
        let tasks = [intake, courier].map(|door| tokio::spawn(door.serve(quit.subscribe())));
        let chores = [
            tokio::spawn(expire(Arc::clone(&pool), Arc::clone(&uploads), status)),
            tokio::spawn(read_certificates(certificates, reload)),
        ];
        supervisor.ready();
        let (store, giving_up) = (Arc::downgrade(&pool), stop.clone());
        let watched = Watched {
            probe: Box::new(move || store.upgrade().map(|store| store.probe())),
            runtime: tokio::runtime::Handle::current(),
            give_up: Box::new(move || {
                giving_up.send_replace(true);
            }),
            end: Box::new(|| std::process::exit(watchdog::EXIT.into())),
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

fn bind(place: &Place) -> Result<Bound, ServeError> {
    Bound::bind(place).map_err(|source| ServeError::Listen { place: place.clone(), source })
}

/// Reads certificates again when asked to and once an hour: whoever renews them needs no restart.
async fn read_certificates(certificates: Vec<Arc<Tls>>, reload: Arc<Notify>) {
    loop {
        let asked = tokio::select! {
            () = reload.notified() => true,
            () = tokio::time::sleep(HOUR) => false,
        };
        // Each for itself: one that can't be read must not keep the other from being renewed.
        let read = certificates.iter().map(|tls| tls.reload()).fold(Ok(()), Result::and);
        match read {
            Err(_) => log(&Event::CertificatesFailed),
            Ok(()) if asked => log(&Event::CertificatesRead),
            Ok(()) => {}
        }
    }
}

fn announce_expiry(expires: Day, today: Day) {
    if expires < today {
        log(&Event::DirectoryExpired { on: expires });
    } else if expires < today.plus(NOTICE_DAYS) {
        log(&Event::DirectoryExpiresSoon { on: expires });
    }
}

/// Uploads once an hour, tips once a day; then all files get the times of their day, and what is kept is counted.
async fn expire(pool: Arc<Pool>, uploads: Arc<Uploads>, status: Arc<Status>) {
    let mut done = Day::today();
    loop {
        tokio::time::sleep(HOUR).await;
        let today = Day::today();
        let (pool, uploads, status) = (Arc::clone(&pool), Arc::clone(&uploads), Arc::clone(&status));
        let erased = tokio::task::spawn_blocking(move || {
            // Each for itself: what fails in one must not keep the others from being done.
            let staged = uploads.expire(today).map(drop);
            let tips = if today == done { Ok(()) } else { pool.expire(today).map(drop) };
            pool.date_files();
            staged.and(tips).and(status.count(today))
        });
        match erased.await {
            Ok(Ok(())) => done = today,
            _ => log(&Event::ExpiryFailed),
        }
    }
}
