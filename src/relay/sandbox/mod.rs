//! What the relay takes from itself before the first request: files that aren't its own, sockets, programs, its own image.
//!
//! In: the folders it needs. Out: what the kernel has agreed to. Landlock (Linux, userspace-api/landlock) and seccomp (seccomp(2)) hold
//! for this thread and for all that it begins later, so this comes before the runtime. Nothing here can be undone.

mod calls;
mod report;

use std::fs::File;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit};

use softinfo_base::process::{OpenMemory, close_memory};

pub use report::{Finding, Report, Weight};

/// The newest Landlock that is asked for; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V7;
/// Open files that the relay would like to have: one for each connection, and one for each upload under way.
pub(super) const FILES: u64 = 16_384;

/// What stays open.
#[derive(Debug, Clone, Default)]
pub struct Openings {
    /// Folders that are written to.
    pub written: Vec<PathBuf>,
    /// Folders in which files are read again later. Not listed.
    pub read: Vec<PathBuf>,
}

/// Why the relay can't be shut in at all. A kernel that has only a part of it is no error; [`Report`] says what is missing.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A folder that has to stay open.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What opening it failed with.
        source: landlock::PathFdError,
    },
    /// Landlock said no.
    #[error("Landlock failed: {0}")]
    Landlock(#[from] landlock::RulesetError),
    /// seccomp said no.
    #[error("seccomp failed: {0}")]
    Seccomp(#[from] seccompiler::Error),
    /// The filter is wrong for this machine.
    #[error("the seccomp filter can't be built: {0}")]
    Filter(#[from] seccompiler::BackendError),
    /// Core dumps or debuggers can't be forbidden.
    #[error(transparent)]
    Memory(#[from] OpenMemory),
}

/// Shuts this thread in, and all it begins later.
///
/// Listeners have to be bound and files outside of `openings` read before.
///
/// # Errors
/// When a part that every supported kernel has does not work. Then the relay must not start.
pub fn enter(openings: &Openings) -> Result<Report, SandboxError> {
    let locked = close_memory()?;
    raise_files();
    let status = File::open("/proc/self/status").ok();
    let landlock = restrict_files(openings)?;
    for filter in calls::filters()? {
        seccompiler::apply_filter(&filter)?;
    }
    Ok(Report::look(&landlock, locked, status))
}

/// As many open files as the system allows, up to what is useful. With fewer the relay works, but takes fewer connections.
fn raise_files() {
    let Rlimit { current, maximum } = rustix::process::getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(FILES, |maximum| maximum.min(FILES));
    if current.is_some_and(|current| current < wanted) {
        let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

fn restrict_files(openings: &Openings) -> Result<RestrictionStatus, SandboxError> {
    let all = AccessFs::from_all(LANDLOCK);
    let written = all
        & !AccessFs::Execute
        & !AccessFs::MakeChar
        & !AccessFs::MakeBlock
        & !AccessFs::MakeFifo
        & !AccessFs::MakeSock
        & !AccessFs::MakeSym
        & !AccessFs::IoctlDev;
    // A file that takes another's place is a new one, so the folder stays open and not the file.
    let read = AccessFs::ReadFile;
    let mut rules = Ruleset::default()
        .handle_access(all)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    let open = |path: &Path| PathFd::new(path).map_err(|source| SandboxError::Folder { path: path.to_owned(), source });
    for path in &openings.written {
        rules = rules.add_rule(PathBeneath::new(open(path)?, written))?;
    }
    for path in &openings.read {
        rules = rules.add_rule(PathBeneath::new(open(path)?, read))?;
    }
    Ok(rules.restrict_self()?)
}

/// What Landlock holds, in words.
fn landlock_words(status: &RestrictionStatus) -> (bool, String) {
    let abi = match status.landlock {
        LandlockStatus::NotEnabled => return (false, "not switched on in this kernel".to_owned()),
        LandlockStatus::NotImplemented => return (false, "not built into this kernel".to_owned()),
        LandlockStatus::Available { effective_abi, .. } => effective_abi as i32,
    };
    match status.ruleset {
        RulesetStatus::FullyEnforced => (true, format!("ABI {abi}, all of it")),
        RulesetStatus::PartiallyEnforced => (true, format!("ABI {abi}, as far as this kernel has it")),
        RulesetStatus::NotEnforced => (false, "not enforced".to_owned()),
    }
}
