//! What the store tells an operator: a closed set, so that nothing of a request can get into a log.
//!
//! In: nothing. Out: one [`Notice`] for each thing that somebody may have to act on; the relay words and logs it. Touches nothing.

use softinfo_base::day::Day;

/// What an operator should know. A closed set; none can hold anything of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The slots of a volume can't be read: its tips can be neither given out nor withdrawn. It is left as it is.
    Unreadable {
        /// Its number.
        volume: u32,
    },
    /// Slots held neither a tip nor nothing, after a write that a crash cut or on a failing disk. They are empty now.
    TornSlots {
        /// Number of their volume.
        volume: u32,
    },
    /// A tip does not read back as it was written. It is not given out any more; it can be withdrawn.
    DamagedTip {
        /// Number of its volume.
        volume: u32,
    },
    /// A volume could not be sealed. Its journal is whole; it is tried again. Told once of each, however often it fails.
    NotSealed {
        /// Its number.
        volume: u32,
    },
    /// The clock is too far ahead to be believed: nothing expires until it is right, or somebody says that it is.
    ClockAhead {
        /// What it says.
        clock: Day,
        /// The day that is believed.
        believed: Day,
    },
    /// A write or sync failed, or a part of the program: nothing is accepted any more, the relay has to be restarted.
    Stopped,
}
