//! What the store tells an operator: a closed set, so that nothing of a request can get into a log.
//!
//! In: nothing. Out: one [`Notice`] for each thing that somebody may have to act on; the relay words and logs it. Touches nothing.

use softinfo_base::day::Day;

/// What an operator should know. A closed set; none can hold anything of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The slots of a volume can't be read: its tips can be neither given out nor withdrawn. It is left as it is.
    Unreadable {
        /// Number of the volume.
        volume: u32,
    },
    /// Some slots were neither empty nor a whole record: a crash had cut a write short, or the disk fails. They are overwritten now.
    TornSlots {
        /// Number of the volume.
        volume: u32,
    },
    /// A tip does not read back as it was written. It is not given out any more; it can be withdrawn.
    DamagedTip {
        /// Number of the volume that it is in.
        volume: u32,
    },
    /// A volume could not be sealed. Its tips are whole, in its journal, and it is tried again. Said once of each volume, however often it fails.
    NotSealed {
        /// Number of the volume.
        volume: u32,
    },
    /// The clock is too far ahead to be believed: nothing expires until it is right, or somebody says that it is.
    ClockAhead {
        /// The day that the clock says.
        clock: Day,
        /// The highest day that the store has believed.
        believed: Day,
    },
    /// A write or sync failed, or a thread of the store panicked: nothing is accepted any more, and the relay has to be restarted.
    Stopped,
}
