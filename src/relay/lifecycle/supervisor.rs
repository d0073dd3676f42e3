//! The way to the service manager: systemd's socket (`sd_notify`(3)), connected before the sandbox closes, and how often it wants to hear.
//!
//! In: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` of the environment. Out: three fixed words. Without systemd nothing is sent.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Between two looks.
const BEAT: Duration = Duration::from_secs(20);
/// How long a write or the runtime may take. A disk that syncs more slowly than this can't hold a letterbox.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it looks, and how long it waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Between two looks.
    pub beat: Duration,
    /// For an answer.
    pub patience: Duration,
}

impl Rhythm {
    /// By what systemd expects (`WATCHDOG_USEC`): several looks in its time, and an end by ourselves, with words, before it acts.
    #[must_use]
    pub fn within(expected: Option<Duration>) -> Self {
        let shorter = |ours: Duration, part: u32| expected.map_or(ours, |time| ours.min(time / part));
        Self { beat: shorter(BEAT, 6), patience: shorter(PATIENCE, 2) }
    }
}

/// The way to the service manager. What is sent is one of three fixed words; nothing comes back.
#[derive(Debug)]
pub struct Supervisor {
    pub(super) socket: Option<UnixDatagram>,
    pub(super) rhythm: Rhythm,
}

impl Supervisor {
    /// Connects to `NOTIFY_SOCKET`, where there is one. Before the sandbox closes: inside, no socket can be made or connected.
    pub fn from_environment() -> io::Result<Self> {
        let socket = std::env::var_os("NOTIFY_SOCKET").map(|name| connect(&name)).transpose()?;
        let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
        // Meant for another process, when it names one.
        let ours = number("WATCHDOG_PID").is_none_or(|process| process == u64::from(std::process::id()));
        let expected = number("WATCHDOG_USEC").filter(|_| ours).map(Duration::from_micros);
        Ok(Self { socket, rhythm: Rhythm::within(expected) })
    }

    /// Sends one word; nobody waits for it.
    pub(super) fn say(&self, word: &[u8]) {
        if let Some(socket) = &self.socket {
            // `send` names no address, so it can reach nobody else. A word that is lost is missed by systemd, which then starts the relay
            // anew.
            let _ = socket.send(word);
        }
    }

    /// Both listeners answer.
    pub(super) fn ready(&self) {
        self.say(b"READY=1");
    }

    /// An orderly stop has begun.
    pub(super) fn stopping(&self) {
        self.say(b"STOPPING=1");
    }
}

/// A path, or a name in the abstract namespace behind `@`.
pub(super) fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    // A manager that doesn't read must not hold up the look at the disk.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_several_times_within_what_the_supervisor_expects_and_ends_before_that() {
        assert_eq!(Rhythm::within(None), Rhythm { beat: BEAT, patience: PATIENCE });
        let minutes = Duration::from_mins(2);
        assert_eq!(Rhythm::within(Some(minutes)), Rhythm { beat: BEAT, patience: PATIENCE });
        let short = Rhythm::within(Some(Duration::from_secs(6)));
        assert_eq!(short, Rhythm { beat: Duration::from_secs(1), patience: Duration::from_secs(3) });
    }
}
