//! Starting and stopping: opens the store, binds both listeners, erases what expires, and stops without losing anything.

pub mod watchdog;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use self::watchdog::{Supervisor, Watchdog, Watched};
use crate::admission::{Budget, COURIER_CONNECTIONS, Circuits};
use crate::config::Config;
use crate::courier::Tokens;
use crate::courier::couriers::Couriers;
use crate::courier::status::Status;
use crate::http::connection::Door;
use crate::inspection::{Inspection, Refused};
use crate::intake::form_pages::Answers;
use crate::intake::uploads::Uploads;
use crate::log::{Event, Listener, log};
use crate::net::listen::{Bound, CantListen, Place};
use crate::net::tls::{Tls, TlsError, TlsFiles};
#[cfg(feature = "planted-leaks")]
use crate::planted_leaks;
use crate::sandbox::Openings;
use crate::served::{self, Reread, Served, Serving, Source};
use crate::{courier, intake};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::file::{private_folder, sync_folder};
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_formats::directory::Ending;
use softinfo_store::pool::Pool;
use softinfo_store::{Store, StoreError};

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How often the day is looked at, for expiry.
const HOUR: Duration = Duration::from_hours(1);

/// A relay that has read its files and bound its listeners, and answers nothing yet. What is left to do works inside the sandbox.
pub struct Prepared {
    serving: Arc<Serving>,
    source: Source,
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
    serving: Arc<Serving>,
    source: Arc<Source>,
    couriers: Arc<Couriers>,
    stop: watch::Sender<bool>,
}

/// Why the relay did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What was found in the configuration, and in what it names.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The version that is about to be served can't be written down.
    #[error("the directory's version can't be written into the store's folder ({0}); nothing was served")]
    Remember(std::io::Error),
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
    /// A place of a listener.
    #[error(transparent)]
    Listen(#[from] CantListen),
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
    /// Inspects all that is served and used, reads certificates, binds both listeners, connects to systemd.
    pub fn new(config: &Config, allow_example: bool) -> Result<Self, ServeError> {
        let (served, root, findings) = Inspection::of(config, allow_example, SystemClock.today()).accepted()?;
        for finding in findings {
            log(&Event::Found(finding));
        }
        let source = Source { config: config.clone(), root, allow_example };
        let serving = Arc::new(Serving::new(served));
        let answers = Answers::built_in().map_err(ServeError::Answers)?;
        let open = |files: &Option<TlsFiles>| files.clone().map(|files| Tls::open(files).map(Arc::new)).transpose();
        let tls = (open(&config.intake.tls)?, open(&config.courier.tls)?);
        let intake = Bound::bind(&config.intake.listen)?;
        let courier = Bound::bind(&config.courier.listen)?;
        let places = [(Listener::Intake, intake.place()?), (Listener::Courier, courier.place()?)];
        let supervisor = Arc::new(Supervisor::from_environment().map_err(ServeError::Supervisor)?);
        Ok(Self { serving, source, answers, intake, courier, places, tls, supervisor })
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
        let read = config.intake.tls.iter().chain(&config.courier.tls).flat_map(TlsFiles::folders);
        let read = read.chain(served::folders(config)).collect();
        Ok(Openings { written: vec![store.clone()], read })
    }

    /// The place of the intake listener; its port was chosen by the system when the configuration said 0.
    #[must_use]
    pub fn intake(&self) -> &Place {
        &self.places[0].1
    }

    /// Opens the store. Nothing is answered before [`Relay::run`].
    ///
    /// `after_close` is called when the store has freed much memory (see [`softinfo_store::pool::Settings`]).
    pub fn start(self, config: &Config, after_close: fn(), accept_date: bool) -> Result<Relay, ServeError> {
        let (stop, _) = watch::channel(false);
        let stopper = stop.clone();
        let notice = move |notice| {
            log(&Event::Store(notice));
            if notice == softinfo_store::pool::Notice::Stopped {
                stopper.send_replace(true);
            }
        };
        let pool = Arc::new(Pool::open(&config.store.folder, config.store_settings(after_close, accept_date), notice)?);
        // What can't be erased now is tried again within the hour: it must not keep couriers and writers out.
        let expired = pool.expire(SystemClock.today());
        let floor = config.store.floor_mib << 20;
        let uploads =
            Arc::new(Uploads::open(Uploads::folder(&config.store.folder), floor, config.limits.staged_mib << 20)?);
        if expired.is_err() | uploads.expire(SystemClock.today()).is_err() {
            log(&Event::ExpiryFailed);
        }
        pool.date_files();
        let (serving, source, today) = (self.serving, Arc::new(self.source), SystemClock.today());
        serving.remember(&config.store.folder, today).map_err(ServeError::Remember)?;
        pack(serving.now());
        let tokens = &config.courier.token_sha256;
        let couriers = Arc::new(Couriers::open(&served::memory(&config.store.folder), tokens));
        let keep = config.store.retention_days.saturating_add(config.store.jitter_days);
        let budget = Arc::new(Budget::new(&config.limits, config.store.folder.clone(), floor, keep));
        let status = Arc::new(Status::new(Arc::clone(&pool), Arc::clone(&budget), config.store.floor_mib));
        let shared = Arc::new(intake::Shared {
            store: Arc::clone(&pool) as Arc<dyn Store>,
            serving: Arc::clone(&serving),
            answers: self.answers,
            uploads: Arc::clone(&uploads),
            budget,
            status: Arc::clone(&status),
            couriers: Arc::clone(&couriers),
            idle: Duration::from_secs(config.intake.idle_seconds),
        });
        let circuits = config.intake.circuit_ids.then(|| Arc::new(Circuits::new(config.limits.circuit.clone())));
        let router = intake::routes(Arc::clone(&shared));
        #[cfg(feature = "planted-leaks")]
        planted_leaks::into(&config.store.folder.join("uploads"));
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
            router: courier::routes(
                shared,
                Tokens { couriers: tokens.clone(), monitors: config.courier.monitor_token_sha256.clone() },
            ),
            tls: self.tls.1,
            circuits: None,
            connections: COURIER_CONNECTIONS,
        };
        let certificates = intake.tls.iter().chain(&courier.tls).cloned().collect();
        for (listener, place) in self.places {
            log(&Event::Listening { listener, place });
        }
        Ok(Relay {
            intake,
            courier,
            certificates,
            pool,
            uploads,
            status,
            serving,
            source,
            couriers,
            supervisor: self.supervisor,
            stop,
        })
    }
}

impl Relay {
    /// Answers until `signal` resolves or the store stops; then finishes what is under way and closes.
    ///
    /// `reload` yields whenever directory, page and certificates are to be read again; certificates are once an hour anyway.
    pub async fn run(self, signal: impl Future<Output = ()>, reload: Arc<Notify>) -> Result<(), ServeError> {
        let Self { intake, courier, certificates, pool, uploads, status, serving, source, couriers, supervisor, stop } =
            self;
        let mut store_stopped = stop.subscribe();
        let (quit, _) = watch::channel(false);
        let tasks = [intake, courier].map(|door| tokio::spawn(door.serve(quit.subscribe())));
        let chores = [
            tokio::spawn(expire(Arc::clone(&pool), Arc::clone(&uploads), status)),
            tokio::spawn(read_again(certificates, (Arc::clone(&serving), source), reload)),
            tokio::spawn(remind(serving, Arc::clone(&couriers))),
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
        save(couriers).await;
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

/// Packs the page. Nobody waits for it: until it is done the page is served as it is.
fn pack(served: Arc<Served>) {
    tokio::task::spawn_blocking(move || served.pack());
}

/// Reads directory and page again when asked to, certificates also once an hour: whoever renews them needs no restart.
async fn read_again(certificates: Vec<Arc<Tls>>, (serving, source): (Arc<Serving>, Arc<Source>), reload: Arc<Notify>) {
    loop {
        let asked = tokio::select! {
            () = reload.notified() => true,
            () = tokio::time::sleep(HOUR) => false,
        };
        // Each for itself: one that can't be read must not keep the other from being renewed.
        let read = certificates.iter().map(|tls| tls.reload()).fold(Ok(()), Result::and);
        match read {
            Err(_) => log(&Event::CertificatesFailed),
            Ok(()) if asked && !certificates.is_empty() => log(&Event::CertificatesRead),
            Ok(()) => {}
        }
        if asked {
            read_directory(Arc::clone(&serving), Arc::clone(&source)).await;
        }
    }
}

async fn read_directory(serving: Arc<Serving>, source: Arc<Source>) {
    let version = serving.now().contents().version;
    let read = tokio::task::spawn_blocking(move || serving.read_again(&source, SystemClock.today())).await;
    match read {
        Ok(Reread::New(served)) => {
            let contents = served.contents();
            log(&Event::DirectoryRead { version: contents.version, on: contents.expires });
            for ending in contents.endings(SystemClock.today(), REMINDER_DAYS) {
                log(&Event::Reminder(ending));
            }
            pack(served);
        }
        Ok(Reread::Same) => log(&Event::DirectorySame { version }),
        Ok(Reread::Refused(findings)) => {
            for finding in findings {
                log(&Event::Found(finding));
            }
            log(&Event::DirectoryRefused { version });
        }
        // A fault, which has been logged as one.
        Err(_) => log(&Event::DirectoryRefused { version }),
    }
}

/// Once an hour: on a new day says what ends soon, and writes down which couriers came.
async fn remind(serving: Arc<Serving>, couriers: Arc<Couriers>) {
    // At the start it was said with the other findings.
    let mut reminders = Reminders { said: SystemClock.today() };
    loop {
        tokio::time::sleep(HOUR).await;
        for ending in reminders.due(&serving.now(), SystemClock.today()) {
            log(&Event::Reminder(ending));
        }
        save(Arc::clone(&couriers)).await;
    }
}

/// What is said once a day.
struct Reminders {
    said: Day,
}

impl Reminders {
    fn due(&mut self, served: &Served, today: Day) -> Vec<Ending> {
        if std::mem::replace(&mut self.said, today) == today {
            return Vec::new();
        }
        served.contents().endings(today, REMINDER_DAYS)
    }
}

async fn save(couriers: Arc<Couriers>) {
    let saved = tokio::task::spawn_blocking(move || couriers.save(SystemClock.today())).await;
    if !matches!(saved, Ok(Ok(()))) {
        log(&Event::CouriersFailed);
    }
}

/// Uploads once an hour, tips once a day; then all files get the times of their day, and what is kept is counted.
async fn expire(pool: Arc<Pool>, uploads: Arc<Uploads>, status: Arc<Status>) {
    let mut done = SystemClock.today();
    loop {
        tokio::time::sleep(HOUR).await;
        let today = SystemClock.today();
        let (pool, uploads, status) = (Arc::clone(&pool), Arc::clone(&uploads), Arc::clone(&status));
        let erased = tokio::task::spawn_blocking(move || {
            // Each for itself: what fails in one must not keep the others from being done.
            let staged = uploads.expire(today).map(drop);
            let tips = if today == done { Ok(()) } else { pool.expire(today).map(drop) };
            pool.date_files();
            status.count(today);
            staged.and(tips)
        });
        match erased.await {
            Ok(Ok(())) => done = today,
            _ => log(&Event::ExpiryFailed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use softinfo_formats::directory::{SigningKey, UntrustedDirectory, add_signature};

    #[test]
    fn what_ends_is_said_again_every_day_and_once_a_day() {
        let note = String::from_utf8(softinfo_formats::example_keys::DIRECTORY.to_vec()).unwrap();
        let mut contents: serde_json::Value = serde_json::from_str(note.split("\n\n").next().unwrap()).unwrap();
        contents["expires"] = "2027-01-10".into();
        for holder in contents["holders"].as_array_mut().unwrap() {
            holder["signing_key"] = serde_json::Value::Null;
        }
        let text = serde_json::to_string_pretty(&contents).unwrap();
        let key = SigningKey::generate("softinfo-example", &mut rand::rngs::OsRng).unwrap();
        let signed = add_signature(text.as_bytes(), &key).unwrap();
        let directory = UntrustedDirectory::parse(&signed).and_then(|note| note.verify(key.public())).unwrap();
        let served = Served::new(directory, None);
        let day = |text: &str| text.parse::<Day>().unwrap();
        let mut reminders = Reminders { said: day("2026-12-10") };
        assert_eq!(reminders.due(&served, day("2026-12-10")), [], "it was said at the start");
        assert_eq!(reminders.due(&served, day("2026-12-11")), [Ending::DirectoryEnds { on: day("2027-01-10") }]);
        assert_eq!(reminders.due(&served, day("2026-12-11")), []);
        assert_eq!(reminders.due(&served, day("2026-12-12")).len(), 1);
        assert_eq!(reminders.due(&served, day("2027-01-11")), [Ending::DirectoryEnded { on: day("2027-01-10") }]);
    }
}
