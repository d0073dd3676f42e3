//! Erases tips from a relay, by whoever has the right to it.
//!
//! In: a receipt, or one message of it. Out: how many tips were erased, or why that is not known.

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
}

impl Right {
    /// The delivery of its tokens, of which nothing has left.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(WithdrawToken::list_bytes(match self {
            Self::Receipt(_) => MESSAGES.into(),
            Self::Message(..) => 1,
        }))
    }
}

/// Withdraws, in one try. `delivery` is [`Right::delivery`], and knows at each moment how far it is. Says how many tips were erased; 0 when none is there.
///
/// # Errors
/// [`Unconfirmed`]: whether anything may be erased all the same stands in it.
pub fn withdraw(client: &RelayClient, right: &Right, delivery: &Delivery) -> Result<u64, Unconfirmed> {
    let leaving = delivery.clone();
    let leaves = move |bytes| leaving.leaves(bytes);
    let withdrawn = match right {
        Right::Receipt(receipt) => client.withdraw(receipt.withdraw_tokens(), leaves),
        Right::Message(receipt, n) => client.withdraw(std::iter::once(receipt.withdraw_token(*n)), leaves),
    };
    delivery.tried(withdrawn.as_ref().map(drop).map_err(|unconfirmed| unconfirmed.arrival));
    match withdrawn {
        Err(Unconfirmed { error: ClientError::Refused { name, .. }, .. }) if name == problem::UNKNOWN_TOKEN => Ok(0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use softinfo_client::Arrival;

    use super::*;
    use crate::delivery::Found;
    use crate::testing::relay;

    fn withdrawn(right: &Right, tokens: usize, status: u16, body: &'static str) -> (Result<u64, Unconfirmed>, Found) {
        let relay = relay(move |_, path, sent| {
            assert_eq!((path, sent.split(|byte| *byte == b'\n').count()), ("/withdraw", tokens));
            Some((status, body.as_bytes().to_vec()))
        });
        let delivery = right.delivery();
        let withdrawn = withdraw(&relay.client().unwrap(), right, &delivery);
        (withdrawn, delivery.end())
    }

    #[test]
    fn each_right_shows_its_tokens_and_no_more() {
        let receipt = || Receipt::from_bytes([7; 16]);
        for (right, tokens) in [(Right::Receipt(receipt()), 4096), (Right::Message(receipt(), 9), 1)] {
            let (erased, found) = withdrawn(&right, tokens, 200, r#"{"erased":2}"#);
            assert_eq!((erased.unwrap(), found), (2, Found::Stored));
        }
    }

    #[test]
    fn nothing_there_is_an_answer_and_a_doubt_is_none() {
        let right = Right::Message(Receipt::from_bytes([7; 16]), 0);
        let unknown = r#"{"type":"urn:softinfo:problem:unknown-token","title":"Nothing is stored","stored":false}"#;
        assert_eq!(withdrawn(&right, 1, 404, unknown).0.unwrap(), 0);
        let (doubt, found) = withdrawn(&right, 1, 503, r#"{"title":"It is not known","stored":null}"#);
        assert_eq!((doubt.unwrap_err().arrival, found), (Arrival::Open, Found::On(Arrival::Open)));
    }
}
