//! The kept inputs of the fuzz targets break no promise: the same checks as in `fuzz/`, on stable Rust and in seconds.
//!
//! The targets that need the relay's connections, `routes` and `form`, are replayed by the library's own tests (`src/relay/fuzzing.rs`).

use std::collections::BTreeSet;
use std::fs;

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use targets::corpus::replay;

#[test]
fn the_kept_inputs_break_no_promise_of_the_header_scanner() {
    replay("header", targets::header::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_archive_in_a_tip() {
    replay("container", targets::container::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_directory() {
    replay("directory", targets::directory::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_bundle() {
    replay("bundle", targets::bundle::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_proxy_line() {
    replay("proxy_line", targets::proxy_line::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_report() {
    replay("report", targets::report::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_receipt() {
    replay("receipt", targets::receipt::check);
}

/// Names of the targets, by the folder of their programs.
fn targets_built() -> BTreeSet<String> {
    let programs = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/fuzz_targets")).unwrap();
    programs.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_is_replayed_by_a_test() {
    let tests = [include_str!("fuzz_corpus.rs"), include_str!("../src/relay/fuzzing.rs")].concat();
    let targets = targets_built();
    for target in &targets {
        assert!(tests.contains(&format!("replay(\"{target}\", ")), "{target}");
    }
    assert_eq!(targets.len(), 9);
}

/// Name and version of every package in a lockfile.
fn packages(lock: &str) -> BTreeSet<(&str, &str)> {
    let after = |text: &'static str, package: &'_ str| package.find(text).map(|at| at + text.len());
    let packages = lock.split("[[package]]").skip(1).map(|package| {
        let [name, version] = ["name = \"", "version = \""]
            .map(|field| package[after(field, package).unwrap()..].split('"').next().unwrap());
        (name, version)
    });
    packages.collect()
}

#[test]
fn what_is_fuzzed_is_made_of_the_same_packages_as_what_is_shipped() {
    let (fuzzed, shipped) = (include_str!("../fuzz/Cargo.lock"), include_str!("../Cargo.lock"));
    let more: Vec<_> = packages(fuzzed).difference(&packages(shipped)).map(|(name, _)| *name).collect();
    assert_eq!(more, ["arbitrary", "libfuzzer-sys", "softinfo-fuzz"], "bring fuzz/Cargo.lock in line with Cargo.lock");
}
