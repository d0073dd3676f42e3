//! A small disk in memory that is full soon.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A file system of its own (tmpfs); unmounted when it goes.
pub struct SmallDisk(pub PathBuf);

impl SmallDisk {
    /// One of `size`, as mount writes it (`8m`), at a folder that is made.
    pub fn mount(at: PathBuf, size: &str) -> Self {
        fs::create_dir_all(&at).unwrap();
        let options = format!("size={size},mode=700");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).status();
        assert!(status.is_ok_and(|status| status.success()), "this test mounts a tmpfs and has to run as root");
        Self(at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
