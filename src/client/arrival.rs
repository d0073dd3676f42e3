//! What is known of something that was sent and not confirmed, and trying again until there is an answer.
//!
//! In: attempts that may fail. Out: an answer, or the error with what is known all the same. It sends nothing itself.

use std::time::Duration;

use crate::error::ClientError;

/// Waits between tries, in seconds, when the connection breaks.
const WAITS: [u64; 3] = [1, 5, 20];

/// A tip or a withdrawal that the relay did not confirm.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unconfirmed {
    /// Why there is no confirmation.
    #[source]
    pub error: ClientError,
    /// What is known of the tip or withdrawal all the same.
    pub arrival: Arrival,
}

/// What became of something that was not confirmed, from the surest to the least sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Its last byte never left: nothing was stored or erased.
    NotSent,
    /// All of it had left, and the answer says that nothing was stored or erased. That is the word of whoever answered.
    Denied,
    /// All of it had left, and the answer was lost, or leaves it open: it may be done.
    Open,
}

/// Tries until there is an answer: again when the connection breaks, three times at most. `pause` is told why and how long to wait, and waits.
/// What is tried has to be harmless when it is done twice.
///
/// # Errors
/// The error of the last try, with the least sure [`Arrival`] of all: when an earlier try may have arrived, no later one ends that doubt.
pub fn until_answered<T>(
    mut attempt: impl FnMut() -> Result<T, Unconfirmed>,
    mut pause: impl FnMut(&ClientError, Duration),
) -> Result<T, Unconfirmed> {
    let mut waits = WAITS.into_iter();
    let mut worst = Arrival::NotSent;
    loop {
        let Unconfirmed { error, arrival } = match attempt() {
            Ok(answer) => return Ok(answer),
            Err(unconfirmed) => unconfirmed,
        };
        worst = worst.max(arrival);
        match (&error, waits.next()) {
            (ClientError::Unreachable(_), Some(seconds)) => pause(&error, Duration::from_secs(seconds)),
            _ => return Err(Unconfirmed { error, arrival: worst }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tests::refused;

    fn unreachable() -> ClientError {
        ClientError::Unreachable("nothing listens there".to_owned())
    }

    #[test]
    fn a_doubt_stays_whatever_later_tries_say_and_only_an_answer_ends_it() {
        use Arrival::{Denied, NotSent, Open};
        type Attempt = Result<(), (ClientError, Arrival)>;
        // Attempts; how many are made, and what comes out: an answer, or what is known.
        let cases: [(Vec<Attempt>, usize, Result<(), Arrival>); 7] = [
            (vec![Ok(())], 1, Ok(())),
            (vec![Err((unreachable(), Open)), Ok(())], 2, Ok(())),
            (vec![Err((unreachable(), Open)), Err((refused(507, None), Denied))], 2, Err(Open)),
            (vec![Err((unreachable(), Open)), Err((refused(422, None), NotSent))], 2, Err(Open)),
            (vec![Err((unreachable(), NotSent)), Err((refused(503, None), NotSent))], 2, Err(NotSent)),
            (vec![Err((unreachable(), NotSent)), Err((refused(503, None), Denied))], 2, Err(Denied)),
            (vec![Err((ClientError::NoTls, NotSent)), Ok(())], 1, Err(NotSent)),
        ];
        for (attempts, made, outcome) in cases {
            let mut attempts = attempts.into_iter();
            let mut count = 0;
            let got = until_answered(
                || {
                    count += 1;
                    attempts.next().unwrap().map_err(|(error, arrival)| Unconfirmed { error, arrival })
                },
                |_, _| (),
            );
            assert_eq!((count, got.map_err(|unconfirmed| unconfirmed.arrival)), (made, outcome));
        }
    }

    #[test]
    fn a_relay_that_is_gone_after_a_lost_answer_leaves_the_doubt_and_is_tried_three_more_times() {
        for first in [Arrival::Open, Arrival::NotSent] {
            let (mut count, mut waits) = (0, Vec::new());
            let got = until_answered::<()>(
                || {
                    count += 1;
                    let arrival = if count == 1 { first } else { Arrival::NotSent };
                    Err(Unconfirmed { error: unreachable(), arrival })
                },
                |_, wait| waits.push(wait.as_secs()),
            );
            assert_eq!((count, got.unwrap_err().arrival), (4, first));
            assert_eq!(waits, WAITS);
        }
    }
}
