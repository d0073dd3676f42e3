//! What holds, found out by trying and by asking the kernel, not by remembering what was set.
//!
//! In: what Landlock says, `/proc/self/status`. Out: a line for each thing that was looked at. Touches: tries what must fail, and undoes what
//! does not.

use std::fmt;
use std::fs::File;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use landlock::RestrictionStatus;
use rustix::process::{DumpableBehavior, Resource};

use super::landlock_words;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for, in words for the operator.
    pub what: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// How much depends on it.
    pub weight: Weight,
    /// How far it holds, or what the operator can do; may be empty.
    pub detail: String,
}

/// What it means when something does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It holds on every kernel that the relay supports: it must not start.
    Must,
    /// An old kernel may not have it: the operator is told at each start.
    Should,
    /// It depends on how the machine is set up: only `--show-sandbox` says so.
    May,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// Looks from inside. Each attempt is harmless where it succeeds: what was opened is closed at once.
    ///
    /// `status` is `/proc/self/status`, opened before: inside it can't be. It is what the kernel says when it is read.
    pub(super) fn look(landlock: &RestrictionStatus, locked: bool, status: Option<File>) -> Self {
        let must = |what, holds, detail: String| Finding { what, holds, weight: Weight::Must, detail };
        let may = |what, holds, detail: &str| Finding { what, holds, weight: Weight::May, detail: detail.to_owned() };
        let (landlocked, words) = landlock_words(landlock);
        let status = status.and_then(|file| io::read_to_string(file).ok()).unwrap_or_default();
        let core = rustix::process::getrlimit(Resource::Core).maximum == Some(0);
        let dumpable = rustix::process::dumpable_behavior();
        let refused = |result: io::Result<()>| match result {
            Ok(()) => (false, "it worked".to_owned()),
            Err(error) => (error.kind() == io::ErrorKind::PermissionDenied, error.to_string()),
        };
        let tried = |what, result| {
            let (holds, detail) = refused(result);
            must(what, holds, detail)
        };
        let mut found = vec![
            must("no new rights (no_new_privs)", landlock.no_new_privs, String::new()),
            Finding { what: "Landlock", holds: landlocked, weight: Weight::Should, detail: words },
            must("seccomp filter", status.contains("\nSeccomp:\t2\n"), String::new()),
            must("no core dump (limit)", core, String::new()),
            must(
                "no core dump, no debugger (not dumpable)",
                dumpable == Ok(DumpableBehavior::NotDumpable),
                String::new(),
            ),
            tried("no other program is started", Command::new("/proc/self/exe").spawn().map(drop)),
            tried("no TCP socket is made", TcpListener::bind("127.0.0.1:0").map(drop)),
            tried("no UDP socket is made", UdpSocket::bind("127.0.0.1:0").map(drop)),
            tried("no Unix socket is made", UnixDatagram::unbound().map(drop)),
        ];
        if landlocked {
            // Files of this process, which are there whatever else is: a name for its thread, not written to even where it opens.
            found.push(tried("no file elsewhere is read", File::open("/proc/self/status").map(drop)));
            let write = File::options().write(true).open("/proc/self/comm");
            found.push(tried("no file elsewhere is written", write.map(drop)));
        }
        // Landlock doesn't refuse stat.
        let unseen = !["/etc/passwd", "/home", "/usr/share"].iter().any(|path| Path::new(path).exists());
        found.push(may(
            "no file elsewhere is seen",
            unseen,
            "needs a root of its own, as softinfo-relay.service gives it",
        ));
        found.push(may("memory is kept out of swap", locked, "needs LimitMEMLOCK=infinity; or switch swap off"));
        Self(found)
    }

    /// What does not hold, of this weight.
    pub fn missing(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(move |finding| !finding.holds && finding.weight == weight)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { what, holds, detail, .. } in &self.0 {
            let word = if *holds { "holds" } else { "MISSING" };
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            writeln!(f, "{word:8} {what}{detail}")?;
        }
        Ok(())
    }
}
