//! Where a connection comes from: the place of a listener, tor's line in front, TLS, and how much moves on it.
//!
//! In: places and certificates of the configuration. Out: streams of bytes. Touches: sockets that were bound before the sandbox closed. The
//! address of a caller is never asked for.

pub(crate) mod activity;
pub(crate) mod idle_timeout;
pub(crate) mod listen;
mod place;
mod proxy_line;
pub(crate) mod tls;

pub use listen::CantListen;
pub use place::{NotAPlace, Place};
pub use proxy_line::{Circuit, NoCircuit};
pub use tls::{TlsError, TlsFiles};
