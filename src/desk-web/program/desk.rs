//! What several subcommands say of the desk itself: whose keys it uses, that it is busy, that its list is lost, what plaintext a killed one left.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use softinfo_desk::desk_folder::Desk;
use softinfo_desk::{CasebookError, LockError, clear_away};
use softinfo_terminal::{Exit, complain};

use crate::PROGRAM;

/// Says so where the desk works with the example keys.
pub fn announce_example(desk: &Desk) {
    if desk.example {
        complain(
            PROGRAM,
            "this desk has no keys of its own; using the EXAMPLE keys in keys-example/, which everybody has",
        );
    }
}

/// Says that another program has the desk.
pub fn busy_desk(busy: &LockError) -> ExitCode {
    complain(PROGRAM, busy);
    Exit::TryLater.into()
}

/// Says that the list is lost.
pub fn lost_list(lost: &CasebookError) -> ExitCode {
    complain(PROGRAM, lost);
    Exit::Incomplete.into()
}

/// Removes what a killed program has left, unless another is at work, and names what can't be removed now.
pub fn tidy(desk: &Desk) {
    name_plaintext(&clear_away(&desk.folder));
}

/// Names the plaintext that a killed `open` has left where it can't be removed now.
pub fn name_plaintext(left: &[PathBuf]) {
    for folder in left {
        complain(
            PROGRAM,
            format_args!(
                "{} may hold plaintext of a tip whose opening was ended halfway, and can't be removed now. Put the medium in, so that it can be written; \
                 softinfo-desk list removes it. If it is gone for good, or was removed by hand: softinfo-desk list --forget-plaintext",
                folder.display()
            ),
        );
    }
}

/// Whoever closes the other end of a pipe has seen enough.
pub fn quiet_when_closed(said: io::Result<()>) -> io::Result<()> {
    match said {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}
