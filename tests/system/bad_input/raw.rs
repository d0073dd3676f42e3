//! Nothing from outside reaches a terminal raw: not by a file's name, a relay's answer, a directory, a receipt, nor as JSON.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use serde_json::json;

use scene::{COURIER, DESK, INSPECTORATE, RELAY, Run, Scene, TIP, hand_signed};

/// Clears the screen, sets its title, colours (7 and 8 bit), reorders text, breaks lines that are none.
const RAW: &str =
    "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{9d}0;y\u{9c}\u{202e}\u{2066}\u{61c}\u{85}\u{2028}\u{2029}\u{7f}\u{8}";

/// Fails the test when something of a program's output is a command to a terminal.
fn is_harmless(run: Run) -> Run {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    let is_raw = |c: &char| {
        (c.is_control() && *c != '\n')
            || marks.contains(c)
            || ('\u{202a}'..='\u{202e}').contains(c)
            || ('\u{2066}'..='\u{2069}').contains(c)
    };
    for shown in [&run.out, &run.err] {
        assert_eq!(shown.chars().find(is_raw), None, "{run:?}");
    }
    assert!(!run.err.contains("panicked"), "{run:?}");
    run
}

/// A relay that answers everything with this.
fn relay_that_says(status: &str, media: &str, body: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 64 * 1024]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// What a relay could say, each in the worst form: in words, in names of problems, in fields of another type, as no JSON.
fn answers() -> Vec<SocketAddr> {
    let problem = json!({ "type": format!("urn:softinfo:problem:{RAW}"), "title": RAW, "detail": RAW, "status": 422, "stored": false });
    let listing = json!({ "schema": RAW, "tips": [{ "id": RAW, "day": RAW, "size": 1 }], "next": RAW });
    vec![
        relay_that_says("422 Unprocessable", "application/problem+json", &problem.to_string()),
        relay_that_says("503 Busy", "application/problem+json", &problem.to_string()),
        relay_that_says("200 OK", "application/json", &listing.to_string()),
        relay_that_says("200 OK", "application/json", &json!({ "id": RAW, "day": RAW, "erased": RAW }).to_string()),
        relay_that_says("200 OK", "text/plain", RAW),
        relay_that_says(&format!("500 {}", RAW.replace(['\u{85}', '\u{2028}', '\u{2029}'], "")), "text/plain", RAW),
    ]
}

/// A directory that is signed, with names, addresses and duty cards of the worst sort.
fn directories(scene: &Scene) -> Vec<scene::Channel> {
    let raw = |name: &str, change: fn(&mut serde_json::Value)| hand_signed(scene, name, change);
    vec![
        raw("relays.note", |contents| contents["relays"] = json!([format!("http://{RAW}")])),
        raw("names.note", |contents| {
            contents["holders"][0]["names"] = json!({ "en": RAW, RAW: RAW });
            contents["holders"][0]["duty_card"] = json!({ "en": RAW });
            contents["holders"][0]["competence"] = json!([RAW]);
        }),
        raw("id.note", |contents| contents["holders"][0]["id"] = json!(RAW)),
        raw("kind.note", |contents| contents["holders"][0]["kind"] = json!(RAW)),
        raw("key.note", |contents| contents["holders"][0]["epochs"][0]["recipient"] = json!(RAW)),
        raw("epoch.note", |contents| contents["holders"][0]["epochs"][0]["epoch"] = json!(RAW)),
        raw("schema.note", |contents| contents["schema"] = json!(RAW)),
        raw("day.note", |contents| contents["issued"] = json!(RAW)),
        raw("field.note", |contents| contents[RAW] = json!(RAW)),
        raw("forwarder.note", |contents| {
            contents["forwarders"] = json!([{ "id": RAW, "name": RAW, "signing_key": RAW }]);
        }),
    ]
}

#[test]
fn no_argument_of_softinfo_tip_and_no_name_of_a_file_reaches_the_terminal_raw() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let (note, url) = (note.to_str().unwrap(), scene.intake_url());
    let name = scene.path(&format!("name{RAW}"));
    let name = name.to_str().unwrap();
    let directory = scene.channel.directory.to_str().unwrap();
    let send = ["send", "--relay", &url, "--to", INSPECTORATE];
    let seal = ["seal", "--directory", directory, "--to", INSPECTORATE, "--message", note];
    for arguments in [
        &[RAW][..],
        &["send", RAW],
        &[&format!("--{RAW}")],
        &["send", "--relay", RAW, "--to", INSPECTORATE, "--message", note],
        &["send", "--relay", &format!("http://127.0.0.1:1/{RAW}"), "--to", INSPECTORATE, "--message", note],
        &["send", "--relay", &url, "--to", RAW, "--message", note],
        &["send", "--relay", &url, "--to", INSPECTORATE, "--lang", RAW],
        &["send", "--relay", &url, "--to", INSPECTORATE, "--socks", RAW],
        &["send", "--relay", &url, "--sealed", name],
        &["withdraw", "--relay", &url, "--receipt", name],
        &["check-relay", "--relay", &url, "--root", name],
    ] {
        is_harmless(scene.run(TIP, arguments));
    }
    is_harmless(scene.run(TIP, &[&send[..], &["--message", name]].concat())).says(1, "can't be read");
    for option in ["--attach", "--details", "--directory", "--root"] {
        is_harmless(scene.run(TIP, &[&send[..], &["--message", note, option, name]].concat()));
    }
    // A folder that can't be made.
    is_harmless(scene.run(TIP, &[&send[..], &["--message", note, "--state", &format!("/proc/{RAW}")]].concat())).ok();
    // Where all goes well, and where a file is none of what it should be.
    fs::write(name, RAW).unwrap();
    for option in ["--details", "--directory", "--root"] {
        is_harmless(scene.run(TIP, &[&send[..], &["--message", note, option, name]].concat()));
    }
    let with_bytes = scene.path(&format!("bytes{RAW}"));
    fs::write(&with_bytes, [0xff]).unwrap();
    is_harmless(scene.run(TIP, &[&send[..], &["--message", with_bytes.to_str().unwrap()]].concat()));
    fs::write(name, format!("{{\"{RAW}\":1}}")).unwrap();
    is_harmless(scene.run(TIP, &[&send[..], &["--message", note, "--details", name]].concat()));
    is_harmless(scene.run(TIP, &["withdraw", "--relay", &url, "--receipt", name]));
    is_harmless(scene.run(TIP, &["send", "--relay", &url, "--sealed", name]));
    is_harmless(scene.run_with(TIP, &["withdraw", "--relay", &url], &format!("{RAW}a ").repeat(12)));
    for json in [&[][..], &["--json"]] {
        for out in ["out", "receipt", "kept"] {
            let _ = fs::remove_file(format!("{name}{out}"));
        }
        let (out, receipt, kept) = (format!("{name}out"), format!("{name}receipt"), format!("{name}kept"));
        is_harmless(scene.run(TIP, &[&seal[..], &["--out", &out, "--no-receipt"], json].concat())).ok();
        is_harmless(scene.run(TIP, &["send", "--relay", &url, "--sealed", &out])).ok();
        let keep = ["--message", note, "--receipt", &receipt, "--keep-sealed", &kept];
        is_harmless(scene.run(TIP, &[&send[..], &keep, json].concat())).ok();
        is_harmless(scene.run(TIP, &[&send[..], &keep, json].concat())).says(1, "exists");
    }
}

#[test]
fn nothing_that_a_relay_or_a_directory_says_reaches_the_terminal_of_softinfo_tip_raw() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    let receipt = scene.path("receipt");
    fs::write(&note, "text").unwrap();
    fs::write(&receipt, "0001 ".repeat(11) + "0004").unwrap();
    let directory = scene.channel.directory.to_str().unwrap();
    let sealed = scene.path("sealed.age");
    scene.seal("kept");
    for relay in answers() {
        let url = format!("http://{relay}");
        for json in [&[][..], &["--json"]] {
            let with_directory = [
                "send",
                "--relay",
                &url,
                "--directory",
                directory,
                "--to",
                INSPECTORATE,
                "--message",
                note.to_str().unwrap(),
            ];
            let asking = ["send", "--relay", &url, "--to", INSPECTORATE, "--message", note.to_str().unwrap()];
            let again = ["send", "--relay", &url, "--sealed", sealed.to_str().unwrap()];
            let withdraw = ["withdraw", "--relay", &url, "--receipt", receipt.to_str().unwrap()];
            let check = ["check-relay", "--relay", &url];
            for arguments in [&with_directory[..], &asking, &again, &withdraw, &check] {
                assert_ne!(is_harmless(scene.run(TIP, &[arguments, json].concat())).code, 0);
            }
        }
    }
    for (n, channel) in directories(&scene).into_iter().enumerate() {
        let (directory, root) = (channel.directory.to_str().unwrap(), channel.root.to_str().unwrap());
        let out = scene.path(&format!("{n}.age"));
        for more in [&[][..], &["--json"], &["--i-know-these-are-example-keys"]] {
            for holder in [INSPECTORATE, "nobody"] {
                let seal = ["seal", "--directory", directory, "--root", root, "--to", holder, "--leave-no-trace"];
                let to = ["--message", note.to_str().unwrap(), "--out", out.to_str().unwrap()];
                is_harmless(scene.run(TIP, &[&seal[..], &to, more].concat()));
                let _ = fs::remove_file(&out);
            }
        }
    }
}

#[test]
fn nothing_reaches_the_log_or_the_terminal_of_the_relay_raw() {
    let scene = Scene::new();
    let config = scene.path("raw.toml");
    let good = scene.relay_config("");
    // TOML takes no DEL as it is, and JSON does.
    let quoted = serde_json::to_string(RAW).unwrap().replace('\u{7f}', "\\u007f");
    for wrong in [
        RAW.to_owned(),
        format!("{RAW}\n{good}"),
        good.replace("idle_seconds = 3", &format!("idle_seconds = {quoted}")),
        good.replace("idle_seconds = 3", &format!("{quoted} = 3")),
        good.replacen("127.0.0.1:0", &RAW.replace('"', ""), 1),
        good.replace("[store]", "[store]\nretention_days = \"\\u001b[2J\""),
    ] {
        fs::write(&config, wrong).unwrap();
        for more in [&[][..], &["--check-config"]] {
            assert_ne!(
                is_harmless(scene.run(RELAY, &[&["--config", config.to_str().unwrap()], more].concat())).code,
                0
            );
        }
    }
    // A folder may have any name.
    fs::write(&config, good.replace("folder = \"store\"", &format!("folder = {quoted}\nretention_days = 0"))).unwrap();
    is_harmless(scene.run(RELAY, &["--config", config.to_str().unwrap()])).says(1, "retention_days");
    is_harmless(scene.run(RELAY, &["--config", RAW]));
    is_harmless(scene.run(RELAY, &["--accept-date", RAW]));
    is_harmless(scene.run(RELAY, &[RAW]));
    for channel in directories(&scene) {
        fs::write(&config, Scene::config_for(&channel, "")).unwrap();
        is_harmless(scene.run(RELAY, &["--config", config.to_str().unwrap(), "--check-config"]));
    }
}

#[test]
fn nothing_reaches_the_terminal_of_the_courier_raw() {
    let scene = Scene::new();
    let name = scene.path(&format!("name{RAW}"));
    let name = name.to_str().unwrap();
    for arguments in [&[RAW][..], &["--config", RAW, "fetch", "--out", name], &["fetch", RAW]] {
        is_harmless(scene.run(COURIER, arguments));
    }
    for relay in answers() {
        scene.courier_calls(relay);
        assert_ne!(is_harmless(scene.fetch("bundle.tar")).code, 0);
    }
    let config = scene.path("courier.toml");
    let good = fs::read_to_string(&config).unwrap();
    for wrong in
        [RAW.to_owned(), format!("{RAW} = 1\n{good}"), format!("{} = 1\n{good}", serde_json::to_string(RAW).unwrap())]
    {
        fs::write(&config, wrong).unwrap();
        is_harmless(scene.fetch("bundle.tar"));
    }
}

#[test]
fn nothing_reaches_the_terminal_of_the_desk_raw() {
    let scene = Scene::new();
    let name = scene.path(&format!("name{RAW}"));
    let name = name.to_str().unwrap();
    for arguments in [
        &[RAW][..],
        &["open", RAW, "--out", name],
        &["import", name],
        &["import", RAW],
        &["keygen", "--holder", RAW],
        &["directory", "trust", name],
        &["directory", "check", name],
    ] {
        for json in [&[][..], &["--json"]] {
            is_harmless(scene.run(DESK, &[json, arguments].concat()));
        }
    }
    fs::write(name, RAW).unwrap();
    for arguments in [&["import", name][..], &["directory", "trust", name], &["directory", "check", name]] {
        is_harmless(scene.run(DESK, arguments));
    }
    for channel in directories(&scene) {
        let (directory, root) = (channel.directory.to_str().unwrap(), channel.root.to_str().unwrap());
        for json in [&[][..], &["--json"]] {
            is_harmless(scene.run(DESK, &[json, &["directory", "check", directory, "--root", root]].concat()));
        }
    }
}
