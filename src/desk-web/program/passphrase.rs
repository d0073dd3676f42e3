//! The passphrase: from a file descriptor, from the example's file, or typed at a terminal, up to three times.

use softinfo_base::wording::sanitize_for_terminal;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::keyring::{KeyringError, UnlockedKeys};
use softinfo_desk::passphrase::{Passphrase, SecretError};
use softinfo_terminal::{complain, sentence};

use crate::{PROGRAM, Setting};

/// How often a passphrase may be typed for one purpose.
const ATTEMPTS: usize = 3;

/// Unlocks all keys of the desk for `purpose`, and names what could not be read. Asked once for a command.
pub fn unlock(setting: &Setting, desk: &Desk, purpose: &str) -> Result<UnlockedKeys, KeyringError> {
    // What no passphrase mends is said before one is asked for.
    desk.keyring.check_keyring()?;
    let unlocked = match (setting.passphrase_fd, desk.example_passphrase()) {
        (None, Some(example)) => desk.keyring.unlock(&example?)?,
        (descriptor, _) => {
            let question = format!("Passphrase of this desk's keys, {purpose}");
            ask(descriptor, &question, |typed| desk.keyring.unlock(typed))?
        }
    };
    for fault in desk.keyring.faults().iter().chain(&unlocked.damaged) {
        complain(PROGRAM, format_args!("{}; the other keys work", sentence(fault)));
    }
    Ok(unlocked)
}

/// Asks for a passphrase and tries it with `unlock`: from the descriptor once, at the terminal up to three times.
pub fn ask<T>(
    descriptor: Option<u32>,
    question: &str,
    unlock: impl FnMut(&Passphrase) -> Result<T, KeyringError>,
) -> Result<T, KeyringError> {
    match descriptor {
        Some(number) => attempts(1, || Passphrase::from_descriptor(number), unlock),
        None => attempts(ATTEMPTS, || prompt(question), unlock),
    }
}

/// A passphrase for a new key: typed twice at the terminal, or from the descriptor.
pub fn new(descriptor: Option<u32>, of: &str) -> Result<Passphrase, KeyringError> {
    let twice = || {
        let first = prompt(&format!("New passphrase of {of}, at least 12 characters"))?;
        first.long_enough()?;
        if first.same_as(&prompt("The same again")?) { Ok(first) } else { Err(SecretError::Different) }
    };
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match descriptor.map_or_else(twice, Passphrase::from_descriptor) {
            Err(error @ (SecretError::Different | SecretError::TooShort)) if descriptor.is_none() && left > 0 => {
                complain(PROGRAM, error);
            }
            outcome => return Ok(outcome?),
        }
    }
}

fn prompt(question: &str) -> Result<Passphrase, SecretError> {
    let typed =
        rpassword::prompt_password(format!("{}: ", sanitize_for_terminal(question))).map_err(|_| SecretError::None)?;
    if typed.is_empty() { Err(SecretError::None) } else { Ok(Passphrase::new(typed)) }
}

/// Takes up to `most` passphrases from `next` until `unlock` finds one right. Any other error ends it at once.
fn attempts<T>(
    most: usize,
    mut next: impl FnMut() -> Result<Passphrase, SecretError>,
    mut unlock: impl FnMut(&Passphrase) -> Result<T, KeyringError>,
) -> Result<T, KeyringError> {
    let mut left = most;
    loop {
        left -= 1;
        match unlock(&next()?) {
            Err(error @ (KeyringError::Secret(SecretError::Wrong(_)) | KeyringError::OtherPassphrase(_)))
                if left > 0 =>
            {
                let more =
                    if left == 1 { "one attempt is left".to_owned() } else { format!("{left} attempts are left") };
                complain(PROGRAM, format_args!("{}; {more}", sentence(&error)));
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong() -> KeyringError {
        SecretError::Wrong("keyring.age".to_owned()).into()
    }

    /// How often a passphrase was asked for, and how it ended, when the `right`-th is right.
    fn asked(most: usize, right: usize) -> (usize, bool) {
        let (mut typed, mut tried) = (0, 0);
        let next = || {
            typed += 1;
            Ok(Passphrase::new(format!("number {typed}")))
        };
        let outcome = attempts(most, next, |_| {
            tried += 1;
            if tried == right { Ok(()) } else { Err(wrong()) }
        });
        assert_eq!(typed, tried);
        (typed, outcome.is_ok())
    }

    #[test]
    fn a_wrong_passphrase_may_be_typed_again_twice() {
        assert_eq!([1, 2, 3, 4].map(|right| asked(ATTEMPTS, right)), [(1, true), (2, true), (3, true), (3, false)]);
        // A descriptor would give the same again.
        assert_eq!(asked(1, 2), (1, false));
    }

    #[test]
    fn what_another_passphrase_can_not_help_ends_at_once() {
        let mut typed = 0;
        let next = || {
            typed += 1;
            Ok(Passphrase::new("right".to_owned()))
        };
        let damaged = || KeyringError::Secret(SecretError::Damaged("keyring.age".to_owned()));
        assert!(attempts(ATTEMPTS, next, |_| Err::<(), _>(damaged())).is_err());
        assert_eq!(typed, 1);
    }
}
