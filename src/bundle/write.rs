//! Writing a bundle: whole or not at all.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{BundleId, BundledTip, DIRECTORY, MANIFEST, Manifest};
use crate::archive::Writer;

/// Writes a bundle to `out`, atomically, and gives its id. `tip` opens the file of a tip, whose bytes were checked before.
///
/// `progress` is told how many bytes of tips went in since the last time.
pub fn write(
    out: &Path,
    manifest: &Manifest,
    directory: &[u8],
    tip: impl Fn(&BundledTip) -> io::Result<File>,
    progress: &dyn Fn(u64),
) -> io::Result<BundleId> {
    let (bytes, id) = manifest.to_bytes();
    crate::file::write_whole(out, |file| {
        let mut archive = Writer::new(io::BufWriter::new(file));
        archive.append(MANIFEST, bytes.len() as u64, &bytes[..])?;
        archive.append(DIRECTORY, directory.len() as u64, directory)?;
        for bundled in &manifest.tips {
            archive.append(&format!("tips/{}.age", bundled.id), bundled.size, tip(bundled)?)?;
            progress(bundled.size);
        }
        archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(())
    })?;
    Ok(id)
}
