//! What all measurements share: a relay as its own process, sealed tips, a thin HTTP client, and the machine's description.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::{RngCore, rngs::OsRng};
use softinfo_formats::example_keys;
use softinfo_seal::draft::Draft;
use softinfo_seal::receipt::Receipt;

pub use scene::folder;
pub use scene::known::reader;

/// A relay process with a store of its own.
pub struct RelayProcess {
    child: Child,
    pub intake: SocketAddr,
    pub courier: SocketAddr,
}

impl RelayProcess {
    /// Starts the relay on free ports; the store is in `folder`.
    pub fn start(folder: &Path) -> Self {
        scene::programs::are_built();
        let project = scene::PROJECT;
        let token = softinfo_relay::token::TokenHash::of(example_keys::COURIER_TOKEN.as_bytes());
        let config = format!(
            "directory = \"{project}/keys-example/EXAMPLE-directory.note\"\nroot = \"{project}/keys-example/EXAMPLE-root.vkey\"\n\
             [intake]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\ntoken_sha256 = [\"{}\"]\n[store]\nfolder = \"store\"\n[limits]\ntext_parts = 1\n",
            String::from(token)
        );
        let path = folder.join("relay.toml");
        std::fs::write(&path, config).unwrap();
        let mut child = Command::new(scene::RELAY).arg("--config").arg(&path).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // Behind whatever else it has to say at its start.
        let mut listening = lines.map(Result::unwrap).filter(|line| line.contains(" listen"));
        let mut address = || listening.next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        let (intake, courier) = (address(), address());
        Self { child, intake, courier }
    }

    /// Largest resident memory so far, in MiB.
    pub fn peak_mib(&self) -> u64 {
        status_kib(self.child.id(), "VmHWM") / 1024
    }

    /// Resident memory now, in KiB.
    pub fn resident_kib(&self) -> u64 {
        status_kib(self.child.id(), "VmRSS")
    }

    /// Time that processors have worked for it so far.
    pub fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string())
    }

    /// Stops it as an operator would.
    pub fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `/proc/PID/status`, in KiB.
pub fn status_kib(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// User and system time of a process, `self` for this one, in ticks of the kernel, which are hundredths of a second.
pub fn cpu_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name, which may hold anything: the 14th and the 15th of all fields.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// A sealed tip of text only, 30 965 bytes.
pub fn text_tip() -> Vec<u8> {
    let draft = Draft { lang: "en".into(), message: "They lock the doors at night.".into(), ..Draft::default() };
    let (readers, receipt) = ([reader()], Receipt::generate(&mut OsRng));
    let mut out = Vec::new();
    let prepared = draft.prepare(&readers, &receipt, 1 << 28).unwrap();
    prepared.seal(&readers, &receipt, &mut out, &mut OsRng, &|_| ()).unwrap();
    out
}

/// Another tip of the same length, with an id of its own. The relay can't tell, it has no key; sealing each would measure the sealer.
pub fn vary(tip: &mut [u8]) {
    let end = tip.len() - 64;
    OsRng.fill_bytes(&mut tip[end..]);
}

/// One HTTP/1.1 connection that is used again and again.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a tip; gives the status and the body of the answer.
    pub fn post_tip(&mut self, tip: &[u8]) -> (u16, Vec<u8>) {
        let mut request = Vec::with_capacity(tip.len() + 160);
        write!(
            request,
            "POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
            tip.len()
        )
        .unwrap();
        request.extend_from_slice(tip);
        self.0.get_mut().write_all(&request).unwrap();
        self.answer()
    }

    /// Asks for a path of the courier listener.
    pub fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        let token = example_keys::COURIER_TOKEN;
        write!(self.0.get_mut(), "GET {path} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer {token}\r\n\r\n")
            .unwrap();
        self.answer()
    }

    fn answer(&mut self) -> (u16, Vec<u8>) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap();
            } else if line.is_empty() {
                let mut body = vec![0; length];
                self.0.read_exact(&mut body).unwrap();
                return (status, body);
            }
        }
    }
}

/// Processor, cores and kernel, for the record.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model.to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, {cores} cores, Linux {}, {}", model.unwrap_or_default(), kernel.trim(), scene::today())
}

/// The median of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
