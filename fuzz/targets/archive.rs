//! Builds archives, right and wrong, from a fuzzer's instructions: headers have right checksums unless a later instruction spoils them.
//!
//! And walks an archive by itself, by nothing but name and size of each header, to compare with what the product's readers have seen.

use tar::{EntryType, Header};

use super::input::Input;

const BLOCK: usize = 512;

/// An archive under construction.
#[derive(Default)]
pub struct Archive {
    pub bytes: Vec<u8>,
    last: usize,
}

impl Archive {
    /// Adds a plain file, as the product does.
    pub fn file(&mut self, name: &[u8], content: &[u8]) {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_device_major(0).expect("ustar");
        header.set_device_minor(0).expect("ustar");
        sum(&mut header);
        self.last = self.bytes.len();
        self.bytes.extend(header.as_bytes());
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
    }

    /// The end marker.
    pub fn end(&mut self) {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
    }

    /// Does one of the things that nobody honest does.
    pub fn spoil(&mut self, input: &mut Input<'_>) {
        match input.byte() % 8 {
            // A byte of the last header, with the checksum made right again.
            0 => {
                let (at, byte) = (input.number() % BLOCK, input.byte());
                self.header(|header| header.as_mut_bytes()[at] = byte);
            }
            // A byte anywhere.
            1 => {
                let (at, byte) = (input.number(), input.byte());
                if let Some(spoilt) = at.checked_rem(self.bytes.len()).and_then(|at| self.bytes.get_mut(at)) {
                    *spoilt = byte;
                }
            }
            2 => self.bytes.resize(self.bytes.len() + BLOCK * usize::from(input.byte() % 4), 0),
            3 => self.bytes.extend(input.short()),
            4 => self.bytes.truncate(self.bytes.len() - input.number() % (self.bytes.len() + 1)),
            // Another size, in octal or as a binary number.
            5 => {
                let size = u64::from(input.byte()) << (input.byte() % 64);
                let octal = input.byte().is_multiple_of(2);
                self.header(|header| {
                    if octal {
                        let text = format!("{:011o}\0", size & 0o77_777_777_777);
                        header.as_old_mut().size.copy_from_slice(text.as_bytes());
                    } else {
                        header.set_size(size | 1 << 36);
                    }
                });
            }
            6 => {
                let kind = input.byte();
                self.header(|header| header.set_entry_type(EntryType::new(kind)));
            }
            _ => {
                let magic: [u8; 8] =
                    *[b"ustar\x0000", b"ustar  \0", b"\0\0\0\0\0\0\0\0"][usize::from(input.byte() % 3)];
                self.header(|header| header.as_mut_bytes()[257..265].copy_from_slice(&magic));
            }
        }
    }

    fn header(&mut self, change: impl FnOnce(&mut Header)) {
        if let Some(bytes) = self.bytes.get_mut(self.last..self.last + BLOCK) {
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(bytes);
            change(&mut header);
            sum(&mut header);
            bytes.copy_from_slice(header.as_bytes());
        }
    }
}

/// The checksum as GNU tar writes it.
fn sum(header: &mut Header) {
    header.set_cksum();
    let sum = header.cksum().expect("just set");
    header.as_old_mut().cksum.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// An entry as the walk sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub content: Vec<u8>,
}

/// All entries up to the first zero block, and whether all behind it is zero. For archives that a reader of the product has accepted.
pub fn walk(archive: &[u8]) -> (Vec<Seen>, bool) {
    let (mut seen, mut at) = (Vec::new(), 0);
    while let Some(header) = archive.get(at..at + BLOCK).filter(|block| block.iter().any(|&byte| byte != 0)) {
        let until_zero = |field: &[u8]| field.iter().copied().take_while(|&byte| byte != 0).collect::<Vec<_>>();
        let text = |field: &[u8]| String::from_utf8(until_zero(field)).expect("a name that was accepted is text");
        let prefix = text(&header[345..500]);
        let joint = if prefix.is_empty() { "" } else { "/" };
        let name = format!("{prefix}{joint}{}", text(&header[..100]));
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).expect("a size that was accepted is octal");
        at += BLOCK;
        let content = archive[at..at + size].to_vec();
        at += size.next_multiple_of(BLOCK);
        seen.push(Seen { name, content });
    }
    (seen, archive.get(at..).unwrap_or_default().iter().all(|&byte| byte == 0))
}
