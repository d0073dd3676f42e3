//! Acknowledged means durable: over kills and power cuts, on disks that are full, read-only or slow, and in the order of the relay's calls
//! to the system.

mod scene;

#[path = "uploads/asking.rs"]
mod asking;
#[path = "durable/disk.rs"]
mod disk;
#[path = "durable/faults.rs"]
mod faults;
#[path = "durable/image.rs"]
mod image;
#[path = "durable/kill.rs"]
mod kill;
#[path = "durable/known.rs"]
mod known;
#[path = "durable/load.rs"]
mod load;
#[path = "durable/order.rs"]
mod order;
#[path = "durable/power.rs"]
mod power;
#[path = "durable/steps.rs"]
mod steps;
#[path = "durable/trace.rs"]
mod trace;
#[path = "durable/traffic.rs"]
mod traffic;

/// Rounds of a test: its own number, or that of an environment variable for a long run.
fn rounds(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}
