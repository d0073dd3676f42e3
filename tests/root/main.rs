//! Tests that need root: disks of their own on loop devices, power cuts, faults put in by strace, a relay whose disk stands still.

mod durable;
mod erasure;
mod watchdog;
