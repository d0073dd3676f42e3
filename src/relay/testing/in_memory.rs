//! The relay without sockets, for the fuzz targets in `fuzz/`: real connections, routes and store, over any stream.
//!
//! What differs from a relay that was started: there is no listener, and a commit waits in place, so that with a paused clock
//! the only time that passes is the caller's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};

use softinfo_base::clock::Clock;
use softinfo_formats::directory::UntrustedDirectory;
use softinfo_store::StoreError;
use softinfo_store::pool::{Pool, Settings};

use super::in_place::InPlace;
use crate::admission::{Budget, CircuitLimits, Circuits, Limits};
use crate::courier::Tokens;
use crate::courier::couriers::Couriers;
use crate::courier::status::{LookedAt, Status};
use crate::housekeeping::expiry;
use crate::http::connection::alone;
use crate::intake::form_pages::FormPages;
use crate::intake::uploads::Uploads;
use crate::refusals::Refusals;
use crate::routes::{self, Parts};
use crate::served::{Served, Serving};
use crate::static_page::Page;
use crate::token::TokenHash;

/// Time without a byte after which an upload is given up.
const IDLE: Duration = Duration::from_mins(2);

/// Which listener a connection comes in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Writers.
    Intake,
    /// Writers, where tor says the circuit.
    Circuits,
    /// Writers, where TLS could have agreed on HTTP/2.
    Http2,
    /// Couriers.
    Courier,
}

/// A relay with a store in a folder of its own.
pub struct Stage {
    /// What it has stored.
    pub store: Arc<Pool>,
    /// Where uploads wait.
    pub uploads_folder: PathBuf,
    uploads: Arc<Uploads>,
    status: Arc<Status>,
    clock: Arc<dyn Clock>,
    intake: Router,
    courier: Router,
}

impl Stage {
    /// Opens a relay in an empty folder that serves `page`, takes at most `max_plaintext` bytes and knows one courier. Its day is that of `clock`.
    pub fn open(
        folder: &Path,
        page: &Path,
        max_plaintext: u64,
        token: TokenHash,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let settings = Settings { floor_bytes: 0, ..Settings::default() };
        let store = Arc::new(Pool::open(&folder.join("store"), settings, Arc::clone(&clock), |_| ())?);
        let uploads_folder = folder.join("uploads");
        let uploads = Arc::new(Uploads::open(uploads_folder.clone(), 0, u64::MAX, Arc::clone(&clock))?);
        // So much that no number of runs spends it.
        let limits = Limits { day_mib: u64::MAX >> 20, text_reserve_mib: 0, text_parts: 1, ..Limits::default() };
        let budget = Arc::new(Budget::new(&limits, folder.to_owned(), 0, 97, Arc::clone(&clock)));
        let failed = |error| StoreError::Io { path: page.to_owned(), source: std::io::Error::other(error) };
        let root = softinfo_formats::example_keys::root().map_err(|error| failed(error.to_string()))?;
        let directory =
            UntrustedDirectory::parse(softinfo_formats::example_keys::DIRECTORY).and_then(|note| note.verify(&root));
        let directory = directory.map_err(|error| failed(error.to_string()))?;
        let html = Page::read(page, directory.bytes()).map_err(|error| failed(error.to_string()))?;
        let mut served = Served::new(directory, Some(html));
        served.max_plaintext = max_plaintext;
        let serving = Arc::new(Serving::new(served));
        let tokens = Tokens { couriers: vec![token], monitors: Vec::new() };
        let couriers = Arc::new(Couriers::open(folder, &tokens.couriers));
        let refusals = Arc::new(Refusals::new(Arc::clone(&clock)));
        let status = Arc::new(Status::new(LookedAt {
            pool: Arc::clone(&store),
            budget: Arc::clone(&budget),
            serving: Arc::clone(&serving),
            couriers: Arc::clone(&couriers),
            refusals: Arc::clone(&refusals),
            clock: Arc::clone(&clock),
            floor_mib: 0,
        }));
        let form_pages = FormPages::built_in().map_err(|_| StoreError::NotAStore(folder.to_owned()))?;
        let parts = Parts {
            store: Arc::new(InPlace(Arc::clone(&store))),
            budget,
            serving,
            form_pages: Arc::new(form_pages),
            uploads: Arc::clone(&uploads),
            refusals,
            couriers,
            status: Arc::clone(&status),
            clock: Arc::clone(&clock),
            idle: IDLE,
        };
        let courier = routes::courier(parts.clone(), tokens);
        Ok(Self { store, uploads_folder, uploads, status, clock, intake: routes::intake(parts), courier })
    }

    /// Answers on a connection until it ends.
    pub async fn connect(&self, side: Side, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let router = if side == Side::Courier { &self.courier } else { &self.intake };
        let circuits = (side == Side::Circuits).then(|| Arc::new(Circuits::new(CircuitLimits::default())));
        alone(router.clone(), circuits, side == Side::Http2, IDLE, stream).await;
    }

    /// Erases what a run has left of uploads; says how many there were.
    pub fn forget_uploads(&self) -> Result<usize, StoreError> {
        self.uploads.expire(self.clock.today().plus(30))
    }

    /// Erases what expires, as a relay does by the hour, for as long as it is waited for.
    pub async fn keep_house(&self) {
        let (store, uploads, status) = (Arc::clone(&self.store), Arc::clone(&self.uploads), Arc::clone(&self.status));
        expiry::go_on(store, uploads, status, Arc::clone(&self.clock)).await;
    }
}
