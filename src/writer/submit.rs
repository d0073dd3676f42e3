//! Sends a sealed tip until a relay answers: again when the connection breaks, three times at most. The same bytes are stored once, however often they come.
//!
//! In: a relay's client, a sealed tip. Out: the relay's confirmation, or why there is none and what is known all the same.

use std::io;
use std::sync::Arc;
use std::thread::sleep;

use softinfo_client::{Arrival, ClientError, Confirmed, RelayClient, Unconfirmed, until_answered};

use crate::delivery::Delivery;
use crate::progress::Progress;
use crate::sealed::SealedTip;

/// Sends a tip and waits for the answer, in between for the next try. `delivery` is [`SealedTip::delivery`], and knows at each moment how far it is.
///
/// # Errors
/// [`Unconfirmed`]: whether the tip may be stored all the same stands in it. A relay that confirms other bytes than were sent leaves it open.
pub fn submit(
    client: &RelayClient,
    tip: &SealedTip,
    delivery: &Delivery,
    progress: &Arc<dyn Progress>,
) -> Result<Confirmed, Unconfirmed> {
    until_answered(
        || {
            let outcome = attempt(client, tip, delivery, progress);
            delivery.tried(outcome.as_ref().map(drop).map_err(|unconfirmed| unconfirmed.arrival));
            outcome
        },
        |error, wait| {
            let reason = if let ClientError::Unreachable(how) = error { how.clone() } else { error.to_string() };
            progress.waits(&reason, wait);
            sleep(wait);
        },
    )
}

/// One try.
fn attempt(
    client: &RelayClient,
    tip: &SealedTip,
    delivery: &Delivery,
    progress: &Arc<dyn Progress>,
) -> Result<Confirmed, Unconfirmed> {
    progress.begin(tip.length);
    let local = |error: io::Error| Unconfirmed { error: error.into(), arrival: Arrival::NotSent };
    let (leaving, shown) = (delivery.clone(), Arc::clone(progress));
    let confirmed = client.send_tip(tip.file().map_err(local)?, move |bytes| {
        leaving.leaves(bytes);
        shown.advance(bytes);
    })?;
    if confirmed.accepted.id == tip.id {
        return Ok(confirmed);
    }
    let said = format!("it confirms another file, {}, than was sent, {}", confirmed.accepted.id, tip.id);
    Err(Unconfirmed { error: ClientError::NotARelay(said), arrival: Arrival::Open })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::delivery::Found;
    use crate::testing::{Answer, Shown, relay};
    use softinfo_formats::envelope::id::TipId;

    const BYTES: &[u8] = b"as good as a tip, for whoever only sends it";

    fn sent(answer: impl Fn(usize) -> Answer + Send + 'static) -> (Result<Confirmed, Unconfirmed>, Found, Vec<String>) {
        let relay = relay(move |call, path, body| {
            assert_eq!((path, body), ("/tips", BYTES));
            answer(call)
        });
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(BYTES).unwrap();
        let tip = SealedTip::new(file, TipId::of(BYTES)).unwrap();
        let (delivery, shown) = (tip.delivery(), Arc::new(Shown::default()));
        let progress: Arc<dyn Progress> = Arc::<Shown>::clone(&shown);
        let submitted = submit(&relay.client().unwrap(), &tip, &delivery, &progress);
        let shown = shown.0.lock().unwrap().clone();
        (submitted, delivery.end(), shown)
    }

    fn accepted(bytes: &[u8]) -> Vec<u8> {
        format!(r#"{{"id":"{}","day":"2026-11-30"}}"#, TipId::of(bytes)).into_bytes()
    }

    #[test]
    fn a_tip_whose_answer_was_lost_is_sent_again_and_confirmed() {
        let (submitted, found, shown) = sent(|call| (call > 0).then(|| (200, accepted(BYTES))));
        assert!(!submitted.unwrap().is_new);
        assert_eq!(found, Found::Stored);
        let [first, wait, again] = &shown[..] else { panic!("{shown:?}") };
        assert_eq!((&**first, first), ("begin 43", again));
        assert!(wait.ends_with(", 1 s"), "{wait}");
    }

    #[test]
    fn a_relay_that_confirms_other_bytes_leaves_it_open() {
        let (submitted, found, _) = sent(|_| Some((201, accepted(b"another"))));
        assert_eq!((submitted.unwrap_err().arrival, found), (Arrival::Open, Found::On(Arrival::Open)));
    }

    #[test]
    fn a_relay_that_says_that_nothing_was_stored_denies_it() {
        let (submitted, found, _) = sent(|_| Some((503, br#"{"title":"The relay is busy","stored":false}"#.to_vec())));
        let Unconfirmed { error, arrival } = submitted.unwrap_err();
        assert_eq!((arrival, found), (Arrival::Denied, Found::On(Arrival::Denied)));
        assert_eq!(error.to_string(), "The relay is busy (the relay's answer, 503); try again later");
    }
}
