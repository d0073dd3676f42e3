//! The network side of `softinfo-tip` and `softinfo-courier`: HTTP to the one address the user named, and to nothing else.
//!
//! No redirects, no proxy but the one that was named, no cookies, and no header that tells which program or machine this is.

mod socks;

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Body, SendBody};

use self::socks::{BehindProxy, Circuit};
pub use self::socks::{NoSocksAddress, Socks, SocksError};
use crate::day::Day;
use crate::example::is_loopback;
use crate::limits::{MAX_DIRECTORY, MAX_PAGE};
use crate::tip::id::TipId;
use crate::tip::withdraw::WithdrawToken;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(90);
/// The same through tor, which gives up after two minutes (`SocksTimeout`) and then says why.
const CONNECT_SOCKS: Duration = Duration::from_secs(150);
/// Longest wait without a byte in either direction. There is no limit on the whole.
const IDLE: Duration = Duration::from_mins(2);
/// Largest answer that is no tip, in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;
/// The version of the pool's list that this program reads.
const POOL: &str = "softinfo/pool/1";

/// A relay, by its address.
pub struct RelayClient {
    agent: Agent,
    base: String,
    authorization: Option<zeroize::Zeroizing<String>>,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is none.
    #[error("“{0}” is no address of a relay: it looks like http://abc…xyz.onion or http://127.0.0.1:8080")]
    Address(String),
    /// An onion address, and no way to it.
    #[error(
        "an onion address can only be reached through tor: start tor and name its SOCKS port, for example 127.0.0.1:9050 \
             (softinfo-tip --socks, softinfo-courier socks = …). Nothing was looked up or sent"
    )]
    OnionWithoutTor,
    /// http to a place outside of tor.
    #[error(
        "“{0}” would leave tor's last relay unencrypted, for it and everybody behind it to read: use the relay's onion address, or https. Nothing was sent"
    )]
    ExitWouldSee(String),
    /// The proxy said no, and will again.
    #[error(transparent)]
    Proxy(SocksError),
    /// No answer.
    #[error("the relay can't be reached or stopped answering ({0}); try again later")]
    Unreachable(String),
    /// The relay said no, and why.
    #[error("{title} (the relay's answer, {status}). {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the problem, for example `too-large`.
        name: String,
        /// What is wrong.
        title: String,
        /// What to do.
        detail: String,
    },
    /// An answer that no relay gives.
    #[error("the answer is not that of a relay ({0}); check the address")]
    NotARelay(String),
    /// A local file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
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
        let authorization = token.map(|token| zeroize::Zeroizing::new(format!("Bearer {token}")));
        Ok(Self { agent, base: base.to_owned(), authorization })
    }

    /// The signed directory, unverified.
    pub fn directory(&self) -> Result<Vec<u8>, ClientError> {
        let mut response = self.get("/directory", None)?;
        Ok(response.body_mut().with_config().limit(MAX_DIRECTORY).read_to_vec()?)
    }

    /// A page at `path`, as bytes; at most [`MAX_PAGE`] and a directory.
    pub fn page(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let limit = MAX_PAGE + 2 * MAX_DIRECTORY;
        Ok(self.get(path, None)?.body_mut().with_config().limit(limit).read_to_vec()?)
    }

    /// Sends a tip from an open file. `new` is false when the relay had the same bytes before.
    ///
    /// `progress` is told how many bytes went out since the last time.
    pub fn send_tip(&self, mut file: File, progress: impl Fn(u64) + 'static) -> Result<(Accepted, bool), ClientError> {
        file.rewind()?;
        let length = file.metadata()?.len();
        let body = Progress { file, progress };
        let request = self
            .agent
            .post(format!("{}/tips", self.base))
            .header("content-type", "application/octet-stream")
            .header("content-length", length.to_string());
        let mut response = accept(request.send(SendBody::from_owned_reader(body))?)?;
        let new = response.status() == StatusCode::CREATED;
        Ok((json(&mut response)?, new))
    }

    /// Withdraws by token; says how many tips were erased.
    pub fn withdraw(&self, token: &WithdrawToken) -> Result<u64, ClientError> {
        let mut request = self.agent.post(format!("{}/withdraw", self.base)).header("content-type", "text/plain");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization.as_str());
        }
        let mut response = accept(request.send(token.expose())?)?;
        Ok(json::<Erased>(&mut response)?.erased)
    }

    /// One page of the pool behind `after`, of at most [`MAX_ANSWER`] bytes.
    pub fn pool(&self, after: Option<&PoolCursor>) -> Result<PoolPage, ClientError> {
        let query = after.map_or_else(String::new, |after| format!("?after={after}"));
        let mut response = self.get(&format!("/pool{query}"), None)?;
        let bytes = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
        match serde_json::from_slice::<PoolPage>(&bytes) {
            Ok(page) if page.schema == POOL => Ok(page),
            _ => Err(ClientError::NotARelay(format!("its list of tips is no {POOL}"))),
        }
    }

    /// The bytes of a tip from `from` on, as many as the relay sends: whoever reads them sets an end.
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
        accept(request.call()?)
    }
}

struct Progress<F> {
    file: File,
    progress: F,
}

impl<F: Fn(u64)> Read for Progress<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}

fn accept(mut response: Response<Body>) -> Result<Response<Body>, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    match json::<Problem>(&mut response) {
        Ok(Problem { r#type, title, detail }) if !title.is_empty() => {
            let name = r#type.rsplit(':').next().unwrap_or_default().to_owned();
            Err(ClientError::Refused {
                status: status.as_u16(),
                name,
                title: printable(&title),
                detail: printable(&detail),
            })
        }
        _ => Err(ClientError::NotARelay(format!("status {status}"))),
    }
}

fn json<T: DeserializeOwned>(response: &mut Response<Body>) -> Result<T, ClientError> {
    let bytes = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
    serde_json::from_slice(&bytes).map_err(|_| ClientError::NotARelay("no JSON".to_owned()))
}

fn is_onion(host: &str) -> bool {
    host.trim_end_matches('.').to_ascii_lowercase().ends_with(".onion")
}

/// What a relay says goes to a terminal: nothing but text may.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

impl From<ureq::Error> for ClientError {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BodyExceedsLimit(_) => Self::NotARelay("the answer is too long".to_owned()),
            ureq::Error::BadUri(uri) => Self::Address(uri),
            ureq::Error::Other(other) => match other.downcast::<SocksError>() {
                Ok(socks) if socks.may_pass() => Self::Unreachable(socks.to_string()),
                Ok(socks) => Self::Proxy(*socks),
                Err(other) => Self::Unreachable(other.to_string()),
            },
            other => Self::Unreachable(other.to_string()),
        }
    }
}
