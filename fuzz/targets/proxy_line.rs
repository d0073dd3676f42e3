//! The PROXY line of tor. One way to write it, and the number in it is the only thing that is kept.

use std::net::Ipv6Addr;

use softinfo_relay::net::Circuit;

/// Longest line of the PROXY protocol, version 1.
const LONGEST: usize = 107;

/// `input` is a line.
pub fn check(input: &[u8]) {
    let parsed = Circuit::parse(input);
    let expected = expected(input);
    assert_eq!(parsed.is_ok(), expected.is_some());
    let (Ok(circuit), Some(number)) = (parsed, expected) else { return };
    let [a, b, c, d] = [48, 32, 16, 0].map(|shift| number >> shift & 0xffff);
    let canonical = format!("PROXY TCP6 fc00:dead:beef:4dad:{a:x}:{b:x}:{c:x}:{d:x} ::1 1 1\r\n");
    assert!(Circuit::parse(canonical.as_bytes()).ok() == Some(circuit), "another circuit");
    let other = canonical.replace(&format!(":{d:x} ::1"), &format!(":{:x} ::1", d ^ 1));
    assert!(Circuit::parse(other.as_bytes()).ok() != Some(circuit), "two circuits are one");
}

/// The number of a line, read by its own rules: five words with one space between them, ports in plain decimal.
fn expected(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok().filter(|line| line.len() <= LONGEST)?.strip_suffix("\r\n")?;
    let [source, destination, ports @ ..] = &text.strip_prefix("PROXY TCP6 ")?.split(' ').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let is_port = |port: &&str| port.parse::<u16>().is_ok_and(|number| number.to_string() == **port);
    if ports.len() != 2 || !ports.iter().all(is_port) || destination.parse::<Ipv6Addr>().is_err() {
        return None;
    }
    let number = u128::from(source.parse::<Ipv6Addr>().ok()?);
    (number >> 64 == 0xfc00_dead_beef_4dad).then_some(u64::try_from(number & u128::from(u64::MAX)).ok()?)
}
