//! The way through tor, or another SOCKS5 proxy (RFC 1928, 1929): names are looked up at its far end and never here.
//!
//! In: the proxy's address, in numbers. Out: a connection to the host that a request names. Every [`Circuit`] has a user name and a
//! password of its own, drawn at random; tor puts what comes under different ones on different circuits (`IsolateSOCKSAuth`).

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, TcpConnector, TransportAdapter};

/// Where a SOCKS5 proxy listens. Numbers only, so that finding it asks nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Socks(SocketAddr);

/// The text is not the address of a proxy.
#[derive(Debug, thiserror::Error)]
#[error(
    "“{0}” is no address of a SOCKS proxy: it looks like 127.0.0.1:9050 (tor) or 127.0.0.1:9150 (Tor Browser), in numbers"
)]
pub struct NoSocksAddress(String);

impl FromStr for Socks {
    type Err = NoSocksAddress;

    fn from_str(text: &str) -> Result<Self, NoSocksAddress> {
        let port = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        let here = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        here.or_else(|| text.parse().ok()).map(Self).ok_or_else(|| NoSocksAddress(text.to_owned()))
    }
}

softinfo_base::text_form!(Socks);

impl fmt::Display for Socks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why the proxy gave no connection.
#[derive(Debug, thiserror::Error)]
pub enum SocksError {
    /// Nothing listens at the proxy's address.
    #[error(
        "nothing listens at {0}: start tor, or name its port (9050 as a rule; Tor Browser, while it is open: 9150)"
    )]
    NoProxy(Socks),
    /// The proxy takes no user name, so it can't keep circuits apart.
    #[error(
        "the proxy takes no user name, so it can't keep one tip's circuit apart from another's; use tor's SOCKS port"
    )]
    NoIsolation,
    /// What listens there does not speak SOCKS5.
    #[error("what listens there is no SOCKS5 proxy; name tor's SOCKS port")]
    NotSocks,
    /// The proxy refused, with this number of RFC 1928 or of tor.
    #[error("{}", sentence(*.0))]
    Refused(u8),
}

impl SocksError {
    /// Whether the same could go well later, or over another circuit.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoProxy(_) => true,
            Self::NoIsolation | Self::NotSocks => false,
            Self::Refused(code) => !matches!(code, 0x02 | 0x07 | 0x08 | 0xf4..=0xf6),
        }
    }
}

/// What the number of a refusal means: RFC 1928 has those below 0xF0, tor the others. Tor gives its own only with `ExtendedErrors` on its SOCKS port:
/// without it a missing key, a wrong letter in the address and a relay that is down all are 0x01.
const fn sentence(code: u8) -> &'static str {
    match code {
        0x01 => {
            "tor could not connect and did not say why: the address may be mistyped, the relay behind it down, or tor without the key that the onion \
             service asks for. With `SocksPort 9050 ExtendedErrors` in torrc it says more"
        }
        0x02 => "the proxy's rules do not allow this address",
        0x03 => "the proxy has no network",
        0x04 => "tor can't reach this address: it is wrong, or what is behind it is down",
        0x05 => "the onion service is there, but the relay behind it does not answer",
        0x06 => "tor could not connect in time",
        0x07 | 0x08 => "the proxy can't do this; use tor's SOCKS port",
        0xf0 => "there is no such onion service at the moment: it is down, or the address is wrong",
        0xf1 => "tor could not read what the onion service says about itself",
        0xf2 => "the onion service did not let itself be introduced",
        0xf3 => "the onion service did not come to the meeting point",
        0xf4 => {
            "this onion service lets in only whom it knows, and tor has no key for it: ask the relay's operator for one, put it into the folder \
             ClientOnionAuthDir of torrc, and reload tor"
        }
        0xf5 => {
            "this onion service does not know the key that tor showed: ask the relay's operator whether it is still valid"
        }
        0xf6 => "this is no onion address: a letter is missing or wrong",
        0xf7 => "the onion service did not answer in time",
        _ => "tor could not connect, for a reason this program does not know",
    }
}

/// A user name and password for the proxy, drawn for one client: what goes over two of them takes two circuits.
pub(crate) struct Circuit {
    socks: Socks,
    user: String,
    password: String,
}

impl Circuit {
    pub fn new(socks: Socks) -> Self {
        let random = || {
            let mut bytes = [0; 16];
            OsRng.fill_bytes(&mut bytes);
            hex::encode(bytes)
        };
        Self { socks, user: random(), password: random() }
    }

    /// Asks the proxy for a connection to a host and port.
    fn handshake(&self, stream: &mut (impl Read + Write), uri: &Uri) -> Result<(), Refusal> {
        stream.write_all(&[5, 1, 2])?;
        match exact(stream)? {
            [5, 2] => (),
            [5, _] => return Err(SocksError::NoIsolation.into()),
            _ => return Err(SocksError::NotSocks.into()),
        }
        let mut login = vec![1];
        for word in [&self.user, &self.password] {
            login.push(length(word)?);
            login.extend(word.as_bytes());
        }
        stream.write_all(&login)?;
        if exact(stream)? != [1, 0] {
            return Err(SocksError::NoIsolation.into());
        }
        stream.write_all(&connect(uri)?)?;
        let [version, reply, _, kind] = exact(stream)?;
        if version != 5 {
            return Err(SocksError::NotSocks.into());
        }
        if reply != 0 {
            return Err(SocksError::Refused(reply).into());
        }
        // The address and port that the proxy bound have no use here, but stand in front of the host's answer.
        let rest = match kind {
            1 => 4,
            3 => usize::from(exact::<1>(stream)?[0]),
            4 => 16,
            _ => return Err(SocksError::NotSocks.into()),
        };
        stream.read_exact(&mut vec![0; rest + 2])?;
        Ok(())
    }
}

/// The request to connect to a host. A name is sent as a name, so that the proxy looks it up.
fn connect(uri: &Uri) -> Result<Vec<u8>, Refusal> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let mut request = vec![5, 1, 0];
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => request.extend([&[1], &ip.octets()[..]].concat()),
        Ok(IpAddr::V6(ip)) => request.extend([&[4], &ip.octets()[..]].concat()),
        Err(_) => request.extend([&[3, length(host)?], host.as_bytes()].concat()),
    }
    request.extend(port.to_be_bytes());
    Ok(request)
}

fn length(text: &str) -> Result<u8, Refusal> {
    u8::try_from(text.len()).map_err(|_| Refusal(ureq::Error::BadUri("a name of more than 255 bytes".to_owned())))
}

fn exact<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// An error in the form in which a connector of ureq has to give it.
struct Refusal(ureq::Error);

impl From<SocksError> for Refusal {
    fn from(error: SocksError) -> Self {
        Self(ureq::Error::Other(Box::new(error)))
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self(error.into())
    }
}

type Tcp = <TcpConnector as Connector>::Out;

impl Connector for Circuit {
    type Out = Tcp;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Tcp>, ureq::Error> {
        let connected =
            Connector::<()>::connect(&TcpConnector::default(), details, None).map_err(|error| match error {
                ureq::Error::Io(_) | ureq::Error::ConnectionFailed => Refusal::from(SocksError::NoProxy(self.socks)).0,
                other => other,
            })?;
        let Some(transport) = connected else { return Ok(None) };
        let mut stream = TransportAdapter::new(transport, details.current_time.clone());
        stream.set_timeout(details.timeout);
        self.handshake(&mut stream, details.uri).map_err(|Refusal(error)| error)?;
        Ok(Some(stream.into_inner()))
    }
}

impl fmt::Debug for Circuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a circuit through {}", self.socks)
    }
}

/// Stands where ureq would look names up: every host is behind the proxy.
#[derive(Debug)]
pub(crate) struct BehindProxy(pub Socks);

impl Resolver for BehindProxy {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(self.0.0);
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy's side, from memory: what it answers, and what it was told.
    struct Script {
        answers: io::Cursor<Vec<u8>>,
        told: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.answers.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.told.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn play(uri: &str, answers: &[u8]) -> (Result<(), Refusal>, Script) {
        let mut script = Script { answers: io::Cursor::new(answers.to_vec()), told: Vec::new() };
        let circuit = Circuit::new("127.0.0.1:9050".parse().unwrap());
        (circuit.handshake(&mut script, &uri.parse().unwrap()), script)
    }

    #[test]
    fn what_comes_behind_the_proxys_answer_is_left_for_the_request() {
        for answer in [&[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], b"\x05\x02\x01\x00\x05\x00\x00\x03\x04host\0\0"]
        {
            let (outcome, mut script) = play("http://abc.onion/tips", &[answer, b"HTTP"].concat());
            assert!(outcome.is_ok());
            let mut rest = Vec::new();
            script.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"HTTP");
            assert!(script.told.ends_with(b"\x05\x01\x00\x03\x09abc.onion\x00\x50"));
        }
    }

    #[test]
    fn no_answer_of_a_proxy_makes_it_fail_otherwise_than_by_an_error() {
        let whole = [5, 2, 1, 0, 5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(play("https://example.org", &whole).0.is_ok());
        for length in 0..whole.len() {
            assert!(play("https://example.org", &whole[..length]).0.is_err(), "{length} bytes");
        }
        for wrong in
            [&[4, 2][..], &[5, 0], &[5, 0xff], &[5, 2, 1, 1], &[5, 2, 1, 0, 4, 0, 0, 1], &[5, 2, 1, 0, 5, 0, 0, 9]]
        {
            let (outcome, _) = play("http://abc.onion", &[wrong, &[0; 20]].concat());
            assert!(matches!(outcome, Err(Refusal(ureq::Error::Other(_)))), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_in_numbers_is_taken_and_no_name() {
        for (text, address) in
            [("127.0.0.1:9050", "127.0.0.1:9050"), ("localhost:9150", "127.0.0.1:9150"), ("[::1]:1", "[::1]:1")]
        {
            assert_eq!(text.parse::<Socks>().unwrap().to_string(), address);
        }
        for wrong in ["", "9050", "127.0.0.1", "tor:9050", "localhost", "localhost:99999", "socks5://127.0.0.1:9050"] {
            assert!(wrong.parse::<Socks>().is_err(), "{wrong}");
        }
    }
}
