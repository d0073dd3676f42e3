//! Each program links only what it needs; the two that matter most are checked, and what is pinned.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of all crates that a binary with one feature links (build scripts and proc macros left out).
fn tree(feature: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--no-default-features",
            "--features",
            feature,
            "-e",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<_> = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.contains("softinfo") && names.len() > 20, "{names:?}");
    names
}

fn found<'a>(tree: &'a BTreeSet<String>, words: &[&str]) -> Vec<&'a str> {
    tree.iter()
        .map(String::as_str)
        .filter(|name| words.iter().any(|word| name == word || name.starts_with(&format!("{word}-"))))
        .collect()
}

const NETWORK: &[&str] = &[
    "ureq", "hyper", "reqwest", "axum", "tokio", "mio", "socket2", "h2", "rustls", "ring", "aws", "openssl", "native",
    "webpki", "socks", "http",
];
const DECRYPTION: &[&str] = &["age", "ml", "x25519", "bip39", "hpke", "bech32", "i18n"];

#[test]
fn the_desk_has_no_network_client_and_no_tls() {
    let desk = tree("desk");
    assert_eq!(found(&desk, NETWORK), Vec::<&str>::new());
    assert!(desk.contains("age"), "the check looks at the right tree");
}

#[test]
fn the_relay_has_no_way_to_decrypt_a_tip() {
    let relay = tree("relay");
    assert_eq!(found(&relay, DECRYPTION), Vec::<&str>::new());
    assert!(relay.contains("axum") && relay.contains("sled"), "the check looks at the right tree");
}

#[test]
fn the_courier_has_no_way_to_decrypt_a_tip() {
    let courier = tree("courier");
    assert_eq!(found(&courier, DECRYPTION), Vec::<&str>::new());
    assert!(courier.contains("ureq") && !courier.contains("sled"));
}

#[test]
fn the_softinfo_tip_program_has_no_store_and_no_server() {
    let tip = tree("tip");
    assert_eq!(found(&tip, &["axum", "hyper", "tokio", "sled"]), Vec::<&str>::new());
    assert!(tip.contains("age") && tip.contains("ureq"));
}

#[test]
fn what_formats_and_files_depend_on_is_pinned_exactly() {
    let manifest = include_str!("../Cargo.toml");
    for pin in [
        "age = { version = \"=0.12.1\"",
        "age-core = { version = \"=0.12.0\"",
        "ml-kem = { version = \"=0.2.3\"",
        "sled = { version = \"=0.34.7\"",
    ] {
        assert!(manifest.contains(pin), "{pin}");
    }
    let lock = include_str!("../Cargo.lock");
    for once in [
        "age",
        "age-core",
        "ml-kem",
        "sled",
        "chacha20poly1305",
        "x25519-dalek",
        "ed25519-dalek",
        "hkdf",
        "sha3",
        "rustls",
    ] {
        assert_eq!(lock.matches(&format!("\nname = \"{once}\"\n")).count(), 1, "{once}");
    }
}

#[test]
fn unsafe_code_stands_in_one_small_file() {
    assert!(include_str!("../src/lib.rs").contains("#![forbid(unsafe_code)]"));
    let output = Command::new("grep")
        .args(["-rlE", "unsafe *(\\{|fn|impl)", "src"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "src/bin/softinfo-relay/memory.rs");
}

#[test]
fn each_program_builds_alone_with_its_own_feature() {
    // In the same target folder: the dependencies are there from the lints, and no program is replaced by a check.
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/..");
    for feature in ["relay", "tip", "courier", "desk"] {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--locked", "--offline", "--quiet", "--no-default-features", "--features", feature])
            .args(["--bin", &format!("softinfo-{feature}"), "--target-dir", target])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("warning"), "{feature}: {said}");
    }
}
