//! Which circuit of the onion service a connection came over, as tor says it in a PROXY line. A number, in memory only.
//!
//! In: the first bytes of a connection. Out: a [`Circuit`], or none. Touches nothing.
//!
//! tor writes it in front of every connection when `HiddenServiceExportCircuitID haproxy` is set (tor(1); the line is version 1 of the
//! PROXY protocol). The number says which connections share a circuit and nothing about who is at its other end; tor uses numbers again.

use std::net::Ipv6Addr;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest line, in bytes, with its end (PROXY protocol, 2.1).
const LONGEST: usize = 107;
/// What tor puts in front of the number: `fc00:dead:beef:4dad::/64`.
const PREFIX: [u16; 4] = [0xfc00, 0xdead, 0xbeef, 0x4dad];

/// A circuit. Compared and hashed, never shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Circuit(u64);

/// There is no such line in front of a connection. Nothing of it is kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no PROXY line of tor")]
pub struct NoCircuit;

impl Circuit {
    /// Reads a line, with its `\r\n`.
    pub fn parse(line: &[u8]) -> Result<Self, NoCircuit> {
        let line = line.strip_suffix(b"\r\n").filter(|_| line.len() <= LONGEST).ok_or(NoCircuit)?;
        let text = std::str::from_utf8(line).map_err(|_| NoCircuit)?;
        let mut words = text.split(' ');
        let (Some("PROXY"), Some("TCP6")) = (words.next(), words.next()) else { return Err(NoCircuit) };
        let source: Ipv6Addr = words.next().and_then(|word| word.parse().ok()).ok_or(NoCircuit)?;
        let destination: Option<Ipv6Addr> = words.next().and_then(|word| word.parse().ok());
        // A number has one way to be written here: neither a sign nor zeros in front.
        let number = |word: &str| word.parse().ok().filter(|number: &u16| number.to_string() == word);
        let mut port = || words.next().and_then(number);
        let is_whole = destination.is_some() && port().is_some() && port().is_some() && words.next().is_none();
        if !is_whole || source.segments()[..4] != PREFIX {
            return Err(NoCircuit);
        }
        let low = source.segments()[4..].iter().fold(0, |sum, &part| sum << 16 | u64::from(part));
        Ok(Self(low))
    }

    /// Takes the line from the front of a connection, and not a byte more. An error of the connection is `NoCircuit` too.
    pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Self, NoCircuit> {
        let mut line = Vec::with_capacity(LONGEST);
        while line.len() < LONGEST {
            line.push(stream.read_u8().await.map_err(|_| NoCircuit)?);
            if line.ends_with(b"\n") {
                return Self::parse(&line);
            }
        }
        Err(NoCircuit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &[u8] = b"PROXY TCP6 fc00:dead:beef:4dad::0:d1 ::1 209 80\r\n";

    #[test]
    fn tors_line_is_read_and_the_number_tells_circuits_apart() {
        let one = Circuit::parse(LINE).ok().unwrap();
        let other = Circuit::parse(b"PROXY TCP6 fc00:dead:beef:4dad::1:d1 ::1 209 80\r\n").ok().unwrap();
        let again = Circuit::parse(b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 7 80\r\n").ok().unwrap();
        assert!(one != other && one == again);
    }

    #[test]
    fn anything_else_is_none() {
        for line in [
            &b""[..],
            b"\r\n",
            b"PROXY UNKNOWN\r\n",
            b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
            b"PROXY TCP6 ::1 ::1 209 80\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 209 80\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 209\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 209 80 \r\n",
            b"PROXY  TCP6 fc00:dead:beef:4dad::d1 ::1 209 80\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 209 65536\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 209 +80\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad::d1 ::1 0209 80\r\n",
            b"PROXY TCP6 fc00:dead:beef:4dad:1111:1111:255.255.255.255 1111:2222:3333:4444:5555:6666:255.255.255.255 1 80\r\n",
            b"GET / HTTP/1.1\r\n",
        ] {
            assert!(Circuit::parse(line).is_err(), "{}", String::from_utf8_lossy(line));
        }
    }

    #[tokio::test]
    async fn not_a_byte_behind_the_line_is_taken() {
        let mut stream = &[LINE, b"GET /"].concat()[..];
        assert!(Circuit::read(&mut stream).await.is_ok());
        assert_eq!(stream, b"GET /");
        let mut endless = &[b'x'; 1000][..];
        assert!(Circuit::read(&mut endless).await.is_err());
        assert_eq!(endless.len(), 1000 - LONGEST);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_fail(line: Vec<u8>) {
            let _ = Circuit::parse(&line);
        }
    }
}
