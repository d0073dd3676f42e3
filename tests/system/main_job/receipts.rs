//! No stored tip is without a receipt: it is out before the first byte of the tip, and no doubt is talked away.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;

use softinfo_seal::receipt::Receipt;

use scene::{Cut, INSPECTORATE, Line, Run, Scene, TIP, complete};

const LOST: &str = "";

/// What a relay says that refuses. One that is full or busy can't know whether a sealed file was kept.
fn problem(status: &str, name: &str, stored: &str) -> String {
    let detail = if status.starts_with('5') { "Keep the sealed file." } else { "What to do." };
    let body =
        format!(r#"{{"type":"urn:softinfo:problem:{name}","title":"A title","detail":"{detail}","stored":{stored}}}"#);
    with_body(status, "application/problem+json", &body)
}

fn with_body(status: &str, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A request with its whole body.
fn read_whole(stream: &mut TcpStream) {
    let mut read = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let head = read.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if read.len() >= head + 4 + length.parse::<usize>().unwrap() {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}

/// A relay that reads every request to its end and gives these answers, one for each connection; the last one again and again. [`LOST`] is no
/// answer. `look` is called when somebody has connected, before a byte is read.
fn relay_that_says(answers: Vec<String>, look: impl Fn() + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (n, mut stream) in listener.incoming().map_while(Result::ok).enumerate() {
            look();
            read_whole(&mut stream);
            let _ = stream.write_all(answers[n.min(answers.len() - 1)].as_bytes());
        }
    });
    address
}

/// Sends a tip, with the directory from a file, so that the first connection is the tip's.
fn send(scene: &Scene, relay: SocketAddr, more: &[&str]) -> Command {
    let note = scene.path("note.txt");
    fs::write(&note, "for a receipt").unwrap();
    let url = format!("http://{relay}");
    let mut command = scene.command(TIP, &["send", "--leave-no-trace", "--to", INSPECTORATE, "--relay", &url]);
    command.arg("--directory").arg(&scene.channel.directory).arg("--message").arg(note).args(more);
    command
}

fn seal(scene: &Scene, out: &Path, more: &[&str]) -> Command {
    let note = scene.path("note.txt");
    fs::write(&note, "for a receipt").unwrap();
    let mut command = scene.command(TIP, &["seal", "--leave-no-trace", "--to", INSPECTORATE, "--out"]);
    command.arg(out).arg("--directory").arg(&scene.channel.directory).arg("--message").arg(note).args(more);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn withdraw(scene: &Scene, relay: SocketAddr, receipt: &Path) -> Run {
    scene.run(TIP, &["withdraw", "--relay", &format!("http://{relay}"), "--receipt", text(receipt)])
}

#[test]
fn the_receipt_is_out_before_the_first_byte_of_the_tip() {
    let scene = Scene::new();
    let (shown, saved) = (scene.path("shown"), scene.path("saved"));
    for (more, at, json) in
        [(&[][..], &shown, false), (&["--json"], &shown, true), (&["--receipt", text(&saved)], &saved, false)]
    {
        let (tell, told) = mpsc::channel();
        let look_at = at.clone();
        let look = move || tell.send(fs::read_to_string(&look_at).unwrap_or_default()).unwrap();
        let relay = relay_that_says(vec![problem("422 Unprocessable", "not-a-tip", "false")], look);
        let mut command = send(&scene, relay, more);
        let run = complete(command.stdout(File::create(&shown).unwrap()));
        assert_eq!(run.code, 4, "{run:?}");
        let before = told.recv().unwrap();
        if json {
            let receipt: serde_json::Value = serde_json::from_str(&before).unwrap();
            assert_eq!(receipt["digits"].as_str().unwrap().split(' ').count(), 12);
        } else {
            assert!(before.contains("words:  ") && before.contains("digits: "), "{more:?}: “{before}”");
        }
    }
    // The whole tip had left. Nothing was stored, says the relay, and it may be wrong.
    assert!(saved.exists());
}

#[test]
fn a_standard_output_that_nobody_reads_is_an_error_before_anything_is_sent() {
    let scene = Scene::new();
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    // What a shell makes of `1<file`.
    let read_only = || Stdio::from(File::open(&scene.channel.directory).unwrap());
    let sealed = scene.path("sealed-without.age");
    for json in [&[][..], &["--json"]] {
        for out in [closed(), full(), Stdio::null(), read_only()] {
            complete(send(&scene, scene.intake, json).stdout(out)).says(1, "receipt");
        }
        for out in [closed(), full(), Stdio::null(), read_only()] {
            complete(seal(&scene, &sealed, json).stdout(out)).says(1, "receipt");
            assert!(!sealed.exists());
        }
        // Closed as a shell does it.
        for command in [send(&scene, scene.intake, json), seal(&scene, &sealed, json)] {
            let mut shell = scene.command("sh", &["-c", "exec \"$0\" \"$@\" >&-"]);
            let run = complete(shell.arg(command.get_program()).args(command.get_args()));
            assert!(!run.err.contains("panicked"), "{run:?}");
            run.says(1, "receipt");
        }
    }
    assert!(scene.pool().is_empty() && !sealed.exists());
    // Sealed, and then nobody is there to hear it: that is said as it is.
    let quiet = scene.path("quiet.age");
    complete(seal(&scene, &quiet, &["--no-receipt"]).stdout(closed())).says(8, "the tip is sealed into");
    assert!(quiet.exists());
    // With the receipt in a file, or with none by choice, nobody has to read along.
    let receipt = scene.path("receipt");
    complete(send(&scene, scene.intake, &["--receipt", text(&receipt)]).stdout(Stdio::null())).ok();
    complete(send(&scene, scene.intake, &["--no-receipt"]).stdout(Stdio::null())).ok();
    // Stored, and then nobody is there to hear it: that is said as it is.
    complete(send(&scene, scene.intake, &["--no-receipt"]).stdout(closed())).says(8, "the tip is stored");
    assert_eq!(scene.pool().len(), 3);
    withdraw(&scene, scene.intake, &receipt).ok();
    assert_eq!(scene.pool().len(), 2);
}

#[test]
fn a_receipt_in_a_file_is_private_is_never_written_over_and_withdraws() {
    let scene = Scene::new();
    let receipt = scene.path("receipt.txt");
    let run = complete(&mut send(&scene, scene.intake, &["--receipt", text(&receipt), "--lang", "fr"])).ok();
    assert!(run.out.contains(text(&receipt)) && !run.out.contains("words:"), "{run:?}");
    let written = fs::read_to_string(&receipt).unwrap();
    assert_eq!(fs::metadata(&receipt).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(written.lines().any(|line| line.starts_with("words: ")) && written.contains("\ndigits: "), "{written}");
    complete(&mut send(&scene, scene.intake, &["--receipt", text(&receipt)])).says(1, "exists");
    complete(&mut send(&scene, scene.intake, &["--receipt", "/nowhere/receipt"])).says(1, "can't be saved");
    complete(&mut seal(&scene, &scene.path("x.age"), &["--receipt", text(&receipt)])).says(1, "exists");
    assert!(!scene.path("x.age").exists());
    assert_eq!(fs::read_to_string(&receipt).unwrap(), written);
    assert_eq!(scene.pool().len(), 1);
    // Nothing that a receipt can't do is promised.
    assert!(!written.contains("answer") && !run.out.contains("answer"), "{written}");
    withdraw(&scene, scene.intake, &receipt).says(0, "is erased");
    withdraw(&scene, scene.intake, &receipt).says(9, "nothing is stored under this receipt");
    let url = scene.intake_url();
    let json = scene.run(TIP, &["withdraw", "--json", "--relay", &url, "--receipt", text(&receipt)]);
    assert!(json.code == 9 && json.json()["erased"] == 0, "{json:?}");
    // The sealed file and its receipt go the same way.
    let (sealed, receipt) = (scene.path("it's sealed.age"), scene.path("of the sealed"));
    let said = complete(&mut seal(&scene, &sealed, &["--receipt", text(&receipt)])).ok();
    let line = said.out.lines().find(|line| line.trim_start().starts_with("softinfo-tip send")).unwrap();
    let line = line.replace("http://127.0.0.1:8080", &url).replace("softinfo-tip", TIP);
    scene.run("sh", &["-c", &line]).says(0, "The tip is stored");
    withdraw(&scene, scene.intake, &receipt).says(0, "is erased");
}

#[test]
fn a_doubt_that_a_lost_answer_leaves_is_not_talked_away_by_a_later_one() {
    let scene = Scene::new();
    let lost = LOST.to_owned();
    for (n, later) in [
        problem("507 Insufficient Storage", "storage-full", "false"),
        problem("503 Service Unavailable", "busy", "false"),
        problem("422 Unprocessable", "not-a-tip", "false"),
        problem("503 Service Unavailable", "unavailable", "null"),
        with_body("502 Bad Gateway", "text/html", "<p>no"),
        with_body("404 Not Found", "text/html", "<p>no"),
        with_body("201 Created", "application/json", "{}"),
    ]
    .into_iter()
    .enumerate()
    {
        let receipt = scene.path(&format!("receipt-{n}"));
        let relay = relay_that_says(vec![lost.clone(), later.clone()], || ());
        let run = complete(&mut send(&scene, relay, &["--receipt", text(&receipt)]));
        let run = run.says(7, "trying again in 1 s").says(7, "It may be").says(7, text(&receipt)).says(7, "withdraw");
        assert!(receipt.exists(), "{later}");
        for untrue in ["othing was stored", "eep the sealed file", "ried again later"] {
            assert!(!run.err.contains(untrue), "“{untrue}”: {run:?}");
        }
    }
    // One answer alone may leave it open, too: the disk failed at the last step, or what answers is no relay.
    for only in [
        problem("503 Service Unavailable", "unavailable", "null"),
        with_body("502 Bad Gateway", "text/html", "<p>no"),
        with_body("201 Created", "application/json", "{}"),
        with_body("201 Created", "application/json", &format!(r#"{{"id":"{}","day":"2026-11-29"}}"#, "0".repeat(64))),
    ] {
        complete(&mut send(&scene, relay_that_says(vec![only], || ()), &[])).says(7, "the receipt above is valid then");
    }
}

#[test]
fn a_tip_that_never_left_whole_is_said_not_to_be_stored() {
    let scene = Scene::new();
    let receipt = scene.path("receipt");
    // The line broke before the last byte, and then the relay said no.
    let full = relay_that_says(vec![problem("507 Insufficient Storage", "storage-full", "false")], || ());
    let video = scene.random_file("video.mp4", 8_000_000);
    let line = Line::new(full, |n| if n == 0 { Cut { up: 20_000, ..Cut::NEVER } } else { Cut::NEVER });
    let run = complete(&mut send(&scene, line.address, &["--receipt", text(&receipt), "--attach", text(&video)]));
    let run = run.says(3, "trying again in 1 s").says(3, "Nothing was stored").says(3, "was kept");
    assert!(receipt.exists() && !run.err.contains("eep the sealed file"), "{run:?}");
    // Nobody got it whole: a receipt in a file would be good for nothing, and in the way of the next try.
    let receipt = scene.path("receipt-of-none");
    let nobody = "127.0.0.1:1".parse().unwrap();
    complete(&mut send(&scene, nobody, &["--receipt", text(&receipt)])).says(3, "was removed");
    assert!(!receipt.exists());
    let run = complete(&mut send(&scene, full, &[])).says(3, "the receipt above is worth nothing");
    assert!(run.out.contains("words:"), "{run:?}");
    let refused = relay_that_says(vec![problem("413 Too Large", "too-large", "false")], || ());
    complete(&mut send(&scene, refused, &[])).says(4, "Nothing was stored");
}

#[test]
fn an_answer_that_denies_a_tip_that_had_left_whole_does_not_take_the_receipt_away() {
    let scene = Scene::new();
    for (n, (answer, code)) in [
        (with_body("404 Not Found", "text/html", "<p>no"), 1),
        (problem("422 Unprocessable", "not-a-tip", "false"), 4),
        (problem("507 Insufficient Storage", "storage-full", "false"), 3),
    ]
    .into_iter()
    .enumerate()
    {
        let receipt = scene.path(&format!("receipt-{n}"));
        let relay = relay_that_says(vec![answer], || ());
        let run = complete(&mut send(&scene, relay, &["--receipt", text(&receipt)]));
        run.says(code, "Nothing was stored").says(code, "was kept, in case the answer is wrong");
        assert!(Receipt::parse(&fs::read_to_string(&receipt).unwrap()).is_ok());
    }
}

#[test]
fn a_sealed_tip_that_was_kept_can_be_sent_again_until_it_is_known_to_be_there() {
    let scene = Scene::new();
    let (receipt, kept) = (scene.path("receipt"), scene.path("kept.age"));
    let options = ["--receipt", text(&receipt), "--keep-sealed", text(&kept)];
    // The tip arrives, the answer is lost, and then the relay has no time.
    let busy = relay_that_says(vec![problem("503 Service Unavailable", "busy", "false")], || ());
    let intake = scene.intake;
    let first = Line::new(intake, |_| Cut { down: 10, ..Cut::NEVER });
    let relay = in_turn(vec![first.address, busy]);
    let run = complete(&mut send(&scene, relay, &options)).says(7, "send the same file again").says(7, text(&kept));
    assert!(receipt.exists() && kept.exists(), "{run:?}");
    assert_eq!(scene.pool().len(), 1);
    let url = scene.intake_url();
    let again = ["send", "--relay", &url, "--sealed", text(&kept)];
    scene.run(TIP, &again).says(0, "nothing was stored twice");
    withdraw(&scene, intake, &receipt).ok();
    // Refused for certain: both stay, since both are good for another try.
    let (receipt, kept) = (scene.path("receipt-2"), scene.path("kept-2.age"));
    let options = ["--receipt", text(&receipt), "--keep-sealed", text(&kept)];
    complete(&mut send(&scene, busy, &options)).says(3, "Nothing was stored, and the sealed tip is in");
    let again = ["send", "--json", "--relay", &url, "--sealed", text(&kept)];
    assert_eq!(scene.run(TIP, &again).ok().json()["new"], true);
    withdraw(&scene, intake, &receipt).ok();
    // Nothing is written over.
    complete(&mut send(&scene, intake, &["--keep-sealed", text(&kept)])).says(1, "exists");
    // A later try knows of itself only.
    let nobody = ["send", "--relay", "http://127.0.0.1:1", "--sealed", text(&kept)];
    let run = scene.run(TIP, &nobody).says(3, "This time nothing was stored; what an earlier try did is not known");
    assert!(!run.err.contains("Nothing was stored") && run.err.contains(text(&kept)), "{run:?}");
    let broken = relay_that_says(vec![LOST.to_owned(), problem("503 Service Unavailable", "busy", "false")], || ());
    let again = ["send", "--relay", &format!("http://{broken}"), "--sealed", text(&kept)];
    scene.run(TIP, &again).says(7, "send the same file again");
    // Also where the relay says when: that is when to come back with what it has not stored.
    let retry = problem("503 Service Unavailable", "busy", "null").replacen("\r\n", "\r\nretry-after: 300\r\n", 1);
    let late = relay_that_says(vec![retry], || ());
    let again = ["send", "--relay", &format!("http://{late}"), "--sealed", text(&kept)];
    let run = scene.run(TIP, &again).says(7, "The reason: A title (the relay's answer, 503)");
    assert!(!run.err.contains("try again"), "{run:?}");
    assert!(scene.pool().is_empty());
}

/// The first connection goes to the first address, and so on; further ones to the last.
fn in_turn(addresses: Vec<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (n, near) in listener.incoming().map_while(Result::ok).enumerate() {
            let far = TcpStream::connect(addresses[n.min(addresses.len() - 1)]).unwrap();
            for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    address
}

#[test]
fn a_withdrawal_says_whether_the_tip_is_erased_and_when_that_is_not_known() {
    let scene = Scene::new();
    let receipt: PathBuf = scene.path("receipt");
    complete(&mut send(&scene, scene.intake, &["--receipt", text(&receipt)])).ok();
    for (answer, code, words) in [
        (LOST.to_owned(), 7, "withdraw it again"),
        (problem("503 Service Unavailable", "unavailable", "null"), 7, "withdraw it again"),
        (problem("503 Service Unavailable", "unproven", "null"), 7, "withdraw it again"),
        (problem("503 Service Unavailable", "busy", "false"), 3, "Nothing was erased"),
        (problem("404 Not Found", "unknown-token", "false"), 9, "nothing is stored under this receipt"),
        (problem("400 Bad Request", "bad-token", "false"), 4, "Nothing was erased"),
        (with_body("200 OK", "application/json", "[]"), 7, "withdraw it again"),
        (with_body("200 OK", "application/json", r#"{"erased":0}"#), 9, "nothing is stored under this receipt"),
    ] {
        withdraw(&scene, relay_that_says(vec![answer], || ()), &receipt).says(code, words);
    }
    // Nobody there: nothing has left.
    withdraw(&scene, "127.0.0.1:1".parse().unwrap(), &receipt).says(3, "Nothing was erased");
    assert_eq!(scene.pool().len(), 1);
    // The answer of the real relay is lost on the way: the second try says what became of it.
    let line = Line::new(scene.intake, |_| Cut { down: 10, ..Cut::NEVER });
    withdraw(&scene, line.address, &receipt).says(7, "withdraw it again");
    withdraw(&scene, scene.intake, &receipt).says(9, "nothing is stored under this receipt");
}

/// The sealed tip under another number of the same receipt: as the page sends one that was changed after a try in doubt.
fn under_another_number(sealed: &[u8], receipt: &Receipt, n: u32) -> Vec<u8> {
    let [first, other] = [0, n].map(|n| receipt.withdraw_token(n).digest().to_string());
    let at = sealed.windows(first.len()).position(|window| window == first.as_bytes()).unwrap();
    [&sealed[..at], other.as_bytes(), &sealed[at + first.len()..]].concat()
}

#[test]
fn a_receipt_takes_back_what_was_sent_under_any_of_its_numbers_or_just_one() {
    let scene = Scene::new();
    let (sealed, receipt) = (scene.path("sealed.age"), scene.path("receipt"));
    complete(&mut seal(&scene, &sealed, &["--receipt", text(&receipt)])).ok();
    let (bytes, secret) = (fs::read(&sealed).unwrap(), fs::read_to_string(&receipt).unwrap());
    let secret = Receipt::parse(&secret).unwrap();
    let store = |numbers: &[u32]| {
        for n in numbers {
            assert_eq!(scene.post(&under_another_number(&bytes, &secret, *n)).0, 201);
        }
    };
    let url = scene.intake_url();
    let base = ["withdraw", "--relay", &url, "--receipt", text(&receipt)];
    let only = |n: &str| scene.run(TIP, &[&base[..], &["--message", n]].concat());
    store(&[2718]);
    only("0").says(9, "nothing is stored under message 0 of this receipt");
    only("4096").says(2, "4096");
    withdraw(&scene, scene.intake, &receipt).says(0, "The tip is erased");
    store(&[0, 1, 4095]);
    only("1").says(0, "The tip is erased");
    assert_eq!(scene.pool().len(), 2);
    withdraw(&scene, scene.intake, &receipt).says(0, "2 messages of this receipt are erased");
    assert!(scene.pool().is_empty());
    store(&[7, 4095]);
    assert_eq!(scene.run(TIP, &[&base[..], &["--json"]].concat()).ok().json()["erased"], 2);
    withdraw(&scene, scene.intake, &receipt).says(9, "nothing is stored under this receipt");
    // What is erased is not called failed because nobody could be told.
    store(&[7]);
    let line = "exec \"$0\" \"$@\" >/dev/full";
    scene.run("sh", &[&["-c", line, TIP], &base[..]].concat()).says(8, "The tip is erased from the relay; only this");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_receipt_is_typed_on_a_terminal_over_as_many_lines_as_the_paper_has_and_again_after_a_slip() {
    let scene = Scene::new();
    let sent = scene.send(&[INSPECTORATE], "typed", &[]);
    let words: Vec<_> = sent["words"].as_str().unwrap().split(' ').collect();
    let typed = format!("{}\n{}\n", words[..11].join(" "), "xyzzy")
        + &words.chunks(4).map(|line| line.join(" ") + "\n").collect::<String>();
    let line = format!("{TIP} withdraw --relay {}", scene.intake_url());
    // script gives the program a terminal of its own.
    let run = scene.run_with("script", &["-qec", &line, "/dev/null"], &typed);
    run.says(0, "Type it again").says(0, "is erased");
    assert!(scene.pool().is_empty());
}

/// A program under way, whose standard error is read line by line. Signals are as a terminal has them, whatever started this test.
struct UnderWay {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    before: String,
}

impl UnderWay {
    fn start(command: &Command) -> Self {
        let mut plain = Command::new("env");
        plain.arg("--default-signal").arg(command.get_program()).args(command.get_args());
        plain.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
        let mut child = plain.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said, before: String::new() }
    }

    fn until(mut self, words: &str) -> Self {
        while !self.before.contains(words) {
            let line = self.said.next().unwrap_or_else(|| panic!("it never said “{words}”: {}", self.before));
            self.before.extend([&line.unwrap(), "\n"]);
        }
        self
    }

    fn gets(mut self, signal: &str) -> Run {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let rest: String = self.said.map(|line| line.unwrap() + "\n").collect();
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Run { code: self.child.wait().unwrap().code().unwrap_or(-1), out, err: self.before + &rest }
    }
}

/// A relay that tells of each connection: when it comes, or when all of its request is there. It never answers.
fn silent_relay(reads: bool) -> (SocketAddr, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            if reads {
                read_whole(&mut stream);
            }
            held.push(stream);
            let _ = tell.send(());
        }
    });
    (address, told)
}

#[test]
fn whoever_stops_it_is_told_whether_the_tip_may_be_stored_and_how_to_go_on() {
    let scene = Scene::new();
    // Between two tries, when the first left a doubt.
    for (n, signal) in ["INT", "TERM", "HUP"].into_iter().enumerate() {
        let receipt = scene.path(&format!("receipt-{n}"));
        let relay = relay_that_says(vec![LOST.to_owned()], || ());
        let under_way = UnderWay::start(&send(&scene, relay, &["--receipt", text(&receipt)]));
        let run = under_way.until("trying again in 1 s").gets(signal).says(7, "It may be");
        assert!(run.err.contains(text(&receipt)) && run.err.contains("withdraw it with the receipt"), "{run:?}");
        assert!(receipt.exists() && run.err.contains("The reason: this program was stopped"), "{run:?}");
    }
    // All of it has left, and the answer is waited for; the sealed file is there to be sent again.
    let (kept, (relay, whole)) = (scene.path("kept.age"), silent_relay(true));
    let under_way = UnderWay::start(&send(&scene, relay, &["--keep-sealed", text(&kept)]));
    whole.recv().unwrap();
    let run = under_way.gets("INT").says(7, "the receipt above is valid then").says(7, "send the same file again");
    assert!(run.out.contains("words:") && run.err.contains(text(&kept)), "{run:?}");
    // A part of it has left.
    let (receipt, (relay, begun)) = (scene.path("receipt-of-none"), silent_relay(false));
    let video = scene.random_file("video.mp4", 40_000_000);
    let options = ["--receipt", text(&receipt), "--attach", text(&video)];
    let under_way = UnderWay::start(&send(&scene, relay, &options));
    begun.recv().unwrap();
    let run = under_way.gets("INT").says(1, "Nothing was stored").says(1, "was removed");
    assert!(!receipt.exists(), "{run:?}");
    // Nothing has, of a file that somebody may have sent before.
    let sealed = ["send", "--relay", "http://127.0.0.1:1", "--sealed", text(&kept)];
    let under_way = UnderWay::start(&scene.command(TIP, &sealed)).until("trying again in 1 s");
    under_way.gets("INT").says(1, "This time nothing was stored; what an earlier try did is not known");
    // A withdrawal that nobody has answered.
    let (relay, whole) = silent_relay(true);
    let receipt = scene.path("receipt-0");
    let arguments = ["withdraw", "--relay", &format!("http://{relay}"), "--receipt", text(&receipt)];
    let under_way = UnderWay::start(&scene.command(TIP, &arguments));
    whole.recv().unwrap();
    under_way.gets("INT").says(7, "It is not known whether the tip is erased");
    // One of which nothing has left: who is to take it answers nothing.
    let (proxy, met) = silent_relay(false);
    let onion = format!("http://{}.onion", "a".repeat(56));
    let socks = proxy.to_string();
    let arguments = ["withdraw", "--relay", &onion, "--socks", &socks, "--receipt", text(&receipt)];
    let under_way = UnderWay::start(&scene.command(TIP, &arguments));
    met.recv().unwrap();
    under_way.gets("INT").says(1, "this program was stopped. Nothing was erased");
}
