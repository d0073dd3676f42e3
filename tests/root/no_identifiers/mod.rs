//! No identifiers: whatever a caller sends along, nothing of it is in any file, log, metric, core dump or in the memory of the relay afterwards.
//!
//! The relay under test is the release binary as it is deployed, built here. A second one, built to leak, shows that
//! the search would notice. Has to run as root, because the relay forbids everybody else to read its memory.

mod callers;
mod marks;
mod watched;

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use callers::{Callers, form, marked};
use marks::{Finding, Marks, word};
use scene::{Scene, eventually};
use watched::Watched;

/// Builds the relay as it is deployed, or with leaks planted in it.
fn release(leaks: bool) -> PathBuf {
    let folder = Path::new(scene::SCRATCH).join("release-relay");
    std::fs::create_dir_all(&folder).unwrap();
    // One at a time: both are built into the same folder, so that what they share is built once.
    let lock = std::fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--release", "--locked", "--offline", "--quiet", "--package", "softinfo-relay", "--target-dir"])
        .arg(&folder);
    let name = if leaks { "softinfo-relay-leaks" } else { "softinfo-relay" };
    if leaks {
        cargo.args(["--features", "planted-leaks"]);
    }
    assert!(cargo.current_dir(scene::PROJECT).status().unwrap().success());
    // Beside, and then by name: one that still runs can't be written over.
    let (program, new) = (folder.join(name), folder.join("new"));
    std::fs::copy(folder.join("release/softinfo-relay"), &new).and_then(|_| std::fs::rename(&new, &program)).unwrap();
    program
}

const OCTETS: &str = "content-type: application/octet-stream";
const PARTIAL: &str = "content-type: application/partial-upload";

/// Every route with every kind of caller: good ones, wrong ones, and those that break off.
fn call_everything(relay: &Watched, callers: &mut Callers, tips: &[Vec<u8>], large: &[u8]) {
    let to = relay.intake;
    for path in ["/", "/directory", "/softinfo.html", "/tips", &format!("/{}", word("path"))] {
        callers.ask(to, &marked("get", "GET", path, &[], b""));
    }
    // Whole, and once more.
    for status in ["201", "200"] {
        let answer = callers.ask(to, &marked("whole", "POST", "/tips", &[OCTETS], &tips[0]));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    let (kind, body) = form(&tips[1]);
    let answer = callers.ask(to, &marked("form", "POST", "/tips", &[&kind], &body));
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    // In pieces, with a break in the middle.
    let length = format!("upload-length: {}", large.len());
    let begin = |callers: &mut Callers| {
        let lines = [OCTETS, "upload-complete: ?0", &length];
        let answer = callers.ask(to, &marked("first", "POST", "/tips", &lines, &large[..70_000]));
        let address = answer.lines().find_map(|line| line.strip_prefix("location: "));
        address.unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let address = begin(callers);
    let patch = |at: usize| {
        let at_line = format!("upload-offset: {at}");
        marked("piece", "PATCH", &address, &[PARTIAL, &at_line, "upload-complete: ?1"], &large[at..])
    };
    callers.break_off(to, &patch(70_000), 200_000, true);
    let answer = callers.ask(to, &marked("head", "HEAD", &address, &[], b""));
    let offset =
        answer.lines().find_map(|line| line.strip_prefix("upload-offset: ")).unwrap_or_else(|| panic!("{answer}"));
    let answer = callers.ask(to, &patch(offset.parse().unwrap()));
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let given_up = begin(callers);
    assert!(callers.ask(to, &marked("delete", "DELETE", &given_up, &[], b"")).starts_with("HTTP/1.1 204"));
    let left = begin(callers);
    callers.ask(to, &marked("wrong", "PATCH", &left, &[PARTIAL, &format!("upload-offset: {}", word("offset"))], b"x"));

    wrong_requests(relay, callers);

    // Broken off: in the head, in the body, with an end and with a reset.
    let whole = marked("broken", "POST", "/tips", &[OCTETS], &tips[2]);
    for after in [20, 900, whole.len() - 20_000, whole.len() - 1] {
        for reset in [false, true] {
            callers.break_off(to, &whole, after, reset);
        }
    }
    // A courier, a wrong one, and one who can't know the token.
    let token = format!("authorization: Bearer {}", softinfo_formats::example_keys::COURIER_TOKEN);
    for line in [token.as_str(), &format!("authorization: Bearer {}", word("token"))] {
        for path in ["/pool", "/status", "/metrics", "/directory", "/tips/x"] {
            let head = format!(
                "GET {path}?{} HTTP/1.1\r\nhost: {}\r\n{line}\r\nuser-agent: {}\r\nconnection: close\r\n\r\n",
                word("query"),
                word("host"),
                word("agent")
            );
            callers.ask(relay.courier, head.as_bytes());
        }
    }
}

/// What no relay should answer with more than a reason.
fn wrong_requests(relay: &Watched, callers: &mut Callers) {
    let to = relay.intake;
    let text = format!("I am {} and I live at {}.", word("writer"), word("home")).repeat(2000);
    let kind = format!("content-type: text/{}", word("kind"));
    for lines in [&[OCTETS][..], &["content-type: text/plain"], &[&kind], &[PARTIAL]] {
        let answer = callers.ask(to, &marked("plain", "POST", "/tips", lines, text.as_bytes()));
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let (kind, body) = form(text.as_bytes());
    callers.ask(to, &marked("plainform", "POST", "/tips", &[&kind], &body));
    let in_a_header = [
        format!("age-encryption.org/v1\n-> {} {}\n", word("stanza"), word("argument")).into_bytes(),
        vec![b'x'; 40_000],
    ]
    .concat();
    callers.ask(to, &marked("age", "POST", "/tips", &[OCTETS], &in_a_header));
    let token = word("token");
    callers.ask(to, &marked("withdraw", "POST", "/withdraw", &["content-type: text/plain"], token.as_bytes()));
    callers.ask(to, &marked("method", &word("METHOD"), "/tips", &[], b""));
    callers.ask(to, &marked("long", "GET", &format!("/{}", word("long").repeat(2000)), &[], b""));
    callers.ask(to, format!("{} nonsense\r\n\r\n", word("nonsense")).as_bytes());
    callers.ask(to, format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{}", word("preface")).as_bytes());
    // The first message of TLS, with a server's name in it.
    callers.ask(to, &[&[0x16, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3][..], word("tls").as_bytes()].concat());
    let chunked = "POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n";
    let chunk = word("chunk");
    callers.ask(
        to,
        format!(
            "{chunked}x: {}\r\n\r\n{:x};{}\r\n{chunk}\r\n0\r\n{}: 1\r\n\r\n",
            word("x"),
            chunk.len(),
            word("extension"),
            word("trailer")
        )
        .as_bytes(),
    );
    callers.ask(to, format!("{chunked}\r\n{}\r\n", word("size")).as_bytes());
}

/// Tips to send, made by the real program: names of files are marked too.
fn tips() -> (Vec<Vec<u8>>, Vec<u8>) {
    let scene = Scene::new();
    let photo = scene.random_file(&format!("{}.jpg", word("photo")), 300_000);
    ((0..4).map(|n| scene.seal(&format!("{} {n}", word("text")))).collect(), scene.seal_with("large", &[&photo]))
}

fn everywhere(relay: &Watched, marks: &Marks) -> Vec<Finding> {
    [relay.search_files(marks), relay.search_memory(marks)].concat()
}

#[test]
fn no_caller_leaves_a_trace() {
    let program = release(false);
    let (tips, large) = tips();
    let began = SystemTime::now();
    let relay = Watched::start(&program, |config| config);
    let mut callers = Callers::default();

    // While a request is under way its head is in memory: the search finds it there, and only there.
    let mut waiting = callers.connect(relay.intake);
    waiting.write_all(format!("GET / HTTP/1.1\r\ncookie: {}\r\n", word("waiting")).as_bytes()).unwrap();
    let marks = Marks::new(&callers.from);
    eventually(|| !relay.search_memory(&marks).is_empty());
    assert_eq!(relay.search_files(&marks), []);
    drop(waiting);

    call_everything(&relay, &mut callers, &tips, &large);
    // And the project's own program, with a marked name for its file.
    let sealed = relay.folder.path().join("work").join("sealed.age");
    std::fs::write(&sealed, &tips[3]).unwrap();
    let sent = Command::new(scene::TIP)
        .args(["send", "--relay", &format!("http://{}", relay.intake), "--sealed"])
        .arg(&sealed)
        .env("HOME", word("home"))
        .output()
        .unwrap();
    assert!(sent.status.success(), "{sent:?}");
    std::fs::remove_file(&sealed).unwrap();

    relay.until_all_have_gone();
    let marks = Marks::new(&callers.from);
    assert_eq!(everywhere(&relay, &marks), []);
    // What it was for is there.
    let stored = String::from_utf8(relay.courier_answer("/pool")).unwrap();
    assert_eq!(stored.matches("\"id\"").count(), 4, "{stored}");
    // The log is as long as it was when the relay began to listen.
    assert_eq!(relay.log().lines().filter(|line| !line.contains(" listen")).collect::<Vec<_>>(), Vec::<&str>::new());

    // What was written to last is dated when nothing comes any more.
    eventually(|| relay.finer_than_a_day().is_empty());
    no_moment_is_kept(&relay, began);

    let store = relay.folder.path().join("store");
    let folder = relay.folder.path().to_owned();
    assert!(watched::below(&store).len() > 5);
    let control = Command::new("sh")
        .args(["-c", "ulimit -c unlimited; kill -s ABRT $$"])
        .current_dir(folder.join("temp"))
        .status();
    assert!(
        control.unwrap().core_dumped(),
        "this machine makes no core dumps at all, so nothing is shown by there being none"
    );
    let ended = relay.crash();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
}

/// No file holds the seconds, milliseconds, microseconds or nanoseconds of any moment of the test, as numbers of 8 bytes.
fn no_moment_is_kept(relay: &Watched, began: SystemTime) {
    let since = |moment: SystemTime| moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let (from, to) = (since(began), since(SystemTime::now()));
    let is_moment = |number: u64| {
        [1, 1_000, 1_000_000, 1_000_000_000].iter().any(|unit| (from / unit..=to / unit).contains(&u128::from(number)))
    };
    let kept = |bytes: &[u8]| {
        bytes.windows(8).any(|window| {
            let window = window.try_into().unwrap();
            is_moment(u64::from_be_bytes(window)) || is_moment(u64::from_le_bytes(window))
        })
    };
    let seconds = u64::try_from(to / 1_000_000_000).unwrap();
    assert!(kept(&seconds.to_le_bytes()) && kept(&[&b"xyz"[..], &(seconds * 1_000).to_be_bytes()].concat()));
    for path in watched::below(&relay.folder.path().join("store")) {
        assert!(!path.is_file() || !kept(&std::fs::read(&path).unwrap()), "{}", path.display());
    }
}

#[test]
fn a_relay_that_leaks_is_caught() {
    let program = release(true);
    let relay = Watched::start(&program, |config| config);
    let mut callers = Callers::default();
    callers.ask(relay.intake, &marked("leak", "GET", "/directory", &[], b""));
    eventually(|| relay.log().contains("a request by"));
    relay.until_all_have_gone();
    let found = everywhere(&relay, &Marks::new(&callers.from));
    let is_found = |place: &str, form: &str| found.iter().any(|f| f.place.starts_with(place) && f.form.contains(form));
    for (place, form) in [
        ("standard error", "word, plain"),
        ("store/uploads/leak", "word, hex"),
        ("name of store/uploads/Zq7", "word, plain"),
        ("metrics", "word, base64"),
        ("memory", "word, UTF-16"),
        ("memory", "address, sockaddr"),
    ] {
        assert!(is_found(place, form), "{place}, {form}: {found:#?}");
    }
    assert!(!relay.finer_than_a_day().is_empty());
}

/// The number of a circuit is kept for the circuit's budget: in memory, within its hour, and nowhere else.
#[test]
fn a_circuit_is_known_in_memory_only() {
    let relay =
        Watched::start(&release(false), |config| config.replace("[intake]\n", "[intake]\ncircuit_ids = true\n"));
    let tip = tips().0.remove(0);
    let circuit: u64 = rand::random();
    let parts = [48, 32, 16, 0].map(|shift| format!("{:x}", circuit >> shift & 0xffff)).join(":");
    let line = format!("PROXY TCP6 fc00:dead:beef:4dad:{parts} ::1 209 80\r\n");
    let other = "PROXY TCP6 fc00:dead:beef:4dad:1:2:3:4 ::1 209 80\r\n";
    let as_text = Marks::of_text("circuit", &parts);
    let as_number = Marks::of_text("circuit", &parts)
        .and_bytes("number", &circuit.to_ne_bytes())
        .and_bytes("number", &circuit.to_be_bytes());
    let mut callers = Callers::default();
    let mut ask = |line: &str, request: Vec<u8>| {
        let answer = callers.ask(relay.intake, &[line.as_bytes(), &request].concat());
        relay.until_all_have_gone();
        answer
    };
    // One that only looked is forgotten as soon as another comes.
    let answer = ask(&line, marked("look", "GET", "/directory", &[], b""));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!relay.search_memory(&as_number).is_empty(), "the search would find it");
    ask(other, marked("look", "GET", "/directory", &[], b""));
    assert_eq!(everywhere(&relay, &as_number), []);
    // One that sent something has its number in memory, and nothing else of it anywhere.
    assert!(ask(&line, marked("send", "POST", "/tips", &[OCTETS], &tip)).starts_with("HTTP/1.1 201"));
    ask(other, marked("look", "GET", "/directory", &[], b""));
    assert_eq!(relay.search_files(&as_number), []);
    assert_eq!(relay.search_memory(&as_text), []);
    assert_eq!(everywhere(&relay, &Marks::new(&callers.from)), []);
}

/// The page that is served is the same for everybody, whatever they send.
#[test]
fn all_are_answered_alike() {
    let relay = Watched::start(Path::new(scene::RELAY), |config| config);
    let mut callers = Callers::default();
    let mut answers =
        (0..3).map(|_| callers.ask(relay.intake, &marked("alike", "GET", "/", &[], b""))).collect::<Vec<_>>();
    let mut plain = callers.connect(relay.intake);
    plain.write_all(b"GET / HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    answers.push(answer);
    // A time finer than a day is in no answer either: no Date line, no time of a file.
    let head = answers[0].split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
    assert!(!head.contains("\r\ndate:") && !head.contains("last-modified") && !head.contains("etag"), "{head}");
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(!head.contains(&scene::today().to_string()));
}
