//! The Debian packages, by their description: building them takes minutes and is `cargo deb`'s (docs/operating.md, section 1).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::{Table, Value};

use crate::deploy::{read, system};
use scene::{PROJECT, complete};

/// The manifest of a crate.
fn manifest(room: &str) -> Table {
    toml::from_str(&read(&format!("src/{room}/Cargo.toml"))).unwrap()
}

/// The crates that have a program, each with the table of its package.
fn packages() -> Vec<(String, Table)> {
    let rooms = fs::read_dir(Path::new(PROJECT).join("src")).unwrap();
    let mut rooms: Vec<_> = rooms.map(|room| room.unwrap().file_name().into_string().unwrap()).collect();
    rooms.sort();
    let described = |room: String| {
        let package = manifest(&room)["package"].get("metadata")?.get("deb")?.as_table()?.clone();
        Some((room, package))
    };
    rooms.into_iter().filter_map(described).collect()
}

fn text<'a>(package: &'a Table, key: &str) -> &'a str {
    package[key].as_str().unwrap()
}

/// From where, to where and with which mode. What is not built lies in the project, two folders above the manifest.
fn assets(package: &Table) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let assets = package["assets"].as_array().unwrap().iter();
    let assets = assets.map(|asset| [0, 1, 2].map(|at| text(&asset.as_array().unwrap()[at])));
    assets.map(|[from, to, mode]| [in_project(&from).to_owned(), to, mode]).collect()
}

/// A path in a manifest, as it is written from the project's folder.
fn in_project(path: &str) -> &str {
    path.strip_prefix("../../").unwrap_or_else(|| {
        assert!(path.starts_with("target/release/"), "{path} would be looked for beside the manifest");
        path
    })
}

/// Where an asset lies once it is installed.
fn installed([from, to, _]: &[String; 3]) -> String {
    let name = if to.ends_with('/') { from.rsplit('/').next().unwrap() } else { "" };
    format!("/{to}{name}")
}

/// Every file that a package installs.
pub fn installed_files() -> BTreeSet<String> {
    packages().iter().flat_map(|(_, package)| assets(package)).map(|asset| installed(&asset)).collect()
}

#[test]
fn there_is_a_package_for_each_program_built_of_its_crates_alone() {
    let names: Vec<_> = packages().iter().map(|(_, package)| text(package, "name").to_owned()).collect();
    assert_eq!(names, ["softinfo-courier", "softinfo-desk", "softinfo-relay", "softinfo-tip"]);
    for (room, package) in packages() {
        let name = text(&package, "name");
        for feature in ["default-features", "features", "variants"] {
            assert!(!package.contains_key(feature), "{name}: {feature}");
        }
        let manifest = manifest(&room);
        let programs: Vec<_> = manifest["bin"].as_array().unwrap().iter().map(|bin| &bin["name"]).collect();
        assert_eq!(programs, [&Value::from(name)], "{room}");
        let programs: Vec<_> = assets(&package).into_iter().filter(|asset| asset[0].starts_with("target/")).collect();
        assert_eq!(programs, [[format!("target/release/{name}"), "usr/bin/".to_owned(), "755".to_owned()]]);
        let package = manifest["package"]["name"].as_str().unwrap();
        assert!(read("docs/operating.md").contains(&format!("cargo deb --locked -p {package}")), "{package}");
    }
}

#[test]
fn every_file_of_a_package_is_in_the_project_with_the_mode_it_gets() {
    for (_, package) in packages() {
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
    let mut packed: BTreeSet<_> =
        packages().iter().flat_map(|(_, package)| assets(package)).map(|[from, ..]| from).collect();
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
    let all = packages();
    let package = |wanted: &str| &all.iter().find(|(_, package)| text(package, "name") == wanted).unwrap().1;
    let oldest =
        read("deploy/tor/check-tor").lines().find_map(|line| line.strip_prefix("oldest=").map(str::to_owned)).unwrap();
    assert!(text(package("softinfo-relay"), "depends").contains(&format!("tor (>= {oldest})")));
    // A small Debian has no /bin/kill.
    assert!(read("deploy/systemd/softinfo-relay.service").contains("ExecReload=/bin/kill"));
    assert!(text(package("softinfo-relay"), "depends").split(", ").any(|name| name == "procps"));
    assert!(read("deploy/tor/torrc").contains(&format!("Needs tor {oldest} or later")));
    let desk = package("softinfo-desk");
    assert_eq!((text(desk, "depends"), text(desk, "recommends")), ("$auto", ""));
}

#[test]
fn installing_starts_nothing_and_removing_deletes_no_tip() {
    let mut scripts = Vec::new();
    for (_, package) in packages() {
        let folder = Path::new(PROJECT).join(in_project(text(&package, "maintainer-scripts")));
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
