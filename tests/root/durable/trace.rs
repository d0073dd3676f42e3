//! What the relay asked of the system, and in which order: the log of `strace`, read back.
//!
//! In: a scene, whose relay is started again under strace. Out: its calls, each with the moments at which it began and had come back.
//! strace stops a thread before and after each call and writes then, so the order of the lines is one in which things happened.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};

use scene::{Scene, eventually};

/// A call that came back without an error.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    /// The file behind its first argument, or the path in it.
    pub file: String,
    /// All bytes that it wrote; the new path of a rename.
    pub data: Vec<u8>,
    /// Where in the file, when that was said.
    pub offset: u64,
    /// Moments: lines of the log.
    pub began: usize,
    pub returned: usize,
}

impl Call {
    /// Whether it is a sync of the file whose path ends in `file`.
    pub fn syncs(&self, file: &str) -> bool {
        matches!(&*self.name, "fsync" | "fdatasync") && self.file == file
    }

    pub fn writes(&self, to: &str) -> bool {
        matches!(&*self.name, "pwrite64" | "write") && self.file.ends_with(to)
    }
}

const CALLS: &str = "pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,fsync,fdatasync,unlink,unlinkat,mkdir,mkdirat,rename,renameat,renameat2";

/// Lets the relay of a scene start under strace with these options. It stays the child of the test.
pub fn under_strace(scene: &mut Scene, options: &[&str]) {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    assert!(
        traced.is_ok_and(|status| status.success()),
        "this test watches the relay's calls to the system: it needs the package strace, and root (in a container: with SYS_PTRACE)"
    );
    scene.wrapper = ["strace", "-D", "-f", "-q"].iter().chain(options).map(|&word| word.to_owned()).collect();
}

/// Lets strace watch the relay of a scene from now on. It ends with the relay.
pub fn attach(scene: &Scene, options: &[String]) -> Child {
    let id = scene.relay_id().to_string();
    let strace = Command::new("strace").args(["-f", "-q", "-p", &id]).args(options).spawn().unwrap();
    let traced = |task: PathBuf| {
        let status = fs::read_to_string(task.join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    };
    eventually(|| fs::read_dir(format!("/proc/{id}/task")).unwrap().all(|task| traced(task.unwrap().path())));
    strace
}

/// A relay whose calls are recorded.
pub struct Recording {
    log: PathBuf,
}

impl Recording {
    /// Stops the relay of a scene and starts it again.
    pub fn of(scene: &mut Scene) -> Self {
        scene.stop();
        Self::of_stopped(scene)
    }

    /// Starts the relay of a scene, which has been stopped.
    pub fn of_stopped(scene: &mut Scene) -> Self {
        let log = scene.path("trace");
        let filter = format!("trace={CALLS}");
        under_strace(scene, &["-y", "-xx", "-s", "8388608", "-e", &filter, "-o", log.to_str().unwrap()]);
        scene.start();
        Self { log }
    }

    /// All calls, once the relay has been stopped.
    pub fn calls(self) -> Vec<Call> {
        let mut text = String::new();
        eventually(|| {
            text = fs::read_to_string(&self.log).unwrap();
            text.lines().last().is_some_and(|line| line.contains("+++ exited with 0 +++"))
        });
        read(&text)
    }
}

fn read(log: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(&str, Call)> = Vec::new();
    for (line, text) in (1..).zip(log.lines()) {
        let Some((thread, text)) = text.split_once(' ') else { continue };
        let text = text.trim_start();
        let failed = text.rsplit(" = ").next().is_none_or(|result| result.starts_with('-') || result.starts_with('?'));
        if text.starts_with("<... ") {
            let Some(at) = open.iter().position(|(by, _)| *by == thread) else { continue };
            let (_, mut call) = open.swap_remove(at);
            call.returned = line;
            if !failed {
                calls.push(call);
            }
        } else if let Some((name, arguments)) = text.split_once('(') {
            let begun = arguments.strip_suffix("<unfinished ...>");
            let call = parse(name, begun.unwrap_or(arguments).trim_end(), line);
            if begun.is_some() {
                open.push((thread, call));
            } else if !failed {
                calls.push(call);
            }
        }
    }
    calls.sort_by_key(|call| call.began);
    calls
}

fn parse(name: &str, arguments: &str, line: usize) -> Call {
    // A descriptor is `12<path>`, with the path in hex as well; a path of its own is a string.
    let (descriptor, rest) = arguments.split_once(['>', ',']).unwrap_or((arguments, ""));
    let mut strings = arguments.split('"').skip(1).step_by(2).map(unhex);
    let by_path = ["mkdir", "unlink", "rename"].iter().any(|call| name.starts_with(call));
    let file = match descriptor.split_once('<') {
        Some((_, path)) if !by_path => unhex(path),
        _ => strings.next().unwrap_or_default(),
    };
    let data = strings.collect::<Vec<_>>().concat();
    // pwrite64(fd, data, length, offset)
    let numbers: Vec<u64> =
        rest.rsplit('"').next().unwrap_or("").split([',', ')']).filter_map(|n| n.trim().parse().ok()).collect();
    let offset = if name == "pwrite64" { numbers.get(1).copied().unwrap_or(u64::MAX) } else { u64::MAX };
    Call {
        name: name.to_owned(),
        file: String::from_utf8_lossy(&file).into_owned(),
        data,
        offset,
        began: line,
        returned: line,
    }
}

/// `\x2f\x61` as bytes; anything else as it is.
fn unhex(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok()).collect()
}
