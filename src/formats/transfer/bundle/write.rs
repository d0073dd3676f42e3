//! Writing a bundle: whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{BundleId, BundledTip, DIRECTORY, MANIFEST, Manifest};
use crate::transfer::ustar::Writer;
use softinfo_base::file::folder_of;

/// Writes a bundle to `out`, atomically, and gives its id. `tip` gives the bytes of a tip, which were checked before.
///
/// Until it is whole it is beside `out`, under the name that [`forget_partial`] removes. It is readable by its owner only (mode 0600).
///
/// # Errors
/// `AlreadyExists` when something has the name `out` by the time the bundle is whole, which is left alone; what `tip` returned, or the file system said.
/// Nothing is left behind then.
pub fn write<R: Read>(
    out: &Path,
    manifest: &Manifest,
    directory: &[u8],
    tip: impl Fn(&BundledTip) -> io::Result<R>,
) -> io::Result<BundleId> {
    let (bytes, id) = manifest.to_bytes();
    forget_partial(out, &id);
    let partial = partial(out, &id);
    let fill = || {
        // Only a file of our own making: where others may write, a link could lie in wait.
        let file = File::options().write(true).create_new(true).mode(0o600).open(&partial)?;
        let mut archive = Writer::new(io::BufWriter::new(&file));
        archive.append(MANIFEST, bytes.len() as u64, &bytes[..])?;
        archive.append(DIRECTORY, directory.len() as u64, directory)?;
        for bundled in &manifest.tips {
            archive.append(&format!("tips/{}.age", bundled.id), bundled.size, tip(bundled)?)?;
        }
        archive.finish()?.flush()?;
        file.sync_all()?;
        // Not to be had in one step with the renaming where a stick has FAT. Between whoever looked first and this lie hours, between these two nothing.
        if out.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&partial, out)
    };
    fill().inspect_err(|_| forget_partial(out, &id))?;
    softinfo_base::file::sync_folder(&folder_of(out))?;
    Ok(id)
}

/// Removes what a program that was killed while it wrote this bundle to `out` left there. What can't be removed stays.
pub fn forget_partial(out: &Path, id: &BundleId) {
    let _ = fs::remove_file(partial(out, id));
}

/// Where a bundle is while it is written: beside `out`, always under the same name, so that it is found again.
fn partial(out: &Path, id: &BundleId) -> PathBuf {
    folder_of(out).join(format!(".softinfo-{:.16}.partial", id.to_string()))
}
