//! A disk in memory that fails at a chosen call, or loses power.
//!
//! In: paths and bytes; a call, and how it fails. Out: the bytes, and after a loss of power what is left of them. Touches nothing. It is harsher
//! than ext4: names last only when their folder was synced, what was written since a file's last sync is lost or kept at random by blocks of
//! 4 KiB, and after a sync that failed the next one succeeds without having written anything.

#![allow(clippy::cast_possible_truncation)] // lengths of files that are in memory

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::disk::{Disk, DiskFile, Entry, Open};
use crate::free_space::Space;
use crate::mutex::lock;
use softinfo_base::day::Day;

const BLOCK: usize = 4096;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The system says no, with this number.
    Error(rustix::io::Errno),
    /// Half of what was to be written is; where nothing is written, nothing happens.
    Short,
    /// The power goes: this call and all after it fail, until it is back.
    Cut,
}

#[derive(Default, Clone)]
struct Inode {
    is_folder: bool,
    /// What is on the medium.
    synced: Vec<u8>,
    /// What the system would read out.
    current: Vec<u8>,
    /// Written and not synced.
    writes: Vec<(u64, Vec<u8>)>,
    /// A length that was set and not synced.
    length: Option<u64>,
}

#[derive(Clone)]
enum Naming {
    Made(PathBuf, usize),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

type Names = BTreeMap<PathBuf, usize>;

struct Inside {
    inodes: Vec<Inode>,
    names: Names,
    durable: Names,
    /// Changes of names that are not durable, in order.
    pending: Vec<Naming>,
    calls: u64,
    fault: Option<(u64, Fault)>,
    is_cut: bool,
    rng: StdRng,
}

/// The disk. Clones are the same disk.
#[derive(Clone)]
pub(super) struct SimulatedDisk(Arc<Mutex<Inside>>);

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
}

impl SimulatedDisk {
    pub fn new(seed: u64) -> Self {
        let mut names = Names::new();
        names.insert(PathBuf::from("/"), 0);
        let root = Inode { is_folder: true, ..Inode::default() };
        Self(Arc::new(Mutex::new(Inside {
            inodes: vec![root],
            durable: names.clone(),
            names,
            pending: Vec::new(),
            calls: 0,
            fault: None,
            is_cut: false,
            rng: StdRng::seed_from_u64(seed),
        })))
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        lock(&self.0).calls
    }

    /// Lets something happen at a call, counted from the first of all.
    pub fn fail_at(&self, call: u64, fault: Fault) {
        lock(&self.0).fault = Some((call, fault));
    }

    /// The power goes now.
    pub fn cut(&self) {
        lock(&self.0).is_cut = true;
    }

    /// Whether the power is gone.
    pub fn is_cut(&self) -> bool {
        lock(&self.0).is_cut
    }

    /// What a machine finds that starts again. Without a cut, all that the system was given is there.
    pub fn power_on(&self) {
        let mut inside = lock(&self.0);
        let inside = &mut *inside;
        inside.fault = None;
        if !std::mem::take(&mut inside.is_cut) {
            return;
        }
        let kept = inside.rng.gen_range(0..=inside.pending.len());
        let pending = std::mem::take(&mut inside.pending);
        pending.iter().take(kept).for_each(|naming| apply(&mut inside.durable, naming));
        inside.names = inside.durable.clone();
        for inode in &mut inside.inodes {
            let mut found = inode.synced.clone();
            if let Some(length) = inode.length.take().filter(|_| inside.rng.gen_bool(0.5)) {
                found.resize(length as usize, 0);
            }
            for (at, bytes) in std::mem::take(&mut inode.writes) {
                for (piece, from) in blocks(at, &bytes) {
                    if inside.rng.gen_bool(0.5) {
                        put(&mut found, from, piece);
                    }
                }
            }
            inode.synced.clone_from(&found);
            inode.current = found;
        }
    }

    /// What the medium holds of all files that begin so, those that were removed, too.
    pub fn medium(&self, begin: &str) -> Vec<Vec<u8>> {
        let inside = lock(&self.0);
        let files = inside.inodes.iter().map(|inode| &inode.synced);
        files.filter(|bytes| bytes.starts_with(begin.as_bytes())).cloned().collect()
    }

    /// Counts a call; what it is to suffer.
    fn enter(&self) -> io::Result<(std::sync::MutexGuard<'_, Inside>, bool)> {
        let mut inside = lock(&self.0);
        inside.calls += 1;
        let now = inside.calls;
        let fault = inside.fault.filter(|(call, _)| *call == now).map(|(_, fault)| fault);
        if fault == Some(Fault::Cut) {
            inside.is_cut = true;
        }
        match fault {
            _ if inside.is_cut => Err(rustix::io::Errno::IO.into()),
            Some(Fault::Error(errno)) => Err(errno.into()),
            fault => Ok((inside, fault == Some(Fault::Short))),
        }
    }
}

/// The parts of a write that a medium takes or does not take.
fn blocks(at: u64, bytes: &[u8]) -> Vec<(&[u8], u64)> {
    let mut parts = Vec::new();
    let (mut from, mut rest) = (at, bytes);
    while !rest.is_empty() {
        let length = (BLOCK - from as usize % BLOCK).min(rest.len());
        parts.push((&rest[..length], from));
        from += length as u64;
        rest = &rest[length..];
    }
    parts
}

fn put(into: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let end = at as usize + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[at as usize..end].copy_from_slice(bytes);
}

fn apply(names: &mut Names, naming: &Naming) {
    match naming {
        Naming::Made(path, inode) => {
            names.insert(path.clone(), *inode);
        }
        Naming::Removed(path) => {
            names.remove(path);
        }
        Naming::Renamed(from, to) => {
            let moved: Vec<_> = names.keys().filter(|path| path.starts_with(from)).cloned().collect();
            for path in moved {
                let inode = names.remove(&path).unwrap();
                let rest = path.strip_prefix(from).unwrap();
                let new = if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                names.insert(new, inode);
            }
        }
    }
}

impl Naming {
    fn touches(&self, folder: &Path) -> bool {
        let within = |path: &Path| path.parent() == Some(folder);
        match self {
            Self::Made(path, _) | Self::Removed(path) => within(path),
            Self::Renamed(from, to) => within(from) || within(to),
        }
    }
}

impl Inside {
    fn change(&mut self, naming: Naming) {
        apply(&mut self.names, &naming);
        self.pending.push(naming);
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn make(&mut self, path: &Path, is_folder: bool) -> io::Result<usize> {
        if self.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.find(path.parent().unwrap())?;
        self.inodes.push(Inode { is_folder, ..Inode::default() });
        let inode = self.inodes.len() - 1;
        self.change(Naming::Made(path.to_owned(), inode));
        Ok(inode)
    }

    fn remove(&mut self, path: &Path, is_folder: bool) -> io::Result<()> {
        let inode = self.find(path)?;
        if self.inodes[inode].is_folder != is_folder {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if is_folder && self.names.keys().any(|other| other.parent() == Some(path)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        self.change(Naming::Removed(path.to_owned()));
        Ok(())
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let (mut inside, _) = self.enter()?;
        let inode = if how == Open::New { inside.make(path, false)? } else { inside.find(path)? };
        Ok(Box::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.enter()?.0.make(path, true).map(drop)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (mut inside, _) = self.enter()?;
        inside.find(from)?;
        inside.change(Naming::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.enter()?.0.remove(path, false)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.enter()?.0.remove(path, true)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let (inside, _) = self.enter()?;
        inside.find(folder)?;
        let within = inside.names.iter().filter(|(path, _)| path.parent() == Some(folder));
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        Ok(within.map(|(path, inode)| Entry { name: name(path), is_folder: inside.inodes[*inode].is_folder }).collect())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let (mut inside, _) = self.enter()?;
        inside.find(folder)?;
        let until = inside.pending.iter().rposition(|naming| naming.touches(folder)).map_or(0, |at| at + 1);
        let now: Vec<_> = inside.pending.drain(..until).collect();
        for naming in &now {
            apply(&mut inside.durable, naming);
        }
        Ok(())
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        self.enter().map(|_| Space { bytes: 1 << 40, files: u64::MAX })
    }

    fn date(&self, _: &Path, _: Day) {}
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let (inside, is_short) = self.disk.enter()?;
        let bytes = &inside.inodes[self.inode].current;
        let rest = bytes.get(at as usize..).unwrap_or_default();
        let wanted = if is_short { buffer.len().div_ceil(2) } else { buffer.len() };
        let length = rest.len().min(wanted);
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let (mut inside, is_short) = self.disk.enter()?;
        let written = if is_short { bytes.len().div_ceil(2) } else { bytes.len() };
        let inode = &mut inside.inodes[self.inode];
        put(&mut inode.current, at, &bytes[..written]);
        inode.writes.push((at, bytes[..written].to_vec()));
        Ok(written)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let (mut inside, _) = self.disk.enter()?;
        let inode = &mut inside.inodes[self.inode];
        inode.current.resize(length as usize, 0);
        inode.length = Some(length);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let (inside, _) = self.disk.enter()?;
        Ok(inside.inodes[self.inode].current.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let entered = self.disk.enter().map(drop);
        let mut inside = lock(&self.disk.0);
        let is_cut = inside.is_cut;
        let inode = &mut inside.inodes[self.inode];
        if entered.is_err() && !is_cut {
            // As Linux does it: what could not be written is held to be clean from now on.
            inode.writes.clear();
            inode.length = None;
        }
        entered?;
        if let Some(length) = inode.length.take() {
            inode.synced.resize(length as usize, 0);
        }
        for (at, bytes) in std::mem::take(&mut inode.writes) {
            put(&mut inode.synced, at, &bytes);
        }
        Ok(())
    }

    fn forget_cached(&self) {
        let mut inside = lock(&self.disk.0);
        let inode = &mut inside.inodes[self.inode];
        if inode.writes.is_empty() && inode.length.is_none() {
            inode.current.clone_from(&inode.synced);
        }
    }

    fn date(&self, _: Day) {}
}
