//! Bad input gets a clear answer that says what to do, and nothing of it is stored.

mod scene;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use scene::{COURIER, Channel, DESK, INSPECTORATE, OwnChannel, POLICE, RELAY, Scene, TIP, answer, exchange};
use serde_json::Value;
use softinfo::tip::id::TipId;

/// Posts a body and checks status, problem name, the promise that nothing was stored, and that nothing was.
fn refused(scene: &Scene, body: &[u8], status: u16, name: &str) {
    let (got, answer) = scene.post(body);
    check_problem(got, &answer, status, name);
    assert!(scene.pool().is_empty(), "something was stored");
}

fn check_problem(got: u16, answer: &[u8], status: u16, name: &str) {
    let problem: Value =
        serde_json::from_slice(answer).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(answer)));
    assert_eq!((got, problem["type"].as_str()), (status, Some(&*format!("urn:softinfo:problem:{name}"))), "{problem}");
    assert_eq!((&problem["stored"], &problem["status"]), (&Value::Bool(false), &Value::from(status)));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 15), "what to do: {problem}");
}

/// The header of a tip in lines, to be changed, and the payload behind it.
fn take_apart(tip: &[u8]) -> (Vec<String>, Vec<u8>) {
    let (header, payload) = tip.split_at(softinfo::limits::TIP_HEADER_BYTES);
    (String::from_utf8(header.to_vec()).unwrap().lines().map(str::to_owned).collect(), payload.to_vec())
}

fn put_together(lines: &[String], payload: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn what_is_not_a_sealed_tip_is_refused_and_named() {
    let scene = Scene::new();
    let tip = scene.seal("a good one");
    let (lines, payload) = take_apart(&tip);
    // Lines: version, 4 × (stanza, body), softinfo stanza, empty body, MAC.
    let text = b"My boss keeps our passports in the safe.".repeat(800);
    refused(&scene, &text, 422, "not-a-tip");
    refused(&scene, &[&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], &[7; 40_000]].concat(), 422, "not-a-tip");
    refused(&scene, b"", 422, "not-a-tip");

    let classical = age::encrypt(&age::x25519::Identity::generate().to_public(), &[0; 24_576]).unwrap();
    refused(&scene, &classical, 422, "not-a-tip");

    let few = [&lines[..1], &lines[3..]].concat();
    refused(&scene, &put_together(&few, &payload), 422, "not-a-tip");
    let many = [&lines[..3], &lines[1..]].concat();
    refused(&scene, &put_together(&many, &payload), 422, "not-a-tip");
    let order = [&lines[..1], &lines[9..11], &lines[1..9], &lines[11..]].concat();
    refused(&scene, &put_together(&order, &payload), 422, "not-a-tip");
    let grease = [&lines[..9], &["-> x-grease".to_owned(), String::new()], &lines[9..]].concat();
    refused(&scene, &put_together(&grease, &payload), 422, "not-a-tip");
    let mut armored = lines.clone();
    armored.insert(0, "-----BEGIN AGE ENCRYPTED FILE-----".to_owned());
    refused(&scene, &put_together(&armored, &payload), 422, "not-a-tip");
    // The unused bits at the end of a base64 argument are not zero.
    let mut loose = lines.clone();
    let digest = BASE64_STANDARD_NO_PAD.encode([0; 32]).replace("AAA", "AAA");
    loose[9] = format!("-> softinfo/1 {}B", &digest[..42]);
    refused(&scene, &put_together(&loose, &payload), 422, "not-a-tip");
}

#[test]
fn a_length_that_padding_never_gives_is_refused() {
    let scene = Scene::new();
    let tip = scene.seal("a good one");
    refused(&scene, &[&tip[..], b"x"].concat(), 422, "not-a-size-class");
    refused(&scene, &tip[..tip.len() - 1], 422, "not-a-size-class");
    refused(&scene, &[&tip[..], &[0; 5_000]].concat(), 422, "not-a-size-class");
    refused(&scene, &tip[..6_400], 422, "not-a-size-class");
    // Without an announced length it is judged at the end.
    let mut request = b"POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    request.extend(format!("{:x}\r\n", tip.len() - 1).into_bytes());
    request.extend_from_slice(&tip[..tip.len() - 1]);
    request.extend(b"\r\n0\r\n\r\n");
    let (status, body) = exchange(scene.intake, &request);
    check_problem(status, &body, 422, "not-a-size-class");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_body_that_stops_in_the_middle_is_not_stored() {
    let scene = Scene::new();
    let tip = scene.seal("cut");
    // The writer closes its side.
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(scene::tip_request(tip.len()).as_bytes()).unwrap();
    stream.write_all(&tip[..20_000]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    drop(stream);
    // The writer falls silent: after the idle time (3 s here) the relay says so.
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(scene::tip_request(tip.len()).as_bytes()).unwrap();
    stream.write_all(&tip[..20_000]).unwrap();
    let (status, body) = answer(stream);
    check_problem(status, &body, 408, "timeout");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_header_that_never_ends_is_refused_after_the_first_bytes() {
    let scene = Scene::new();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(scene::tip_request(200_000_000).as_bytes()).unwrap();
    stream.write_all(b"age-encryption.org/v1\n").unwrap();
    // At most 4 MB are offered; the relay has to have answered by then.
    for _ in 0..250_000 {
        if stream.write_all(b"-> x\n\naaaaaaaaaa").is_err() {
            break;
        }
    }
    let (status, body) = answer(stream);
    check_problem(status, &body, 422, "not-a-tip");
    assert!(scene.pool().is_empty());
}

#[test]
fn more_than_256_mib_is_refused_before_or_while_it_arrives() {
    let scene = Scene::new();
    let tip = scene.seal("the start of a huge one");
    // Announced: refused before anything is read.
    let (status, body) = exchange(scene.intake, scene::tip_request(257 << 20).as_bytes());
    check_problem(status, &body, 413, "too-large");
    // Not announced: refused once the limit is passed.
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream
        .write_all(b"POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut piece = vec![0u8; 1 << 20];
    piece[..tip.len()].copy_from_slice(&tip);
    for n in 0..258 {
        if n == 1 {
            piece.fill(0x5a);
        }
        let sent = write!(stream, "{:x}\r\n", piece.len())
            .and_then(|()| stream.write_all(&piece))
            .and_then(|()| stream.write_all(b"\r\n"));
        if sent.is_err() {
            break;
        }
    }
    let (status, body) = answer(stream);
    check_problem(status, &body, 413, "too-large");
    assert!(scene.pool().is_empty());
    // The client says it before it sends anything.
    let file = scene.path("huge");
    fs::File::create(&file).unwrap().set_len(257 << 20).unwrap();
    let (url, path) = (scene.intake_url(), file.to_str().unwrap().to_owned());
    scene.run(TIP, &["send", "--relay", &url, "--to", INSPECTORATE, "--attach", &path]).says(1, "too large");
}

#[test]
fn wrong_calls_get_an_answer_that_helps() {
    let scene = Scene::new();
    for (request, status, name) in [
        (
            "POST /tips HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi",
            415,
            "unsupported-media-type",
        ),
        ("GET /tips HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n", 405, "method-not-allowed"),
        ("GET /admin HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n", 404, "not-found"),
        (
            "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
            400,
            "bad-token",
        ),
        (
            "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
            415,
            "unsupported-media-type",
        ),
    ] {
        let (got, body) = exchange(scene.intake, request.as_bytes());
        check_problem(got, &body, status, name);
    }
    let token = format!(
        "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 43\r\nconnection: close\r\n\r\n{}",
        "A".repeat(43)
    );
    let (status, body) = exchange(scene.intake, token.as_bytes());
    check_problem(status, &body, 404, "unknown-token");
}

#[test]
fn without_the_right_token_a_courier_gets_nothing() {
    let scene = Scene::new();
    let id = scene.send(&[INSPECTORATE], "hidden", &[])["id"].as_str().unwrap().to_owned();
    for path in ["/pool", &format!("/tips/{id}"), "/directory", "/nothing"] {
        for authorization in ["", "authorization: Bearer wrong\r\n", "authorization: Basic EXAMPLE-courier-token\r\n"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: r\r\n{authorization}connection: close\r\n\r\n");
            let (status, body) = exchange(scene.courier, request.as_bytes());
            check_problem(status, &body, 401, "unauthorized");
        }
    }
    // The intake listener has no pool at all.
    let (status, _) = exchange(scene.intake, b"GET /pool HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n");
    assert_eq!(status, 404);
    fs::write(scene.path("token"), "wrong").unwrap();
    scene.fetch("bundle.tar").says(1, "A courier token is needed");
    fs::write(scene.path("token"), "\n").unwrap();
    scene.fetch("bundle.tar").says(1, "holds no token");
    assert_eq!(scene.courier_get("/pool?after=yesterday").0, 400);
    assert_eq!(scene.courier_get("/pool?limit=0").0, 400);
    assert_eq!(scene.courier_get("/pool?unknown=1").0, 400);
}

/// Sends to the example relay with another directory; nothing may be encrypted or stored.
fn send_with(scene: &Scene, directory: &Path, root: &Path) -> scene::Run {
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let url = scene.intake_url();
    scene.run(
        TIP,
        &[
            "send",
            "--relay",
            &url,
            "--to",
            OwnChannel::HOLDER,
            "--message",
            note.to_str().unwrap(),
            "--directory",
            directory.to_str().unwrap(),
            "--root",
            root.to_str().unwrap(),
        ],
    )
}

#[test]
fn a_directory_out_of_its_time_or_from_another_root_or_older_than_before_seals_nothing() {
    let scene = Scene::new();
    let own = OwnChannel {
        scene: &scene,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "2",
        first_month: "2026-01",
        epochs: "120",
    };
    own.make_keys();
    let good = own.sign("two.note");
    let expired = OwnChannel { issued: "2020-01-01", expires: "2020-12-31", ..own }.sign("expired.note");
    let future = OwnChannel { issued: "2098-01-01", ..own }.sign("future.note");
    let older = OwnChannel { number: "1", ..own }.sign("one.note");
    let forked = OwnChannel { expires: "2098-12-31", ..own }.sign("fork.note");
    let root = own.root();

    send_with(&scene, &expired, &root).says(1, "the directory expired on 2020-12-31");
    send_with(&scene, &future, &root).says(1, "check this computer's date");
    send_with(&scene, &good, &scene.channel.root).says(1, "is not signed by the root key this program trusts");
    assert!(scene.pool().is_empty());
    send_with(&scene, &good, &root).ok();
    send_with(&scene, &older, &root).says(1, "version 2 was seen before");
    send_with(&scene, &forked, &root).says(1, "two different directories claim to be version 2");
    let tampered = scene.path("tampered.note");
    fs::write(&tampered, fs::read_to_string(&good).unwrap().replace("2099", "2097")).unwrap();
    send_with(&scene, &tampered, &root).says(1, "is not signed by the root key");
    fs::write(&tampered, "hello").unwrap();
    send_with(&scene, &tampered, &root).says(1, "not a signed directory");
    assert_eq!(scene.pool().len(), 1);
    // The desk's check says the same.
    let check = |note: &Path| {
        scene.run(DESK, &["directory", "check", note.to_str().unwrap(), "--root", root.to_str().unwrap()])
    };
    check(&expired).says(1, "expired on 2020-12-31");
    check(&good).ok();
    let (older, good) = (older.to_str().unwrap(), good.to_str().unwrap());
    scene
        .run(DESK, &["directory", "check", older, "--after", good, "--root", root.to_str().unwrap()])
        .says(1, "version 2 was seen before");
}

#[test]
fn the_immigration_office_can_not_be_a_holder() {
    let scene = Scene::new();
    scene
        .run(DESK, &["keygen", "--holder", "x", "--kind", "immigration-office", "--from", "2026-01"])
        .says(2, "the immigration office can't be a holder");
    let own = OwnChannel {
        scene: &scene,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "1",
        first_month: "2026-01",
        epochs: "1",
    };
    own.make_keys();
    let good = own.sign("good.note");
    // A directory made by hand is refused when it is signed, and when it is read.
    let json = scene.path("directory.json");
    fs::write(&json, fs::read_to_string(&json).unwrap().replace("\"labour-inspectorate\"", "\"immigration-office\""))
        .unwrap();
    let (key, out) = (scene.path("root/root.age"), scene.path("bad.note"));
    scene
        .desk_with_passphrase(&[
            "directory",
            "sign",
            json.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ])
        .says(1, "the immigration office can't be a holder");
    assert!(!out.exists() && good.exists());
}

#[test]
fn an_unknown_holder_or_too_many_are_refused_by_name() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let url = scene.intake_url();
    let base = ["send", "--relay", &url, "--message", note.to_str().unwrap()];
    scene.run(TIP, &[&base[..], &["--to", "nobody"]].concat()).says(1, "there is no holder “nobody”");
    scene.run(TIP, &base).says(2, "--to");
    let empty = ["send", "--relay", &url, "--to", POLICE];
    scene.run(TIP, &empty).says(1, "there is nothing to send");
    scene
        .run(TIP, &["send", "--relay", "ftp://x", "--to", POLICE, "--message", note.to_str().unwrap()])
        .says(1, "is no address of a relay");
    let nobody = ["send", "--relay", "http://127.0.0.1:9", "--to", POLICE, "--message", note.to_str().unwrap()];
    scene.run(TIP, &nobody).says(3, "can't be reached");
    fs::write(&note, [0xff, 0xfe, 0x00]).unwrap();
    scene.run(TIP, &[&base[..], &["--to", POLICE]].concat()).says(1, "is not UTF-8 text");
    scene
        .run(TIP, &["send", "--relay", &url, "--to", POLICE, "--attach", "/nowhere.jpg"])
        .says(1, "can't read “/nowhere.jpg”");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_slip_in_the_receipt_is_noticed_before_anything_is_asked_of_the_relay() {
    let scene = Scene::new();
    let sent = scene.send(&[INSPECTORATE], "kept", &[]);
    let url = scene.intake_url();
    let words: Vec<&str> = sent["words"].as_str().unwrap().split(' ').collect();
    // A known word in the wrong place: one that breaks the checksum is chosen, as 15 of 16 do.
    let slip = ["zoo", "abandon", "legal", "winner", "yellow"]
        .iter()
        .map(|wrong| [&[*wrong][..], &words[1..]].concat().join(" "))
        .find(|typed| softinfo::tip::receipt::Receipt::parse(typed).is_err())
        .unwrap();
    let withdraw = ["withdraw", "--relay", &url];
    scene.run_with(TIP, &withdraw, &slip).says(1, "one of the words or numbers is wrong");
    scene.run_with(TIP, &withdraw, &[&["xyzzy"][..], &words[1..]].concat().join(" ")).says(1, "word 1, “xyzzy”");
    scene.run_with(TIP, &withdraw, &words[1..].join(" ")).says(1, "12 words");
    scene.run_with(TIP, &withdraw, &"2049 ".repeat(12)).says(1, "group 1 is not a number from 0001 to 2048");
    assert_eq!(scene.pool().len(), 1);
}

#[test]
fn keys_of_other_months_do_not_open_and_the_desk_says_so() {
    let scene = Scene::new();
    let own = OwnChannel {
        scene: &scene,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "1",
        first_month: "2026-01",
        epochs: "120",
    };
    own.make_keys();
    let note = own.sign("directory.note");
    let relay = Scene::with(Channel { directory: note.clone(), root: own.root() }, "");
    let root = own.root();
    scene.run(DESK, &["directory", "trust", root.to_str().unwrap()]).ok();
    let (url, message) = (relay.intake_url(), scene.path("m.txt"));
    fs::write(&message, "text").unwrap();
    let sent = scene
        .run(
            TIP,
            &[
                "send",
                "--relay",
                &url,
                "--to",
                OwnChannel::HOLDER,
                "--message",
                message.to_str().unwrap(),
                "--root",
                root.to_str().unwrap(),
                "--json",
            ],
        )
        .ok()
        .json();
    relay.fetch("bundle.tar").ok();
    // This month's key has been destroyed; those of the other months are there.
    let today = softinfo::day::Day::today();
    let keys = scene.path("desk/keys").join(OwnChannel::HOLDER);
    fs::remove_file(keys.join(format!("{}.age", today.month()))).unwrap();
    let bundle = relay.path("bundle.tar");
    scene.desk_with_passphrase(&["import", bundle.to_str().unwrap()]).says(0, "1 new tips, 0 of them for this desk");
    scene.run(DESK, &["list"]).says(0, "not for this desk");
    let out = scene.path("case");
    scene
        .desk_with_passphrase(&["open", sent["id"].as_str().unwrap(), "--out", out.to_str().unwrap()])
        .says(1, "a month whose key is not here");
    assert!(!out.exists());
}

/// A file system of its own in memory; unmounted when it goes.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: std::path::PathBuf, size: &str) -> Self {
        fs::create_dir(&at).unwrap();
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"])
            .arg(&at)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "this test mounts a tmpfs and has to run as root");
        Self(at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_passes_by_itself() {
    let base = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let disk = SmallDisk::mount(base.path().join("disk"), "96m");
    let folder = format!("folder = {:?}", disk.0.join("store"));
    let scene = Scene::with(Channel::example(), &folder);
    let first = scene.send(&[INSPECTORATE], "before it was full", &[]);
    let filler = disk.0.join("filler");
    fs::write(&filler, vec![1; 84 << 20]).unwrap();
    let tip = scene.seal("too late");
    let (status, body) = scene.post(&tip);
    check_problem(status, &body, 507, "storage-full");
    assert_eq!(scene.pool(), [first["id"].as_str().unwrap()]);
    let id = first["id"].as_str().unwrap();
    assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{id}")).1).to_string(), id);
    fs::remove_file(filler).unwrap();
    assert_eq!(scene.post(&tip).0, 201);
    assert_eq!(scene.pool().len(), 2);
}

#[test]
fn a_store_of_somebody_else_or_in_use_or_of_another_kind_is_left_alone() {
    let scene = Scene::new();
    let config = scene.path("relay.toml");
    let run = |config: &Path| scene.run(RELAY, &["--config", config.to_str().unwrap()]);
    run(&config).says(1, "another relay uses the store");
    scene.send(&[INSPECTORATE], "the first relay goes on", &[]);

    let foreign = scene.path("foreign");
    fs::create_dir(&foreign).unwrap();
    std::os::unix::fs::chown(&foreign, Some(12_345), None).expect("this test changes an owner and has to run as root");
    let other = scene.path("other.toml");
    fs::write(&other, scene.relay_config("folder = \"foreign\"")).unwrap();
    run(&other).says(1, "belongs to another user (uid 12345)");
    let documents = scene.path("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("letter.txt"), "mine").unwrap();
    fs::write(&other, scene.relay_config("folder = \"documents\"")).unwrap();
    run(&other).says(1, "is not a store of this version; nothing was changed");
    assert_eq!(fs::read_dir(&documents).unwrap().count(), 1);
}

#[test]
fn example_keys_are_refused_where_others_could_reach_them() {
    let scene = Scene::new();
    let open = scene.path("open.toml");
    fs::write(&open, scene.relay_config("").replace("127.0.0.1:0", "0.0.0.0:0")).unwrap();
    let check = ["--config", open.to_str().unwrap(), "--check-config"];
    scene.run(RELAY, &check).says(1, "EXAMPLE keys, which everybody has");
    scene.run(RELAY, &[&check[..], &["--i-know-these-are-example-keys"]].concat()).says(0, "is in order");

    // A directory with an example holder's key, for a relay elsewhere.
    let holder = Path::new(scene::PROJECT).join("keys-example").join(INSPECTORATE).join("holder.json");
    let out = scene.path("elsewhere.json");
    let make = [
        "directory",
        "make",
        "--channel",
        "softinfo-example",
        "--number",
        "9",
        "--issued",
        "2026-01-01",
        "--expires",
        "2035-12-31",
        "--relay",
        "http://letterbox.example",
        "--holder",
        holder.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    scene.run(DESK, &make).says(1, "EXAMPLE keys");
    scene.run(DESK, &[&make[..], &["--i-know-these-are-example-keys"]].concat()).ok();
    let note = scene.path("elsewhere.note");
    let keys = Path::new(scene::PROJECT).join("keys-example");
    let line =
        "exec \"$0\" --i-know-these-are-example-keys --passphrase-fd 3 \"$@\" 3<keys-example/EXAMPLE-passphrase.txt";
    let (key, public) = (keys.join("EXAMPLE-root.age"), keys.join("EXAMPLE-root.vkey"));
    scene
        .run(
            "sh",
            &[
                "-c",
                line,
                DESK,
                "directory",
                "sign",
                out.to_str().unwrap(),
                "--key",
                key.to_str().unwrap(),
                "--public",
                public.to_str().unwrap(),
                "--out",
                note.to_str().unwrap(),
            ],
        )
        .ok();
    let message = scene.path("m.txt");
    fs::write(&message, "text").unwrap();
    let seal = |extra: &[&str]| {
        let out = scene.path("x.age");
        let base = [
            "seal",
            "--leave-no-trace",
            "--directory",
            note.to_str().unwrap(),
            "--to",
            INSPECTORATE,
            "--message",
            message.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        scene.run(TIP, &[&base[..], extra].concat())
    };
    seal(&[]).says(1, "http://letterbox.example is elsewhere");
    seal(&["--i-know-these-are-example-keys"]).ok();
    // The relay that serves it, and the courier and the desk that meet it.
    let relay = Scene::new();
    fs::write(
        relay.path("relay.toml"),
        relay.relay_config("").replace(relay.channel.directory.to_str().unwrap(), note.to_str().unwrap()),
    )
    .unwrap();
    relay.run(RELAY, &["--config", relay.path("relay.toml").to_str().unwrap()]).says(1, "EXAMPLE keys");
}

#[test]
fn a_key_that_does_not_exist_is_named_in_the_configuration() {
    let scene = Scene::new();
    let path = scene.path("relay.toml");
    let good = fs::read_to_string(&path).unwrap();
    for (wrong, word) in [
        (good.replace("[store]", "acces_log = true\n[store]"), "acces_log"),
        (good.replace("idle_seconds = 3", "idle_seconds = 0"), "intake.idle_seconds"),
        (good.replace("idle_seconds = 3", "idle_seconds = \"long\""), "idle_seconds"),
        (good.replace("EXAMPLE-root.vkey", "nowhere.vkey"), "nowhere.vkey"),
        (good.replace("EXAMPLE-directory.note", "EXAMPLE-root.vkey"), "not a signed directory"),
    ] {
        fs::write(&path, wrong).unwrap();
        scene.run(RELAY, &["--config", path.to_str().unwrap(), "--check-config"]).says(1, word);
    }
    let path = scene.path("courier.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("tokn = 1\n");
    fs::write(&path, text).unwrap();
    scene.run(COURIER, &["--config", path.to_str().unwrap(), "fetch", "--out", "x.tar"]).says(1, "tokn");
}

#[test]
fn the_desk_says_what_is_missing_and_overwrites_nothing() {
    let scene = Scene::new();
    let empty = scene.path("empty");
    fs::create_dir(&empty).unwrap();
    // Outside of the project's folder there are no example keys.
    let run = |arguments: &[&str]| {
        let mut command = scene.command(DESK, arguments);
        let output = command.current_dir(&empty).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(run(&["list"]).contains("this desk has no keys yet; make them with softinfo-desk keygen"));
    let sent = scene.send(&[INSPECTORATE], "text", &[]);
    scene.fetch("bundle.tar").ok();
    scene.fetch("bundle.tar").says(1, "exists; choose another name");
    scene.import("bundle.tar").ok();
    let id = sent["id"].as_str().unwrap();
    scene.open(id, "case").ok();
    scene.open(id, "case").says(1, "exists and is not empty");
    scene.open("ffffff", "other").says(1, "there is no tip “ffffff”");
    // A stored file that rots is noticed.
    let stored = scene.path("desk/softinfo-example/tips").join(format!("{id}.age"));
    let mut bytes = fs::read(&stored).unwrap();
    bytes[20_000] ^= 1;
    fs::write(&stored, bytes).unwrap();
    scene.open(id, "other").says(1, "missing or damaged; import its bundle again");
    let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$HOME/wrong\"";
    fs::create_dir_all(scene.path("home")).unwrap();
    fs::write(scene.path("home/wrong"), "not the passphrase\n").unwrap();
    let out = scene.path("other");
    scene.run("sh", &["-c", line, DESK, "open", id, "--out", out.to_str().unwrap()]).says(1, "the passphrase is wrong");
    scene
        .run(DESK, &["--passphrase-fd", "9", "open", id, "--out", out.to_str().unwrap()])
        .says(1, "no passphrase was given");
    let mut left = Vec::new();
    fs::read_dir(scene.folder.path()).unwrap().for_each(|entry| left.push(entry.unwrap().file_name()));
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".opening-") || *name == *"other"), "{left:?}");
}

#[test]
fn a_short_passphrase_is_refused_and_existing_keys_are_kept() {
    let scene = Scene::new();
    fs::write(scene.path("short"), "short\n").unwrap();
    let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$SHORT\"";
    let keygen = [
        "keygen",
        "--holder",
        "unit",
        "--kind",
        "local-police",
        "--from",
        "2026-11",
        "--epochs",
        "1",
        "--work-factor",
        "10",
    ];
    let mut command = scene.command("sh", &["-c", line, DESK]);
    let output = command.args(keygen).env("SHORT", scene.path("short")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("fewer than 12 characters"));
    scene.desk_with_passphrase(&keygen).ok();
    let before = fs::read(scene.path("desk/keys/unit/2026-11.age")).unwrap();
    scene.desk_with_passphrase(&keygen).says(1, "there is a key for epoch 2026-11 of unit already");
    assert_eq!(before, fs::read(scene.path("desk/keys/unit/2026-11.age")).unwrap());
    let mut text = Vec::new();
    fs::File::open(scene.path("desk/keys/unit/2026-11.age")).unwrap().read_to_end(&mut text).unwrap();
    assert!(!text.windows(14).any(|window| window == b"AGE-SECRET-KEY"), "the key is stored in the clear");
}
