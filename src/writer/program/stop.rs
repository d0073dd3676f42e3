//! Ctrl-C, and what else asks a program to end, while something is on its way: whoever stops it is told what may have become of it.

use std::ffi::c_int;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use softinfo_client::Arrival;
use softinfo_terminal::{Exit, complain};

use crate::NAME;

/// From now on a signal ends the program with what `last` says: it is called once, and nothing that it has locked is free again.
///
/// A signal that is ignored stays so: `nohup` ignores SIGHUP, and a shell SIGINT for what it starts in the background.
///
/// # Errors
/// The system takes no handler. Then a signal ends the program as it would any other.
pub fn listen(last: impl FnOnce() -> (Exit, String) + Send + 'static) -> io::Result<()> {
    let ignored = ignored();
    let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(heard.collect::<Vec<c_int>>())?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if signals.forever().next().is_some() {
            let (exit, said) = last();
            complain(NAME, said);
            std::process::exit(exit as i32);
        }
    })?;
    Ok(())
}

/// The signals that are ignored, a bit each, from the lowest. None where the system doesn't say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(bits.trim(), 16).unwrap_or_default()
}

/// How far something is that is sent, perhaps in several tries.
#[derive(Clone)]
pub struct Way(Arc<Mutex<Stand>>);

struct Stand {
    /// Bytes of the whole.
    length: u64,
    /// Of which this try has handed so many to the line.
    left: u64,
    /// What the tries before have left open.
    before: Arrival,
    is_stored: bool,
}

/// Where a signal found it.
pub enum Found {
    /// The answer had come: it is stored, or erased.
    Stored,
    /// What is known of it.
    On(Arrival),
}

impl Way {
    /// Nothing of it has left.
    pub fn new(length: u64) -> Self {
        Self(Arc::new(Mutex::new(Stand { length, left: 0, before: Arrival::NotSent, is_stored: false })))
    }

    /// So many bytes leave now. They don't when [`Way::end`] was first: then this never returns.
    pub fn leaves(&self, bytes: u64) {
        self.stand().left += bytes;
    }

    /// A try is over: it has an answer, or left this behind.
    pub fn tried(&self, outcome: Result<(), Arrival>) {
        let mut stand = self.stand();
        match outcome {
            Ok(()) => stand.is_stored = true,
            Err(arrival) => (stand.left, stand.before) = (0, stand.before.max(arrival)),
        }
    }

    /// Where it is. No further byte leaves.
    pub fn end(&self) -> Found {
        let stand = self.stand();
        let found = if stand.is_stored {
            Found::Stored
        } else if stand.left < stand.length {
            Found::On(stand.before)
        } else {
            Found::On(Arrival::Open)
        };
        // Locked for what is left of the program's life.
        std::mem::forget(stand);
        found
    }

    fn stand(&self) -> MutexGuard<'_, Stand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_once_stays_open_and_what_has_not_left_whole_is_not() {
        let at = |way: &Way| match way.end() {
            Found::Stored => None,
            Found::On(arrival) => Some(arrival),
        };
        let way = Way::new(10);
        way.leaves(9);
        assert_eq!(at(&way), Some(Arrival::NotSent));
        let way = Way::new(10);
        way.leaves(4);
        way.leaves(6);
        assert_eq!(at(&way), Some(Arrival::Open));
        let way = Way::new(10);
        way.leaves(10);
        way.tried(Err(Arrival::Open));
        way.leaves(3);
        way.tried(Err(Arrival::NotSent));
        assert_eq!(at(&way), Some(Arrival::Open));
        let way = Way::new(10);
        way.leaves(10);
        way.tried(Ok(()));
        assert_eq!(at(&way), None);
    }
}
