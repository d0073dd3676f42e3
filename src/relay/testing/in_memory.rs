//! The relay without sockets, for the fuzz targets in `fuzz/`: real connections, routes and store, over any stream.
//!
//! What differs from `serve`: there is no listener, and a commit waits in place, so that with a paused clock
//! the only time that passes is the caller's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use crate::admission::{Budget, CircuitLimits, Circuits, Limits};
use crate::courier::Tokens;
use crate::courier::couriers::Couriers;
use crate::courier::status::{LookedAt, Status};
use crate::http::connection::alone;
use crate::intake::form_pages::FormPages;
use crate::intake::uploads::Uploads;
use crate::refusals::Refusals;
use crate::routes::{self, Parts};
use crate::served::{Served, Serving};
use crate::static_page::Page;
use crate::token::TokenHash;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_formats::directory::UntrustedDirectory;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::pool::{Pool, Settings};
use softinfo_store::{Acknowledgement, Cursor, Incoming, Kept, Listed, Store, StoreError, Stored};

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
    intake: Router,
    courier: Router,
}

impl Stage {
    /// Opens a relay in an empty folder that serves `page`, takes at most `max_plaintext` bytes and knows one courier.
    pub fn open(folder: &Path, page: &Path, max_plaintext: u64, token: TokenHash) -> Result<Self, StoreError> {
        let settings = Settings { floor_bytes: 0, ..Settings::default() };
        let store = Arc::new(Pool::open(&folder.join("store"), settings, |_| ())?);
        let uploads_folder = folder.join("uploads");
        let uploads = Arc::new(Uploads::open(uploads_folder.clone(), 0, u64::MAX)?);
        // So much that no number of runs spends it.
        let limits = Limits { day_mib: u64::MAX >> 20, text_reserve_mib: 0, text_parts: 1, ..Limits::default() };
        let budget = Arc::new(Budget::new(&limits, folder.to_owned(), 0, 97));
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
        let refusals = Arc::new(Refusals::new(SystemClock.today()));
        let status = Arc::new(Status::new(LookedAt {
            pool: Arc::clone(&store),
            budget: Arc::clone(&budget),
            serving: Arc::clone(&serving),
            couriers: Arc::clone(&couriers),
            refusals: Arc::clone(&refusals),
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
            status,
            idle: IDLE,
        };
        let courier = routes::courier(parts.clone(), tokens);
        Ok(Self { store, uploads_folder, uploads, intake: routes::intake(parts), courier })
    }

    /// Answers on a connection until it ends.
    pub async fn connect(&self, side: Side, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let router = if side == Side::Courier { &self.courier } else { &self.intake };
        let circuits = (side == Side::Circuits).then(|| Arc::new(Circuits::new(CircuitLimits::default())));
        alone(router.clone(), circuits, side == Side::Http2, IDLE, stream).await;
    }

    /// Erases what a run has left of uploads; says how many there were.
    pub fn forget_uploads(&self) -> Result<usize, StoreError> {
        self.uploads.expire(SystemClock.today().plus(30))
    }
}

/// The store, with commits that wait in place.
struct InPlace(Arc<Pool>);

impl Store for InPlace {
    fn put(&self, tip: &[u8], id: TipId, header: &TipHeader) -> Result<Acknowledgement, StoreError> {
        Ok(in_place(self.0.put(tip, id, header)?))
    }

    fn begin(&self) -> Result<Box<dyn Incoming>, StoreError> {
        Ok(Box::new(CommitInPlace(self.0.begin()?)))
    }

    fn holds(&self, id: &TipId) -> Result<bool, StoreError> {
        self.0.holds(id)
    }

    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError> {
        self.0.get(id)
    }

    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError> {
        self.0.list(after, limit)
    }

    fn erase(&self, digests: &[WithdrawDigest]) -> Result<usize, StoreError> {
        self.0.erase(digests)
    }

    fn expire(&self, today: Day) -> Result<usize, StoreError> {
        self.0.expire(today)
    }

    fn kept(&self) -> Kept {
        self.0.kept()
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.0.probe()
    }
}

struct CommitInPlace(Box<dyn Incoming>);

impl Incoming for CommitInPlace {
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.0.append(chunk)
    }

    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement {
        in_place(self.0.commit(id, header))
    }
}

fn in_place(mut waiting: Acknowledgement) -> Acknowledgement {
    let (sender, answer) = oneshot::channel();
    let committed = loop {
        match waiting.try_recv() {
            Ok(committed) => break committed,
            Err(oneshot::error::TryRecvError::Empty) => thread::sleep(Duration::from_micros(20)),
            Err(oneshot::error::TryRecvError::Closed) => break Err(StoreError::Stopped),
        }
    };
    // Who asked may have gone.
    let _ = sender.send(committed);
    answer
}
