//! Admission: what is let in at a time and in a day, without knowing from whom. Every resource is a permit, taken before work and released by drop.
//!
//! In: what a request is about to send. Out: a [`Permit`], or a refusal that says when to come back. A permit has one signal that takes it
//! back, and [`Permit::run`] lets no await miss it. Text has a lane, a share of the day and a part of the disk of its own, and waits for nobody.
//! No limit is keyed to an address; one keyed to a circuit is for onion services only.

mod budget;
mod circuits;
mod connections;
mod disk;
mod gate;
mod lane;
mod large_share;
mod limits;
mod permit;
mod retry_after;
mod signal;
mod standing;
mod text_share;

pub(crate) use budget::Budget;
pub(crate) use circuits::{CircuitLease, Circuits};
pub(crate) use connections::{Connections, Open};
pub(crate) use gate::{Pass, blocking};
pub(crate) use limits::COURIER_CONNECTIONS;
pub use limits::{CircuitLimits, Limits};
pub(crate) use permit::{Meter, Permit};
pub(crate) use standing::{LARGE, Share, TEXT};
