//! Writing a bundle: whole or not at all.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tar::{Builder, EntryType, Header};

use super::{BundleId, BundledTip, DIRECTORY, MANIFEST, Manifest};

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
        let mut archive = Builder::new(io::BufWriter::new(file));
        append(&mut archive, MANIFEST, bytes.len() as u64, &bytes[..])?;
        append(&mut archive, DIRECTORY, directory.len() as u64, directory)?;
        for bundled in &manifest.tips {
            append(&mut archive, &format!("tips/{}.age", bundled.id), bundled.size, tip(bundled)?)?;
            progress(bundled.size);
        }
        archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(())
    })?;
    Ok(id)
}

fn append(archive: &mut Builder<impl io::Write>, name: &str, size: u64, content: impl Read) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_cksum();
    let mut content = content.take(size);
    archive.append(&header, &mut content)?;
    if content.limit() > 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} became shorter")));
    }
    Ok(())
}
