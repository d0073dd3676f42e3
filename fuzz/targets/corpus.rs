//! The kept corpus of a target, replayed on stable Rust: `fuzz/corpus/<target>/`, one input a file.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs `check` on every kept input of a target. Fails when there is none, and names the input that breaks a promise.
pub fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; the corpus belongs to the repository", folder.display()));
    let mut inputs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} is empty; the corpus belongs to the repository", folder.display());
    for path in inputs {
        let input = fs::read(&path).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&input)));
        assert!(outcome.is_ok(), "a promise broke with {}; the reason stands above", path.display());
    }
}
