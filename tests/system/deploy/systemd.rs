//! The relay's unit under systemd itself, on this machine but apart from it: a systemd in namespaces of its own, its root a throw-away layer
//! over this one, no network. The whole guide on a Debian of its own is in `tests/deploy/rehearsal/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::deploy::{read, system};
use scene::{PROJECT, RELAY, complete};

/// Row 16 of issue 10: `stat` showed a relay that was taken over other files and processes. The unit's part; the sandbox's is in `tests/system/sandbox.rs`.
#[test]
fn under_systemd_the_relay_sees_nothing_but_what_it_needs_and_feeds_the_watchdog() {
    system("/lib/systemd/systemd", "systemd");
    let folder = scene::folder();
    let path = |name: &str| folder.path().join(name);
    for name in ["layer", "units", "etc", "out"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("units/softinfo-relay.service"), read("deploy/systemd/softinfo-relay.service")).unwrap();
    for name in ["directory.note", "root.vkey"] {
        fs::copy(Path::new(PROJECT).join("keys-example").join(format!("EXAMPLE-{name}")), path("etc").join(name))
            .unwrap();
    }
    let hash = softinfo_relay::token::TokenHash::of(softinfo_formats::example_keys::COURIER_TOKEN.as_bytes());
    let settings = read("deploy/relay.toml")
        .replace("\ntoken_sha256 = [", &format!("\ntoken_sha256 = [\"{}\"", String::from(hash)))
        .replace("page = ", "# page = ")
        + "floor_mib = 16\n";
    fs::write(path("etc/relay.toml"), settings).unwrap();
    let booted = complete(
        Command::new("timeout")
            .args([
                "--kill-after=10",
                "240",
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--cgroup",
                "--uts",
                "--ipc",
                "--net",
            ])
            .arg(Path::new(PROJECT).join("tests/deploy/boot"))
            .arg(folder.path())
            .arg(RELAY),
    );
    let seen = fs::read_to_string(path("out/seen")).unwrap_or_default();
    let log = fs::read_to_string(path("out/log")).unwrap_or_default();
    let needs = "this test boots a systemd in namespaces and has to run as root (in a container: privileged)";
    assert!(seen.contains("the end"), "{needs}\n{booted:?}\n{seen}\n{log}");
    let after = |what: &str| {
        let (_, rest) = seen.split_once(&format!("== {what}\n")).unwrap_or_else(|| panic!("{what}: {seen}"));
        rest.split("== ").next().unwrap().trim().to_owned()
    };
    assert_eq!(after("started"), "active", "{log}");
    let unit = read("deploy/systemd/softinfo-relay.service");
    for file in after("files").lines() {
        let known = ["/var/tmp", "/run", "/run/systemd", "/run/systemd/incoming", "/proc", "/dev", "/tmp"]
            .contains(&file)
            || unit.split_whitespace().any(|word| {
                word.trim_start_matches("BindReadOnlyPaths=")
                    .trim_start_matches("BindPaths=")
                    .trim_start_matches('-')
                    .starts_with(file)
            });
        assert!(known, "{file} is seen: {seen}");
    }
    assert!(after("files").lines().count() > 10, "{seen}");
    // Of other users' processes it is not even shown that they are there.
    let processes = after("processes");
    assert!(processes.contains("hidepid=invisible") && processes.contains("subset=pid"), "{seen}");
    assert_eq!(after("fed"), "yes", "{seen}");
    assert_eq!(after("reloaded"), "0", "{seen}");
    assert!(log.contains("directory and page were read again and are the same"), "{log}");
    // A relay that says nothing more is ended and started anew.
    assert_eq!(after("stopped while it hung"), "watchdog", "{seen}");
    assert_eq!(after("stopped"), "success", "{seen}");
}
