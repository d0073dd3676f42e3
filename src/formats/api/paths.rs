//! Where the calls are, as paths below a relay's address (`docs/protocol.md`, 5 and 6).
//!
//! In: what a call is about. Out: its path. The public listener has the page, the directory, tips and withdrawals; the couriers' listener has the
//! pool, tips to fetch, withdrawals, the directory and the two calls of a watcher.

use super::pool::PoolCursor;
use crate::envelope::id::TipId;

/// `GET`: the page, as a browser shows it.
pub const PAGE: &str = "/";
/// `GET`: the page with the directory in it, as a file to keep.
pub const SAVED_PAGE: &str = "/softinfo.html";
/// `GET`: a page that says nothing of the letterbox, for browsers without script to leave to.
pub const LEAVE: &str = "/leave";
/// `GET`: the signed directory. On both listeners.
pub const DIRECTORY: &str = "/directory";
/// `POST`: a tip, on the public listener; what the path of each tip begins with, on that of the couriers.
pub const TIPS: &str = "/tips";
/// What the address of an upload in pieces begins with; its token stands behind it.
pub const UPLOADS: &str = "/tips/uploads";
/// `POST`: withdraw tokens, one a line. On both listeners: the right is the token's.
pub const WITHDRAW: &str = "/withdraw";
/// `GET`, couriers: the list of tips.
pub const POOL: &str = "/pool";
/// `GET`, couriers and monitors: how the relay is, as JSON.
pub const STATUS: &str = "/status";
/// `GET`, couriers and monitors: the same as gauges.
pub const METRICS: &str = "/metrics";

/// `GET`, couriers: the bytes of one tip.
#[must_use]
pub fn tip(id: &TipId) -> String {
    format!("{TIPS}/{id}")
}

/// `GET`, couriers: what stands in the list behind a tip; its beginning without one.
#[must_use]
pub fn pool_after(cursor: Option<&PoolCursor>) -> String {
    cursor.map_or_else(|| POOL.to_owned(), |cursor| format!("{POOL}?after={cursor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_takes_something_is_what_the_protocol_says() {
        let id = TipId::from_bytes([0xab; 32]);
        let hex = "ab".repeat(32);
        assert_eq!(tip(&id), format!("/tips/{hex}"));
        assert_eq!(pool_after(None), "/pool");
        let cursor = PoolCursor("2026-11-30".parse().unwrap(), id);
        assert_eq!(pool_after(Some(&cursor)), format!("/pool?after=2026-11-30/{hex}"));
    }
}
