//! The store's folder, looked at without changing it, and the folders that stay readable.
//!
//! In: the configuration. Out: findings. Touches nothing.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD};

use softinfo_store::{StoreError, free_bytes, pool};

use super::Finding;
use crate::config::Config;
use crate::intake::uploads::Uploads;
use crate::served;

/// File systems on which erasing can't be relied on (statfs(2)), and why.
const UNFIT: [(i64, &str); 8] = [
    (0x9123_683e, "btrfs keeps what is overwritten"),
    (0x2fc1_2fc1, "zfs keeps what is overwritten"),
    (0xca45_1a4e, "bcachefs keeps what is overwritten"),
    (0x794c_7630, "an overlay keeps what is overwritten"),
    (0x0102_1994, "tmpfs loses everything when the machine stops"),
    (0x6969, "on NFS nothing says when what is written lasts"),
    (0xfe53_4d42, "on SMB nothing says when what is written lasts"),
    (0x6573_5546, "FUSE may keep what is overwritten"),
];
/// Folders that hold more than the relay's files.
const WIDE: [&str; 11] = ["/", "/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var", "/var/lib"];

/// Looks at the folder of the store, its disk, and the folders that stay readable; what is wrong goes to `findings`.
pub(super) fn look(config: &Config, findings: &mut Vec<Finding>) {
    let folder = config.store.folder.as_path();
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            findings.push(Finding::error(format!("{}: store.folder is not a folder", folder.display())));
        }
        Ok(found) => existing(folder, &found, config.store.floor_mib << 20, findings),
        Err(error) if error.kind() == ErrorKind::NotFound => to_be_made(folder, findings),
        Err(error) => findings.push(Finding::error(format!("{}: {error}", folder.display()))),
    }
    for readable in served::folders(config) {
        let real = readable.canonicalize().unwrap_or(readable);
        if WIDE.iter().any(|wide| real == Path::new(wide)) {
            findings.push(Finding::warning(format!(
                "directory and page lie in {}, all of which the relay can read while it runs; put them into a folder of their own",
                real.display()
            )));
        }
        if folder.canonicalize().is_ok_and(|store| real.starts_with(store)) {
            findings.push(Finding::warning(format!(
                "{} is inside the store: who takes over the relay can change directory or page; put them elsewhere",
                real.display()
            )));
        }
    }
}

fn existing(folder: &Path, found: &fs::Metadata, floor: u64, findings: &mut Vec<Finding>) {
    let (owner, own) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != own {
        let error = StoreError::Owner { path: folder.to_owned(), owner };
        let hint = if own == 0 { "; this was looked at as root: do it as the relay's user" } else { "" };
        findings.push(Finding::error(format!("{error}{hint}")));
        // What follows would say the same in other words.
        return;
    }
    let (mode, shown) = (found.mode() & 0o777, folder.display());
    if mode & 0o022 != 0 {
        findings.push(Finding::error(format!("{shown}: others can write to it (mode {mode:o}); chmod 0700")));
    } else if mode & 0o055 != 0 {
        findings.push(Finding::warning(format!("{shown}: others can look into it (mode {mode:o}); chmod 0700")));
    }
    findings.extend(pool::look(folder).err().map(Finding::error));
    // Beside what is the store's: pieces that wait, and what the relay remembers.
    for beside in [Uploads::folder(folder), served::memory(folder)] {
        match pool::may_work_in(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                findings.push(Finding::error(format!("{}: {error}", beside.display())));
            }
            _ => {}
        }
    }
    disk(folder, floor, findings);
}

/// What is to hold the store has to let us make it.
fn to_be_made(folder: &Path, findings: &mut Vec<Finding>) {
    let above = folder.ancestors().skip(1).find(|above| above.exists()).filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let may = rustix::fs::accessat(CWD, above, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
    if !above.is_dir() || may.is_err() {
        let reason = may.err().map_or_else(|| "it is not a folder".to_owned(), |error| error.to_string());
        findings.push(Finding::error(format!(
            "{}: the store can't be made in {} ({reason})",
            folder.display(),
            above.display()
        )));
    }
}

fn disk(folder: &Path, floor: u64, findings: &mut Vec<Finding>) {
    let shown = folder.display();
    if let Ok(stat) = rustix::fs::statfs(folder) {
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // its type differs between machines
        let kind = stat.f_type as i64;
        if let Some((_, why)) = UNFIT.iter().find(|(number, _)| *number == kind) {
            findings.push(Finding::warning(format!("{shown}: {why}; use ext4 or xfs")));
        }
    }
    match free_bytes(folder) {
        Ok(free) if free < floor => findings.push(Finding::warning(format!(
            "{shown}: {} MiB are free, less than store.floor_mib: nothing would be taken",
            free >> 20
        ))),
        Ok(_) => {}
        Err(error) => findings.push(Finding::error(format!("{shown}: the disk can't be asked: {error}"))),
    }
}
