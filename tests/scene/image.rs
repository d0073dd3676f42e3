//! A disk of its own for a store, whose power can be cut: ext4 in an image file, over a loop device.
//!
//! In: nothing. Out: a folder on that disk. The image lies on a second ext4, itself in an image, which plays the drive's volatile cache:
//! what the inner file system has written but not flushed is in the outer one's page cache only. A cut is EXT4_IOC_SHUTDOWN, after which
//! the kernel sends nothing more to the device. All of it is unmounted when it goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is lost besides what was never sent to the drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: what reached the drive is kept.
    Machine,
    /// What the drive had taken and not flushed.
    MachineAndCache,
}

pub struct Disk {
    base: tempfile::TempDir,
}

/// `_IOR('X', 125, __u32)` with EXT4_GOING_FLAGS_NOLOGFLUSH (linux, fs/ext4/ext4.h): nothing more is written, the journal neither.
const SHUTDOWN: &str = r#"my $flags = pack("L", 2); open(my $at, "<", $ARGV[0]) or die "$!\n"; ioctl($at, 0x8004587D, $flags) or die "$!\n""#;

const NEEDS: &str = "this test mounts ext4 images over loop devices, and has to run as root on a machine that has them \
     (in a container: privileged, with /dev/loop0 and more)";

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let said = || format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(said()) }
}

fn must(program: &str, arguments: &[&str]) {
    run(program, arguments).unwrap_or_else(|error| panic!("{NEEDS}; {error}"));
}

impl Disk {
    /// An empty disk of so many MiB.
    pub fn new(mib: u64) -> Self {
        let disk = Self { base: crate::folder() };
        [disk.outer(), disk.inner()].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        let outer = disk.base.path().join("outer.img");
        fs::File::create(&outer).unwrap().set_len((mib * 3 / 2 + 32) << 20).unwrap();
        must("mkfs.ext4", &["-q", "-F", outer.to_str().unwrap()]);
        disk.mount_outer();
        // Written and not left sparse, so that the outer file system has nothing to add to it later.
        fs::write(disk.image(), vec![0; usize::try_from(mib << 20).unwrap()]).unwrap();
        must(
            "mkfs.ext4",
            &["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk.image().to_str().unwrap()],
        );
        must("sync", &[disk.image().to_str().unwrap()]);
        disk.mount_inner();
        disk
    }

    fn outer(&self) -> PathBuf {
        self.base.path().join("outer")
    }

    fn inner(&self) -> PathBuf {
        self.base.path().join("disk")
    }

    /// Every block of the disk, those that are free too.
    pub fn image(&self) -> PathBuf {
        self.outer().join("inner.img")
    }

    /// A folder on it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.inner().join(name)
    }

    fn mount_outer(&self) {
        let (image, at) = (self.base.path().join("outer.img"), self.outer());
        must("mount", &["-o", "loop", image.to_str().unwrap(), at.to_str().unwrap()]);
    }

    /// As a Debian mounts its disks: after an error the file system turns read-only.
    fn mount_inner(&self) {
        let (image, at) = (self.image(), self.inner());
        must("mount", &["-o", "loop,errors=remount-ro", image.to_str().unwrap(), at.to_str().unwrap()]);
    }

    /// Cuts the power. From here on nothing reaches what lies beneath; what runs on this disk fails.
    pub fn cut(&self, cut: Cut) {
        let at = if cut == Cut::Machine { self.inner() } else { self.outer() };
        must("perl", &["-e", SHUTDOWN, at.to_str().unwrap()]);
    }

    /// Unmounts all and mounts it again, as a machine that starts: the journal is replayed.
    pub fn power_on(&self) {
        self.unmount(&self.inner());
        self.unmount(&self.outer());
        self.mount_outer();
        self.mount_inner();
    }

    /// The file system finds an error and turns read-only, this one alone.
    pub fn fail(&self) {
        let at = fs::metadata(self.inner()).unwrap();
        let device = std::os::unix::fs::MetadataExt::dev(&at);
        let block = format!("/sys/dev/block/{}:{}", device >> 8 & 0xfff, device & 0xff);
        let name = fs::canonicalize(block).unwrap();
        let trigger = Path::new("/sys/fs/ext4").join(name.file_name().unwrap()).join("trigger_fs_error");
        fs::write(trigger, "1").unwrap_or_else(|error| panic!("{NEEDS}, with a writable /sys; {error}"));
        assert!(fs::write(self.path("probe"), "").is_err(), "the disk can still be written to");
    }

    /// Unmounts; waits for whoever has just been killed to let go.
    fn unmount(&self, at: &Path) {
        let mut last = Ok(());
        for _ in 0..100 {
            last = run("umount", &[at.to_str().unwrap()]);
            if last.is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{last:?}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for at in [self.inner(), self.outer()] {
            let _ = Command::new("umount").arg("-l").arg(at).output();
        }
    }
}
