//! Lines that break, programs that are killed, answers that are lost: what was there is used, and nothing comes twice.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use softinfo_formats::envelope::id::TipId;

use scene::{Cut, DESK, INSPECTORATE, Line, Scene, TIP, answer, eventually, tip_request};

#[test]
fn a_courier_whose_line_breaks_again_and_again_goes_on_where_it_was() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 3_000_000);
    let id = scene.send(&[INSPECTORATE], "resumed", &[&photo])["id"].as_str().unwrap().to_owned();
    let line = Line::new(scene.courier, |_| Cut { down: 900_000, ..Cut::NEVER });
    scene.courier_calls(line.address);
    scene.fetch("bundle.tar").ok();
    assert!(line.asked("range: bytes=") >= 3, "it began anew");
    scene.import("bundle.tar").says(0, "1 new tip, 1 for");
    scene.open(&id, "case").ok();
    assert_eq!(fs::read(scene.path("case/attachments/01.jpg")).unwrap(), fs::read(photo).unwrap());
}

#[test]
fn a_courier_that_was_killed_goes_on_where_it_was() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 3_000_000);
    let id = scene.send(&[INSPECTORATE], "resumed", &[&photo])["id"].as_str().unwrap().to_owned();
    // The line falls silent, and in that silence the courier is killed.
    let silent = Line::new(scene.courier, |_| Cut { down: 1_500_000, silent: true, ..Cut::NEVER });
    scene.courier_calls(silent.address);
    let mut courier = scene.fetch_command("bundle.tar").stderr(Stdio::null()).spawn().unwrap();
    let part = scene.path("courier/spool").join(format!("{id}.part"));
    eventually(|| fs::metadata(&part).is_ok_and(|found| found.len() > 1_000_000));
    courier.kill().unwrap();
    courier.wait().unwrap();
    assert!(!scene.path("bundle.tar").exists());
    let line = Line::new(scene.courier, |_| Cut::NEVER);
    scene.courier_calls(line.address);
    assert_eq!(scene.fetch("bundle.tar").ok().json()["number"], 1);
    assert_eq!(line.asked("range: bytes="), 1, "it began anew");
    scene.import("bundle.tar").says(0, "1 new tip, 1 for");
}

#[test]
fn a_courier_whose_relay_is_gone_says_so_and_keeps_what_it_has() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 3_000_000);
    scene.send(&[INSPECTORATE], "later", &[&photo]);
    // Only the first connection leads anywhere, and not far.
    let line = Line::new(scene.courier, |n| Cut { down: if n == 0 { 1_500_000 } else { 0 }, ..Cut::NEVER });
    scene.courier_calls(line.address);
    scene.fetch("bundle.tar").says(3, "try again later");
    assert!(!scene.path("bundle.tar").exists());
    scene.courier_calls(scene.courier);
    scene.fetch("bundle.tar").ok();
    scene.import("bundle.tar").says(0, "1 new tip, 1 for");
}

#[test]
fn an_upload_that_breaks_is_sent_again_and_stored_once() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    fs::write(&note, "sent twice, stored once").unwrap();
    let directory = scene.channel.directory.to_str().unwrap();
    let send = |line: &Line| {
        let url = line.url();
        let arguments = ["send", "--relay", &url, "--to", INSPECTORATE, "--message", note.to_str().unwrap()];
        scene.run(TIP, &[&arguments[..], &["--directory", directory]].concat())
    };
    // The tip breaks off on its way.
    let up = Line::new(scene.intake, |n| if n == 0 { Cut { up: 20_000, ..Cut::NEVER } } else { Cut::NEVER });
    send(&up).says(0, "trying again in 1 s").says(0, "The tip is stored");
    assert_eq!(scene.pool().len(), 1);
    // The tip arrives, only the answer is lost.
    let down = Line::new(scene.intake, |n| if n == 0 { Cut { down: 10, ..Cut::NEVER } } else { Cut::NEVER });
    send(&down).says(0, "trying again in 1 s").says(0, "nothing was stored twice").says(0, "words:");
    assert_eq!(scene.pool().len(), 2);
}

#[test]
fn a_stop_waits_for_an_upload_under_way_whatever_the_signal() {
    for signal in ["TERM", "INT"] {
        let mut scene = Scene::new();
        let tip = scene.seal("on its way");
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(tip_request(tip.len()).as_bytes()).unwrap();
        stream.write_all(&tip[..20_000]).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        scene.signal(signal);
        eventually(|| scene.log().contains("stopping"));
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(&tip[20_000..]).unwrap();
        assert_eq!(answer(stream).0, 201, "{signal}");
        assert_eq!(scene.wait(), 0, "{signal}");
        scene.start();
        assert_eq!(scene.pool(), [TipId::of(&tip).to_string()]);
    }
}

#[test]
fn what_was_acknowledged_stays_and_what_was_withdrawn_stays_gone_after_a_kill() {
    let mut scene = Scene::new();
    let kept = scene.send(&[INSPECTORATE], "kept", &[])["id"].as_str().unwrap().to_owned();
    let gone = scene.send(&[INSPECTORATE], "withdrawn", &[]);
    let receipt = scene.path("receipt.txt");
    fs::write(&receipt, gone["words"].as_str().unwrap().to_uppercase()).unwrap();
    let url = scene.intake_url();
    scene.run(TIP, &["withdraw", "--relay", &url, "--receipt", receipt.to_str().unwrap()]).says(0, "is erased");
    scene.signal("KILL");
    assert_eq!(scene.wait(), -1);
    scene.start();
    assert_eq!(scene.pool(), [kept]);
    let url = scene.intake_url();
    scene
        .run(TIP, &["withdraw", "--relay", &url, "--receipt", receipt.to_str().unwrap()])
        .says(9, "nothing is stored under this receipt");
}

/// Scripts read these outputs; each line has to be one JSON value and nothing else.
#[test]
fn every_json_output_parses() {
    let scene = Scene::new();
    let (note, sealed, url) = (scene.path("note.txt"), scene.path("tip.age"), scene.intake_url());
    fs::write(&note, "for a script").unwrap();
    let (note, sealed, root) = (note.to_str().unwrap(), sealed.to_str().unwrap(), scene.channel.root.to_str().unwrap());
    let directory = scene.channel.directory.to_str().unwrap();
    let seal = ["seal", "--json", "--directory", directory, "--to", INSPECTORATE, "--message", note, "--out", sealed];
    let made = scene.run(TIP, &seal).ok().json();
    let send = ["send", "--json", "--relay", &url, "--sealed", sealed];
    assert_eq!(scene.run(TIP, &send).ok().json()["new"], true);
    let again = scene.run(TIP, &send).ok().json();
    assert!(again["new"] == false && again["id"] == made["id"]);
    let fetched = scene.fetch("bundle.tar").ok().json();
    let bundle = scene.path("bundle.tar");
    let imported = scene.run(DESK, &["--json", "import", bundle.to_str().unwrap()]).ok().json();
    assert!(imported["bundle"] == fetched["id"] && imported["for_this_desk"] == 1 && imported["standing"] == "next");
    assert_eq!(scene.list()[0]["id"], made["id"]);
    let (id, out) = (made["id"].as_str().unwrap(), scene.path("case"));
    let opened = scene.run(DESK, &["--json", "open", id, "--out", out.to_str().unwrap()]).ok().json();
    assert_eq!(opened["report"]["schema"], "softinfo/report/1");
    let checked = scene.run(DESK, &["--json", "directory", "check", directory, "--root", root]).ok().json();
    assert_eq!(checked["channel"], "softinfo-example");
    let keygen = [
        "--json",
        "keygen",
        "--holder",
        "unit",
        "--kind",
        "ngo",
        "--from",
        "2026-11",
        "--epochs",
        "1",
        "--work-factor",
        "10",
    ];
    assert_eq!(scene.desk_with_passphrase(&keygen).ok().json()["id"], "unit");
    let withdrawn = scene.run_with(TIP, &["withdraw", "--json", "--relay", &url], made["digits"].as_str().unwrap());
    assert_eq!(withdrawn.ok().json()["erased"], 1);
}
