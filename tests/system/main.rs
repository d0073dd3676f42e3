//! Tests of the four programs as they are started by people: over loopback, in temporary folders, without special rights.

mod bad_input;
mod builds;
mod bundles;
mod deploy;
mod documentation;
mod main_job;
mod messages;
mod no_identifiers;
mod page;
mod sandbox;
mod socks;
mod under_fire;
mod uploads;
