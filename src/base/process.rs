//! What a program gives away of its memory: no core dump, no debugger, no swap where that can be had.
//!
//! In: nothing. Out: what the kernel has agreed to. Called before the first secret is in memory; holds until the program ends.

use std::path::Path;
use std::{fs, io};

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
/// Memory is locked where there is no limit for it, or where the limit doesn't hold (root). Under one, later allocations would fail.
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
    let may_lock = rustix::process::getrlimit(Resource::Memlock).current.is_none() || may_lock_all();
    // As pages come: what is only reserved takes no memory.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    Ok(may_lock && rustix::mm::mlockall(flags).is_ok())
}

/// Whether no limit holds for locked memory: the capability for it (`CAP_IPC_LOCK`), which counts in the first user namespace only.
fn may_lock_all() -> bool {
    const CAP_IPC_LOCK: u32 = 14;
    const FIRST_NAMESPACE: &str = "user:[4026531837]";
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default();
    let has = u64::from_str_radix(effective.trim(), 16).is_ok_and(|bits| bits >> CAP_IPC_LOCK & 1 == 1);
    has && fs::read_link("/proc/self/ns/user").is_ok_and(|space| space == Path::new(FIRST_NAMESPACE))
}
