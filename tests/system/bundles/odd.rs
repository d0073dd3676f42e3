//! A tip that can be opened is opened: what is odd about it stands beside its message and never in its place.

use std::fs;

use serde_json::{Value, json};
use softinfo_formats::envelope::id::TipId;

use crate::bundles::hand::{COURIER, Chain, inspectorate, report, seal};
use scene::{DESK, INSPECTORATE, POLICE, Run, Scene};

/// Imports a tip with these entries; gives its id.
fn import(scene: &Scene, chain: &mut Chain<'_>, entries: &[(&str, &[u8])]) -> String {
    let tip = seal(&inspectorate(), entries);
    let name = format!("{}.tar", chain.number);
    chain.bundle(&name, &[(&tip, "2026-11-29")]);
    scene.import(&name).ok();
    TipId::of(&tip).to_string()
}

fn show(scene: &Scene, id: &str) -> Run {
    unwrapped(scene.run(DESK, &["show", id]))
}

/// With every warning in one line again.
fn unwrapped(run: Run) -> Run {
    Run { out: run.out.replace("\n! ", "").replace("Warning: ", "\nWarning: "), ..run }
}

#[test]
fn whatever_stands_in_the_report_the_message_is_shown_and_what_is_odd_is_named() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let good = report(&[INSPECTORATE]);
    let file = b"a file".as_slice();
    let note = |name: &str, size: u64, bytes: &[u8]| json!({ "name": name, "media_type": "image/jpeg", "size": size, "sha256": TipId::of(bytes).to_string(), "scrubbed": true });
    let with = |field: &str, value: Value| {
        let mut report = good.clone();
        report[field] = value;
        report.to_string().into_bytes()
    };
    let without = |field: &str| {
        let mut report = good.clone();
        report.as_object_mut().unwrap().remove(field);
        report.to_string().into_bytes()
    };
    let listed = |notes: &[Value]| with("attachments", notes.into());
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (with("danger", "yesterday".into()), "“danger”"),
        (with("readers", "everybody".into()), "“readers”"),
        (with("attachments", "none".into()), "“attachments”"),
        (without("lang"), "“lang”"),
        (without("withdraw_token"), "“withdraw_token”"),
        (with("schema", "softinfo/report/9".into()), "softinfo/report/9"),
        ([b"\xef\xbb\xbf", good.to_string().as_bytes()].concat(), "byte order mark"),
        (b"{ not json".to_vec(), "report.json can't be read"),
        (b"\xff\xfe".to_vec(), "report.json can't be read"),
        (Vec::new(), "report.json can't be read"),
        (b"[1,2]".to_vec(), "report.json can't be read"),
        (with("withdraw_token", "A".repeat(43).into()), "the withdraw token in the report is not this tip's"),
        (with("readers", json!([POLICE])), "the report does not name labour-inspectorate-example among its readers"),
        (with("reply", "age1classical".into()), "the writer can't be answered"),
        (good.to_string().into_bytes(), "attachments/01.jpg is in the tip, but the report does not list it"),
        (
            listed(&[note("attachments/01.jpg", 6, file), note("attachments/02.jpg", 6, file)]),
            "the report lists attachments/02.jpg",
        ),
        (
            listed(&[note("attachments/01.jpg", 7, file)]),
            "attachments/01.jpg is not the file that the report describes",
        ),
        (
            listed(&[note("attachments/01.jpg", 6, b"other")]),
            "attachments/01.jpg is not the file that the report describes",
        ),
        (
            with("sealed", json!([{ "holder": POLICE, "number": "00", "sha256": "00" }])),
            "the report lists sealed/local-police-example.age, but it is not in the tip",
        ),
    ];
    for (n, (report, words)) in cases.iter().enumerate() {
        let message = format!("The message of case {n}.");
        let entries = [("report.json", &report[..]), ("message.txt", message.as_bytes()), ("attachments/01.jpg", file)];
        let id = import(&scene, &mut chain, &entries);
        let shown = show(&scene, &id).says(0, words);
        assert!(shown.out.contains(&format!("│ {message}\n")), "{shown:?}");
        assert!(!words.contains("“attachments”") || shown.out.contains("│ attachments: none\n"), "{shown:?}");
        let case = format!("case-{n}");
        unwrapped(scene.open(&id, &case)).says(0, words);
        assert_eq!(fs::read_to_string(scene.path(&case).join("message.txt")).unwrap(), message);
        assert_eq!(fs::read(scene.path(&case).join("attachments/01.jpg")).unwrap(), file);
        let sheet: Value = serde_json::from_slice(&fs::read(scene.path(&case).join("tip.json")).unwrap()).unwrap();
        assert!(sheet["warnings"].to_string().contains(&words.replace('"', "\\\"")), "{sheet}");
    }
    // As it should be, nothing is odd.
    let report = listed(&[note("attachments/01.jpg", 6, file)]);
    let id = import(
        &scene,
        &mut chain,
        &[("report.json", &report[..]), ("message.txt", b"good"), ("attachments/01.jpg", file)],
    );
    let shown = scene.run(DESK, &["--json", "show", &id]).ok().json();
    assert_eq!(shown["warnings"], json!([]), "{shown}");
}

/// It is valid JSON, but no number that this program can hold.
#[test]
fn a_value_that_can_not_be_read_hides_no_other_field() {
    let scene = Scene::new();
    let mut good = report(&[INSPECTORATE]);
    good["danger"] = "now".into();
    let text = good.to_string().replacen('{', "{\"period\":1e999,", 1);
    let entries: [(&str, &[u8]); 2] = [("report.json", text.as_bytes()), ("message.txt", b"one")];
    let id = import(&scene, &mut Chain::new(&scene, COURIER), &entries);
    let shown = show(&scene, &id).says(0, "│ danger: now\n").says(0, "│ period: 1e999\n");
    assert!(shown.out.contains("“period” of the report has a value"), "{shown:?}");
    let json = scene.run(DESK, &["--json", "show", &id]).ok().json();
    assert!(json["report"]["danger"] == "now" && json["report"]["period"] == "1e999", "{json}");
    let secret = good["withdraw_token"].as_str().unwrap();
    assert!(!json.to_string().contains(secret) && !shown.out.contains(secret));
}

#[test]
fn a_case_folder_says_where_the_tip_came_from_and_keeps_the_writers_secrets_out() {
    let scene = Scene::new();
    let report = report(&[INSPECTORATE]);
    // More digits than a number in memory has.
    let text = report.to_string().replacen('{', "{\"enterprise\":123456789012345678901,", 1);
    let id =
        import(&scene, &mut Chain::new(&scene, COURIER), &[("report.json", text.as_bytes()), ("message.txt", b"one")]);
    let said = scene.open(&id, "case").ok();
    let mut all = said.out;
    for name in ["report.json", "tip.json", "message.txt"] {
        all += &fs::read_to_string(scene.path("case").join(name)).unwrap();
    }
    all += &show(&scene, &id).ok().out;
    for command in
        [&["--json", "show", &id][..], &["--json", "open", &id, "--out", scene.path("case-2").to_str().unwrap()]]
    {
        all += &scene.run(DESK, command).ok().out;
    }
    for secret in ["reply", "withdraw_token", "thread"] {
        let value = report[secret].as_str().unwrap();
        assert!(!all.contains(value), "{secret} is in {all}");
    }
    let written = fs::read_to_string(scene.path("case/report.json")).unwrap();
    assert!(written.contains("123456789012345678901"), "a number has changed: {written}");
    let sheet: Value = serde_json::from_slice(&fs::read(scene.path("case/tip.json")).unwrap()).unwrap();
    assert_eq!(
        [
            &sheet["id"],
            &sheet["day_noted_by_the_relay"],
            &sheet["courier"],
            &sheet["bundle"],
            &sheet["thread_fingerprint"]
        ],
        [&json!(id), &json!("2026-11-29"), &json!(COURIER), &json!(1), &json!("a8faed6a")]
    );
    assert_eq!(sheet["opened_with"]["holder"], INSPECTORATE);
    assert!(sheet["report"].as_str().unwrap().contains("without reply key, withdraw token and thread"));
}

/// What a stranger writes can neither command the terminal nor pass for what the program says, and is nowhere on the disk.
#[test]
fn show_marks_every_line_of_the_writer_and_writes_nothing_to_the_disk() {
    let scene = Scene::new();
    let mut report = report(&[INSPECTORATE]);
    report["on_behalf"] = json!({ "forwarder": "a-union\u{1b}[2J" });
    report["place"] = json!({ "text": "line one\nEnd of the message." });
    report["offenders"] = json!([{ "name": "A. Boss" }, { "name": "B. Boss", "sees": { "a": 1 } }]);
    let message = "First line.\r\nEnd of the message.\nsoftinfo-desk: all is well\u{1b}[2J\u{9b}2J\u{202e}\n\n\tlast";
    let id = import(
        &scene,
        &mut Chain::new(&scene, COURIER),
        &[("report.json", report.to_string().as_bytes()), ("message.txt", message.as_bytes())],
    );
    let files = || {
        let found = std::process::Command::new("find").arg(scene.folder.path()).output().unwrap();
        String::from_utf8(found.stdout).unwrap()
    };
    let before = files();
    let shown = show(&scene, &id).ok();
    assert_eq!(files(), before);
    assert!(!shown.out.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{shown:?}");
    let start = shown.out.lines().position(|line| line == "The message:").unwrap();
    let rows: Vec<_> = shown.out.lines().skip(start + 1).collect();
    assert_eq!(
        rows,
        [
            "│ First line.",
            "│ End of the message.",
            "│ softinfo-desk: all is well\u{fffd}[2J\u{fffd}2J\u{fffd}",
            "│ ",
            "│     last",
            "End of the message.",
        ]
    );
    assert_eq!(shown.out.lines().filter(|line| *line == "End of the message.").count(), 1);
    assert!(
        shown.out.contains("│ says it is forwarded by (not verified) › forwarder: a-union\u{fffd}[2J\n"),
        "{shown:?}"
    );
    for line in [
        "place › text: line one",
        "offenders 1 › name: A. Boss",
        "offenders 2 › name: B. Boss",
        "offenders 2 › sees: {",
    ] {
        assert_ne!(shown.out.contains(&format!("│ {line}")), line.ends_with('{'), "{line}: {shown:?}");
    }
    let json = scene.run(DESK, &["--json", "show", &id]).ok();
    assert!(!json.out.trim_end().chars().any(|c| c.is_control() || c == '\u{202e}'), "{json:?}");
    assert_eq!(json.json()["message"], message);
}

#[test]
fn the_folder_and_the_tip_are_checked_before_the_passphrase_is_asked_for() {
    let scene = Scene::new();
    let id = Chain::new(&scene, COURIER).next("1.tar", "one");
    scene.import("1.tar").ok();
    fs::create_dir(scene.path("full")).unwrap();
    fs::write(scene.path("full/mine"), "mine").unwrap();
    // No passphrase can be had from this descriptor.
    let open = |id: &str, out: &str| {
        scene.run(DESK, &["--passphrase-fd", "9", "open", id, "--out", scene.path(out).to_str().unwrap()])
    };
    open(&id, "full").says(1, "exists and is not empty");
    open(&id, "full/mine/case").says(1, "is no folder");
    open("ffff", "case").says(1, "there is no tip “ffff”");
    open(&id, "case").says(1, "no passphrase was given");
    fs::remove_file(scene.path("desk/softinfo-example/tips").join(format!("{id}.age"))).unwrap();
    open(&id, "case").says(1, "missing or damaged; import its bundle again");
    scene.run(DESK, &["--passphrase-fd", "9", "show", &id]).says(1, "missing or damaged; import its bundle again");
}

#[test]
fn a_reader_that_has_seen_enough_ends_list_and_show_quietly() {
    let scene = Scene::new();
    let id = Chain::new(&scene, COURIER).next("1.tar", "one");
    scene.import("1.tar").ok();
    let keys = ["keys", "--keys", "keys-example"];
    for arguments in [&["list"][..], &["--json", "list"], &["bundles"], &keys, &["show", &id], &["--json", "show", &id]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = scene.command(DESK, arguments);
        let output =
            command.stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(0) && !said.contains("panicked") && !said.contains("Broken pipe"),
            "{arguments:?}: {said}"
        );
    }
}

/// A tip that no softinfo program has packed is refused with a way to look at it.
#[test]
fn an_odd_archive_is_refused_and_says_how_to_look_at_it() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let tip = seal(&inspectorate(), &[("message.txt", b"no report")]);
    chain.bundle("1.tar", &[(&tip, "2026-11-29")]);
    scene.import("1.tar").says(0, "1 new tip, 1 for");
    let id = TipId::of(&tip).to_string();
    scene.open(&id, "case").says(1, "Opening a tip without our software");
    show(&scene, &id).says(1, "no softinfo program has packed it");
    assert!(!scene.path("case").exists());
}
