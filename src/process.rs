//! What a program gives away of its memory: no core dump, no debugger, no swap where that can be had.
//!
//! In: nothing. Out: what the kernel has agreed to. Called before the first secret is in memory; holds until the program ends.

use std::io;

use rustix::mm::MlockAllFlags;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// What the kernel refused that every Linux allows.
#[derive(Debug, thiserror::Error)]
#[error("this program's memory can't be kept to itself ({what}: {source}); nothing was begun")]
pub struct OpenMemory {
    /// What was asked for.
    pub what: &'static str,
    /// Why not.
    pub source: io::Error,
}

/// Forbids core dumps and debuggers, and keeps memory out of swap where that is allowed; says whether it is.
///
/// Memory is locked where its limit is none, or may be taken away (root). Under a limit, later allocations would fail.
///
/// # Errors
/// The kernel refuses to forbid core dumps or debuggers. No secret should come into memory then.
pub fn close_memory() -> Result<bool, OpenMemory> {
    let refused = |what| move |source: rustix::io::Errno| OpenMemory { what, source: source.into() };
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // A unit may have set this limit, and forbidden to set any.
    if rustix::process::getrlimit(Resource::Core) != none {
        rustix::process::setrlimit(Resource::Core, none).map_err(refused("no core dumps"))?;
    }
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused("not dumpable"))?;
    let unlimited = Rlimit { current: None, maximum: None };
    let may_lock = rustix::process::getrlimit(Resource::Memlock).current.is_none()
        || rustix::process::setrlimit(Resource::Memlock, unlimited).is_ok();
    // As pages come: what is only reserved takes no memory.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    Ok(may_lock && rustix::mm::mlockall(flags).is_ok())
}
