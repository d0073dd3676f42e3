//! A relay as its own process, in folders of its own, and everything it can leave behind: files, what it printed, its memory.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use softinfo_formats::example_keys::COURIER_TOKEN;
use tempfile::TempDir;

use crate::no_identifiers::marks::{Finding, Marks};
use scene::{Channel, Scene, eventually, exchange};

pub struct Watched {
    pub folder: TempDir,
    child: Child,
    pub intake: SocketAddr,
    pub courier: SocketAddr,
    out: PathBuf,
    err: Arc<Mutex<Vec<u8>>>,
    /// Sockets that are open while nobody is connected.
    idle: usize,
}

fn sockets(process: u32) -> usize {
    let files = fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten();
    let kinds = files.filter_map(|entry| fs::read_link(entry.path()).ok());
    kinds.filter(|to| to.to_string_lossy().starts_with("socket:")).count()
}

impl Watched {
    /// Starts `program` with the page; `change` may alter the configuration.
    pub fn start(program: &Path, change: impl FnOnce(String) -> String) -> Self {
        let folder = scene::folder();
        let path = |name: &str| folder.path().join(name);
        for name in ["work", "temp"] {
            fs::create_dir(path(name)).unwrap();
        }
        let page = Path::new(scene::PROJECT).join("web/dist/index.html");
        let config = format!("page = {page:?}\n{}", Scene::config_for(&Channel::example(), "floor_mib = 48"));
        fs::write(path("relay.toml"), change(config)).unwrap();
        let out = path("stdout");
        let mut command = Command::new(program);
        command.arg("--config").arg(path("relay.toml")).current_dir(path("work")).env("TMPDIR", path("temp"));
        command.stdout(File::create(&out).unwrap()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let err: Arc<Mutex<Vec<u8>>> = Arc::default();
        let mut address = |what: &str| loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the relay did not start");
            err.lock().unwrap().extend(line.bytes());
            if line.contains(what) {
                break line.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
            }
        };
        let (intake, courier) = (address("intake listens on"), address("courier listener on"));
        let log = Arc::clone(&err);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = lines.read(&mut buffer) {
                log.lock().unwrap().extend(&buffer[..read]);
            }
        });
        let idle = sockets(child.id());
        Self { folder, child, intake, courier, out, err, idle }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What was printed on standard error.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.err.lock().unwrap()).into_owned()
    }

    pub fn courier_answer(&self, path: &str) -> Vec<u8> {
        let lines = format!("host: relay\r\nauthorization: Bearer {COURIER_TOKEN}\r\nconnection: close\r\n");
        exchange(self.courier, format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes()).1
    }

    pub fn metrics(&self) -> Vec<u8> {
        [self.courier_answer("/metrics"), self.courier_answer("/status")].concat()
    }

    /// Waits until no more connections are open than at the start.
    pub fn until_all_have_gone(&self) {
        eventually(|| sockets(self.id()) <= self.idle);
    }

    /// Every place that the relay could have written to.
    pub fn search_files(&self, marks: &Marks) -> Vec<Finding> {
        let mut found = Vec::new();
        for path in below(self.folder.path()) {
            let name = path.strip_prefix(self.folder.path()).unwrap().display().to_string();
            found.extend(marks.find(&format!("name of {name}"), name.as_bytes()));
            if path.is_file() && name != "relay.toml" {
                found.extend(marks.find(&name, &fs::read(&path).unwrap()));
            }
        }
        found.extend(marks.find("standard output", &fs::read(&self.out).unwrap()));
        found.extend(marks.find("standard error", self.log().as_bytes()));
        found.extend(marks.find("metrics", &self.metrics()));
        found
    }

    /// The memory of the process, all of it that can be read. Root may read it although it is not dumpable.
    pub fn search_memory(&self, marks: &Marks) -> Vec<Finding> {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.id())).unwrap();
        let mut memory = File::open(format!("/proc/{}/mem", self.id())).expect("this test has to run as root");
        let (mut found, mut read) = (Vec::new(), 0);
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            let name = words.nth(3).unwrap_or("without a name");
            if !rights.starts_with('r') || name.starts_with("[v") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            // A mapping may have gone in the meantime.
            if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
                read += bytes.len();
                found.extend(marks.find(&format!("memory, {name} {rights}"), &bytes));
            }
        }
        assert!(read > 4 << 20, "only {read} bytes of memory could be read");
        found
    }

    /// Files and folders of the store whose time of writing says more than a day.
    pub fn finer_than_a_day(&self) -> Vec<PathBuf> {
        let all = below(&self.folder.path().join("store"));
        all.into_iter().filter(|path| fs::metadata(path).is_ok_and(|found| found.mtime() % 86_400 != 0)).collect()
    }

    /// Ends the process with a signal that makes others dump their memory, with the limit out of the way where root may move it.
    pub fn crash(mut self) -> ExitStatus {
        let id = self.id().to_string();
        let _ =
            Command::new("prlimit").args(["--core=unlimited:unlimited", "--pid", &id]).stderr(Stdio::null()).status();
        assert!(Command::new("kill").args(["-s", "ABRT", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything below a folder, and the folder.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            all.extend(below(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all
}
