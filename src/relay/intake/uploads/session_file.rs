//! The file of one upload: records, each sealed with the key of the token. The first says what it is, the others hold the tip.
//!
//! In: pieces and a token. Out: the same pieces, in order. Touches: one file.
//!
//! A record is the length of its content (4 bytes), a random nonce (24), and the content sealed with XChaCha20-Poly1305. Random, because
//! after a crash another content may come to the same place: a counter would use a nonce twice. A part is bound to its place in the tip.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::{RngCore, rngs::OsRng};

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::file::date;
use softinfo_base::limits::UPLOAD_RECORD;
use softinfo_formats::envelope::id::TipId;

use super::exclusive::Turn;
use super::token::Token;
use crate::accept::DurableTip;

const NONCE: usize = 24;
/// Bytes of a record besides its content: length, nonce, tag.
const AROUND: u64 = 4 + NONCE as u64 + 16;
const HEAD: &[u8] = b"head";
/// Kind, length, day, id.
const HEAD_BYTES: usize = 1 + 8 + 4 + 32;

/// What lies under a token.
pub(super) enum Found {
    Open(Session),
    Done(Done),
}

/// An upload that has become a tip.
pub(super) struct Done {
    pub length: u64,
    pub accepted: DurableTip,
}

/// An upload that a request works on.
pub(super) struct Session {
    file: File,
    path: PathBuf,
    cipher: XChaCha20Poly1305,
    pub turn: Turn,
    clock: Arc<dyn Clock>,
    /// Bytes of the whole tip.
    pub length: u64,
    /// Behind the last good record: bytes of the file, and of the tip.
    end: Place,
    /// What was read back so far.
    read: Place,
}

#[derive(Clone, Copy)]
struct Place {
    file: u64,
    tip: u64,
}

const FIRST: Place = Place { file: AROUND + HEAD_BYTES as u64, tip: 0 };

impl Place {
    fn behind(self, content: u64) -> Self {
        Self { file: self.file + AROUND + content, tip: self.tip + content }
    }
}

impl Session {
    /// Begins the file of a tip of `length` bytes. `clock` says of which day its time is.
    pub fn create(path: &Path, token: &Token, length: u64, (turn, clock): (Turn, Arc<dyn Clock>)) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        let cipher = token.cipher();
        file.write_all_at(&seal(&cipher, HEAD, &head(0, length, clock.today(), [0; 32]))?, 0)?;
        Ok(Self { file, path: path.to_owned(), cipher, turn, clock, length, end: FIRST, read: FIRST })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the tip that are there.
    pub fn offset(&self) -> u64 {
        self.end.tip
    }

    /// Adds at most [`UPLOAD_RECORD`] bytes. When that fails, the file is as it was.
    pub fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        let record = seal(&self.cipher, &self.end.tip.to_be_bytes(), piece)?;
        if let Err(error) = self.file.write_all_at(&record, self.end.file) {
            self.file.set_len(self.end.file)?;
            return Err(error);
        }
        self.end = self.end.behind(piece.len() as u64);
        Ok(())
    }

    /// The bytes behind those read before; `None` at the end. `InvalidData` when they are not what was written.
    pub fn next_piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.read.tip >= self.end.tip {
            return Ok(None);
        }
        let piece = unseal(&self.file, &self.cipher, &self.read.tip.to_be_bytes(), self.read.file)?;
        self.read = self.read.behind(piece.len() as u64);
        Ok(Some(piece.into()))
    }

    /// Gives up what lies behind the last piece that was read; says how far the upload is then.
    pub fn cut_after_read(&mut self) -> io::Result<u64> {
        self.file.set_len(self.read.file)?;
        self.end = self.read;
        Ok(self.end.tip)
    }

    /// Leaves nothing but the answer.
    pub fn finish(self, accepted: DurableTip) -> io::Result<()> {
        let kind = if accepted.already { 2 } else { 1 };
        let record = seal(&self.cipher, HEAD, &head(kind, self.length, accepted.day, *accepted.id.as_bytes()))?;
        softinfo_base::file::write_whole(&self.path, |file| {
            file.write_all(&record)?;
            date(file, self.clock.today())
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A failure does no harm: expiry sets the time again.
        let _ = date(&self.file, self.clock.today());
    }
}

/// Opens the file of a token. What a crash has left half-written at its end is cut off.
pub(super) fn open(path: &Path, token: &Token, (turn, clock): (Turn, Arc<dyn Clock>)) -> io::Result<Option<Found>> {
    let file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let cipher = token.cipher();
    // Without a head nothing was ever answered.
    let Ok(head) = unseal(&file, &cipher, HEAD, 0) else { return Ok(None) };
    let Some((kind, length, day, id)) = parse_head(&head) else { return Ok(None) };
    if kind > 0 {
        let accepted = DurableTip { id: TipId::from_bytes(id), day, already: kind == 2 };
        return Ok(Some(Found::Done(Done { length, accepted })));
    }
    let end = last_good(&file, &cipher, length)?;
    if end.file < file.metadata()?.len() {
        file.set_len(end.file)?;
    }
    Ok(Some(Found::Open(Session { file, path: path.to_owned(), cipher, turn, clock, length, end, read: FIRST })))
}

/// The place behind the last good record. Lengths are walked through from the start; contents are tried from the end, because that is where
/// a crash leaves its marks. A record damaged in the middle shows when the upload is finished.
fn last_good(file: &File, cipher: &XChaCha20Poly1305, length: u64) -> io::Result<Place> {
    let size = file.metadata()?.len();
    let mut places = vec![FIRST];
    let mut at = FIRST;
    while at.file + AROUND < size {
        let content = content_length(file, at.file)?;
        let next = at.behind(content as u64);
        if !(1..=UPLOAD_RECORD).contains(&content) || next.file > size || next.tip > length {
            break;
        }
        places.push(next);
        at = next;
    }
    while let [.., before, _] = places[..] {
        if unseal(file, cipher, &before.tip.to_be_bytes(), before.file).is_ok() {
            break;
        }
        places.pop();
    }
    Ok(*places.last().unwrap_or(&FIRST))
}

fn content_length(file: &File, at: u64) -> io::Result<usize> {
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, at)?;
    Ok(u32::from_be_bytes(bytes) as usize)
}

fn seal(cipher: &XChaCha20Poly1305, place: &[u8], content: &[u8]) -> io::Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    OsRng.fill_bytes(&mut nonce);
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: content, aad: place })
        .map_err(|_| io::Error::other("too long to seal"))?;
    let length = u32::try_from(content.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], &nonce, &sealed].concat())
}

/// The content of the record at a place of the file; `InvalidData` when it is none, or another's.
fn unseal(file: &File, cipher: &XChaCha20Poly1305, place: &[u8], at: u64) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let length = content_length(file, at)?;
    if length > UPLOAD_RECORD {
        return Err(damaged());
    }
    let mut rest = vec![0; NONCE + length + 16];
    file.read_exact_at(&mut rest, at + 4).map_err(|_| damaged())?;
    let (nonce, sealed) = rest.split_at(NONCE);
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: place }).map_err(|_| damaged())
}

fn head(kind: u8, length: u64, day: Day, id: [u8; 32]) -> Vec<u8> {
    [&[kind][..], &length.to_be_bytes(), &day.number().to_be_bytes(), &id].concat()
}

fn parse_head(bytes: &[u8]) -> Option<(u8, u64, Day, [u8; 32])> {
    let bytes: &[u8; HEAD_BYTES] = bytes.try_into().ok()?;
    let day = Day::from_number(i32::from_be_bytes(bytes[9..13].try_into().ok()?))?;
    Some((bytes[0], u64::from_be_bytes(bytes[1..9].try_into().ok()?), day, bytes[13..].try_into().ok()?))
}
