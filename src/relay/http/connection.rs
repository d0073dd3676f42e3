//! From an accepted stream to answered requests: what tor says of it, TLS, and HTTP with bounds on everything that a caller can stretch.
//!
//! In: a stream, and a router. Out: nothing; what goes wrong ends the connection and is told to nobody.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::watch;
use tokio::time::timeout;
use tower_service::Service;

use super::known_headers::known;
use crate::admission::{CircuitLease, Circuits, Connections, Open};
use crate::net::Circuit;
use crate::net::idle_timeout::IdleTimeout;
use crate::net::listen::Stream;
use crate::net::tls::Tls;
#[cfg(feature = "planted-leaks")]
use crate::planted_leaks;

/// Longest time from one answer to the whole head of the next request, and for what comes before HTTP. A head is small even over Tor.
const HEAD: Duration = Duration::from_mins(1);
/// Bytes of a request's head, and of what is read ahead of a body.
const HEAD_BYTES: u16 = 8 * 1024;
/// Header lines of a request.
const HEADERS: usize = 64;
/// Requests at a time on one connection, with HTTP/2.
const STREAMS: u32 = 16;
/// Streams that a caller may reset before they were looked at (CVE-2023-44487).
const RESETS: usize = 32;
/// Time to say that nothing has come for too long, before the connection is ended.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// Who asks, as far as the relay wants to know: which connection, and which circuit. Every request carries it.
#[derive(Clone)]
pub(crate) struct Caller {
    pub open: Arc<Open>,
    pub circuit: Option<Arc<CircuitLease>>,
}

/// A connection that was let in, and all that it needs until it ends.
pub(super) struct Connection {
    pub http: Arc<Builder<TokioExecutor>>,
    pub router: Router,
    pub tls: Option<Arc<Tls>>,
    pub circuits: Option<Arc<Circuits>>,
    pub open: Arc<Open>,
    pub quit: watch::Receiver<bool>,
}

impl Connection {
    /// Answers on `stream` until either side ends it.
    pub async fn run(self, mut stream: impl Stream + 'static) {
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
                if tls.asks_for_certificate() {
                    self.open.is_known();
                }
                // Boxed, or each connection without TLS would take the memory of one with it.
                Box::pin(self.answer(stream, circuit)).await;
            }
        }
    }

    async fn answer(self, stream: impl Stream + 'static, circuit: Option<Arc<CircuitLease>>) {
        let Self { http, router, open, mut quit, .. } = self;
        let caller = Caller { open, circuit };
        let service = service_fn(move |mut request: Request<Incoming>| {
            #[cfg(feature = "planted-leaks")]
            planted_leaks::keep(request.headers());
            *request.headers_mut() = known(request.headers());
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
pub(crate) async fn alone(
    router: Router,
    circuits: Option<Arc<Circuits>>,
    http2: bool,
    idle: Duration,
    stream: impl Stream + 'static,
) {
    let Some(slot) = Connections::new(1).enter().await else { return };
    let (open, activity) = (Arc::clone(&slot.open), Arc::clone(&slot.open.activity));
    let (_stop, quit) = watch::channel(false);
    let connection = Connection { http: Arc::new(http(http2)), router, tls: None, circuits, open, quit };
    connection.run(IdleTimeout::new(stream, idle + ANSWER, activity)).await;
}

/// HTTP/1, and HTTP/2 where TLS has agreed on it.
pub(super) fn http(tls: bool) -> Builder<TokioExecutor> {
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
