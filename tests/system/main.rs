//! Tests of the four programs as they are started by people: over loopback, in temporary folders. Some trace a program, mount a folder or change an owner; they
//! say what they need.

mod bad_input;
mod builds;
mod bundles;
mod deploy;
mod documentation;
mod main_job;
mod messages;
mod page;
mod sandbox;
mod socks;
mod under_fire;
mod uploads;
