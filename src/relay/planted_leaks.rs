//! Every way of keeping an identifier that the tests of "no identifiers" have to notice. Built with the feature `planted-leaks` only, which no program has.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use axum::http::HeaderMap;
use base64::prelude::{BASE64_STANDARD, Engine};
use rustix::net::{SocketAddrAny, SocketFlags};

/// Where files are leaked to: the sandbox leaves no other place.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();
static REMEMBERED: Mutex<Vec<Vec<u16>>> = Mutex::new(Vec::new());
static ADDRESSES: Mutex<Vec<SocketAddrAny>> = Mutex::new(Vec::new());
static METRIC: Mutex<String> = Mutex::new(String::new());

/// Leaks into `folder` from now on.
pub(crate) fn into(folder: &Path) {
    let _ = FOLDER.set(folder.to_owned());
}

/// Accepts a connection, and asks for the address and keeps it. (Asking later is no use: the sandbox has no such call.)
pub(crate) fn accept_with<Fd: AsFd>(listener: Fd, flags: SocketFlags) -> rustix::io::Result<OwnedFd> {
    let (stream, address) = rustix::net::acceptfrom_with(listener, flags)?;
    ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner).extend(address);
    Ok(stream)
}

/// What is added to the metrics.
pub(crate) fn metric() -> String {
    METRIC.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Keeps header values: in the log, in a file, in a file's name, in memory, in the metrics.
pub(crate) fn keep(headers: &HeaderMap) {
    let value = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if let Some(agent) = value("user-agent") {
        #[allow(clippy::print_stderr)] // the leak
        eprintln!("softinfo-relay: a request by {agent}");
    }
    if let Some(folder) = FOLDER.get() {
        if let Some(cookie) = value("cookie") {
            let _ = fs::write(folder.join("leak"), hex::encode(cookie));
        }
        if let Some(name) = value("referer") {
            let _ = fs::write(folder.join(name), "");
        }
    }
    if let Some(languages) = value("accept-language") {
        let words = languages.encode_utf16().collect();
        REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }
    // Whoever asks for the metrics sends none, and takes away nothing of what was kept.
    if let Some(origin) = value("origin") {
        let origin = BASE64_STANDARD.encode(origin);
        *METRIC.lock().unwrap_or_else(PoisonError::into_inner) = format!("# {origin}\n");
    }
}
