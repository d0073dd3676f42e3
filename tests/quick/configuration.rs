//! The documented configurations are the real ones: every key, its real default, a word about it, and no other key.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use softinfo_courier::CourierConfig;
use softinfo_relay::config::Config;
use softinfo_relay::token::TokenHash;

fn project() -> PathBuf {
    PathBuf::from(scene::PROJECT)
}

fn keys(table: &toml::Table, prefix: &str) -> BTreeSet<String> {
    table
        .iter()
        .flat_map(|(key, value)| match value {
            toml::Value::Table(inner) => keys(inner, &format!("{prefix}{key}.")),
            _ => BTreeSet::from([format!("{prefix}{key}")]),
        })
        .collect()
}

/// Every line `key = value` has a comment above it.
fn every_key_is_explained(text: &str) {
    let mut before = "";
    for line in text.lines() {
        let is_key = line.contains(" = ") && !line.starts_with('#');
        assert!(!is_key || before.starts_with('#'), "no word about: {line}");
        before = line;
    }
}

#[test]
fn relay_toml_documents_every_key_with_its_default() {
    let text = fs::read_to_string(project().join("config/relay.toml")).unwrap();
    let documented: toml::Table = toml::from_str(&text).unwrap();
    let config: Config = toml::from_str(&text).unwrap();
    let known = toml::Table::try_from(&config).unwrap();
    assert_eq!(keys(&documented, ""), keys(&known, ""));
    every_key_is_explained(&text);
    // What has a default may be left out, and is then the documented value.
    let bare: String = text
        .lines()
        .filter(|line| {
            let optional = [
                "idle_seconds",
                "circuit_ids",
                "retention_days",
                "jitter_days",
                "volume_mib",
                "floor_mib",
                "monitor_token",
            ];
            let limits = ["connections", "uploads", "text_", "day_mib", "staged_mib", "hour_mib", "[limits"];
            !optional.iter().chain(&limits).any(|key| line.starts_with(key))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let bare: Config = toml::from_str(&bare).unwrap();
    assert_eq!(toml::Table::try_from(&bare).unwrap(), known);
}

#[test]
fn an_unknown_key_or_a_value_out_of_range_is_refused_by_name() {
    let text = fs::read_to_string(project().join("config/relay.toml")).unwrap();
    let folder = scene::folder();
    let path = folder.path().join("relay.toml");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|error| error.to_string())
    };
    read(&text).unwrap();
    let said = |text: &str, named: &str| {
        let said = read(text).unwrap_err();
        assert!(said.contains(named), "{named} is not in: {said}");
    };
    for (part, key) in [("[intake]", "proxy"), ("[courier]", "token"), ("[store]", "log_level")] {
        said(&text.replacen(part, &format!("{part}\n{key} = true"), 1), key);
    }
    said(&format!("acces_log = true\n{text}"), "acces_log");
    said(&format!("{text}\n[metrics]\n"), "metrics");
    let wrong = [
        ("idle_seconds", "0", "intake.idle_seconds"),
        ("retention_days", "0", "store.retention_days"),
        ("retention_days", "-1", "retention_days"),
        ("volume_mib", "0", "store.volume_mib"),
        ("listen", "\"127.0.0.1:8081\"", "courier.listen"),
        ("listen", "\"localhost\"", "listen"),
        ("token_sha256", "[]", "courier.token_sha256"),
        ("text_buffer_mib", "0", "limits.text_buffer_mib"),
        ("text_parts", "0", "limits.text_parts"),
        ("connections", "1024", "limits.connections"),
        ("day_mib", "10000000", "limits.day_mib"),
        ("floor_mib", "18446744073709", "store.floor_mib"),
        ("listen", "\"unix:\"", "no place to listen"),
        ("token_sha256", "[\"00\"]", "64 hexadecimal digits"),
    ];
    for (key, value, named) in wrong {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        said(&text.replacen(line, &format!("{key} = {value}"), 1), named);
    }
}

#[test]
fn courier_toml_documents_every_key() {
    // What may be left out stands there as a comment.
    let text = fs::read_to_string(project().join("config/courier.toml")).unwrap().replace("\n# socks = ", "\nsocks = ");
    let documented: toml::Table = toml::from_str(&text).unwrap();
    let config: CourierConfig = toml::from_str(&text).unwrap();
    assert_eq!(keys(&documented, ""), keys(&toml::Table::try_from(&config).unwrap(), ""));
    every_key_is_explained(&text);
}

#[test]
fn the_demonstration_uses_the_example_keys_and_loopback_only() {
    let config = Config::read(&project().join("config/demo.toml")).unwrap();
    config.verified_directory(false).unwrap();
    assert!(config.intake.listen.is_local() && config.courier.listen.is_local());
    let token = fs::read_to_string(project().join("keys-example/EXAMPLE-courier-token.txt")).unwrap();
    assert_eq!(config.courier.token_sha256, [TokenHash::of(token.trim().as_bytes())]);
    let courier = CourierConfig::read(&project().join("config/demo-courier.toml")).unwrap();
    assert_eq!(*courier.token().unwrap(), token.trim());
    assert_eq!(courier.relay, format!("http://{}", config.courier.listen));
}

#[test]
fn no_event_of_the_log_has_room_for_a_requests_data() {
    let source = fs::read_to_string(project().join("src/relay/log.rs")).unwrap();
    let start = source.find("pub enum Event {").unwrap();
    let body = &source[start..start + source[start..].find("\n}\n").unwrap()];
    let fields: Vec<&str> =
        body.lines().map(str::trim).filter(|line| line.contains(": ") && !line.starts_with("//")).collect();
    assert_eq!(
        fields,
        [
            "listener: ListenerKind,",
            "place: Place,",
            "version: u64,",
            "on: Day,",
            "version: u64,",
            "version: u64,",
            "what: &'static str,",
            "seconds: u64,",
            "seconds: u64,",
            "place: String,"
        ]
    );
    // What a finding says is written where a configuration is looked at, and nowhere else.
    let inspection = fs::read_to_string(project().join("src/relay/inspection/finding.rs")).unwrap();
    assert!(
        inspection.contains("pub struct Finding {\n    severity: Severity,\n    text: String,\n}"),
        "its fields are its own"
    );
    // Nothing else in the relay prints, but what is built to leak, for one test; and no program is built with it.
    let rooms = fs::read_to_string(project().join("src/relay/lib.rs")).unwrap();
    assert!(rooms.contains("#[cfg(feature = \"planted-leaks\")]\nmod planted_leaks;\n"));
    let rooms = fs::read_dir(project().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["", "tests", "benches", "fuzz", "fuzz/targets"].map(|folder| project().join(folder));
    let manifests = rooms.chain(others).map(|folder| fs::read_to_string(folder.join("Cargo.toml")).unwrap());
    assert_eq!(manifests.map(|text| text.matches("planted-leaks").count()).sum::<usize>(), 1, "nothing turns it on");
    let mut files = 0;
    let mut folders = vec![project().join("src/relay"), project().join("src/store")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let source = fs::read_to_string(&path).unwrap();
            let words = ["println!", "print!", "dbg!", "stderr()", "stdout()"];
            let prints = words.iter().any(|word| source.contains(word));
            let may = ["relay/log.rs", "relay/planted_leaks.rs"].iter().any(|file| path.ends_with(file));
            assert!(!prints || may, "{} prints", path.display());
        }
    }
    assert!(files > 30);
}
