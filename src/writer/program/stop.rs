//! Ctrl-C, and what else asks a program to end, while something is on its way: whoever stops it is told what may have become of it.

use std::ffi::c_int;
use std::io;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
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
            #[allow(clippy::exit)] // the main thread waits for the relay
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
