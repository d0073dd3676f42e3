//! The main job, with the real programs: a tip goes in encrypted and comes out on the offline desk, byte for byte.

mod courier;
mod interruptions;
mod receipts;

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use rand::rngs::OsRng;
use scene::{Channel, DESK, INSPECTORATE, OwnChannel, POLICE, Scene, TIP, tip_request};
use serde_json::Value;
use softinfo_seal::receipt::Receipt;

#[test]
fn a_text_tip_arrives_byte_for_byte() {
    let scene = Scene::new();
    let message = "Elke nacht werken zij tot drie uur.\nAu sous-sol, à droite. ✓\n";
    let sent = scene.send(&[INSPECTORATE], message, &[]);
    assert_eq!(sent["new"], true);
    assert_eq!(scene.fetch("bundle.tar").ok().json()["tips"], 1);
    scene.import("bundle.tar").says(0, "1 new tip, 1 for this desk");
    let id = sent["id"].as_str().unwrap();
    assert_eq!(scene.list()[0]["id"], id);
    assert_eq!(scene.list()[0]["reader"]["holder"], INSPECTORATE);
    scene.open(&id[..10], "case").says(0, "message.txt");
    assert_eq!(fs::read_to_string(scene.path("case/message.txt")).unwrap(), message);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(scene.path("case/report.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "softinfo/report/1");
    assert_eq!(report["readers"], serde_json::json!([INSPECTORATE]));
}

#[test]
fn three_attachments_arrive_under_neutral_names() {
    let scene = Scene::new();
    let files = [("My passport.JPG", 300_000), ("contract.pdf", 65_536), ("no extension", 1)]
        .map(|(name, length)| scene.random_file(name, length));
    let paths: Vec<_> = files.iter().map(std::path::PathBuf::as_path).collect();
    let sent = scene.send(&[INSPECTORATE], "See the files.", &paths);
    scene.fetch("bundle.tar").ok();
    scene.import("bundle.tar").ok();
    let shown = scene.open(sent["id"].as_str().unwrap(), "case").ok();
    for (file, name) in files.iter().zip(["01.jpg", "02.pdf", "03"]) {
        assert_eq!(fs::read(file).unwrap(), fs::read(scene.path("case/attachments").join(name)).unwrap());
    }
    let report = fs::read_to_string(scene.path("case/report.json")).unwrap();
    assert!(!report.contains("passport") && !shown.out.contains("passport"), "a file name left the writer's computer");
}

#[test]
fn a_tip_of_200_mb_arrives_byte_for_byte_in_bounded_memory() {
    let scene = Scene::new();
    let video = scene.random_file("video.mp4", 200_000_000);
    let url = scene.intake_url();
    let send =
        ["send", "--relay", &url, "--to", INSPECTORATE, "--to", POLICE, "--attach", video.to_str().unwrap(), "--json"];
    let (sent, peak) = scene.run_watched(TIP, &send);
    assert!((4..=32).contains(&peak), "softinfo-tip took {peak} MiB");
    let sent = sent.ok().json();
    scene.fetch("bundle.tar").ok();
    let peak = scene.relay_peak_mib();
    assert!((8..=128).contains(&peak), "the relay took {peak} MiB");
    scene.import("bundle.tar").ok();
    let (bundle, out) = (sent["id"].as_str().unwrap(), scene.path("case"));
    let (opened, peak) = scene.run_watched(DESK, &["open", bundle, "--out", out.to_str().unwrap()]);
    opened.ok();
    assert!((4..=32).contains(&peak), "softinfo-desk took {peak} MiB");
    let arrived = fs::read(scene.path("case/attachments/01.mp4")).unwrap();
    assert!(arrived == fs::read(video).unwrap(), "the video differs");
}

#[test]
fn a_tip_for_two_holders_opens_at_each_and_another_desk_lists_it_as_not_its_own() {
    let scene = Scene::new();
    let sent = scene.send(&[INSPECTORATE, POLICE], "For both.", &[]);
    let only_police = scene.send(&[POLICE], "For the police alone.", &[]);
    scene.fetch("bundle.tar").ok();
    // Each desk has the keys of one holder only.
    for (holder, opens) in [(INSPECTORATE, 1), (POLICE, 2), ("public-prosecutor-example", 0)] {
        let desk = scene.path(&format!("desk-{holder}"));
        let examples = std::path::Path::new(scene::PROJECT).join("keys-example");
        let (keys, own) = (examples.join(holder), desk.join("keys").join(holder));
        fs::create_dir_all(&own).unwrap();
        fs::copy(examples.join("keyring.age"), desk.join("keys/keyring.age")).unwrap();
        for entry in fs::read_dir(keys).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), own.join(entry.file_name())).unwrap();
        }
        let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<keys-example/EXAMPLE-passphrase.txt";
        let with_passphrase = |arguments: &[&str]| {
            let all = [&["-c", line, DESK, "--desk", desk.to_str().unwrap()], arguments].concat();
            scene.run("sh", &all)
        };
        with_passphrase(&["directory", "trust", scene.channel.root.to_str().unwrap()]).ok();
        let bundle = scene.path("bundle.tar");
        with_passphrase(&["import", bundle.to_str().unwrap()]).says(0, &format!("2 new tips, {opens} for this desk"));
        let list = with_passphrase(&["list"]).ok();
        assert_eq!(list.out.matches("  no key here\n").count(), 2 - opens, "{list:?}");
        let out = scene.path(&format!("case-{holder}"));
        let open = with_passphrase(&["open", sent["id"].as_str().unwrap(), "--out", out.to_str().unwrap()]);
        if holder == "public-prosecutor-example" {
            open.says(1, "no key of this desk opens it");
            assert!(!out.exists());
        } else {
            open.ok();
            assert_eq!(fs::read_to_string(out.join("message.txt")).unwrap(), "For both.");
        }
    }
    assert_ne!(sent["id"], only_police["id"]);
}

#[test]
fn a_tip_sealed_offline_can_be_sent_later_and_twice() {
    let scene = Scene::new();
    let bytes = scene.seal("Sealed with the cable out.");
    assert_eq!(bytes.len(), 30_965);
    let (url, file) = (scene.intake_url(), scene.path("sealed.age"));
    let send = ["send", "--relay", &url, "--sealed", file.to_str().unwrap()];
    scene.run(TIP, &send).says(0, "The tip is stored");
    scene.run(TIP, &send).says(0, "nothing was stored twice");
    assert_eq!(scene.post(&bytes).0, 200);
    assert_eq!(scene.pool(), [softinfo_formats::envelope::id::TipId::of(&bytes).to_string()]);
}

#[test]
fn a_receipt_withdraws_its_tip_by_words_or_by_digits_and_no_other() {
    let scene = Scene::new();
    let (first, second) = (scene.send(&[INSPECTORATE], "one", &[]), scene.send(&[INSPECTORATE], "two", &[]));
    let kept = scene.send(&[INSPECTORATE], "three", &[]);
    let url = scene.intake_url();
    let withdraw = ["withdraw", "--relay", &url];
    scene.run_with(TIP, &withdraw, first["words"].as_str().unwrap()).says(0, "erased");
    scene.run_with(TIP, &withdraw, second["digits"].as_str().unwrap()).says(0, "erased");
    assert_eq!(scene.pool(), [kept["id"].as_str().unwrap()]);
    scene.run_with(TIP, &withdraw, first["words"].as_str().unwrap()).says(9, "nothing is stored under this receipt");
    assert_eq!(scene.courier_get(&format!("/tips/{}", first["id"].as_str().unwrap())).0, 404);
}

/// A receipt whose later messages have indices that nobody remembers takes all of them back with one request.
#[test]
fn one_request_erases_whatever_is_stored_under_four_thousand_tokens_and_more_are_refused() {
    let scene = Scene::new();
    let token = |sent: &Value| Receipt::parse(sent["words"].as_str().unwrap()).unwrap().withdraw_token(0).expose();
    let sent: Vec<_> = (0..3).map(|n| scene.send(&[INSPECTORATE], &n.to_string(), &[])).collect();
    let other = Receipt::generate(&mut OsRng);
    let mut tokens: Vec<_> = (0..4096).map(|n| other.withdraw_token(n).expose()).collect();
    let withdraw = |body: &str| {
        let head = format!(
            "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let (status, body) = scene::exchange(scene.intake, [head.as_bytes(), body.as_bytes()].concat().as_slice());
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    assert_eq!(withdraw(&tokens.join("\n")).0, 404);
    tokens[4] = token(&sent[0]);
    tokens[4000] = token(&sent[1]);
    let one_more = format!("{}\n{}", tokens.join("\n"), token(&sent[2]));
    for refused in [one_more.as_str(), &tokens.join(""), "\n", &format!("{}\n\n{}", tokens[4], tokens[5])] {
        let (status, body) = withdraw(refused);
        assert_eq!((status, body["type"].as_str().unwrap()), (400, "urn:softinfo:problem:bad-token"));
    }
    assert_eq!(scene.pool().len(), 3, "a refusal erases nothing");
    let (status, body) = withdraw(&tokens.join("\r\n"));
    assert_eq!((status, &body["erased"]), (200, &2.into()), "{body}");
    assert_eq!(scene.pool(), [sent[2]["id"].as_str().unwrap()]);
    // One token many times is one token.
    let (status, body) = withdraw(&vec![token(&sent[2]); 4096].join("\n"));
    assert_eq!((status, &body["erased"]), (200, &1.into()));
}

#[test]
fn everything_acknowledged_is_there_after_a_restart() {
    let mut scene = Scene::new();
    let ids: Vec<_> =
        (0..5).map(|n| scene.send(&[INSPECTORATE], &n.to_string(), &[])["id"].as_str().unwrap().to_owned()).collect();
    for signal in ["TERM", "INT"] {
        scene.signal(signal);
        assert_eq!(scene.wait(), 0, "{signal}");
        scene.start();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(scene.pool(), expected);
    }
    scene.fetch("bundle.tar").ok();
    scene.import("bundle.tar").says(0, "5 new tips, 5 for");
}

#[test]
fn the_courier_goes_on_where_it_was_and_throws_away_what_is_wrong() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 500_000);
    let sent = scene.send(&[INSPECTORATE], "resumed", &[&photo]);
    let id = sent["id"].as_str().unwrap();
    let whole = scene.courier_get(&format!("/tips/{id}")).1;
    let spool = scene.path("courier/spool");
    fs::create_dir_all(&spool).unwrap();
    // Half of it is there: the rest is asked for.
    fs::write(spool.join(format!("{id}.part")), &whole[..whole.len() / 2]).unwrap();
    scene.fetch("good-half.tar").ok();
    // Half of it is wrong: it is noticed and fetched anew.
    fs::remove_file(scene.path("courier/journal.json")).unwrap();
    fs::write(spool.join(format!("{id}.part")), vec![0; whole.len() / 2]).unwrap();
    scene.fetch("bad-half.tar").ok();
    for bundle in ["good-half.tar", "bad-half.tar"] {
        let desk = scene.path(bundle).with_extension("desk");
        scene
            .run(DESK, &["--desk", desk.to_str().unwrap(), "import", scene.path(bundle).to_str().unwrap()])
            .says(0, "1 new");
    }
    assert_eq!(fs::read_dir(&spool).unwrap().count(), 0, "nothing is left in the spool");
}

#[test]
fn ranges_give_exactly_the_bytes_asked_for() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 100_000);
    let id = scene.send(&[INSPECTORATE], "", &[&photo])["id"].as_str().unwrap().to_owned();
    let whole = scene.courier_get(&format!("/tips/{id}")).1;
    assert_eq!(softinfo_formats::envelope::id::TipId::of(&whole).to_string(), id);
    for (range, expected) in [
        ("0-0", 0..1),
        ("16383-16384", 16_383..16_385),
        ("50000-", 50_000..whole.len()),
        ("1-999999999", 1..whole.len()),
    ] {
        let token = softinfo_formats::example_keys::COURIER_TOKEN;
        let request = format!(
            "GET /tips/{id} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer {token}\r\nrange: bytes={range}\r\nconnection: close\r\n\r\n"
        );
        let (status, body) = scene::exchange(scene.courier, request.as_bytes());
        assert!(status == 206 && body == whole[expected], "{range}: {status}, {} bytes", body.len());
    }
}

#[test]
fn a_channel_of_ones_own_works_from_the_first_key_to_the_opened_tip() {
    let workshop = Scene::new();
    let month = scene::today().month();
    let own = OwnChannel {
        scene: &workshop,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "1",
        first_month: &month,
        epochs: "2",
    };
    own.make_keys();
    let note = own.sign("directory.note");
    let root = own.root();
    let root_text = root.to_str().unwrap();
    workshop.run(DESK, &["directory", "trust", root_text]).ok();
    workshop.run(DESK, &["directory", "check", note.to_str().unwrap()]).says(0, "vouched for by its own key");

    let scene = Scene::with(Channel { directory: note, root: root.clone() }, "");
    fs::write(scene.path("note.txt"), "To the real one.").unwrap();
    let (url, message) = (scene.intake_url(), scene.path("note.txt"));
    let send = ["send", "--relay", &url, "--to", OwnChannel::HOLDER, "--message", message.to_str().unwrap(), "--json"];
    scene.run(TIP, &send).says(1, "without --root only the example channel is trusted");
    let sent = scene.run(TIP, &[&send[..], &["--root", root_text]].concat()).ok().json();
    assert_eq!(sent["channel"], "antwerp");
    // Nobody has said what there is to compare with: no alarm.
    let check = ["check-relay", "--leave-no-trace", "--relay", &url];
    scene.run(TIP, &check).says(1, "without --root only the example channel is trusted");
    scene.fetch("bundle.tar").ok();
    let (bundle, out) = (scene.path("bundle.tar"), scene.path("case"));
    workshop.desk_with_passphrase(&["import", bundle.to_str().unwrap()]).says(0, "1 new tip, 1 for");
    workshop.desk_with_passphrase(&["open", sent["id"].as_str().unwrap(), "--out", out.to_str().unwrap()]).ok();
    assert_eq!(fs::read_to_string(out.join("message.txt")).unwrap(), "To the real one.");
    a_sealed_tip_goes_to_its_own_channel_as_far_as_that_is_known(&scene, root_text);
}

/// `own` has a relay of the channel “antwerp”, with one tip.
fn a_sealed_tip_goes_to_its_own_channel_as_far_as_that_is_known(own: &Scene, root: &str) {
    let own_url = own.intake_url();
    let (sealed, note) = (own.path("for-antwerp.age"), own.path("note.txt"));
    let (sealed, note) = (sealed.to_str().unwrap(), note.to_str().unwrap());
    let directory = own.channel.directory.to_str().unwrap();
    let seal = ["seal", "--leave-no-trace", "--to", OwnChannel::HOLDER, "--directory", directory, "--root", root];
    let said = own.run(TIP, &[&seal[..], &["--message", note, "--out", sealed]].concat()).ok();
    assert!(said.out.contains(&format!(" --root {root}")), "{said:?}");
    let other = Scene::new();
    let send =
        |relay: &str, more: &[&str]| own.run(TIP, &[&["send", "--sealed", sealed, "--relay", relay], more].concat());
    // The relay of another channel: refused where the channel is named, and else said not to be known.
    let run = send(&other.intake_url(), &["--root", root]).says(1, "nothing was sent");
    assert!(run.err.contains("none of the channel") && other.pool().is_empty(), "{run:?}");
    let run = send(&other.intake_url(), &[]).says(0, "only if this is a relay of the channel for which it was sealed");
    assert!(!run.out.contains("can read it"), "{run:?}");
    assert_eq!(send(&other.intake_url(), &["--json"]).ok().json()["channel"], Value::Null);
    // Its own.
    send(&own_url, &["--root", root]).says(0, "one of the channel antwerp");
    assert_eq!(send(&own_url, &["--json", "--root", root]).ok().json()["channel"], "antwerp");
    assert_eq!((own.pool().len(), other.pool().len()), (2, 1));
    let nobody = send("http://127.0.0.1:1", &["--root", root]).says(3, "nothing was sent");
    assert!(!nobody.err.contains("trying again"), "{nobody:?}");
    send(&own_url, &["--directory", directory]).says(2, "cannot be used with");
    // A piece of a sealed file is sent nowhere.
    fs::write(sealed, &fs::read(sealed).unwrap()[..20_000]).unwrap();
    send(&own_url, &["--root", root]).says(1, "is not a sealed tip; nothing was sent");
}

#[test]
fn details_of_a_forwarder_arrive_in_the_report() {
    let scene = Scene::new();
    let details = scene.path("details.json");
    fs::write(&details, r#"{"categories":["labour-wages"],"place":{"postcode":"2060"},"danger":"soon","minors":false,"offenders":[{"name":"X bv"}]}"#).unwrap();
    let (url, note) = (scene.intake_url(), scene.path("note.txt"));
    fs::write(&note, "From the union.").unwrap();
    let arguments = [
        "send",
        "--relay",
        &url,
        "--to",
        INSPECTORATE,
        "--message",
        note.to_str().unwrap(),
        "--json",
        "--details",
        details.to_str().unwrap(),
    ];
    let sent = scene.run(TIP, &arguments).ok().json();
    scene.fetch("bundle.tar").ok();
    scene.import("bundle.tar").ok();
    scene.open(sent["id"].as_str().unwrap(), "case").says(0, "labour-wages");
    // A misspelt field or an unknown category is not lost silently.
    for (wrong, word) in
        [(r#"{"categoriess":[]}"#, "categoriess"), (r#"{"categories":["nationality"]}"#, "nationality")]
    {
        fs::write(&details, wrong).unwrap();
        scene.run(TIP, &arguments).says(1, word);
    }
}

#[test]
fn an_aborted_upload_leaves_the_pool_as_it_was() {
    let scene = Scene::new();
    let kept = scene.send(&[INSPECTORATE], "kept", &[]);
    let tip = scene.seal("aborted");
    for length in [0, 100, 6_000, 17_000, 30_964] {
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(tip_request(tip.len()).as_bytes()).unwrap();
        stream.write_all(&tip[..length]).unwrap();
    }
    assert_eq!(scene.post(&tip).0, 201);
    let mut expected =
        vec![kept["id"].as_str().unwrap().to_owned(), softinfo_formats::envelope::id::TipId::of(&tip).to_string()];
    expected.sort();
    assert_eq!(scene.pool(), expected);
}
