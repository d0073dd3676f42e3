//! Each program is built by its package alone, as README and the Debian packages do it: what a crate uses, it names itself.

use std::process::Command;

#[test]
fn each_program_builds_alone() {
    // In the same target folder: most dependencies are there from the lints, and no program is replaced by a check.
    let target = concat!(env!("SOFTINFO_SCRATCH"), "/..");
    for package in ["softinfo-relay", "softinfo-writer", "softinfo-courier", "softinfo-desk-web"] {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--locked", "--offline", "--quiet", "--package", package, "--bins", "--target-dir", target])
            .current_dir(scene::PROJECT)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("warning"), "{package}: {said}");
    }
}
