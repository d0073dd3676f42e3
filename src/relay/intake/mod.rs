//! What comes from writers: tips sent whole, in forms and in pieces. Reads nothing of a request but method, path, body and the header fields that
//! say how the body is to be read; no handler has access to an address.
//!
//! In: requests of the public listener. Out: tips in the store, and answers that say so. What a handler knows of the caller is
//! [`Caller`](crate::http::connection::Caller): which connection, and a circuit's account where tor gives its number.
//! [`tips`] is where to begin to read.

mod class;
pub(crate) mod form_pages;
mod multipart;
pub(crate) mod tips;
pub(crate) mod uploads;
