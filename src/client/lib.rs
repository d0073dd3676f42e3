//! The network side of `softinfo-tip` and `softinfo-courier`: HTTP to the one address the user named, and to nothing else.
//!
//! No redirects, no proxy but the one that was named, no cookies, and no header that tells which program or machine this is.
//!
//! | room | comes in | goes out |
//! | --- | --- | --- |
//! | `transport` | an address, and tor's SOCKS port where one was named | a [`RelayClient`]: requests to that address alone |
//! | `socks` | a host's name | a connection to it through the proxy, which looks the name up |
//! | `pace` | how many bytes came, and when | whether that is still a transfer |
//! | `intake` | a tip, withdraw tokens | the public listener's answer |
//! | `courier` | a place in the pool, a tip's id | a page of the list, the tip's bytes |
//! | `arrival` | tries that fail | an answer, or what is known without one |
//! | `error` | what a call met | its cause, what to do about it, whether it may pass |
//! | `wire` | what the connection, TLS or ureq say | the same as one of these errors |
#![forbid(unsafe_code)]

mod arrival;
mod courier;
mod error;
mod intake;
mod pace;
mod socks;
mod transport;
mod wire;

pub use arrival::{Arrival, Unconfirmed, until_answered};
pub use error::{Advice, ClientError};
pub use intake::Confirmed;
pub use pace::{Floor, Pace, TooSlow};
pub use socks::{NoSocksAddress, Socks, SocksError};
pub use transport::RelayClient;
