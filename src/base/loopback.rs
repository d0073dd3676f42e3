//! Which addresses are this machine, told from the text alone.

use std::net::IpAddr;

/// Whether a URL or `host:port` names this machine, without asking any name server.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let host = match host_port.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host_port.rsplit_once(':').map_or(host_port, |(host, _)| host),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_elsewhere() {
        for here in ["http://127.0.0.1:8080", "127.9.8.7:1", "http://[::1]:80/x", "localhost:3", "https://localhost"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "http://example.org",
            "10.0.0.1:80",
            "http://127.0.0.1.example.org",
            "http://localhost@evil.example",
            "[::]:80",
            "0.0.0.0:80",
            "",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
