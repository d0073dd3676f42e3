//! Erases tips from a relay, by whoever has the right to it.
//!
//! In: a receipt, one message of it, or a token. Out: how many tips were erased, or why that is not known.

use softinfo_client::{ClientError, RelayClient, Unconfirmed};
use softinfo_formats::api::problem;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::receipt::{MESSAGES, Receipt};

use crate::delivery::Delivery;

/// The right to erase.
pub enum Right {
    /// All that was ever sent under a receipt.
    Receipt(Receipt),
    /// One message of a receipt, below [`MESSAGES`]; the first tip is 0.
    Message(Receipt, u32),
    /// One tip, by its token alone: a holder has it from the report.
    Token(WithdrawToken),
}

impl Right {
    /// Bytes that leave to show it, for a [`Delivery`].
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        WithdrawToken::list_bytes(match self {
            Self::Receipt(_) => MESSAGES as usize,
            Self::Message(..) | Self::Token(_) => 1,
        })
    }
}

/// Withdraws, in one try: `delivery`, of [`Right::bytes`], knows how far it is. Says how many tips were erased; 0 when none is there.
///
/// # Errors
/// [`Unconfirmed`]: whether anything may be erased all the same stands in it.
pub fn withdraw(client: &RelayClient, right: &Right, delivery: &Delivery) -> Result<u64, Unconfirmed> {
    let leaving = delivery.clone();
    let leaves = move |bytes| leaving.leaves(bytes);
    let withdrawn = match right {
        Right::Receipt(receipt) => client.withdraw(receipt.withdraw_tokens(), leaves),
        Right::Message(receipt, n) => client.withdraw(std::iter::once(receipt.withdraw_token(*n)), leaves),
        Right::Token(token) => client.withdraw(std::iter::once(token.clone()), leaves),
    };
    delivery.tried(withdrawn.as_ref().map(drop).map_err(|unconfirmed| unconfirmed.arrival));
    match withdrawn {
        Err(Unconfirmed { error: ClientError::Refused { name, .. }, .. }) if name == problem::UNKNOWN_TOKEN => Ok(0),
        other => other,
    }
}
