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

/// Sends a tip and waits for the answer, in between for the next try. `delivery` is told at each moment how far it is: it has the tip's length.
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
