//! Requests to one relay, over tor where that was asked for, and what becomes of their answers.
//!
//! In: an address, a proxy, a courier's token. Out: answers of a bounded length, that come fast enough; a refusal becomes a [`ClientError`].

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use softinfo_base::loopback::is_loopback;
use softinfo_formats::api::authorization::bearer;
use softinfo_formats::api::problem::Problem;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RANGE, RETRY_AFTER};
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Body, SendBody};
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Unconfirmed};
use crate::error::ClientError;
use crate::pace::{Floor, Pace, Paced};
use crate::socks::{BehindProxy, Circuit, Socks};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(90);
/// The same through tor, which gives up after two minutes (`SocksTimeout`) and then says why.
const CONNECT_SOCKS: Duration = Duration::from_secs(150);
/// Longest wait without a byte in either direction. What comes has a [`Floor`] besides; a transfer as a whole has no limit.
const IDLE: Duration = Duration::from_mins(2);
/// Largest answer that is no tip, in bytes.
pub(crate) const MAX_ANSWER: u64 = 1024 * 1024;
/// Most characters of what a relay says in one part of a refusal.
const MAX_SAID: usize = 500;

/// A relay, by its address.
pub struct RelayClient {
    agent: Agent,
    base: String,
    authorization: Option<Zeroizing<String>>,
    floor: Floor,
}

/// A request that changes something at the relay.
pub(crate) struct Post<'a, R> {
    /// The path below the relay's address.
    pub path: &'a str,
    /// The body's media type.
    pub media_type: &'a str,
    /// The source of the body.
    pub body: R,
    /// Bytes of the body.
    pub length: u64,
}

impl RelayClient {
    /// A client for the relay at `address`; `token` is a courier's. Connects to nothing yet.
    ///
    /// With `socks` everything goes through that proxy, names are looked up behind it, and this client shares a circuit with no other.
    pub fn new(address: &str, token: Option<&str>, socks: Option<Socks>) -> Result<Self, ClientError> {
        let base = address.trim_end_matches('/');
        let is_http = base.starts_with("http://") || base.starts_with("https://");
        let uri = base.parse::<Uri>().ok().filter(|uri| is_http && uri.host().is_some_and(|host| !host.is_empty()));
        let uri = uri.ok_or_else(|| ClientError::Address(address.to_owned()))?;
        let is_onion = uri.host().is_some_and(is_onion);
        let is_plain = uri.scheme_str() == Some("http");
        match socks {
            None if is_onion => return Err(ClientError::OnionWithoutTor),
            Some(_) if is_plain && !is_onion && !is_loopback(base) => {
                return Err(ClientError::ExitWouldSee(address.to_owned()));
            }
            _ => (),
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build())
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("")
            .accept("*/*")
            .accept_encoding("")
            .timeout_connect(Some(if socks.is_some() { CONNECT_SOCKS } else { CONNECT }))
            .timeout_recv_response(Some(IDLE))
            .timeout_per_read(Some(IDLE))
            .timeout_per_write(Some(IDLE))
            .build();
        let agent = match socks {
            Some(socks) => {
                let connector = Circuit::new(socks).chain(RustlsConnector::default());
                Agent::with_parts(config, connector, BehindProxy(socks))
            }
            None => config.new_agent(),
        };
        Ok(Self { agent, base: base.to_owned(), authorization: token.map(bearer), floor: Floor::default() })
    }

    /// The same client, for which answers may come as slowly as `floor` says.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { floor, ..self }
    }

    /// Posts a body and reads the answer. Watches whether all of the body has left.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        Post { path, media_type, body, length }: Post<'_, impl Read + 'static>,
        progress: impl Fn(u64) + 'static,
    ) -> Result<(T, StatusCode), Unconfirmed> {
        let left = Arc::new(AtomicU64::new(0));
        let body = Watched { body, left: Arc::clone(&left), progress };
        let mut request = self.agent.post(format!("{}{path}", self.base));
        request = request.header(CONTENT_TYPE, media_type).header(CONTENT_LENGTH, length.to_string());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.as_str());
        }
        let mut status = None;
        let answered = request.send(SendBody::from_owned_reader(body)).map_err(ClientError::from);
        let read = answered.and_then(|response| {
            status = Some(response.status());
            let mut response = self.accept(response)?;
            Ok((self.json(&mut response)?, response.status()))
        });
        read.map_err(|error| {
            let refused = match &error {
                ClientError::Refused { stored, .. } => *stored == Some(false),
                _ => status.is_some_and(|status| status.is_redirection() || status.is_client_error()),
            };
            let arrival = if left.load(Ordering::Relaxed) < length {
                Arrival::NotSent
            } else if refused {
                Arrival::Denied
            } else {
                Arrival::Open
            };
            Unconfirmed { error, arrival }
        })
    }

    /// A pace for answers that have to begin anew when they are given up: half of this client's [`Floor`] is enough.
    #[must_use]
    pub fn pace(&self) -> Pace {
        Pace::new(self.floor.of_answers(), Instant::now())
    }

    /// Asks for what is at `path`, or for a `range` of its bytes.
    pub(crate) fn get(&self, path: &str, range: Option<&str>) -> Result<Response<Body>, ClientError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.as_str());
        }
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        self.accept(request.call()?)
    }

    /// Gives a successful answer back. Of any other it reads the refusal.
    fn accept(&self, mut response: Response<Body>) -> Result<Response<Body>, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry = response.headers().get(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        match self.json::<Problem>(&mut response) {
            Ok(problem) if !problem.title.is_empty() => Err(ClientError::Refused {
                status: status.as_u16(),
                name: printable(problem.name()),
                title: printable(&problem.title),
                detail: printable(&problem.detail),
                stored: problem.stored,
                retry,
            }),
            Err(slow @ ClientError::TooSlow(_)) => Err(slow),
            _ if status.is_server_error() => Err(ClientError::Failed(status.as_u16())),
            _ => Err(ClientError::NotARelay(format!("status {status}"))),
        }
    }

    fn json<T: DeserializeOwned>(&self, response: &mut Response<Body>) -> Result<T, ClientError> {
        let bytes = self.whole(response, MAX_ANSWER)?;
        serde_json::from_slice(&bytes).map_err(|_| ClientError::NotARelay("no JSON".to_owned()))
    }

    /// An answer of at most `limit` bytes, at this client's pace.
    pub(crate) fn whole(&self, response: &mut Response<Body>, limit: u64) -> Result<Vec<u8>, ClientError> {
        whole(response, limit, &mut self.pace())
    }
}

/// An answer of at most `limit` bytes, unless it comes too slowly.
pub(crate) fn whole(response: &mut Response<Body>, limit: u64, pace: &mut Pace) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    let source = response.body_mut().with_config().limit(limit).reader();
    Paced { source, pace }.read_to_end(&mut bytes).map_err(ureq::Error::from)?;
    Ok(bytes)
}

/// A body on its way, counted as it is handed over to the connection.
struct Watched<R, F> {
    body: R,
    left: Arc<AtomicU64>,
    progress: F,
}

impl<R: Read, F: Fn(u64)> Read for Watched<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(buffer)?;
        self.left.fetch_add(read as u64, Ordering::Relaxed);
        (self.progress)(read as u64);
        Ok(read)
    }
}

fn is_onion(host: &str) -> bool {
    host.trim_end_matches('.').to_ascii_lowercase().ends_with(".onion")
}

/// What a relay says, without control characters: it goes into one line of ours, and must not look like several.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect()
}
