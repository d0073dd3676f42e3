//! The HTTP routes of both listeners: raw bytes on the relay's own connections. What is stored is a padded tip and was acknowledged.

use super::script;
use super::stage::{Outcome, Theatre};

thread_local! {
    static THEATRE: Theatre = Theatre::new();
}

/// `input` is a script (`script.rs`), in which connections follow one another.
pub fn check(input: &[u8]) {
    play(input);
}

/// The same, and what came of it.
pub fn play(input: &[u8]) -> Outcome {
    THEATRE.with(|theatre| theatre.play(&script::items(input)))
}
