//! From an accepted stream to answered requests: what tor says of it, TLS, and HTTP with bounds on everything that a caller can stretch.
//!
//! In: a listener and a router. Out: nothing; what goes wrong on a connection ends it and is told to nobody.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::budget::{Circuits, Held};
use super::circuit::Circuit;
use super::listen::{Accepting, Stream};
use super::patience::Patient;
use super::tls::Tls;

/// Longest time from one answer to the whole head of the next request, and for what comes before HTTP. A head is small even over Tor.
const HEAD: Duration = Duration::from_mins(1);
/// Bytes of a request's head, and of what is read ahead of a body.
const HEAD_BYTES: u16 = 16 * 1024;
/// Header lines of a request.
const HEADERS: usize = 64;
/// Requests at a time on one connection, with HTTP/2.
const STREAMS: u32 = 16;
/// Streams that a caller may reset before they were looked at (CVE-2023-44487).
const RESETS: usize = 32;
/// Time to say that nothing has come for too long, before the connection is ended.
const ANSWER: Duration = Duration::from_secs(10);
/// Pause when the system gives no connection, for example because there are too many open files.
const BREATH: Duration = Duration::from_millis(100);

/// A listener at work, and all that holds for its connections.
pub(super) struct Door {
    pub accepting: Accepting,
    pub router: Router,
    pub tls: Option<Arc<Tls>>,
    /// Where tor says the circuit; then nothing else is let in.
    pub circuits: Option<Arc<Circuits>>,
    pub idle: Duration,
    pub connections: usize,
}

/// Who asks, as far as the relay wants to know: which connection, and which circuit. Every request carries it.
#[derive(Clone)]
pub(super) struct Caller {
    open: Arc<Open>,
    pub circuit: Option<Arc<Held>>,
}

/// Keeps a connection from being closed for another's sake.
pub(super) struct Busy(Arc<Open>);

impl Caller {
    pub fn busy(&self) -> Busy {
        self.open.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.open))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Open {
    /// Requests that have a seat.
    busy: AtomicUsize,
    /// Rises with each request, over all connections.
    moved: AtomicU64,
    close: Notify,
}

/// The connections that are open, at most so many.
struct Connections {
    max: usize,
    clock: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Open>>>,
}

impl Connections {
    /// Counts one more, and closes the one that has asked nothing for longest when there are too many.
    fn enter(&self) -> (u64, Arc<Open>) {
        let now = self.tick();
        let mut open = self.lock();
        if open.len() >= self.max {
            let idle = open.iter().filter(|(_, one)| one.busy.load(Ordering::Relaxed) == 0);
            let oldest = idle.min_by_key(|(_, one)| one.moved.load(Ordering::Relaxed)).map(|(number, _)| *number);
            if let Some(one) = oldest.and_then(|number| open.remove(&number)) {
                one.close.notify_one();
            }
        }
        let new = Arc::new(Open { busy: AtomicUsize::new(0), moved: AtomicU64::new(now), close: Notify::new() });
        open.insert(now, Arc::clone(&new));
        (now, new)
    }

    fn leave(&self, number: u64) {
        self.lock().remove(&number);
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    /// Serves until `quit` says so; then lets every connection finish the request it is at.
    pub async fn serve(self, quit: watch::Receiver<bool>) {
        let http = Arc::new(http(self.tls.is_some()));
        let connections =
            Arc::new(Connections { max: self.connections, clock: AtomicU64::new(0), open: Mutex::default() });
        let mut tasks = JoinSet::new();
        let mut stop = quit.clone();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|quit| *quit) => break,
                accepted = self.accepting.accept() => accepted,
            };
            while tasks.try_join_next().is_some() {}
            let Ok(stream) = accepted else {
                sleep(BREATH).await;
                continue;
            };
            let (number, open) = connections.enter();
            let connection = Connection {
                http: Arc::clone(&http),
                router: self.router.clone(),
                tls: self.tls.clone(),
                circuits: self.circuits.clone(),
                connections: Arc::clone(&connections),
                open: Arc::clone(&open),
                quit: quit.clone(),
            };
            let stream = Patient::new(stream, self.idle + ANSWER);
            tasks.spawn(async move {
                let connections = Arc::clone(&connection.connections);
                tokio::select! {
                    () = open.close.notified() => {}
                    () = connection.run(stream) => {}
                }
                connections.leave(number);
            });
        }
        // No new connection; the listener is closed first so that callers notice at once.
        drop(self);
        while tasks.join_next().await.is_some() {}
    }
}

struct Connection {
    http: Arc<Builder<TokioExecutor>>,
    router: Router,
    tls: Option<Arc<Tls>>,
    circuits: Option<Arc<Circuits>>,
    connections: Arc<Connections>,
    open: Arc<Open>,
    quit: watch::Receiver<bool>,
}

impl Connection {
    async fn run(self, mut stream: impl Stream + 'static) {
        let mut circuit = None;
        if let Some(circuits) = &self.circuits {
            let Ok(Ok(read)) = timeout(HEAD, Circuit::read(&mut stream)).await else { return };
            let Some(held) = circuits.connect(read) else { return };
            circuit = Some(Arc::new(held));
        }
        match self.tls.clone() {
            None => self.answer(stream, circuit).await,
            Some(tls) => {
                let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await else { return };
                // Apart, or each connection without TLS would have the memory of one with it.
                Box::pin(self.answer(stream, circuit)).await;
            }
        }
    }

    async fn answer(self, stream: impl Stream + 'static, circuit: Option<Arc<Held>>) {
        let Self { http, router, connections, open, mut quit, .. } = self;
        let caller = Caller { open, circuit };
        let service = service_fn(move |mut request: Request<Incoming>| {
            caller.open.moved.store(connections.tick(), Ordering::Relaxed);
            request.extensions_mut().insert(caller.clone());
            router.clone().call(request.map(Body::new))
        });
        let mut answering = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = answering.as_mut() => return,
            _ = quit.wait_for(|quit| *quit) => answering.as_mut().graceful_shutdown(),
        }
        // How a connection ends is nobody's business.
        let _ = answering.await;
    }
}

/// One connection by itself, without a listener.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) async fn alone(
    router: Router,
    circuits: Option<Arc<Circuits>>,
    http2: bool,
    idle: Duration,
    stream: impl Stream + 'static,
) {
    let connections = Arc::new(Connections { max: 1, clock: AtomicU64::new(0), open: Mutex::default() });
    let (_, open) = connections.enter();
    let (_stop, quit) = watch::channel(false);
    let connection = Connection { http: Arc::new(http(http2)), router, tls: None, circuits, connections, open, quit };
    connection.run(Patient::new(stream, idle + ANSWER)).await;
}

/// HTTP/1, and HTTP/2 where TLS has agreed on it.
fn http(tls: bool) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    if !tls {
        http = http.http1_only();
    }
    // No time of day in an answer either: it would say how this machine's clock differs from others.
    http.http1()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES.into())
        .max_headers(HEADERS);
    http.http2()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES.into())
        .max_pending_accept_reset_streams(RESETS)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024);
    http
}
