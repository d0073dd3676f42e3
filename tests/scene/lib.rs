//! The stage for end-to-end tests: a relay as its own process on free loopback ports, a courier, a desk, all in one temporary folder.
//!
//! In: nothing but the built programs and `keys-example/`. Out: what the programs printed and wrote. Everything ends with the scene.

pub mod asking;
mod false_relay;
mod http;
pub mod image;
pub mod known;
mod own_channel;
pub mod programs;
mod small_disk;
mod socks;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::{RngCore, rngs::OsRng};
use serde_json::Value;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;

pub use false_relay::{FalseRelay, Told};
pub use http::{CHUNKED, Cut, Line, answer, check_problem, exchange, exchange_or_nothing, liar, tip_request};
pub use own_channel::{Hand, OwnChannel, hand_signed};
pub use programs::{COURIER, DESK, RELAY, TIP};
pub use small_disk::SmallDisk;
pub use socks::{Asked, Proxy};

/// The project's folder.
pub const PROJECT: &str = env!("SOFTINFO_PROJECT");
/// Room for temporary folders, on the disk that `target/` is on.
pub const SCRATCH: &str = env!("SOFTINFO_SCRATCH");
pub const INSPECTORATE: &str = "labour-inspectorate-example";
pub const POLICE: &str = "local-police-example";
const PASSPHRASE: &str = "a passphrase for tests only";

/// A temporary folder on the disk that `target/` is on: `/tmp` may be memory.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(SCRATCH).unwrap()
}

/// Today by this machine's clock, which is what the programs see.
pub fn today() -> Day {
    SystemClock.today()
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Fails the test, with all that was printed, unless the program ended well.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Fails the test unless the program ended with `code` and said `words`.
    pub fn says(self, code: i32, words: &str) -> Self {
        assert!(
            self.code == code && (self.err.contains(words) || self.out.contains(words)),
            "wanted {code}, “{words}”: {self:?}"
        );
        self
    }

    /// What was printed as JSON. Where that is several lines, each an object, as of `softinfo-tip send`: all their fields.
    pub fn json(&self) -> Value {
        let read = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {self:?}"));
        let mut lines = self.out.lines().map(read);
        let mut first = lines.next().unwrap_or_else(|| panic!("nothing: {self:?}"));
        for line in lines {
            first.as_object_mut().unwrap().extend(line.as_object().unwrap().clone());
        }
        first
    }
}

/// Where a scene's directory and keys come from.
pub struct Channel {
    pub directory: PathBuf,
    pub root: PathBuf,
}

impl Channel {
    pub fn example() -> Self {
        let keys = Path::new(PROJECT).join("keys-example");
        Self { directory: keys.join("EXAMPLE-directory.note"), root: keys.join("EXAMPLE-root.vkey") }
    }
}

pub struct Scene {
    pub folder: tempfile::TempDir,
    pub channel: Channel,
    relay: Option<Child>,
    /// A program, with its arguments, that starts the relay in its own place: `strace -D …`. Empty: the relay alone.
    pub wrapper: Vec<String>,
    pub intake: SocketAddr,
    pub courier: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Scene {
    /// A relay with the example channel.
    pub fn new() -> Self {
        Self::with(Channel::example(), "")
    }

    /// A relay with a channel and a page that `hand` has made, in `served/`; `change` may alter the directory.
    pub fn by_hand(hand: &Hand, change: impl FnOnce(&mut Value)) -> Self {
        let mut scene = Self::new();
        let (directory, root) = (scene.path("served/directory.note"), scene.path("served/root.vkey"));
        fs::create_dir(scene.path("served")).unwrap();
        fs::write(&root, hand.root()).unwrap();
        let page = hand.page("");
        hand.sign(&directory, &page, change);
        fs::write(scene.path("served/page.html"), page).unwrap();
        scene.channel = Channel { directory, root };
        let config = scene.relay_config("");
        // Another store: this one has served the example's.
        scene.restart(|_| format!("page = \"served/page.html\"\n{}", config.replace("\"store\"", "\"own-store\"")));
        scene
    }

    /// A relay with another channel, and more lines for the `[store]` part of its configuration.
    pub fn with(channel: Channel, store: &str) -> Self {
        Self::with_arguments(channel, store, &[])
    }

    /// The same, with more arguments for the relay.
    pub fn with_arguments(channel: Channel, store: &str, arguments: &[&str]) -> Self {
        programs::are_built();
        let folder = folder();
        let nowhere = "127.0.0.1:1".parse().unwrap();
        let (wrapper, log) = (Vec::new(), Arc::default());
        let mut scene = Self { folder, channel, relay: None, wrapper, intake: nowhere, courier: nowhere, log };
        fs::write(scene.path("relay.toml"), scene.relay_config(store)).unwrap();
        scene.start_with(arguments);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn relay_config(&self, store: &str) -> String {
        Self::config_for(&self.channel, store)
    }

    pub fn config_for(channel: &Channel, store: &str) -> String {
        let folder = if store.contains("folder") { "" } else { "folder = \"store\"\n" };
        let floor = if store.contains("floor_mib") { "" } else { "floor_mib = 16\n" };
        let hash = softinfo_relay::token::TokenHash::of(softinfo_formats::example_keys::COURIER_TOKEN.as_bytes());
        format!(
            "directory = {:?}\nroot = {:?}\n[intake]\nlisten = \"127.0.0.1:0\"\nidle_seconds = 3\n[courier]\nlisten = \"127.0.0.1:0\"\ntoken_sha256 = [\"{}\"]\n[store]\n{folder}{floor}{store}\n",
            channel.directory,
            channel.root,
            String::from(hash)
        )
    }

    /// Starts the relay again, after it has stopped.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// Starts the relay anew, with a page.
    pub fn serve_page(&mut self, page: &Path) {
        self.restart(|config| {
            let rest = config.lines().filter(|line| !line.starts_with("page =")).collect::<Vec<_>>().join("\n");
            format!("page = {page:?}\n{rest}\n")
        });
    }

    /// Starts the relay anew, with another configuration.
    pub fn restart(&mut self, change: impl FnOnce(&str) -> String) {
        self.stop();
        let config = fs::read_to_string(self.path("relay.toml")).unwrap();
        fs::write(self.path("relay.toml"), change(&config)).unwrap();
        self.start();
    }

    /// Looks at the configuration without starting.
    pub fn check_config(&self) -> Run {
        self.run(RELAY, &["--config", self.path("relay.toml").to_str().unwrap(), "--check-config"])
    }

    /// The same where it may end before it listens; says whether it does.
    pub fn starts(&mut self) -> bool {
        self.try_start_with(&[])
    }

    /// Starts the relay again, with more arguments.
    pub fn start_with(&mut self, arguments: &[&str]) {
        assert!(self.try_start_with(arguments), "the relay did not start");
    }

    /// Starts the relay and reads from its log where it listens.
    fn try_start_with(&mut self, arguments: &[&str]) -> bool {
        let mut line = self.wrapper.iter().map(String::as_str).chain([RELAY]);
        let mut command = Command::new(line.next().unwrap_or(RELAY));
        command.args(line).arg("--config").arg(self.path("relay.toml")).args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = |what: &str| {
            let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains(what))?;
            Some(line.rsplit(' ').next().unwrap().parse().unwrap())
        };
        let (Some(intake), Some(courier)) = (address("intake listens on"), address("courier listener on")) else {
            let _ = child.wait();
            return false;
        };
        (self.intake, self.courier) = (intake, courier);
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                log.lock().unwrap().extend([line.as_str(), "\n"]);
            }
        });
        self.relay = Some(child);
        self.courier_calls(self.courier);
        fs::write(self.path("token"), softinfo_formats::example_keys::COURIER_TOKEN).unwrap();
        true
    }

    /// Lets the courier call the relay at another address, for example over a line that breaks.
    pub fn courier_calls(&self, address: SocketAddr) {
        let root = &self.channel.root;
        let text =
            format!("relay = \"http://{address}\"\ntoken_file = \"token\"\nroot = {root:?}\nfolder = \"courier\"\n");
        fs::write(self.path("courier.toml"), text).unwrap();
    }

    /// What the relay has logged since it listens.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal (`TERM`, `INT`, `KILL`) to the relay.
    pub fn signal(&self, name: &str) {
        let id = self.relay.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Ends the relay as an operator would, and waits until it has.
    pub fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.wait(), 0);
    }

    /// Waits for the relay to end; gives its exit code, -1 when a signal ended it.
    pub fn wait(&mut self) -> i32 {
        let mut ended = None;
        eventually(|| {
            ended = self.relay.as_mut().unwrap().try_wait().unwrap();
            ended.is_some()
        });
        self.relay = None;
        ended.unwrap().code().unwrap_or(-1)
    }

    pub fn intake_url(&self) -> String {
        format!("http://{}", self.intake)
    }

    /// Runs a program in the project's folder, where the desk finds the example keys.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Run {
        complete(&mut self.command(program, arguments))
    }

    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(PROJECT)
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("SOFTINFO_DESK", self.path("desk"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a program with something on its standard input.
    pub fn run_with(&self, program: &str, arguments: &[&str], input: &str) -> Run {
        let mut child = self
            .command(program, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        finish(child.wait_with_output().unwrap())
    }

    /// Runs a desk command with the passphrase of these tests on file descriptor 3.
    pub fn desk_with_passphrase(&self, arguments: &[&str]) -> Run {
        fs::write(self.path("passphrase"), PASSPHRASE).unwrap();
        let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$PASSPHRASE_FILE\"";
        let mut command = self.command("sh", &["-c", line, DESK]);
        complete(command.args(arguments).env("PASSPHRASE_FILE", self.path("passphrase")))
    }

    /// Sends a tip with `--json` and gives the answer.
    pub fn send(&self, to: &[&str], message: &str, attachments: &[&Path]) -> Value {
        let note = self.path("note.txt");
        fs::write(&note, message).unwrap();
        let url = self.intake_url();
        let mut arguments = vec!["send", "--relay", &url, "--json", "--message", note.to_str().unwrap()];
        arguments.extend(to.iter().flat_map(|holder| ["--to", holder]));
        arguments.extend(attachments.iter().flat_map(|path| ["--attach", path.to_str().unwrap()]));
        self.run(TIP, &arguments).ok().json()
    }

    /// Seals a tip into `sealed.age` and gives its bytes.
    pub fn seal(&self, message: &str) -> Vec<u8> {
        self.seal_with(message, &[])
    }

    pub fn seal_with(&self, message: &str, attachments: &[&Path]) -> Vec<u8> {
        let (note, out) = (self.path("seal.txt"), self.path("sealed.age"));
        fs::write(&note, message).unwrap();
        let _ = fs::remove_file(&out);
        let mut command = self.command(TIP, &["seal", "--to", INSPECTORATE]);
        command.arg("--directory").arg(&self.channel.directory).arg("--root").arg(&self.channel.root);
        command.arg("--message").arg(note).arg("--out").arg(&out);
        attachments.iter().for_each(|path| {
            command.arg("--attach").arg(path);
        });
        complete(&mut command).ok();
        fs::read(out).unwrap()
    }

    pub fn fetch(&self, bundle: &str) -> Run {
        let (config, out) = (self.path("courier.toml"), self.path(bundle));
        self.run(COURIER, &["--config", config.to_str().unwrap(), "--json", "fetch", "--out", out.to_str().unwrap()])
    }

    pub fn fetch_command(&self, bundle: &str) -> Command {
        let (config, out) = (self.path("courier.toml"), self.path(bundle));
        self.command(COURIER, &["--config", config.to_str().unwrap(), "fetch", "--out", out.to_str().unwrap()])
    }

    pub fn import(&self, bundle: &str) -> Run {
        self.run(DESK, &["import", self.path(bundle).to_str().unwrap()])
    }

    pub fn open(&self, id: &str, out: &str) -> Run {
        self.run(DESK, &["open", id, "--out", self.path(out).to_str().unwrap()])
    }

    pub fn list(&self) -> Value {
        self.run(DESK, &["list", "--json"]).ok().json()
    }

    /// Ids in the relay's pool.
    pub fn pool(&self) -> Vec<String> {
        let (status, body) = self.courier_get("/pool");
        assert_eq!(status, 200);
        let page: Value = serde_json::from_slice(&body).unwrap();
        page["tips"].as_array().unwrap().iter().map(|tip| tip["id"].as_str().unwrap().to_owned()).collect()
    }

    pub fn courier_get(&self, path: &str) -> (u16, Vec<u8>) {
        self.get_with(softinfo_formats::example_keys::COURIER_TOKEN, path)
    }

    /// `GET /status`, read.
    pub fn status(&self) -> Value {
        serde_json::from_slice(&self.courier_get("/status").1).unwrap()
    }

    /// Asks the courier listener with another token.
    pub fn get_with(&self, token: &str, path: &str) -> (u16, Vec<u8>) {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
        exchange(self.courier, request.as_bytes())
    }

    /// Posts bytes to the intake as a tip.
    pub fn post(&self, body: &[u8]) -> (u16, Vec<u8>) {
        let mut request = tip_request(body.len()).into_bytes();
        request.extend_from_slice(body);
        exchange(self.intake, &request)
    }

    /// A file of random bytes.
    pub fn random_file(&self, name: &str, length: usize) -> PathBuf {
        let mut bytes = vec![0; length];
        OsRng.fill_bytes(&mut bytes);
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// The relay's process.
    pub fn relay_id(&self) -> u32 {
        self.relay.as_ref().unwrap().id()
    }

    /// Largest resident memory of the relay so far, in MiB.
    pub fn relay_peak_mib(&self) -> u64 {
        peak_mib(self.relay.as_ref().unwrap().id()).expect("the relay runs")
    }

    /// Runs a program and watches its memory: the largest resident size seen, in MiB.
    pub fn run_watched(&self, program: &str, arguments: &[&str]) -> (Run, u64) {
        let mut child = self.command(program, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            // The high-water mark of the kernel: nothing between two looks is missed but the very last moment.
            peak = peak_mib(child.id()).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(2));
        }
        (finish(child.wait_with_output().unwrap()), peak)
    }
}

fn peak_mib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?.to_owned();
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(mut relay) = self.relay.take() {
            let _ = relay.kill();
            let _ = relay.wait();
        }
    }
}

/// Runs a command to its end.
pub fn complete(command: &mut Command) -> Run {
    finish(command.output().unwrap())
}

fn finish(output: Output) -> Run {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Waits for something to become true, for at most half a minute.
pub fn eventually(mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_true() {
        assert!(Instant::now() < deadline, "it did not happen in half a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}
