//! A listener at work: connections are let in, counted, and closed in favour of others when there are too many.
//!
//! In: a place that is taken, and a router. Out: nothing; what goes wrong on a connection ends it and is told to nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::{ANSWER, Connection, http};
use crate::admission::{Circuits, Connections};
use crate::net::idle_timeout::IdleTimeout;
use crate::net::listen::Accepting;
use crate::net::tls::Tls;

/// Pause when the system gives no connection, for example because there are too many open files.
const BREATH: Duration = Duration::from_millis(100);

/// A listener at work, and all that holds for its connections.
pub(crate) struct Listener {
    pub accepting: Accepting,
    pub router: Router,
    pub tls: Option<Arc<Tls>>,
    /// Where tor says the circuit; then nothing else is let in.
    pub circuits: Option<Arc<Circuits>>,
    pub idle: Duration,
    pub connections: usize,
}

impl Listener {
    /// Serves until `quit` says so; then lets every connection finish the request it is at.
    pub async fn serve(self, quit: watch::Receiver<bool>) {
        let http = Arc::new(http(self.tls.is_some()));
        let connections = Connections::new(self.connections);
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
            // Before anything is spent on it. When none can give way, this one is closed.
            let Some(slot) = connections.enter().await else { continue };
            let connection = Connection {
                http: Arc::clone(&http),
                router: self.router.clone(),
                tls: self.tls.clone(),
                circuits: self.circuits.clone(),
                open: Arc::clone(&slot.open),
                quit: quit.clone(),
            };
            let stream = IdleTimeout::new(stream, self.idle + ANSWER, Arc::clone(&slot.open.activity));
            tasks.spawn(async move {
                tokio::select! {
                    biased;
                    () = slot.open.is_over() => {}
                    () = connection.run(stream) => {}
                }
                // The stream is closed by now: only then may another take its place.
                drop(slot);
            });
        }
        // No new connection; the listener is closed first so that callers notice at once.
        drop(self);
        while tasks.join_next().await.is_some() {}
    }
}
