//! The Debian packages, by their description: building them takes minutes and is `cargo deb`'s (docs/operating.md, section 1).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::{Table, Value};

use crate::deploy::{read, system};
use scene::{PROJECT, complete};

/// Each package's table, with what it inherits.
fn packages() -> Vec<Table> {
    let manifest: Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let mut base = manifest["package"]["metadata"]["deb"].as_table().unwrap().clone();
    let variants = base.remove("variants").unwrap();
    let mut all = vec![base.clone()];
    for variant in variants.as_table().unwrap().values() {
        let mut package = base.clone();
        package.extend(variant.as_table().unwrap().clone());
        all.push(package);
    }
    all
}

fn text<'a>(package: &'a Table, key: &str) -> &'a str {
    package[key].as_str().unwrap()
}

fn assets(package: &Table) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let assets = package["assets"].as_array().unwrap().iter();
    assets.map(|asset| [0, 1, 2].map(|at| text(&asset.as_array().unwrap()[at]))).collect()
}

/// Where an asset lies once it is installed.
fn installed([from, to, _]: &[String; 3]) -> String {
    let name = if to.ends_with('/') { from.rsplit('/').next().unwrap() } else { "" };
    format!("/{to}{name}")
}

/// Every file that a package installs.
pub fn installed_files() -> BTreeSet<String> {
    packages().iter().flat_map(assets).map(|asset| installed(&asset)).collect()
}

#[test]
fn there_is_a_package_for_each_program_built_with_its_feature_alone() {
    let names: Vec<_> = packages().iter().map(|package| text(package, "name").to_owned()).collect();
    assert_eq!(names, ["softinfo-relay", "softinfo-courier", "softinfo-desk", "softinfo-tip"]);
    for package in packages() {
        let name = text(&package, "name");
        let feature = name.strip_prefix("softinfo-").unwrap();
        assert_eq!(package["default-features"], Value::from(false), "{name}");
        assert_eq!(package["features"], Value::from(vec![feature]), "{name}");
        let programs: Vec<_> = assets(&package).into_iter().filter(|asset| asset[0].starts_with("target/")).collect();
        assert_eq!(programs, [[format!("target/release/{name}"), "usr/bin/".to_owned(), "755".to_owned()]]);
    }
}

#[test]
fn every_file_of_a_package_is_in_the_project_with_the_mode_it_gets() {
    for package in packages() {
        let all = assets(&package);
        for asset in &all {
            let [from, _, mode] = asset;
            if from.starts_with("target/") {
                continue;
            }
            let found = fs::metadata(Path::new(PROJECT).join(from)).unwrap_or_else(|error| panic!("{from}: {error}"));
            let expected = if found.permissions().mode() & 0o111 == 0 { "644" } else { "755" };
            assert_eq!(mode, expected, "{from}");
            let place = installed(asset);
            let programs = place.starts_with("/usr/bin/");
            assert_eq!(programs, mode == "755", "{place}");
        }
        let places: BTreeSet<_> = all.iter().map(installed).collect();
        assert_eq!(places.len(), all.len(), "two files at one place");
    }
}

#[test]
fn every_file_for_an_operator_is_in_a_package() {
    // These are used where they lie.
    let elsewhere = [
        "deploy/Containerfile",
        "deploy/debian/relay/postinst",
        "deploy/debian/relay/postrm",
        "deploy/debian/relay/prerm",
    ];
    let mut packed: BTreeSet<_> = packages().iter().flat_map(assets).map(|asset| asset[0].clone()).collect();
    packed.extend(elsewhere.map(str::to_owned));
    let mut folders = vec![Path::new(PROJECT).join("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(PROJECT).unwrap().to_str().unwrap();
                assert!(packed.contains(name), "{name}");
            }
        }
    }
}

#[test]
fn the_relay_asks_for_what_it_runs_with_and_the_desk_for_no_tor() {
    let packages = packages();
    let oldest =
        read("deploy/tor/check-tor").lines().find_map(|line| line.strip_prefix("oldest=").map(str::to_owned)).unwrap();
    assert!(text(&packages[0], "depends").contains(&format!("tor (>= {oldest})")));
    // A small Debian has no /bin/kill.
    assert!(read("deploy/systemd/softinfo-relay.service").contains("ExecReload=/bin/kill"));
    assert!(text(&packages[0], "depends").split(", ").any(|name| name == "procps"));
    assert!(read("deploy/tor/torrc").contains(&format!("Needs tor {oldest} or later")));
    let desk = packages.iter().find(|package| text(package, "name") == "softinfo-desk").unwrap();
    assert_eq!((text(desk, "depends"), text(desk, "recommends")), ("$auto", ""));
}

#[test]
fn installing_starts_nothing_and_removing_deletes_no_tip() {
    let mut scripts = Vec::new();
    for package in packages() {
        let folder = Path::new(PROJECT).join(text(&package, "maintainer-scripts"));
        let is_relay = text(&package, "name") == "softinfo-relay";
        assert_eq!(folder.exists(), is_relay, "{} has scripts", text(&package, "name"));
        if is_relay {
            scripts.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(scripts.len(), 3);
    for script in scripts {
        assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755, "{script:?}");
        complete(system("sh", "dash").arg("-n").arg(&script)).ok();
        let said = fs::read_to_string(&script).unwrap();
        for never in ["systemctl start", "systemctl enable", "systemctl restart", "rm -r", "deluser", "userdel"] {
            assert!(!said.contains(never), "{script:?}: {never}");
        }
    }
}
