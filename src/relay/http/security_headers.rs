//! What every answer of the public listener tells a browser to leave alone.
//!
//! In: an answer. Out: the same with the fields that it lacked. Touches nothing.

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::Response;

/// The policy of everything that is not HTML.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// No feature of the device, for nobody.
const FEATURES: &str = "accelerometer=(), ambient-light-sensor=(), attribution-reporting=(), autoplay=(), battery=(), \
bluetooth=(), browsing-topics=(), camera=(), captured-surface-control=(), clipboard-read=(), clipboard-write=(), \
compute-pressure=(), direct-sockets=(), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), join-ad-interest-group=(), \
keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), \
picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), run-ad-auction=(), \
screen-wake-lock=(), serial=(), shared-storage=(), speaker-selection=(), storage-access=(), sync-xhr=(), usb=(), \
web-share=(), window-management=(), xr-spatial-tracking=()";

const FIXED: [(HeaderName, &str); 9] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), FEATURES),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, NOTHING),
];

/// Adds what is fixed; a policy that an HTML answer has of its own stays.
pub(crate) async fn with_security_headers(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}
