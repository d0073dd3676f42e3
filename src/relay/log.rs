//! The operational log: a closed set of lines on standard error, none of which has room for anything of a request.
//!
//! In: an [`Event`]. Out: one line. Touches: standard error, and nothing else in the relay does.
//!
//! Lines carry no time; whoever collects them may add one, and it says nothing about a tip, because no event follows one.

use std::fmt;
use std::io::Write;

use softinfo_base::day::Day;
use softinfo_base::wording::sanitize_for_terminal;
use softinfo_formats::directory::Ending;
use softinfo_store::pool::Notice;

use crate::inspection::Finding;
use crate::net::Place;

/// Everything the relay ever logs. A new variant must not hold a value that comes from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A listener is open.
    Listening {
        /// The one for writers, or the one for couriers.
        listener: ListenerKind,
        /// Its own place, from the configuration.
        place: Place,
    },
    /// Something in the configuration, or in what is to be served, is not as it should be.
    Found(Finding),
    /// The directory, or a holder's last key, ends soon or has ended. Said once a day.
    Reminder(Ending),
    /// Another directory and page are served.
    DirectoryRead {
        /// Its version.
        version: u64,
        /// Its last day.
        on: Day,
    },
    /// Directory and page were read again and are the same.
    DirectorySame {
        /// Its version.
        version: u64,
    },
    /// They could not be served; the old ones are.
    DirectoryRefused {
        /// The version that is served.
        version: u64,
    },
    /// The days on which couriers came can't be written down.
    CouriersFailed,
    /// Something in the store needs the operator.
    Store(Notice),
    /// A part of the sandbox is not there on this machine.
    SandboxMissing {
        /// The part, in words.
        what: &'static str,
    },
    /// The certificates were read again.
    CertificatesRead,
    /// They could not be read; the old ones hold.
    CertificatesFailed,
    /// The daily erasure failed; it is tried again.
    ExpiryFailed,
    /// A write to the store did not come back.
    StoreSilent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The part of the relay that answers did not.
    RuntimeSilent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// A part of the program failed at a place in its source.
    Panicked {
        /// File and line in the source, never the message, which could hold data.
        place: String,
    },
    /// Asked to stop; requests under way are finished.
    Stopping,
    /// All is closed.
    Stopped,
}

/// The two listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerKind {
    /// For writers.
    Intake,
    /// For couriers.
    Courier,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { listener: ListenerKind::Intake, place } => write!(f, "intake listens on {place}"),
            Self::Listening { listener: ListenerKind::Courier, place } => write!(f, "courier listener on {place}"),
            Self::Found(finding) => write!(f, "{finding}"),
            Self::Reminder(ending) => write!(f, "{ending}"),
            Self::DirectoryRead { version, on } => {
                write!(f, "directory version {version}, valid until {on}, and its page are served from now on")
            }
            Self::DirectorySame { version } => {
                write!(f, "directory and page were read again and are the same (version {version})")
            }
            Self::DirectoryRefused { version } => {
                write!(f, "the new directory and page are not taken; version {version} goes on being served")
            }
            Self::CouriersFailed => {
                write!(f, "the days on which couriers came can't be written down; trying again within the hour")
            }
            Self::Store(Notice::Unreadable { volume }) => write!(
                f,
                "the slots of volume {volume:06} can't be read: its tips are neither given out nor erased, and it is left as it is; check the disk"
            ),
            Self::Store(Notice::TornSlots { volume }) => write!(
                f,
                "volume {volume:06} had slots that hold no whole record, after a cut write or on a failing disk; they were emptied"
            ),
            Self::Store(Notice::DamagedTip { volume }) => write!(
                f,
                "a tip in volume {volume:06} does not read back as it was written; it is not given out any more and can still be withdrawn"
            ),
            Self::Store(Notice::NotSealed { volume }) => {
                write!(f, "volume {volume:06} could not be sealed; its journal is whole, and it is tried again")
            }
            Self::Store(Notice::ClockAhead { clock, believed }) => write!(
                f,
                "the clock says {clock}, but the last day here was {believed}: nothing expires until the clock is right, or the relay is started with --accept-date {clock}"
            ),
            Self::Store(Notice::Stopped) => {
                write!(f, "a write to the disk failed: nothing more is accepted; check the disk and restart")
            }
            Self::SandboxMissing { what } => {
                write!(f, "without this part of the sandbox: {what}; see softinfo-relay --show-sandbox")
            }
            Self::CertificatesRead => write!(f, "certificates read again"),
            Self::CertificatesFailed => {
                write!(f, "the certificates can't be read again, the old ones hold; check them with --check-config")
            }
            Self::ExpiryFailed => write!(f, "what has expired could not all be erased; trying again within the hour"),
            Self::StoreSilent { seconds } => {
                write!(
                    f,
                    "the store has taken nothing for {seconds} seconds: the relay ends, to be started anew; check the disk"
                )
            }
            Self::RuntimeSilent { seconds } => {
                write!(
                    f,
                    "the relay has not answered for {seconds} seconds: it ends, to be started anew; please report it"
                )
            }
            Self::Panicked { place } => write!(f, "a fault at {place}; please report it"),
            Self::Stopping => write!(f, "stopping"),
            Self::Stopped => write!(f, "stopped"),
        }
    }
}

/// Prints an event. The only place in the relay that writes to standard error.
pub fn log(event: &Event) {
    // One write, so that a line is never seen in part. Findings name the operator's own files.
    let line = format!("softinfo-relay: {}\n", sanitize_for_terminal(&event.to_string()));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// From now on a panic prints its place and not its message.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        log(&Event::Panicked { place });
    }));
}
