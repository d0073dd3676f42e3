//! Opening a tip: decrypt, check to the last byte, and only then show files under their names.
//!
//! In: a tip's id and unlocked keys. Out: a folder with the tip's files, or the message in memory. Touches the folder that it is told, and the
//! casebook, which notes which keys were tried.

mod error;
mod folder;
mod known;
mod memory;
mod staging;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use softinfo_base::limits::MAX_MESSAGE;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::open::OpenError;
use zeroize::Zeroizing;

use crate::casebook::{Case, Casebook, CasebookError, tip_file};
use crate::desk_folder::Desk;
use crate::key_name::{KeyName, KnownKey};
use crate::lock::DeskLock;
use crate::reading::ReadError;

pub use error::OpenTipError;
pub use folder::{Opened, check_out, open};
pub use memory::{Shown, show};

/// The tip whose id begins with `start`, when its file is there with its length. Asked before the passphrase is.
pub fn find(desk: &Desk, start: &str) -> Result<TipId, OpenTipError> {
    let book = Casebook::read(&desk.folder)?;
    let (id, case) = book.find(start)?;
    if case.is_here(&desk.folder, &id) { Ok(id) } else { Err(missing(case)) }
}

/// The case of a tip whose stored file has every byte.
fn whole_case(desk: &Desk, id: &TipId) -> Result<Case, OpenTipError> {
    let book = Casebook::read(&desk.folder)?;
    let case = book.tips.get(id).ok_or_else(|| CasebookError::Unknown(id.to_string()))?;
    let found = File::open(stored(desk, id)).and_then(TipId::of_reader);
    if found.is_ok_and(|(hash, _)| hash == *id) { Ok(case.clone()) } else { Err(missing(case)) }
}

fn missing(case: &Case) -> OpenTipError {
    OpenTipError::Missing { courier: case.courier.clone(), bundle: case.bundle }
}

fn stored(desk: &Desk, id: &TipId) -> PathBuf {
    tip_file(&desk.folder, id)
}

fn message(content: &mut dyn Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    content.take(MAX_MESSAGE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Notes which key opens a tip, or which don't. It only spares trying them again, so that a failure is passed over.
fn note(_held: &DeskLock, desk: &Desk, id: &TipId, reader: Option<&KeyName>, tried: &[KnownKey]) {
    let Ok(mut book) = Casebook::read(&desk.folder) else { return };
    let before = book.tips.get(id).cloned();
    book.note(id, reader.cloned(), tried.iter().cloned());
    if book.tips.get(id) != before.as_ref() {
        let _ = book.write(&desk.folder);
    }
}

fn refusal(
    desk: &Desk,
    id: &TipId,
    case: &Case,
    error: ReadError,
    failed: impl FnOnce(io::Error) -> OpenTipError,
) -> OpenTipError {
    match error {
        ReadError::NoKey(tried) => match &case.reader {
            Some(key) if !desk.keyring.has(&key.holder, &key.epoch) => OpenTipError::KeyGone(key.clone()),
            Some(key) => OpenTipError::KeyChanged(key.clone()),
            None => OpenTipError::NoKey(tried.iter().collect()),
        },
        ReadError::NotAuthentic => OpenTipError::NotAuthentic,
        ReadError::Take(source) => failed(source),
        ReadError::Source(source) | ReadError::Open(OpenError::Io(source)) => {
            OpenTipError::File { path: stored(desk, id), source }
        }
        ReadError::Open(error) => OpenTipError::Open(error),
        ReadError::Container(error) => OpenTipError::Container(error),
    }
}
