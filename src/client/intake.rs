//! The calls of the public listener: the directory, the page, a tip, a withdrawal (`docs/protocol.md`, 5).
//!
//! In: an open file, or withdraw tokens. Out: what the relay answers. Where it confirms nothing, the error says what is known all the same.

use std::fs::File;
use std::io::{Cursor, Seek};

use softinfo_base::limits::{MAX_DIRECTORY, MAX_PAGE};
use softinfo_formats::api::answer::{Accepted, Erased};
use softinfo_formats::api::{media_types, paths};
use softinfo_formats::envelope::withdraw::WithdrawToken;
use ureq::http::StatusCode;
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Unconfirmed};
use crate::error::ClientError;
use crate::transport::{Post, RelayClient};

/// A tip that the relay has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// Its id and day, as the relay says them.
    pub accepted: Accepted,
    /// False when the relay had the same bytes before.
    pub is_new: bool,
}

impl RelayClient {
    /// The signed directory, unverified. The couriers' listener has it, too.
    pub fn directory(&self) -> Result<Vec<u8>, ClientError> {
        self.whole(&mut self.get(paths::DIRECTORY, None)?, MAX_DIRECTORY)
    }

    /// A page at `path`, as bytes; at most [`MAX_PAGE`] and a directory.
    pub fn page(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.whole(&mut self.get(path, None)?, MAX_PAGE + 2 * MAX_DIRECTORY)
    }

    /// Sends a tip from an open file, from its start.
    ///
    /// `progress` is told how many bytes went out since the last time.
    ///
    /// # Errors
    /// [`Unconfirmed`]: the tip may be stored only when its last byte had left, and the answer does not say no.
    pub fn send_tip(&self, mut file: File, progress: impl Fn(u64) + 'static) -> Result<Confirmed, Unconfirmed> {
        let length = file.rewind().and_then(|()| file.metadata());
        let length = length.map_err(|error| Unconfirmed { error: error.into(), arrival: Arrival::NotSent })?.len();
        self.post(Post { path: paths::TIPS, media_type: media_types::TIP, body: file, length }, progress)
            .map(|(accepted, status)| Confirmed { accepted, is_new: status == StatusCode::CREATED })
    }

    /// Withdraws by up to [`WITHDRAW_TOKENS`](softinfo_base::limits::WITHDRAW_TOKENS) tokens in one request; says how many tips were erased.
    ///
    /// `progress` is told how many bytes went out since the last time, [`WithdrawToken::list_bytes`] in all.
    ///
    /// # Errors
    /// [`Unconfirmed`]: tips may be erased when the tokens had left, and the answer does not say no.
    pub fn withdraw(
        &self,
        tokens: impl ExactSizeIterator<Item = WithdrawToken>,
        progress: impl Fn(u64) + 'static,
    ) -> Result<u64, Unconfirmed> {
        // As long as it becomes: what grows leaves copies behind.
        let mut list = Zeroizing::new(String::with_capacity(tokens.len() * (WithdrawToken::LENGTH + 1)));
        for token in tokens {
            if !list.is_empty() {
                list.push('\n');
            }
            list.push_str(&Zeroizing::new(token.expose()));
        }
        let (length, body) = (list.len() as u64, Cursor::new(list));
        self.post(Post { path: paths::WITHDRAW, media_type: media_types::WITHDRAW_TOKENS, body, length }, progress)
            .map(|(Erased { erased }, _)| erased)
    }
}
