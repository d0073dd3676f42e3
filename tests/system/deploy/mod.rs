//! What an operator installs is what the documents say and what the programs need: units, onion services, settings, packages, the guide.

mod guide;
mod monitor;
mod onion;
mod package;
mod sockets;
mod systemd;
mod units;

use std::process::Command;

/// A file of the project, as text.
fn read(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(scene::PROJECT).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A program of the system; a test that can't have it fails and says which package is missing.
fn system(program: &str, package: &str) -> Command {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output().unwrap();
    assert!(found.status.success(), "this test needs {program}: apt install {package}");
    Command::new(program)
}
