//! The one kind of archive that softinfo has: POSIX ustar with plain files only, every header field fixed (`docs/protocol.md`, 1.5).
//!
//! In: names and bytes, or an archive. Out: the archive, or its entries in turn. Tips and bundles are both made and read here. Reading is strict: an
//! archive that this room would not have written, byte for byte beside the contents, is refused, so that two readers can't see different things in it.

use std::io::{self, Read, Write};

use tar::{EntryType, Header};

/// Bytes of a block; headers are one, and contents are filled up with zeros to whole ones.
const BLOCK: usize = 512;
/// The same, for sizes of files.
const BLOCK_SIZE: u64 = BLOCK as u64;

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It ends too early.
    #[error("the archive is cut short")]
    CutShort,
    /// A header that differs from the one its name and size ask for. The name is as far as it can be read, without control characters.
    #[error("the header of “{0}” is not that of a plain file")]
    Header(String),
    /// Something hides between the end of an entry and the next block.
    #[error("something hides behind “{0}”")]
    Gap(String),
    /// Something hides behind the end of the archive.
    #[error("something hides behind the end of the archive")]
    AfterEnd,
    /// The source failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Bytes of an archive with entries of these sizes in bytes, with its end marker of two blocks.
#[must_use]
pub fn packed_length(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().map(|size| BLOCK_SIZE + size.next_multiple_of(BLOCK_SIZE)).sum::<u64>() + 2 * BLOCK_SIZE
}

/// The header of a plain file as GNU tar writes it with `--format=ustar --mode=0644 --mtime=@0 --owner=:0 --group=:0 --numeric-owner`: owner, group,
/// time and device 0, no names, no prefix, numbers in octal with a zero byte behind them. `size` is in bytes.
///
/// # Errors
/// `InvalidInput` when `name` has more than 100 bytes or leads out of the archive.
fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    // Left alone it is a zero byte, the type of tar before ustar.
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_device_major(0)?;
    header.set_device_minor(0)?;
    header.set_cksum();
    // The library writes the sum in seven digits; GNU tar, and so everybody, in six, a zero byte and a space.
    let sum = header.cksum()?;
    header.as_old_mut().cksum.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(header)
}

/// Writes an archive, entry by entry.
pub struct Writer<W>(W);

impl<W: Write> Writer<W> {
    /// Begins an archive in `out`.
    pub const fn new(out: W) -> Self {
        Self(out)
    }

    /// Writes one entry. `content` has to give exactly `size` bytes.
    ///
    /// # Errors
    /// `InvalidData` when it gives more or fewer; otherwise what `content` or the target said. The archive is then of no use.
    pub fn append(&mut self, name: &str, size: u64, content: impl Read) -> io::Result<()> {
        self.0.write_all(header(name, size)?.as_bytes())?;
        // One byte more than announced is enough to see that there are more.
        let copied =
            io::copy(&mut content.take(size.saturating_add(1)), &mut Exactly { out: &mut self.0, left: size })?;
        if copied != size {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} became shorter")));
        }
        let gap = usize::try_from(size.next_multiple_of(BLOCK_SIZE) - size).unwrap_or_default();
        self.0.write_all(&[0; BLOCK][..gap])
    }

    /// Writes the end marker and gives the target back.
    pub fn finish(mut self) -> io::Result<W> {
        self.0.write_all(&[0; 2 * BLOCK])?;
        Ok(self.0)
    }
}

struct Exactly<'a, W> {
    out: &'a mut W,
    left: u64,
}

impl<W: Write> Write for Exactly<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it became longer"));
        }
        let written = self.out.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads an archive. As a [`Read`] it gives the content of the entry that [`Reader::entry`] came to last.
pub struct Reader<R> {
    source: R,
    name: String,
    /// Bytes of the content that have not been read.
    left: u64,
    /// Zero bytes behind the content.
    gap: u64,
}

impl<R: Read> Reader<R> {
    /// Begins to read.
    pub const fn new(source: R) -> Self {
        Self { source, name: String::new(), left: 0, gap: 0 }
    }

    /// The next entry: its name and its size in bytes; what was left of the one before is read and passed over. At the end of the
    /// archive everything up to the end of the source is read, and `None` is returned.
    pub fn entry(&mut self) -> Result<Option<(String, u64)>, ArchiveError> {
        io::copy(self, &mut io::sink())?;
        if self.left > 0 {
            return Err(ArchiveError::CutShort);
        }
        let mut gap = [0; BLOCK];
        let gap = &mut gap[..usize::try_from(self.gap).unwrap_or_default()];
        fill(&mut self.source, gap)?;
        if gap.iter().any(|&byte| byte != 0) {
            return Err(ArchiveError::Gap(std::mem::take(&mut self.name)));
        }
        self.gap = 0;
        let mut block = [0; BLOCK];
        fill(&mut self.source, &mut block)?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let found = Header::from_byte_slice(&block);
        let shown = shown(&found.path_bytes());
        let name = String::from_utf8(found.path_bytes().into_owned()).ok();
        let exact = name
            .zip(found.entry_size().ok())
            .filter(|(name, size)| header(name, *size).is_ok_and(|expected| expected.as_bytes() == found.as_bytes()));
        let (name, size) = exact.ok_or(ArchiveError::Header(shown))?;
        (self.left, self.gap) = (size, size.next_multiple_of(BLOCK_SIZE) - size);
        self.name.clone_from(&name);
        Ok(Some((name, size)))
    }

    /// The second block of the end marker, and nothing but zeros behind it.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut block = [0; BLOCK];
        fill(&mut self.source, &mut block)?;
        let mut buffer = [0; 16 * 1024];
        let mut hidden = block.iter().any(|&byte| byte != 0);
        loop {
            match self.source.read(&mut buffer)? {
                0 if hidden => return Err(ArchiveError::AfterEnd),
                0 => return Ok(()),
                n => hidden |= buffer[..n].iter().any(|&byte| byte != 0),
            }
        }
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.source).take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<(), ArchiveError> {
    source.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::CutShort,
        _ => ArchiveError::Io(error),
    })
}

/// A name for people, whatever its bytes are.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        for (name, content) in entries {
            writer.append(name, content.len() as u64, *content).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let (mut reader, mut found) = (Reader::new(bytes), Vec::new());
        while let Some((name, _)) = reader.entry()? {
            let mut content = Vec::new();
            reader.read_to_end(&mut content)?;
            found.push((name, content));
        }
        Ok(found)
    }

    #[test]
    fn what_is_written_is_read_and_as_long_as_was_announced() {
        let entries: [(&str, &[u8]); 3] = [("a", b"x"), ("b/c.txt", &[7; 512]), ("d", b"")];
        let bytes = archive(&entries);
        assert_eq!(bytes.len() as u64, packed_length([1, 512, 0]));
        let found = read(&bytes).unwrap();
        assert_eq!(found.len(), 3);
        assert!(found.iter().zip(entries).all(|((name, content), entry)| name == entry.0 && content == entry.1));
    }

    #[test]
    fn every_bit_beside_the_contents_is_fixed() {
        let bytes = archive(&[("report.json", b"{}"), ("message.txt", b"hello")]);
        for at in (0..bytes.len()).filter(|at| ![512..514, 1536..1541].iter().any(|content| content.contains(at))) {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_err(), "bit {bit} of byte {at} is not looked at");
            }
        }
    }

    #[test]
    fn a_header_is_the_one_that_gnu_tar_writes() {
        let mut expected = [0; 512];
        let fields: [(usize, &[u8]); 11] = [
            (0, b"report.json"),
            (100, b"0000644"),
            (108, b"0000000"),
            (116, b"0000000"),
            (124, b"00000000003"),
            (136, b"00000000000"),
            (148, b"011404\0 "),
            (156, b"0"),
            (257, b"ustar\x0000"),
            (329, b"0000000"),
            (337, b"0000000"),
        ];
        for (at, field) in fields {
            expected[at..at + field.len()].copy_from_slice(field);
        }
        assert_eq!(header("report.json", 3).unwrap().as_bytes(), &expected);
    }

    #[test]
    fn an_archive_that_is_cut_anywhere_is_refused() {
        let bytes = archive(&[("report.json", b"{}")]);
        for length in 0..bytes.len() {
            assert!(matches!(read(&bytes[..length]), Err(ArchiveError::CutShort)), "{length}");
        }
    }

    #[test]
    fn content_that_changes_while_it_is_read_is_noticed() {
        assert!(Writer::new(Vec::new()).append("a", 2, &b"x"[..]).is_err());
        assert!(Writer::new(Vec::new()).append("a", 2, &b"xyz"[..]).is_err());
    }
}
