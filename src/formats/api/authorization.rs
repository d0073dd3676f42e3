//! How a courier shows its token: `Authorization: Bearer <token>` (RFC 6750, 2.1; `docs/protocol.md`, 6).

use zeroize::Zeroizing;

/// What stands in front of the token, the space included.
pub const BEARER: &str = "Bearer ";

/// The value of the field `Authorization` that shows `token`. It is as secret as the token, and erased when dropped.
#[must_use]
pub fn bearer(token: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{BEARER}{token}"))
}
