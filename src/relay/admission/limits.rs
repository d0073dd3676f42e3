//! How much is taken, as the operator sets it: a part of the configuration, with defaults for a small server.
//!
//! In: a table of the configuration. Out: [`Limits`]. Touches nothing.

use serde::{Deserialize, Serialize};

/// Connections of couriers at a time; each holder has one or two.
pub(crate) const COURIER_CONNECTIONS: usize = 256;

/// The limits, each with a default that is meant for a small server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections of writers that are open at a time. When there are more, the one on which least moves is closed.
    pub connections: usize,
    /// Large tips that are received at a time. Text needs no place among them.
    pub uploads: usize,
    /// MiB of text tips that are in memory at a time.
    pub text_buffer_mib: u64,
    /// MiB of large tips that are taken in a day (UTC). Counted anew at each start.
    pub day_mib: u64,
    /// MiB of pieces that wait for the rest of their tip at a time.
    pub staged_mib: u64,
    /// MiB of disk above `store.floor_mib` that only text tips may use, and a file for each 16 KiB of it.
    pub text_reserve_mib: u64,
    /// Text may take one part in so many of the free disk at once; it then has more at the pace at which the disk lasts.
    pub text_parts: u64,
    /// What one circuit may do, where tor says which it is.
    pub circuit: CircuitLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2048,
            uploads: 1024,
            text_buffer_mib: 16,
            day_mib: 4096,
            staged_mib: 8192,
            text_reserve_mib: 256,
            text_parts: 8,
            circuit: CircuitLimits::default(),
        }
    }
}

/// What one circuit may do at a time and in an hour.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CircuitLimits {
    /// Connections that are open at a time.
    pub connections: u32,
    /// Tips that are received at a time.
    pub uploads: u32,
    /// MiB in an hour.
    pub hour_mib: u64,
}

impl Default for CircuitLimits {
    fn default() -> Self {
        Self { connections: 16, uploads: 4, hour_mib: 1024 }
    }
}
