//! What is said of every problem: the status, the name that scripts match on, and for people what is wrong and what to do.
//!
//! In: a [`Problem`]. Out: its words. Touches nothing.

use axum::http::StatusCode;

use softinfo_formats::api::media_types::{FURTHER_PIECE, TIP, WITHDRAW_TOKENS};
use softinfo_formats::api::problem::{INTERRUPTED, UNKNOWN_TOKEN, UNPROVEN};

use super::Problem;

impl Problem {
    /// Status, name, title, and what to do.
    #[allow(clippy::too_many_lines)] // a table
    pub(super) fn parts(&self) -> (StatusCode, &'static str, &'static str, String) {
        let same = |text: &str| text.to_owned();
        match self {
            Self::NotATip(error) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-a-tip",
                "This is not a sealed tip",
                format!("{error}. Seal it with the page or with softinfo-tip, then send that file."),
            ),
            Self::NotASizeClass => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-a-size-class",
                "The length is not that of a sealed tip",
                same(
                    "The file was cut short, has something added, or was not padded. Send the sealed file again as it is, or seal again.",
                ),
            ),
            Self::TooLarge { max } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The tip is too large",
                format!(
                    "At most {} MiB fit into one tip. Leave out some attachments, or send them in several tips.",
                    max >> 20
                ),
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Another content type is needed",
                format!(
                    "Send a tip as {TIP}, further pieces of one as {FURTHER_PIECE}, a withdraw token as {WITHDRAW_TOKENS}."
                ),
            ),
            Self::Interrupted => (
                StatusCode::BAD_REQUEST,
                INTERRUPTED,
                "The connection broke before all had arrived",
                same("Send the same file again; sending it twice does no harm."),
            ),
            Self::Timeout => (
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                "Nothing arrived for too long",
                same("Send the same file again; sending it twice does no harm."),
            ),
            Self::WithdrawTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                "Nothing arrived for too long",
                same("Nothing was erased. Withdraw again with the same token; asking twice does no harm."),
            ),
            Self::StorageFull => (
                StatusCode::INSUFFICIENT_STORAGE,
                "storage-full",
                "There is no space left",
                same("Keep the sealed file and send it again in some hours; if it goes on, tell the holder."),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The letterbox is closed at the moment",
                same("Keep the sealed file and send it again in some minutes."),
            ),
            Self::Unsure => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The disk failed while the tip was being stored",
                same(
                    "It may be stored or not. Send the same sealed file again in some minutes; sending it twice does no harm.",
                ),
            ),
            Self::Unproven => (
                StatusCode::SERVICE_UNAVAILABLE,
                UNPROVEN,
                "It is not known whether the tip is here",
                same(
                    "Part of the store can't be read, and the tip may be in it. Nothing was erased. Ask again later; the operator has been told.",
                ),
            ),
            Self::ErasureUnsure => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The tip could not be erased for certain",
                same(
                    "It may be erased or still be there. Withdraw it again with the same token in some minutes, until the answer says which.",
                ),
            ),
            Self::WithdrawBusy { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Too many are withdrawing at the moment",
                same("Nothing was erased. Withdraw again with the same token in a minute."),
            ),
            Self::Busy { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Too many are sending at the moment",
                same("Keep the sealed file and send it again in some minutes."),
            ),
            Self::DaySpent { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "day-spent",
                "No more large tips are taken today",
                same("Keep the sealed file and send it after midnight UTC. A tip of text only is still taken."),
            ),
            Self::TextSpent { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "text-spent",
                "More has come than the disk can keep at this pace",
                same(
                    "Keep the sealed file and send it again in a minute; there is room for another every few seconds.",
                ),
            ),
            Self::Gone => (
                StatusCode::GONE,
                "gone",
                "This tip is not stored any more",
                same(
                    "It was stored, and was withdrawn or has expired since. If it is to be there, send the sealed file again.",
                ),
            ),
            Self::Damaged => (
                StatusCode::GONE,
                "damaged",
                "This tip is damaged",
                same("It does not read back as it was stored. Tell the relay's operator."),
            ),
            Self::CircuitSpent { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "circuit-spent",
                "Too much has come over this connection to Tor",
                same("Keep the sealed file and send it again later, or with a new Tor circuit."),
            ),
            Self::UnknownToken => (
                StatusCode::NOT_FOUND,
                UNKNOWN_TOKEN,
                "Nothing is stored under this token",
                same("The tip was withdrawn before, has expired, or never arrived. Nothing is left to erase here."),
            ),
            Self::BadToken => (
                StatusCode::BAD_REQUEST,
                "bad-token",
                "This is not a withdraw token",
                same(
                    "A token is 43 characters of base64; at most 4096 may come, one a line. Nothing was erased. Use softinfo-tip withdraw with the words or digits of the receipt.",
                ),
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "A courier token is needed",
                same("Put the token that the relay's operator gave you into the courier's configuration."),
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here", same("Check the address.")),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "This can't be done here",
                same("Check the call in docs/protocol.md."),
            ),
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request can't be understood",
                same("Check the call in docs/protocol.md."),
            ),
            Self::RangeNotSatisfiable => (
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                "The range is outside of the tip",
                same("Fetch the tip from its start."),
            ),
        }
    }
}
