//! What tells the operator, run for real: the daily mail, the alarm when nobody fetches, and the canary.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use softinfo_base::day::Day;

use crate::deploy::system;
use scene::{INSPECTORATE, PROJECT, Run, Scene, TIP, complete};

/// A machine with the scripts, a `sendmail` that keeps what it is given, and the settings of the guide.
struct Machine {
    folder: tempfile::TempDir,
    url: String,
}

impl Machine {
    /// `url` is where the relay's status is.
    fn new(url: String, token: &str) -> Self {
        system("curl", "curl");
        let folder = scene::folder();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for name in ["status", "daily-mail", "fetch-alarm", "canary"] {
            let script = Path::new(PROJECT).join("deploy/monitor").join(name);
            symlink(script, bin.join(format!("softinfo-{name}"))).unwrap();
        }
        symlink(TIP, bin.join("softinfo-tip")).unwrap();
        fs::write(bin.join("sendmail"), "#!/bin/sh\nset -eu\n[ \"$*\" = '-t -oi' ]\ncat >>\"$MAILBOX\"\n").unwrap();
        fs::set_permissions(bin.join("sendmail"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("header"), format!("Authorization: Bearer {token}")).unwrap();
        Self { folder, url }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Run {
        let path = |name: &str| self.folder.path().join(name);
        complete(
            Command::new(path("bin").join(program))
                .args(arguments)
                .env("PATH", format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap()))
                .env("MAILBOX", path("mailbox"))
                .env("MAIL_TO", "operator@example.org")
                .env("STATUS_HEADER", path("header"))
                .env("STATUS_URL", &self.url)
                .env_remove("STATUS_SOCKS"),
        )
    }

    /// What was sent since it was asked last.
    fn mail(&self) -> String {
        let mailbox = self.folder.path().join("mailbox");
        let mail = fs::read_to_string(&mailbox).unwrap_or_default();
        let _ = fs::remove_file(mailbox);
        mail
    }
}

fn with_relay(scene: &Scene) -> Machine {
    Machine::new(format!("http://{}/status", scene.courier), softinfo_formats::example_keys::COURIER_TOKEN)
}

/// A relay's status, as it is asked for `times`.
fn with_status(status: &str, times: usize) -> Machine {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/status", listener.local_addr().unwrap());
    let status = status.to_owned();
    std::thread::spawn(move || {
        for _ in 0..times {
            let mut stream = listener.accept().unwrap().0;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            assert!(String::from_utf8(head).unwrap().contains("Authorization: Bearer a token"));
            let length = status.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{status}").unwrap();
        }
    });
    Machine::new(url, "a token")
}

#[test]
fn the_daily_mail_has_the_same_words_whatever_came_and_is_missing_when_the_relay_is() {
    let mut scene = Scene::new();
    let machine = with_relay(&scene);
    machine.run("softinfo-daily-mail", &[]).ok();
    let first = machine.mail();
    assert!(first.starts_with("To: operator@example.org\nSubject: daily note\n"), "{first}");
    scene.send(&[INSPECTORATE], "something came", &[]);
    scene.fetch("bundle.tar").ok();
    machine.run("softinfo-daily-mail", &[]).ok();
    assert_eq!(machine.mail(), first);
    // Another token, a relay that is not there, one that is not healthy, one that says nothing of it: no mail.
    let stranger = Machine::new(machine.url.clone(), "another token");
    scene.stop();
    let sick = r#"{"healthy":false,"reasons":["the disk is full"],"couriers":[]}"#;
    for machine in [stranger, machine, with_status(sick, 1), with_status(r#"{"status":"ok"}"#, 1)] {
        assert_ne!(machine.run("softinfo-daily-mail", &[]).code, 0);
        assert_eq!(machine.mail(), "");
    }
}

fn status(couriers: &[(u32, Option<Day>)]) -> String {
    let couriers: Vec<_> =
        couriers.iter().map(|(number, last)| serde_json::json!({ "number": number, "last_fetch": last })).collect();
    serde_json::json!({ "schema": "softinfo/status/1", "couriers": couriers, "healthy": true, "reasons": [] })
        .to_string()
}

#[test]
fn the_alarm_names_each_courier_that_has_not_fetched_for_so_many_days() {
    let ago = |days: i64| Some(scene::today().plus(-days));
    // A day may end while this runs: nothing here lies within one of the limit.
    let machine = with_status(&status(&[(1, ago(0)), (2, ago(1))]), 1);
    machine.run("softinfo-fetch-alarm", &["4"]).ok();
    assert_eq!(machine.mail(), "");
    let machine = with_status(&status(&[(1, ago(0)), (2, ago(30)), (3, None), (10, ago(6))]), 1);
    machine.run("softinfo-fetch-alarm", &["4"]).says(1, "Courier 3 has not fetched since the relay knows.");
    let mail = machine.mail();
    assert!(mail.starts_with("To: operator@example.org\nSubject: the letterbox is not emptied\n"), "{mail}");
    assert!(
        mail.contains("Courier 2 has not fetched for 3") && mail.contains("Courier 10 has not fetched for "),
        "{mail}"
    );
    assert!(!mail.contains("Courier 1 "), "{mail}");
    for wrong in ["1", "", "three", "-4"] {
        machine.run("softinfo-fetch-alarm", &[wrong]).says(2, "a whole number");
    }
}

/// What it can't see it doesn't pass over.
#[test]
fn the_alarm_is_sent_too_when_nobody_can_tell_who_has_fetched() {
    let strange = [
        status(&[]),
        r#"{"healthy":true}"#.to_owned(),
        r#"{"couriers":[{"number":1}]}"#.to_owned(),
        r#"{"couriers":[{"number":1,"last_fetch":"yesterday"}]}"#.to_owned(),
        String::new(),
    ];
    for status in strange {
        let machine = with_status(&status, 1);
        machine.run("softinfo-fetch-alarm", &["3"]).says(1, "nobody knows");
        assert!(machine.mail().contains("nobody knows when it was emptied last"), "{status}");
    }
    let scene = Scene::new();
    let stranger = Machine::new(format!("http://{}/status", scene.courier), "another token");
    stranger.run("softinfo-fetch-alarm", &["3"]).says(1, "does not answer");
    assert!(stranger.mail().contains("does not answer"));
}

/// The field `couriers` of `/status`, as a relay shows it.
#[test]
fn the_alarm_reads_the_status_of_a_relay() {
    let scene = Scene::new();
    let machine = with_relay(&scene);
    machine.run("softinfo-fetch-alarm", &["3"]).says(1, "Courier 1 has not fetched since the relay knows.");
    scene.fetch("bundle.tar").ok();
    machine.mail();
    machine.run("softinfo-fetch-alarm", &["3"]).ok();
    assert_eq!(machine.mail(), "");
}

#[test]
fn the_canary_arrives_on_the_desk_with_its_words_and_leaves_no_receipt() {
    let scene = Scene::new();
    let machine = with_relay(&scene);
    let words = Path::new(PROJECT).join("deploy/monitor/canary.txt");
    let run = |relay: &str| {
        complete(
            Command::new(machine.folder.path().join("bin/softinfo-canary"))
                .env(
                    "PATH",
                    format!("{}:{}", machine.folder.path().join("bin").display(), std::env::var("PATH").unwrap()),
                )
                .env("RELAY", relay)
                .env("ROOT", &scene.channel.root)
                .env("HOLDER", INSPECTORATE)
                .env("WORDS", &words)
                .env("STATE", machine.folder.path().join("state"))
                .env_remove("SOCKS"),
        )
    };
    let sent = run(&scene.intake_url()).ok();
    assert_eq!((&*sent.out, &*sent.err), ("", ""), "a receipt in the log");
    scene.fetch("bundle.tar").ok();
    scene.import("bundle.tar").ok();
    let id = scene.pool().remove(0);
    scene.open(&id, "case").ok();
    assert_eq!(fs::read(scene.path("case").join("message.txt")).unwrap(), fs::read(&words).unwrap());
    // A relay that isn't there is no success.
    assert_ne!(run("http://127.0.0.1:1").code, 0);
}
