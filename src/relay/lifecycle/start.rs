//! The start: files are read, listeners bound, the store opened. Nothing is answered yet.
//!
//! In: the configuration. Out: [`Prepared`] before the sandbox closes, and a [`Relay`] behind it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use softinfo_base::clock::Clock;
use softinfo_base::file::{private_folder, sync_folder};
use softinfo_store::{Store, pool::Pool};

use super::error::ServeError;
use super::running::Relay;
use super::supervisor::Supervisor;
use crate::admission::{Budget, COURIER_CONNECTIONS, Circuits};
use crate::config::Config;
use crate::courier::Tokens;
use crate::courier::couriers::Couriers;
use crate::courier::status::{LookedAt, Status};
use crate::housekeeping::reload::Source;
use crate::http::listener::Listener;
use crate::inspection::Inspection;
use crate::intake::form_pages::FormPages;
use crate::intake::uploads::Uploads;
use crate::log::{Event, ListenerKind, log};
use crate::net::listen::Bound;
use crate::net::tls::Tls;
use crate::net::{Place, TlsFiles};
#[cfg(feature = "planted-leaks")]
use crate::planted_leaks;
use crate::refusals::Refusals;
use crate::routes::{self, Parts};
use crate::sandbox::Openings;
use crate::served::{self, Serving};

/// A relay that has read its files and bound its listeners, and answers nothing yet. What is left to do works inside the sandbox.
pub struct Prepared {
    serving: Arc<Serving>,
    source: Source,
    form_pages: Arc<FormPages>,
    intake: Bound,
    courier: Bound,
    /// Asked for before the sandbox closes.
    places: [(ListenerKind, Place); 2],
    tls: (Option<Arc<Tls>>, Option<Arc<Tls>>),
    supervisor: Arc<Supervisor>,
    clock: Arc<dyn Clock>,
}

impl Prepared {
    /// Inspects all that is served and used, reads certificates, binds both listeners, connects to systemd. `clock` says the day from now on.
    pub fn new(config: &Config, allow_example: bool, clock: Arc<dyn Clock>) -> Result<Self, ServeError> {
        let (served, root, findings) = Inspection::of(config, allow_example, clock.today()).accepted()?;
        for finding in findings {
            log(&Event::Found(finding));
        }
        let source = Source { config: config.clone(), root, allow_example };
        let serving = Arc::new(Serving::new(served));
        let form_pages = Arc::new(FormPages::built_in().map_err(ServeError::Answers)?);
        let open = |files: &Option<TlsFiles>| files.clone().map(|files| Tls::open(files).map(Arc::new)).transpose();
        let tls = (open(&config.intake.tls)?, open(&config.courier.tls)?);
        let intake = Bound::bind(&config.intake.listen)?;
        let courier = Bound::bind(&config.courier.listen)?;
        let places = [(ListenerKind::Intake, intake.place()?), (ListenerKind::Courier, courier.place()?)];
        let supervisor = Arc::new(Supervisor::from_environment().map_err(ServeError::Supervisor)?);
        Ok(Self { serving, source, form_pages, intake, courier, places, tls, supervisor, clock })
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
        let clock = self.clock;
        let settings = config.store_settings(after_close, accept_date);
        let pool = Arc::new(Pool::open(&config.store.folder, settings, Arc::clone(&clock), notice)?);
        let today = clock.today();
        // What can't be erased now is tried again within the hour: it must not keep couriers and writers out.
        let expired = pool.expire(today);
        let floor = config.store.floor_mib << 20;
        let (folder, staged) = (Uploads::folder(&config.store.folder), config.limits.staged_mib << 20);
        let uploads = Arc::new(Uploads::open(folder, floor, staged, Arc::clone(&clock))?);
        if expired.is_err() | uploads.expire(today).is_err() {
            log(&Event::ExpiryFailed);
        }
        pool.date_files();
        let (serving, source) = (self.serving, Arc::new(self.source));
        serving.remember(&config.store.folder, today).map_err(ServeError::Remember)?;
        let packed = serving.now();
        // Nobody waits for it: until it is done the page is served as it is.
        tokio::task::spawn_blocking(move || packed.pack());
        let tokens = &config.courier.token_sha256;
        let couriers = Arc::new(Couriers::open(&served::memory(&config.store.folder), tokens));
        let keep = config.store.retention_days.saturating_add(config.store.jitter_days);
        let budget =
            Arc::new(Budget::new(&config.limits, config.store.folder.clone(), floor, keep, Arc::clone(&clock)));
        let refusals = Arc::new(Refusals::new(Arc::clone(&clock)));
        let status = Arc::new(Status::new(LookedAt {
            pool: Arc::clone(&pool),
            budget: Arc::clone(&budget),
            serving: Arc::clone(&serving),
            couriers: Arc::clone(&couriers),
            refusals: Arc::clone(&refusals),
            clock: Arc::clone(&clock),
            floor_mib: config.store.floor_mib,
        }));
        let idle = Duration::from_secs(config.intake.idle_seconds);
        let parts = Parts {
            store: Arc::clone(&pool) as Arc<dyn Store>,
            budget,
            serving: Arc::clone(&serving),
            form_pages: self.form_pages,
            uploads: Arc::clone(&uploads),
            refusals,
            couriers: Arc::clone(&couriers),
            status: Arc::clone(&status),
            clock: Arc::clone(&clock),
            idle,
        };
        let circuits = config.intake.circuit_ids.then(|| Arc::new(Circuits::new(config.limits.circuit.clone())));
        #[cfg(feature = "planted-leaks")]
        planted_leaks::into(&config.store.folder.join("uploads"));
        let intake = Listener {
            accepting: self.intake.open()?,
            router: routes::intake(parts.clone()),
            tls: self.tls.0,
            circuits,
            idle,
            connections: config.limits.connections,
        };
        let courier = Listener {
            accepting: self.courier.open()?,
            idle,
            router: routes::courier(
                parts,
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
            clock,
            stop,
        })
    }
}
