//! What a body is: values of `Content-Type` (RFC 9110, 8.3), as `docs/protocol.md`, 5 and 6, has them.

/// The page, and what answers a form.
pub const HTML: &str = "text/html; charset=utf-8";
/// A tip, whole or as the first of several pieces; also a tip that a courier fetches.
pub const TIP: &str = "application/octet-stream";
/// A further piece of a tip (draft-ietf-httpbis-resumable-upload; `docs/protocol.md`, 5.1).
pub const FURTHER_PIECE: &str = "application/partial-upload";
/// A list of withdraw tokens, one a line.
pub const WITHDRAW_TOKENS: &str = "text/plain";
/// The signed directory, as an answer has it.
pub const DIRECTORY: &str = "text/plain; charset=utf-8";
/// The gauges of a relay (Prometheus text format 0.0.4).
pub const METRICS: &str = "text/plain; version=0.0.4";
/// Any other answer to a program.
pub const JSON: &str = "application/json";
/// A refusal (RFC 9457, 3).
pub const PROBLEM: &str = "application/problem+json";
