//! The network side of `softinfo-tip` and `softinfo-courier`: HTTP to the one address the user named, and to nothing else.
//!
//! No redirects, no proxy but the one that was named, no cookies, and no header that tells which program or machine this is.
#![forbid(unsafe_code)]

mod error;
mod pace;
mod socks;

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Body, SendBody};
use zeroize::Zeroizing;

pub use self::error::ClientError;
use self::pace::Paced;
pub use self::pace::{Floor, Pace, TooSlow};
use self::socks::{BehindProxy, Circuit};
pub use self::socks::{NoSocksAddress, Socks, SocksError};
use softinfo_base::day::Day;
use softinfo_base::limits::{MAX_DIRECTORY, MAX_PAGE};
use softinfo_base::loopback::is_loopback;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawToken;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(90);
/// The same through tor, which gives up after two minutes (`SocksTimeout`) and then says why.
const CONNECT_SOCKS: Duration = Duration::from_secs(150);
/// Longest wait without a byte in either direction. What comes has a [`Floor`] besides; there is no limit on the whole.
const IDLE: Duration = Duration::from_mins(2);
/// Largest answer that is no tip, in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;
/// The version of the pool's list that this program reads.
const POOL: &str = "softinfo/pool/1";
/// Waits between tries, in seconds, when the connection breaks.
const WAITS: [u64; 3] = [1, 5, 20];

/// A relay, by its address.
pub struct RelayClient {
    agent: Agent,
    base: String,
    authorization: Option<Zeroizing<String>>,
    floor: Floor,
}

/// A tip that was not confirmed, or a withdrawal.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unconfirmed {
    /// Why.
    #[source]
    pub error: ClientError,
    /// What is known of it all the same.
    pub arrival: Arrival,
}

/// What became of something that was not confirmed, from the surest to the least sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Its last byte never left: nothing was stored or erased.
    NotSent,
    /// All of it had left, and the answer says that nothing was stored or erased. That is the word of whoever answered.
    Denied,
    /// All of it had left, and the answer was lost, or leaves it open: it may be done.
    Open,
}

/// Tries until there is an answer: again when the connection breaks, three times at most. `pause` is told why and how long, and waits.
///
/// Only for what may be done twice without harm.
///
/// # Errors
/// Of the last try. A doubt that an earlier one left stays, whatever a later one says: the first may have arrived.
pub fn until_answered<T>(
    mut attempt: impl FnMut() -> Result<T, Unconfirmed>,
    mut pause: impl FnMut(&ClientError, Duration),
) -> Result<T, Unconfirmed> {
    let mut waits = WAITS.into_iter();
    let mut worst = Arrival::NotSent;
    loop {
        let Unconfirmed { error, arrival } = match attempt() {
            Ok(answer) => return Ok(answer),
            Err(unconfirmed) => unconfirmed,
        };
        worst = worst.max(arrival);
        match (&error, waits.next()) {
            (ClientError::Unreachable(_), Some(seconds)) => pause(&error, Duration::from_secs(seconds)),
            _ => return Err(Unconfirmed { error, arrival: worst }),
        }
    }
}

/// The relay's answer to a tip.
#[derive(Debug, Clone, Deserialize)]
pub struct Accepted {
    /// The id the relay computed.
    pub id: TipId,
    /// The day it notes.
    pub day: Day,
}

/// One page of the pool, as the relay says it: well-formed, and nothing more is known of it.
#[derive(Debug, Deserialize)]
pub struct PoolPage {
    /// `softinfo/pool/1`.
    pub schema: String,
    /// Tips, by day and id.
    pub tips: Vec<PoolTip>,
    /// Behind which the next page begins.
    pub next: Option<PoolCursor>,
}

/// A place in the pool: what comes behind this day and id, written `DAY/ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct PoolCursor(pub Day, pub TipId);

impl TryFrom<String> for PoolCursor {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let cursor = text.split_once('/').and_then(|(day, id)| Some(Self(day.parse().ok()?, id.parse().ok()?)));
        cursor.ok_or("a cursor is DAY/ID")
    }
}

impl fmt::Display for PoolCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// A tip in the pool.
#[derive(Debug, Clone, Deserialize)]
pub struct PoolTip {
    /// Its id.
    pub id: TipId,
    /// The day it arrived.
    pub day: Day,
    /// Bytes.
    pub size: u64,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    stored: Option<bool>,
}

#[derive(Deserialize)]
struct Erased {
    erased: u64,
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
        let authorization = token.map(|token| Zeroizing::new(format!("Bearer {token}")));
        Ok(Self { agent, base: base.to_owned(), authorization, floor: Floor::default() })
    }

    /// The same with another floor under what comes.
    #[must_use]
    pub fn with_floor(self, floor: Floor) -> Self {
        Self { floor, ..self }
    }

    /// The signed directory, unverified.
    pub fn directory(&self) -> Result<Vec<u8>, ClientError> {
        self.whole(&mut self.get("/directory", None)?, MAX_DIRECTORY)
    }

    /// A page at `path`, as bytes; at most [`MAX_PAGE`] and a directory.
    pub fn page(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.whole(&mut self.get(path, None)?, MAX_PAGE + 2 * MAX_DIRECTORY)
    }

    /// Sends a tip from an open file. `new` is false when the relay had the same bytes before.
    ///
    /// `progress` is told how many bytes went out since the last time.
    ///
    /// # Errors
    /// [`Unconfirmed`]: the tip may be stored only when its last byte had left, and the answer does not say no.
    pub fn send_tip(&self, mut file: File, progress: impl Fn(u64) + 'static) -> Result<(Accepted, bool), Unconfirmed> {
        let length = file.rewind().and_then(|()| file.metadata());
        let length = length.map_err(|error| Unconfirmed { error: error.into(), arrival: Arrival::NotSent })?.len();
        self.change("/tips", "application/octet-stream", file, length, progress)
            .map(|(accepted, status)| (accepted, status == StatusCode::CREATED))
    }

    /// Withdraws by up to [`WITHDRAW_TOKENS`](softinfo_base::limits::WITHDRAW_TOKENS) tokens in one request; says how many tips were erased.
    ///
    /// `progress` is told how many bytes went out since the last time, [`WithdrawToken::list_bytes`] in all.
    ///
    /// # Errors
    /// [`Unconfirmed`]: tips may be erased when the tokens had left, and the answer does not say no.
    pub fn withdraw(
        &self,
        tokens: impl ExactSizeIterator<Item = WithdrawToken>,
        progress: impl Fn(u64) + 'static,
    ) -> Result<u64, Unconfirmed> {
        // As long as it becomes: what grows leaves copies behind.
        let mut list = Zeroizing::new(String::with_capacity(tokens.len() * (WithdrawToken::LENGTH + 1)));
        for token in tokens {
            if !list.is_empty() {
                list.push('\n');
            }
            list.push_str(&Zeroizing::new(token.expose()));
        }
        let length = list.len() as u64;
        self.change::<Erased>("/withdraw", "text/plain", Cursor::new(list), length, progress)
            .map(|(answer, _)| answer.erased)
    }

    /// Posts `length` bytes of `body` and reads the answer. Watches whether all of it has left.
    fn change<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        body: impl Read + 'static,
        length: u64,
        progress: impl Fn(u64) + 'static,
    ) -> Result<(T, StatusCode), Unconfirmed> {
        let left = Arc::new(AtomicU64::new(0));
        let body = Watched { body, left: Arc::clone(&left), progress };
        let mut request = self.agent.post(format!("{}{path}", self.base));
        request = request.header("content-type", content_type).header("content-length", length.to_string());
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization.as_str());
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

    /// The pace of answers that can't go on where they broke: half of the [`Floor`] is under it.
    #[must_use]
    pub fn pace(&self) -> Pace {
        Pace::new(self.floor.of_answers(), Instant::now())
    }

    /// One page of the pool behind `after`, of at most [`MAX_ANSWER`] bytes. `pace` is that of the whole list: pages that each come in time may never end.
    pub fn pool(&self, after: Option<&PoolCursor>, pace: &mut Pace) -> Result<PoolPage, ClientError> {
        let query = after.map_or_else(String::new, |after| format!("?after={after}"));
        let mut response = self.get(&format!("/pool{query}"), None)?;
        let bytes = whole(&mut response, MAX_ANSWER, pace)?;
        match serde_json::from_slice::<PoolPage>(&bytes) {
            Ok(page) if page.schema == POOL => Ok(page),
            _ => Err(ClientError::NotARelay(format!("its list of tips is no {POOL}"))),
        }
    }

    /// The bytes of a tip from `from` on, as many and as slowly as the relay sends them: whoever reads them sets an end, and keeps a [`Pace`].
    pub fn tip(&self, id: &TipId, from: u64) -> Result<impl Read + use<>, ClientError> {
        let range = (from > 0).then(|| format!("bytes={from}-"));
        let response = self.get(&format!("/tips/{id}"), range.as_deref())?;
        if from > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            return Err(ClientError::NotARelay("it ignores ranges".to_owned()));
        }
        Ok(response.into_body().into_with_config().limit(u64::MAX).reader())
    }

    fn get(&self, path: &str, range: Option<&str>) -> Result<Response<Body>, ClientError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization.as_str());
        }
        if let Some(range) = range {
            request = request.header("range", range);
        }
        self.accept(request.call()?)
    }

    fn accept(&self, mut response: Response<Body>) -> Result<Response<Body>, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry = response.headers().get("retry-after").and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        match self.json::<Problem>(&mut response) {
            Ok(Problem { r#type, title, detail, stored }) if !title.is_empty() => Err(ClientError::Refused {
                status: status.as_u16(),
                name: printable(r#type.rsplit([':', '#']).next().unwrap_or_default()),
                title: printable(&title),
                detail: printable(&detail),
                stored,
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

    fn whole(&self, response: &mut Response<Body>, limit: u64) -> Result<Vec<u8>, ClientError> {
        whole(response, limit, &mut self.pace())
    }
}

/// An answer of at most `limit` bytes, unless it comes too slowly.
fn whole(response: &mut Response<Body>, limit: u64, pace: &mut Pace) -> Result<Vec<u8>, ClientError> {
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

/// What a relay says may go into a line, in which it must not look like several.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::error::tests::refused;
    use super::*;

    fn unreachable() -> ClientError {
        ClientError::Unreachable("nothing listens there".to_owned())
    }

    #[test]
    fn a_doubt_stays_whatever_later_tries_say_and_only_an_answer_ends_it() {
        use Arrival::{Denied, NotSent, Open};
        type Attempt = Result<(), (ClientError, Arrival)>;
        // Attempts; how many are made, and what comes out: an answer, or what is known.
        let cases: [(Vec<Attempt>, usize, Result<(), Arrival>); 7] = [
            (vec![Ok(())], 1, Ok(())),
            (vec![Err((unreachable(), Open)), Ok(())], 2, Ok(())),
            (vec![Err((unreachable(), Open)), Err((refused(507, None), Denied))], 2, Err(Open)),
            (vec![Err((unreachable(), Open)), Err((refused(422, None), NotSent))], 2, Err(Open)),
            (vec![Err((unreachable(), NotSent)), Err((refused(503, None), NotSent))], 2, Err(NotSent)),
            (vec![Err((unreachable(), NotSent)), Err((refused(503, None), Denied))], 2, Err(Denied)),
            (vec![Err((ClientError::NoTls, NotSent)), Ok(())], 1, Err(NotSent)),
        ];
        for (attempts, made, outcome) in cases {
            let mut attempts = attempts.into_iter();
            let mut count = 0;
            let got = until_answered(
                || {
                    count += 1;
                    attempts.next().unwrap().map_err(|(error, arrival)| Unconfirmed { error, arrival })
                },
                |_, _| (),
            );
            assert_eq!((count, got.map_err(|unconfirmed| unconfirmed.arrival)), (made, outcome));
        }
    }

    #[test]
    fn a_relay_that_is_gone_after_a_lost_answer_leaves_the_doubt_and_is_tried_three_more_times() {
        for first in [Arrival::Open, Arrival::NotSent] {
            let (mut count, mut waits) = (0, Vec::new());
            let got = until_answered::<()>(
                || {
                    count += 1;
                    let arrival = if count == 1 { first } else { Arrival::NotSent };
                    Err(Unconfirmed { error: unreachable(), arrival })
                },
                |_, wait| waits.push(wait.as_secs()),
            );
            assert_eq!((count, got.unwrap_err().arrival), (4, first));
            assert_eq!(waits, WAITS);
        }
    }
}
