//! The HTTP routes of both listeners: raw bytes on the relay's own connections. What is stored is a padded tip and was acknowledged.

use super::script;
use super::stage::Theatre;

thread_local! {
    static THEATRE: Theatre = Theatre::new();
}

/// `input` is a script (`script.rs`), in which connections follow one another.
pub fn check(input: &[u8]) {
    THEATRE.with(|theatre| theatre.play(&script::items(input)));
}
