//! The systemd units, as far as they can be judged without running systemd.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::deploy::{read, system};
use scene::{PROJECT, RELAY, Run, TIP, complete};

/// A unit in a folder of its own, with the programs that were built just now.
fn with_built_programs(folder: &Path, name: &str) -> PathBuf {
    let text = read(&format!("deploy/systemd/{name}"));
    let text = text.replace("/usr/bin/softinfo-relay", RELAY).replace("/usr/bin/softinfo-tip", TIP);
    let script = |text: String, name: &str| {
        let place = Path::new(PROJECT).join("deploy/monitor").join(name);
        text.replace(&format!("/usr/bin/softinfo-{name}"), place.to_str().unwrap())
    };
    let text = ["daily-mail", "fetch-alarm", "canary"].into_iter().fold(text, script);
    fs::write(folder.join(name), text).unwrap();
    folder.join(name)
}

fn exposure(name: &str) -> f64 {
    let folder = scene::folder();
    let unit = with_built_programs(folder.path(), name);
    let mut analyze = system("systemd-analyze", "systemd");
    let run = complete(analyze.args(["security", "--offline=true", "--no-pager", "--threshold=15"]).arg(unit)).ok();
    let line =
        run.out.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_else(|| panic!("{run:?}"));
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn systemd_finds_nothing_to_say_about_the_units() {
    let folder = scene::folder();
    let units: Vec<_> = fs::read_dir(Path::new(PROJECT).join("deploy/systemd"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".service") || name.ends_with(".timer"))
        .collect();
    assert!(units.len() >= 9, "{units:?}");
    let paths: Vec<_> = units.iter().map(|name| with_built_programs(folder.path(), name)).collect();
    let verify = |paths: &[PathBuf]| -> Run {
        complete(system("systemd-analyze", "systemd").args(["verify", "--man=no"]).args(paths))
    };
    let run = verify(&paths).ok();
    assert_eq!(run.err.trim(), "", "{run:?}");
    // It would say something.
    let wrong = folder.path().join("wrong.service");
    fs::write(&wrong, read("deploy/systemd/softinfo-relay.service").replace("ProtectProc=", "ProtectPrc=")).unwrap();
    let run = verify(&[wrong]);
    assert!(run.code != 0 || run.err.contains("ProtectPrc"), "{run:?}");
}

#[test]
fn the_relays_unit_is_exposed_at_most_1_5() {
    let found = exposure("softinfo-relay.service");
    assert!(found > 0.0 && found <= 1.5, "{found}");
    assert!(exposure("softinfo-watch.service") <= 1.5);
    assert!(exposure("softinfo-canary.service") <= 1.5);
}

#[test]
fn the_unit_keeps_memory_off_the_disk_and_the_relay_off_the_network() {
    let unit = read("deploy/systemd/softinfo-relay.service");
    for line in [
        "PrivateNetwork=yes",
        "RestrictAddressFamilies=AF_UNIX",
        "IPAddressDeny=any",
        "LimitMEMLOCK=infinity",
        "LimitCORE=0",
        "MemorySwapMax=0",
        "UMask=0077",
        "ConditionPathExists=/etc/softinfo/relay.toml",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "RestartPreventExitStatus=1 2",
        "Type=notify",
        "WatchdogSec=120",
        "TemporaryFileSystem=/:ro",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
}

/// Exim's sendmail delivers in a process that outlives it, and a mail of an alarm would lie for half an hour.
#[test]
fn a_mail_that_is_on_its_way_is_not_ended_with_the_unit_that_sent_it() {
    for name in ["daily-mail", "fetch-alarm"] {
        let unit = read(&format!("deploy/systemd/softinfo-{name}.service"));
        assert!(unit.lines().any(|line| line == "KillMode=process"), "{name}");
    }
}

/// Paths that the relay's own root holds.
fn bound(unit: &str) -> Vec<&str> {
    let lines =
        unit.lines().filter_map(|line| line.strip_prefix("BindReadOnlyPaths=").or(line.strip_prefix("BindPaths=")));
    lines.flat_map(str::split_whitespace).map(|path| path.trim_start_matches('-')).collect()
}

/// A library that is missing in the root would be noticed at the next start only.
#[test]
fn the_relays_own_root_has_every_library_it_is_linked_with_and_nothing_of_others() {
    let unit = read("deploy/systemd/softinfo-relay.service");
    let bound = bound(&unit);
    let linked = complete(system("ldd", "libc-bin").arg(RELAY)).ok();
    let libraries: Vec<_> = linked.out.split_whitespace().filter(|word| word.starts_with('/')).collect();
    assert!(libraries.len() >= 2, "{linked:?}");
    for library in libraries {
        assert!(bound.contains(&library), "{library}: {bound:?}");
    }
    let ours = [
        "/usr/bin/softinfo-relay",
        "/bin/kill",
        "/etc/softinfo",
        "/run/systemd/notify",
        "/var/lib/softinfo-relay",
        "/run/softinfo",
    ];
    let others: Vec<_> = bound.iter().filter(|path| !ours.contains(path) && !path.starts_with("/lib")).collect();
    assert_eq!(others, Vec::<&&str>::new());
}

/// Names in a set of system calls, as this systemd knows it.
fn calls_of(set: &str) -> BTreeSet<String> {
    if !set.starts_with('@') {
        return BTreeSet::from([set.to_owned()]);
    }
    let run = complete(system("systemd-analyze", "systemd").args(["syscall-filter", "--no-pager", set])).ok();
    let names = run.out.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    names.flat_map(calls_of).collect()
}

/// What the unit's filter lets through: its lines in their order.
fn let_through(unit: &str) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for line in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let (taken, sets) = line.strip_prefix('~').map_or((false, line), |sets| (true, sets));
        for call in sets.split(' ').flat_map(calls_of) {
            if taken {
                calls.remove(&call)
            } else {
                calls.insert(call)
            };
        }
    }
    calls
}

#[test]
fn the_units_filter_lets_the_relay_shut_itself_in_and_work_afterwards() {
    let through = let_through(&read("deploy/systemd/softinfo-relay.service"));
    // What comes before the relay's own filter: files, limits, locked memory, listeners, Landlock and the filter itself.
    let before = [
        "execve",
        "openat",
        "chmod",
        "unlink",
        "mkdir",
        "prlimit64",
        "prctl",
        "mlockall",
        "socket",
        "bind",
        "listen",
        "connect",
        "fcntl",
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
        "seccomp",
    ];
    let source = read("src/relay/sandbox/calls.rs");
    // All that the relay allows itself: were one missing, it would fail only in the unit, and perhaps only one day.
    let allowed: BTreeSet<_> = source
        .split("libc::SYS_")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned())
        .collect();
    assert!(allowed.len() > 90 && allowed.contains("accept4"), "{allowed:?}");
    let needed = before.iter().map(|call| (*call).to_owned()).chain(allowed);
    let missing: Vec<_> = needed.filter(|call| !through.contains(call)).collect();
    assert_eq!(missing, Vec::<String>::new());
    for never in ["mount", "ptrace", "init_module", "reboot", "setuid", "bpf", "keyctl", "shmget"] {
        assert!(!through.contains(never), "{never}");
    }
}

#[test]
fn the_relays_user_and_its_folders_come_out_as_tor_and_the_relay_need_them() {
    let folder = scene::folder();
    let root = folder.path();
    for inner in ["etc", "run", "var/lib", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"] {
        fs::create_dir_all(root.join(inner)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\ndebian-tor:x:101:111::/var/lib/tor:/bin/false\n")
        .unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\ndebian-tor:x:111:\n").unwrap();
    let names = [("sysusers", "systemd-sysusers"), ("tmpfiles", "systemd-tmpfiles")];
    for (kind, program) in names {
        let place = root.join(format!("usr/lib/{kind}.d/softinfo-relay.conf"));
        fs::write(&place, read(&format!("deploy/systemd/softinfo-relay.{kind}"))).unwrap();
        let mut command = system(program, "systemd");
        if kind == "tmpfiles" {
            command.arg("--create");
        }
        let run = complete(command.arg(format!("--root={}", root.display())).arg("softinfo-relay.conf"));
        assert!(run.code == 0, "{run:?}");
    }
    let passwd = fs::read_to_string(root.join("etc/passwd")).unwrap();
    let user = passwd.lines().find(|line| line.starts_with("softinfo-relay:")).unwrap_or_else(|| panic!("{passwd}"));
    let fields: Vec<_> = user.split(':').collect();
    assert_eq!((fields[5], fields[6]), ("/var/lib/softinfo-relay", "/usr/sbin/nologin"));
    let owner = |path: &str| {
        let found = fs::metadata(root.join(path)).unwrap();
        use std::os::unix::fs::MetadataExt;
        (found.uid().to_string(), found.gid().to_string(), found.permissions().mode() & 0o7777)
    };
    assert_eq!(owner("run/softinfo"), (fields[2].to_owned(), "111".to_owned(), 0o2750));
    assert_eq!(owner("etc/softinfo"), ("0".to_owned(), fields[3].to_owned(), 0o750));
    // Before the first start the check of the configuration has to find it.
    assert_eq!(owner("var/lib/softinfo-relay"), (fields[2].to_owned(), fields[3].to_owned(), 0o700));
}
