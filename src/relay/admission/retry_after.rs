//! When to come back: the seconds of a refusal's `Retry-After` (RFC 9110, 10.2.3).

use std::time::{Duration, SystemTime};

/// Until a place is likely to be free.
pub(super) const SOON: u64 = 60;
const SECONDS_A_DAY: u64 = 86_400;

/// Until the next day, UTC. Asked of the system's clock: a `Clock` says days alone and knows none.
pub(super) fn until_midnight() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs);
    SECONDS_A_DAY - now % SECONDS_A_DAY
}
