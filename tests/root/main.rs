//! Tests that need root: disks of their own on loop devices or in memory, power cuts, faults put in by strace, a relay whose disk stands still or whose memory
//! is searched.

mod durable;
mod erasure;
mod machine;
mod no_identifiers;
mod watchdog;
