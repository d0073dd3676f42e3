//! The kept inputs of the fuzz targets break no promise: the same checks as in `fuzz/`, on stable Rust and in seconds.
//!

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use softinfo_fuzz_targets as targets;
use targets::corpus::replay;
use targets::routes;

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

/// Otherwise all promises would hold because nothing ever happens.
#[test]
fn a_tip_of_the_language_is_stored_sent_at_once_or_in_pieces_and_one_that_breaks_off_is_not() {
    let kind = "content-type: application/octet-stream\r\n";
    let at_once = format!("POST /tips HTTP/1.1\r\nhost: x\r\n{kind}content-length: 30965\r\n\r\n\x01\x01");
    let pieces = format!(
        "POST /tips HTTP/1.1\r\nhost: x\r\n{kind}upload-complete: ?0\r\nupload-length: 30965\r\ncontent-length: 10240\r\n\r\n\x15\x01\x0a\
         \x10\0PATCH \x0c HTTP/1.1\r\nhost: x\r\ncontent-type: application/partial-upload\r\nupload-offset: 10240\r\nupload-complete: ?1\r\ncontent-length: 20725\r\n\r\n\x14\x01\x0a"
    );
    for (input, tips, statuses) in [
        (&at_once, 1, &[201][..]),
        (&format!("{at_once}{at_once}"), 1, &[201, 200]),
        (&pieces, 1, &[201, 201]),
        (&at_once.replace("\x01\x01", "\x15\x01\x0a"), 0, &[408]),
        (&at_once.replace("\x01\x01", "\x15\x01\x0a\x11"), 0, &[]),
    ] {
        let outcome = routes::play(input.as_bytes());
        let answered: Vec<_> = outcome.answers.iter().map(|answer| answer.status).collect();
        assert_eq!((outcome.tips.len(), &answered[..]), (tips, statuses), "{input:?}");
    }
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_routes() {
    replay("routes", routes::check);
}

#[test]
fn the_kept_inputs_break_no_promise_of_the_form() {
    replay("form", targets::form::check);
}

/// Names of the targets, by the folder of their programs.
fn targets_built() -> BTreeSet<String> {
    let programs = fs::read_dir(Path::new(scene::PROJECT).join("fuzz/fuzz_targets")).unwrap();
    programs.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_is_replayed_by_a_test() {
    let tests = include_str!("fuzz_corpus.rs");
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
    let (fuzzed, shipped) = (include_str!("../../fuzz/Cargo.lock"), include_str!("../../Cargo.lock"));
    let more: Vec<_> = packages(fuzzed).difference(&packages(shipped)).map(|(name, _)| *name).collect();
    assert_eq!(more, ["arbitrary", "libfuzzer-sys", "softinfo-fuzz"], "bring fuzz/Cargo.lock in line with Cargo.lock");
}

/// A row of a target in `docs/assurance.md`, made from the ledger: inputs and CPU time added up, edges and features of the last run.
fn row(target: &str, runs: &[Vec<&str>]) -> String {
    let own: Vec<_> = runs.iter().filter(|run| run[1] == target).collect();
    let sum = |column: usize| own.iter().map(|run| run[column].parse::<u64>().unwrap()).sum::<u64>();
    let last = |column: usize| spaced(own.last().unwrap()[column].parse().unwrap());
    format!("| `{target}` | {} | {} | {} | {} |", spaced(sum(2)), hours(sum(3)), last(4), last(5))
}

/// Thousands apart: 2 523 712.
fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
    groups.collect::<Vec<_>>().join(" ")
}

fn hours(seconds: u64) -> String {
    let hundredths = (seconds * 100 + 1800) / 3600;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[test]
fn the_sums_of_the_fuzzing_ledger_are_those_of_the_documentation() {
    let read = |name: &str| fs::read_to_string(Path::new(scene::PROJECT).join(name)).unwrap();
    let (ledger, assurance) = (read("fuzz/ledger.tsv"), read("docs/assurance.md"));
    let runs: Vec<Vec<_>> = ledger.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    for target in targets_built() {
        let row = row(&target, &runs);
        assert!(assurance.lines().any(|line| line == row), "docs/assurance.md has no line {row}");
    }
    let sum = |column: usize| runs.iter().map(|run| run[column].parse::<u64>().unwrap()).sum::<u64>();
    let all = format!("| **all** | **{}** | **{}** | | |", spaced(sum(2)), hours(sum(3)));
    assert!(assurance.lines().any(|line| line == all), "docs/assurance.md has no line {all}");
}
