//! Copies of a sealed database: from scratch space to where it stays, durable; and back to scratch space, to be read.
//!
//! In: a folder. Out: a new one with the same contents; runs of zeros become holes. Touches the new folder, and only reads the other.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::disk::{Disk, Open};
use softinfo_base::file::private_folder;

/// Zeros of this length are left out of a copy: the file system gives them back without keeping them.
const HOLE: usize = 4096;
/// Bytes that are copied at a time.
const COPIED: usize = 256 * 1024;

/// Copies a folder from scratch space to the new folder `to`, and makes all of it durable but for the name of `to`.
pub(crate) fn keep(disk: &dyn Disk, from: &Path, to: &Path) -> io::Result<()> {
    disk.make_folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            keep(disk, &entry.path(), &target)?;
            continue;
        }
        let (mut source, file) = (File::open(entry.path())?, disk.open(&target, Open::New)?);
        file.set_length(source.metadata()?.len())?;
        let (mut buffer, mut at) = (vec![0; COPIED], 0u64);
        loop {
            let read = fill(&mut source, &mut buffer)?;
            for (from, run) in runs(&buffer[..read]) {
                file.write_all_at(run, at + from)?;
            }
            at += read as u64;
            if read < COPIED {
                break;
            }
        }
        file.sync()?;
    }
    disk.sync_folder(to)
}

/// Copies a folder into the new folder `to` in scratch space.
pub(crate) fn copy_out(disk: &dyn Disk, from: &Path, to: &Path) -> io::Result<()> {
    private_folder(to)?;
    for entry in disk.list(from)? {
        let (source, target) = (from.join(&entry.name), to.join(&entry.name));
        if entry.is_folder {
            copy_out(disk, &source, &target)?;
            continue;
        }
        let (source, file) = (disk.open(&source, Open::Read)?, File::create_new(&target)?);
        let (length, mut buffer, mut at) = (source.length()?, vec![0; COPIED], 0u64);
        file.set_len(length)?;
        while at < length {
            let piece = usize::try_from(length - at).unwrap_or(COPIED).min(COPIED);
            source.read_exact_at(&mut buffer[..piece], at)?;
            for (from, run) in runs(&buffer[..piece]) {
                FileExt::write_all_at(&file, run, at + from)?;
            }
            at += piece as u64;
        }
    }
    Ok(())
}

/// What of `bytes` has to be written where all else is zeros: runs of blocks that hold something, each with where it begins.
fn runs(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut runs = Vec::new();
    let (mut at, mut rest) = (0, bytes);
    while !rest.is_empty() {
        let blocks = |holds: bool| {
            let same = rest.chunks(HOLE).take_while(|block| block.iter().any(|&byte| byte != 0) == holds);
            same.map(<[u8]>::len).sum::<usize>()
        };
        let (empty, full) = (blocks(false), blocks(true));
        if full > 0 {
            runs.push((at as u64, &rest[..full]));
        }
        at += empty + full;
        rest = &rest[empty + full..];
    }
    runs
}

fn fill(source: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match source.read(&mut buffer[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_a_copy_is_zeros_and_nothing_else() {
        let mut bytes = vec![0; 5 * HOLE + 100];
        assert!(runs(&bytes).is_empty());
        for at in [HOLE, 3 * HOLE - 1, 5 * HOLE + 99] {
            bytes[at] = 1;
        }
        let mut again = vec![0; bytes.len()];
        for (at, run) in runs(&bytes) {
            again[usize::try_from(at).unwrap()..][..run.len()].copy_from_slice(run);
        }
        assert!(again == bytes);
        assert_eq!(runs(&bytes).iter().map(|(_, run)| run.len()).sum::<usize>(), 2 * HOLE + 100);
    }
}
