//! Walls between the crates: what each may use of the others, what each program links, and what is pinned.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates under `src/`, and which others each may name (`docs/architecture.md`, "Crates"). Whatever is not here is a way back.
const WALLS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("formats", &["base"]),
    ("terminal", &["base"]),
    ("seal", &["base", "formats"]),
    ("client", &["base", "formats"]),
    ("store", &["base", "formats"]),
    ("relay", &["base", "formats", "store", "terminal"]),
    ("courier", &["base", "formats", "client", "terminal"]),
    ("writer", &["base", "formats", "client", "seal", "terminal"]),
    ("desk", &["base", "formats", "seal"]),
    ("desk-web", &["base", "formats", "desk", "terminal"]),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(scene::PROJECT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Names of all crates that a package links (build scripts and proc macros left out).
fn tree(package: &str) -> BTreeSet<String> {
    let edges = "normal,no-proc-macro";
    let text =
        cargo(&["tree", "--locked", "--offline", "-p", package, "-e", edges, "--prefix", "none", "--format", "{p}"]);
    let names: BTreeSet<_> = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.contains(package) && names.len() > 20, "{names:?}");
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
/// Bech32 is not among them: the text form of a public key is read wherever a directory is checked.
const DECRYPTION: &[&str] = &["age", "ml", "x25519", "bip39", "hpke", "i18n"];

#[test]
fn no_crate_reaches_back() {
    let described: serde_json::Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"]))
            .unwrap();
    let mut seen = BTreeSet::new();
    for package in described["packages"].as_array().unwrap() {
        let path = package["manifest_path"].as_str().unwrap();
        let Some(room) =
            path.strip_prefix(&format!("{}/src/", scene::PROJECT)).and_then(|path| path.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let (_, allowed) =
            WALLS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is not in the table"));
        let dependencies = package["dependencies"].as_array().unwrap();
        let is_named = |dependency: &serde_json::Value| dependency["name"].as_str().unwrap().starts_with("softinfo-");
        assert!(dependencies.iter().all(|dependency| dependency["path"].is_null() || is_named(dependency)), "{room}");
        let used: BTreeSet<_> = dependencies
            .iter()
            .filter_map(|dependency| dependency["name"].as_str().unwrap().strip_prefix("softinfo-"))
            .collect();
        assert_eq!(used, allowed.iter().copied().collect(), "{room} uses others than the table says");
        seen.insert(room.to_owned());
    }
    assert_eq!(seen, WALLS.iter().map(|(room, _)| (*room).to_owned()).collect());
}

#[test]
fn the_desk_has_no_network_client_and_no_tls() {
    let desk = tree("softinfo-desk-web");
    assert_eq!(found(&desk, NETWORK), Vec::<&str>::new());
    assert!(desk.contains("age"), "the check looks at the right tree");
}

#[test]
fn the_relay_has_no_way_to_decrypt_a_tip() {
    let relay = tree("softinfo-relay");
    assert_eq!(found(&relay, DECRYPTION), Vec::<&str>::new());
    assert!(relay.contains("axum") && relay.contains("sled"), "the check looks at the right tree");
}

#[test]
fn the_courier_has_no_way_to_decrypt_a_tip() {
    let courier = tree("softinfo-courier");
    assert_eq!(found(&courier, DECRYPTION), Vec::<&str>::new());
    assert!(courier.contains("ureq") && !courier.contains("sled"));
}

#[test]
fn the_softinfo_tip_program_has_no_store_and_no_server() {
    let tip = tree("softinfo-writer");
    assert_eq!(found(&tip, &["axum", "hyper", "tokio", "sled"]), Vec::<&str>::new());
    assert!(tip.contains("age") && tip.contains("ureq"));
}

#[test]
fn what_formats_and_files_depend_on_is_pinned_exactly() {
    let manifest = include_str!("../../Cargo.toml");
    for pin in [
        "\nage = { version = \"=0.12.1\"",
        "\nage-core = \"=0.12.0\"",
        "\nml-kem = { version = \"=0.2.3\"",
        "\nsled = \"=0.34.7\"",
    ] {
        assert!(manifest.contains(pin), "{pin}");
    }
    let lock = include_str!("../../Cargo.lock");
    for once in [
        "age",
        "age-core",
        "ml-kem",
        "sled",
        "chacha20poly1305",
        "curve25519-dalek",
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
    for (room, _) in WALLS.iter().filter(|(room, _)| *room != "desk-web") {
        let text = std::fs::read_to_string(format!("{}/src/{room}/lib.rs", scene::PROJECT)).unwrap();
        assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{room}");
    }
    let output = Command::new("grep")
        .args(["-rlE", "unsafe *(\\{|fn|impl)", "src"])
        .current_dir(scene::PROJECT)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "src/relay/program/memory.rs");
}
