//! The tips of a desk as rows, the oldest first.

use serde::Serialize;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use crate::casebook::{Case, Casebook, CasebookError};
use crate::desk_folder::Desk;
use crate::key_name::{KeyName, KeyNames, KnownKey};

/// All tips on a desk, and what may be tried on them.
#[derive(Debug, Clone)]
pub struct TipList {
    /// A row for each tip, by the day that the relay noted, then by id.
    pub rows: Vec<TipRow>,
    /// Whether a key that may be here was not tried yet on a tip that no key has opened.
    pub some_untried: bool,
}

/// A tip in the list. As JSON it has the fields that scripts know.
#[derive(Debug, Clone, Serialize)]
pub struct TipRow {
    /// The tip's id.
    pub id: TipId,
    /// The day the relay noted.
    pub day: Day,
    /// Bytes of the sealed file.
    pub size: u64,
    /// The courier whose bundle it came in.
    pub courier: CourierName,
    /// The number of that bundle.
    pub bundle: u64,
    /// Whether its file is there.
    pub file: TipFile,
    /// The key that opens it; `None` when no key of this desk did.
    pub reader: Option<KeyName>,
    /// Whether the file of that key is gone from `keys/`.
    #[serde(skip)]
    pub reader_is_gone: bool,
    /// Keys that were tried and don't open it.
    pub tried: KeyNames,
    /// Whether a key was ever tried on it.
    #[serde(skip)]
    pub was_tried: bool,
}

/// What is known of a tip's sealed file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TipFile {
    /// It is there with its length.
    Here,
    /// It is missing, or has another length: its bundle brings it back.
    Missing,
}

impl TipList {
    /// The tips of `desk`. `keys` are the keys that it has, or may have.
    ///
    /// # Errors
    /// The casebook is lost, or can't be read.
    pub fn read(desk: &Desk, keys: &[KnownKey]) -> Result<Self, CasebookError> {
        let book = Casebook::read(&desk.folder)?;
        let mut rows: Vec<_> = book.tips.iter().map(|(id, case)| TipRow::of(desk, &book, id, case)).collect();
        rows.sort_by_key(|row| (row.day, row.id));
        let some_untried = book.untried(keys).any(|(id, case)| case.is_here(&desk.folder, &id));
        Ok(Self { rows, some_untried })
    }

    /// Whether a tip is among them that keys were tried on in vain, and that one may open which comes later.
    #[must_use]
    pub fn some_unopened(&self) -> bool {
        self.rows.iter().any(|row| row.file == TipFile::Here && row.reader.is_none() && row.was_tried)
    }

    /// Whether the file of a tip is missing or damaged.
    #[must_use]
    pub fn some_missing(&self) -> bool {
        self.rows.iter().any(|row| row.file == TipFile::Missing)
    }
}

impl TipRow {
    fn of(desk: &Desk, book: &Casebook, id: &TipId, case: &Case) -> Self {
        let gone = |reader: &KeyName| !desk.keyring.has(&reader.holder, &reader.epoch);
        Self {
            id: *id,
            day: case.day,
            size: case.size,
            courier: case.courier.clone(),
            bundle: case.bundle,
            file: if case.is_here(&desk.folder, id) { TipFile::Here } else { TipFile::Missing },
            reader: case.reader.clone(),
            reader_is_gone: case.reader.as_ref().is_some_and(gone),
            tried: book.tried(case),
            was_tried: case.was_tried(),
        }
    }
}
