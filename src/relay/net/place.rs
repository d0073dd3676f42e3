//! Where a listener is: an address and port, or a Unix socket that tor forwards to.
//!
//! In: a text of the configuration. Out: a [`Place`], which reads back as it was written.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// In front of a path in the configuration.
const UNIX: &str = "unix:";

/// Where to listen: `127.0.0.1:8080`, or `unix:/run/softinfo/intake.sock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// Address and port; port 0 lets the system choose.
    Network(SocketAddr),
    /// Path of a socket; a relative one is taken from the folder of the configuration.
    Socket(PathBuf),
}

/// The text names no place to listen.
#[derive(Debug, thiserror::Error)]
#[error(
    "“{0}” is no place to listen: write an address and port like 127.0.0.1:8080, or unix:/run/softinfo/intake.sock"
)]
pub struct NotAPlace(String);

impl Place {
    /// Takes a relative path from `folder`.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Socket(path) => Self::Socket(folder.join(path)),
            network @ Self::Network(_) => network,
        }
    }

    /// Whether the system chooses, so that two of them differ although they look the same.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Network(address) if address.port() == 0)
    }

    /// Whether only this machine reaches it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Network(address) => address.ip().is_loopback(),
            Self::Socket(_) => true,
        }
    }
}

impl TryFrom<String> for Place {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        match text.strip_prefix(UNIX) {
            Some("") => Err(NotAPlace(text)),
            Some(path) => Ok(Self::Socket(path.into())),
            None => text.parse().map(Self::Network).map_err(|_| NotAPlace(text)),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => write!(f, "{address}"),
            Self::Socket(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written_and_nothing_else_is_one() {
        for text in ["127.0.0.1:8080", "[::1]:80", "unix:/run/x.sock", "unix:x.sock"] {
            assert_eq!(Place::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["", "unix:", "localhost:80", "127.0.0.1", "/run/x.sock"] {
            assert!(Place::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
