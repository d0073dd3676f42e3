//! Acknowledged means durable: over kills and power cuts, on disks that are full, read-only or slow, and in the order of the relay's calls
//! to the system.

mod disk;
mod faults;
mod kill;
mod load;
mod order;
mod power;
mod steps;
mod trace;
mod traffic;

/// Rounds of a test: its own number, or that of an environment variable for a long run.
fn rounds(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}
