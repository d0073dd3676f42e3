//! What the four programs print, word for word, as documents: each file in `tests/system/messages/` is a walk through commands and their output.
//!
//! A line `$ …` is given to a shell, in an empty folder, with the programs on its path and a relay that runs. Below it stand standard output (`| `),
//! standard error (`! `) and the exit code where it isn't 0 (`? `). All other lines are remarks. `SNAPSHOTS=overwrite` writes what the programs print now
//! into the files; look at the difference as its reader would who doesn't know the code.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};
use softinfo_base::day::Day;

use scene::{Cut, FalseRelay, Line, PROJECT, Scene, TIP, complete, hand_signed, liar};

/// A test for each document, so that they run side by side.
macro_rules! documents {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            compare(stringify!($name));
        })*

        #[test]
        fn every_document_has_its_test() {
            let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            let mut named = [$(path(stringify!($name))),*];
            named.sort();
            assert_eq!(files, named);
        }
    };
}

documents!(help, tip, tip_answers, tip_checks, courier, desk_keys, desk_directory, desk_tips, relay, relay_store);

fn folder() -> PathBuf {
    Path::new(PROJECT).join("tests/system/messages")
}

fn path(name: &str) -> PathBuf {
    folder().join(name).with_extension("txt")
}

/// Runs a document's commands one after the other, and compares the document with what they print.
fn compare(name: &str) {
    let written = fs::read_to_string(path(name)).unwrap();
    let stage = Stage::new(name);
    let mut now = String::new();
    for line in written.lines() {
        match line.split_at_checked(2).map_or(line, |(mark, _)| mark) {
            "$ " => now.extend([line, "\n", &stage.run(&line[2..])]),
            "| " | "! " | "? " | "|" | "!" => (),
            _ => now.extend([line, "\n"]),
        }
    }
    let document = Data::read_from(&path(name), Some(DataFormat::Text)).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(now).raw(), document);
}

/// A relay with the example channel, and what a document may need beside it.
struct Stage {
    scene: Scene,
    variables: Vec<(&'static str, String)>,
    began: Day,
}

impl Stage {
    fn new(name: &str) -> Self {
        let mut scene = Scene::new();
        if name == "tip_checks" {
            scene.serve_page(&Path::new(PROJECT).join("web/dist/index.html"));
        }
        fs::create_dir(scene.path("work")).unwrap();
        let keys = Path::new(PROJECT).join("keys-example");
        let says = |status: &str, media: &str, body: &str| format!("http://{}", relay_that_says(status, media, body));
        let problem = |status: &str, name: &str, title: &str, detail: &str| {
            let body = json!({ "type": format!("urn:softinfo:problem:{name}"), "title": title, "detail": detail, "stored": false });
            says(status, "application/problem+json", &body.to_string())
        };
        let courier = scene.courier;
        let lists = |lie: fn(&mut Vec<Value>)| format!("http://{}", FalseRelay::listing(courier, lie).address);
        let variables = vec![
            ("RELAY", scene.intake_url()),
            ("COURIERS", format!("http://{courier}")),
            ("BUSY", problem("503 Busy", "busy", "The relay is busy", "Try again later; nothing was stored.")),
            (
                "REFUSES",
                problem(
                    "422 No",
                    "not-a-tip",
                    "This is not a sealed tip",
                    "Seal it with softinfo-tip, then send that file.",
                ),
            ),
            ("FAILS", says("500 Oh", "text/plain", "oh")),
            ("WEBSITE", says("200 OK", "text/html", "<h1>Welcome</h1>")),
            ("MOVED", says("301 Moved", "text/html", "")),
            // An honest relay's answer to the tip is lost once: the second attempt finds it stored.
            ("LOSES_ONCE", loses(scene.intake, |n| n == 1)),
            ("LISTS_THE_FUTURE", lists(|tips| tips.iter_mut().for_each(|tip| tip["day"] = "2034-01-01".into()))),
            ("LISTS_A_WRONG_SIZE", lists(|tips| tips.iter_mut().for_each(|tip| tip["size"] = 1.into()))),
            ("LISTS_ONE_TWICE", lists(|tips| tips.extend(tips.first().cloned()))),
            (
                "GIVES_OTHER_BYTES",
                over(courier, |path, body| {
                    if path.starts_with("/tips/") {
                        body.reverse()
                    }
                }),
            ),
            (
                "GIVES_NO_DIRECTORY",
                over(courier, |path, body| {
                    if path.starts_with("/directory") {
                        body.clear()
                    }
                }),
            ),
            // Its directory is a channel's that no example is.
            (
                "OTHER_CHANNEL",
                over(scene.intake, |path, body| {
                    if path == "/directory" {
                        *body = other_channel();
                    }
                }),
            ),
            ("LIAR", format!("http://{}", liar(scene.intake))),
            ("RELAY_ID", scene.relay_id().to_string()),
            ("FOLDER", scene.folder.path().display().to_string()),
            ("MADE", scene.path("made").display().to_string()),
            ("KEYS", keys.display().to_string()),
            ("DIRECTORY", keys.join("EXAMPLE-directory.note").display().to_string()),
            ("ROOT", keys.join("EXAMPLE-root.vkey").display().to_string()),
            ("PAGE", Path::new(PROJECT).join("web/dist/index.html").display().to_string()),
            ("CONFIG", scene.path("relay.toml").display().to_string()),
        ];
        let stage = Self { scene, variables, began: scene::today() };
        stage.directories();
        stage
    }

    /// Signed directories that the desk's commands would not make, in `made/`.
    fn directories(&self) {
        fs::create_dir(self.scene.path("made")).unwrap();
        let make = |name: &str, change: fn(&mut Value)| {
            hand_signed(&self.scene, &format!("made/{name}.note"), change);
        };
        make("ended", |contents| contents["expires"] = "2026-06-30".into());
        make("future", |contents| contents["issued"] = "2035-01-01".into());
        make("other", |_| ());
        make("older", |contents| contents["version"] = 1.into());
        make("newer-format", |contents| contents["schema"] = "softinfo/directory/9".into());
        make("must-understand", |contents| contents["must_understand"] = json!(["moon_phase"]));
        make("no-page", |contents| contents["page_sha256"] = Value::Null);
        make("elsewhere", |contents| contents["relays"] = json!(["http://relay.example.org"]));
        make("no-keys", |contents| {
            for epoch in contents["holders"][0]["epochs"].as_array_mut().unwrap() {
                (epoch["from"], epoch["until"]) = ("2026-01-01".into(), "2026-01-31".into());
            }
        });
    }

    /// Standard output, standard error and exit code of a line for the shell, each line with its mark.
    fn run(&self, line: &str) -> String {
        let mut command = self.scene.command("sh", &["-c", line]);
        let programs = Path::new(TIP).parent().unwrap().display();
        let path = std::env::var("PATH").unwrap_or_default();
        command.current_dir(self.scene.path("work")).env("PATH", format!("{programs}:{path}")).env("LC_ALL", "C");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("SOFTINFO_DESK", self.scene.path("work/desk"));
        let run = complete(&mut command);
        let mut shown = String::new();
        for (mark, text) in [('|', &run.out), ('!', &run.err)] {
            for line in text.lines().filter(|line| !is_of_this_machine(line)) {
                let line = format!("{mark} {}", self.steady(line));
                shown.extend([line.trim_end(), "\n"]);
            }
        }
        if run.code != 0 {
            shown.push_str(&format!("? {}\n", run.code));
        }
        shown
    }

    /// A line with names for what differs from run to run, and for nothing else.
    fn steady(&self, line: &str) -> String {
        let folder = self.scene.folder.path().display().to_string();
        let mut line = line.replace(&format!("{folder}/work/"), "").replace(&folder, "[FOLDER]");
        line = line
            .replace(PROJECT, "[PROJECT]")
            .replace(&format!("version {}", example_version()), "version [EXAMPLE]")
            .replace(&format!("number above {}", example_version()), "number above [EXAMPLE]")
            .replace(&format!("\"version\":{}", example_version()), "\"version\":[EXAMPLE]")
            .replace(Path::new(TIP).parent().unwrap().to_str().unwrap(), "[PROGRAMS]");
        // The test may run across midnight.
        for day in [self.began, scene::today()] {
            line = line.replace(&day.to_string(), "[DAY]");
        }
        named(&without_receipt(&line))
    }
}

/// The number of the example directory, which rises with each page.
fn example_version() -> u64 {
    let root = softinfo_formats::example_keys::root().unwrap();
    let directory =
        softinfo_formats::directory::UntrustedDirectory::parse(softinfo_formats::example_keys::DIRECTORY).unwrap();
    directory.verify(&root).unwrap().contents().version
}

/// What the relay says of the disk and the kernel that it finds.
fn is_of_this_machine(line: &str) -> bool {
    line.ends_with("; use ext4 or xfs") || line.contains(": without this part of the sandbox: ")
}

/// Ids, names, ports, receipts and keys, by their form.
fn named(line: &str) -> String {
    let mut out = String::new();
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut rest = line;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |end| start + end);
        let word = &rest[start..end];
        let is_hex = word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let name = match word.len() {
            64 if is_hex => Some("[ID]"),
            32 if is_hex => Some("[NAME]"),
            16 if is_hex => Some("[ID…]"),
            // What a key looks like, in a message.
            8 if word == "1a2b3c4d" => None,
            8 if is_hex => Some("[NAME…]"),
            5 if out.ends_with("127.0.0.1:") => Some("[PORT]"),
            60.. if word.starts_with("age1pq1") => Some("[KEY]"),
            _ => None,
        };
        out.push_str(name.unwrap_or(word));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A receipt's words and digits, in a line or in JSON.
fn without_receipt(line: &str) -> String {
    let is_word = |word: &str| (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_group = |word: &str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    let mut line = line.to_owned();
    for (before, end, name, is_part) in [
        ("words:  ", '\n', "[WORDS]", &is_word as &dyn Fn(&str) -> bool),
        ("digits: ", '\n', "[DIGITS]", &is_group),
        ("\"words\":\"", '"', "[WORDS]", &is_word),
        ("\"digits\":\"", '"', "[DIGITS]", &is_group),
    ] {
        let Some(start) = line.find(before).map(|at| at + before.len()) else { continue };
        let length = line[start..].find(end).unwrap_or(line.len() - start);
        let parts: Vec<_> = line[start..start + length].split(' ').collect();
        if parts.len() == 12 && parts.iter().all(|part| is_part(part)) {
            line.replace_range(start..start + length, name);
        }
    }
    line
}

/// A relay that answers everything with this.
fn relay_that_says(status: &str, media: &str, body: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (body, head) =
        (body.to_owned(), format!("HTTP/1.1 {status}\r\ncontent-type: {media}\r\nconnection: close\r\n"));
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || tell(stream, &answer));
        }
    });
    address
}

/// An honest relay whose answers come changed.
fn over(relay: SocketAddr, lie: fn(&str, &mut Vec<u8>)) -> String {
    let changed = FalseRelay::over(relay, move |path, (status, mut body)| {
        lie(path, &mut body);
        (status, body)
    });
    format!("http://{}", changed.address)
}

/// A directory as far as that can be told without its key.
fn other_channel() -> Vec<u8> {
    let note = String::from_utf8(softinfo_formats::example_keys::DIRECTORY.to_vec()).unwrap();
    note.replace("softinfo-example", "elsewhere").into_bytes()
}

/// A line on which no answer comes back, on those connections.
fn loses(relay: SocketAddr, connection: fn(usize) -> bool) -> String {
    Line::new(relay, move |n| if connection(n) { Cut { down: 0, ..Cut::NEVER } } else { Cut::NEVER }).url()
}

/// Reads a request whole, and answers it.
fn tell(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    for line in request.by_ref().lines() {
        let line = line?.to_ascii_lowercase();
        match line.strip_prefix("content-length:") {
            Some(bytes) => length = bytes.trim().parse().unwrap_or_default(),
            None if line.is_empty() => break,
            None => (),
        }
    }
    std::io::copy(&mut request.take(length), &mut std::io::sink())?;
    stream.write_all(answer.as_bytes())
}
