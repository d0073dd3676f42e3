//! The shipped settings at work: a relay on its two Unix sockets, as tor finds them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use softinfo_relay::token::TokenHash;

use crate::deploy::read;
use scene::{OwnChannel, RELAY, Scene, complete, tip_request};

const TOKEN: &str = "a token for tests only";
/// What tor writes in front of a connection.
const CIRCUIT: &str = "PROXY TCP6 fc00:dead:beef:4dad::0:d1 ::1 209 80\r\n";

/// Sends bytes and reads all that comes back.
fn exchange(socket: &Path, parts: &[&[u8]]) -> Vec<u8> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = Vec::new();
    // A relay that doesn't let us in closes while we write.
    let _ = stream.write_all(&parts.concat());
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n")
}

fn contains(answer: &[u8], part: &[u8]) -> bool {
    answer.windows(part.len()).any(|window| window == part)
}

/// Ends with the test, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap().success());
    }
}

#[test]
fn the_shipped_settings_take_a_tip_on_one_socket_and_give_it_out_on_the_other() {
    let scene = Scene::new();
    let channel = OwnChannel::of(&scene);
    channel.make_keys();
    let (root, page) = (channel.root(), scene.path("page.html"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    scene.run(scene::DESK, &["directory", "page", "--root", &text(&root), "--out", &text(&page)]).ok();
    let note = channel.sign_with("directory.note", &["--page", &text(&page)]);
    fs::copy(&root, scene.path("root.vkey")).unwrap();

    // What an operator changes is the token's hash; the folders are this test's.
    let (run, store) = (scene.path("run"), scene.path("store-of-the-settings"));
    fs::create_dir(&run).unwrap();
    let shipped = read("deploy/relay.toml");
    let settings =
        shipped.replace("/run/softinfo", &text(&run)).replace("/var/lib/softinfo-relay/store", &text(&store));
    let config = scene.path("shipped.toml");
    let check = || complete(Command::new(RELAY).arg("--config").arg(&config).arg("--check-config"));
    fs::write(&config, &settings).unwrap();
    check().says(1, "courier.token_sha256");
    let hash = String::from(TokenHash::of(TOKEN.as_bytes()));
    fs::write(&config, settings.replace("\ntoken_sha256 = [", &format!("\ntoken_sha256 = [\n    \"{hash}\",")))
        .unwrap();
    check().says(0, "is in order");

    let mut relay =
        Command::new(RELAY).arg("--config").arg(&config).stderr(Stdio::piped()).spawn().map(Running).unwrap();
    let mut lines = BufReader::new(relay.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("courier listener on unix:")), "it did not start");
    let (intake, courier) = (run.join("intake.sock"), run.join("courier.sock"));
    for socket in [&intake, &courier] {
        let found = fs::metadata(socket).unwrap();
        assert!(found.file_type().is_socket() && found.permissions().mode() & 0o777 == 0o660);
    }

    // Without tor's line nobody comes in.
    assert_eq!(exchange(&intake, &[get("/directory").as_bytes()]), b"");
    let ask = |path: &str| exchange(&intake, &[CIRCUIT.as_bytes(), get(path).as_bytes()]);
    assert!(contains(&ask("/directory"), &fs::read(&note).unwrap()));
    assert!(contains(&ask("/"), b"softinfo-root"));
    let tip = scene.seal("through a socket");
    let answer = exchange(&intake, &[CIRCUIT.as_bytes(), tip_request(tip.len()).as_bytes(), &tip]);
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));

    let id = softinfo_formats::envelope::id::TipId::of(&tip).to_string();
    assert!(contains(&exchange(&courier, &[get("/pool").as_bytes()]), id.as_bytes()));
    assert!(contains(&exchange(&courier, &[get(&format!("/tips/{id}")).as_bytes()]), &tip));
    assert!(exchange(&courier, &[get("/status").replace(TOKEN, "another").as_bytes()]).starts_with(b"HTTP/1.1 401"));

    // systemctl reload, then stop.
    relay.signal("HUP");
    assert!(contains(&exchange(&courier, &[get("/status").as_bytes()]), b"\"healthy\":true"));
    relay.signal("TERM");
    assert!(relay.0.wait().unwrap().success());
    assert!(lines.any(|line| line.ends_with("stopped")));
}
