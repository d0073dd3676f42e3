//! From a connection to a request, and from an answer back: heads and bodies, with bounds on all that a caller can stretch.
//!
//! In: streams of bytes. Out: requests to a router. Knows nothing of tips but how the pieces of one are announced.

pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod json;
pub(crate) mod known_headers;
pub(crate) mod listener;
pub(crate) mod security_headers;
pub(crate) mod upload_headers;
