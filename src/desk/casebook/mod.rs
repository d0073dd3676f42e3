//! What the desk has: which bundles came from which courier, and which tips were in them. Ciphertext stays in `tips/`; this is only the list.

mod absent;
mod case;
mod error;
mod tried;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use softinfo_base::file::write_whole;
use softinfo_base::wording;
use softinfo_formats::directory::Seen;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use crate::chain::Chain;
use crate::key_name::KnownKey;

pub use absent::{Missing, WithoutFile};
pub use case::Case;
pub(crate) use case::{tip_file, tip_file_in};
pub use error::CasebookError;

/// Name of the file.
const FILE: &str = "casebook.json";
const SCHEMA: &str = "softinfo/casebook/1";

/// `casebook.json` of one channel, written whole after each change.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Casebook {
    schema: String,
    /// The bundles of each courier.
    pub chains: BTreeMap<CourierName, Chain>,
    /// Tips by id.
    pub tips: BTreeMap<TipId, Case>,
    /// Keys that were tried on tips that none has opened; a case names them by their place here.
    keys: Vec<KnownKey>,
    /// The newest directory that came with a bundle.
    pub seen: Option<Seen>,
}

impl Default for Casebook {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), chains: BTreeMap::new(), tips: BTreeMap::new(), keys: Vec::new(), seen: None }
    }
}

impl Casebook {
    /// Reads the casebook in `folder`; an absent one is empty.
    ///
    /// # Errors
    /// `Lost` when it is absent although sealed tips are there; `File`.
    pub fn read(folder: &Path) -> Result<Self, CasebookError> {
        let path = folder.join(FILE);
        let failed = |source| CasebookError::File { path: path.clone(), source };
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::begun(folder),
            Err(error) => Err(failed(error)),
            Ok(bytes) => {
                let book: Self =
                    serde_json::from_slice(&bytes).map_err(|error| failed(io::Error::other(wording::json(&error))))?;
                let version =
                    || io::Error::other(format!("its version is “{}”, this program reads {SCHEMA}", book.schema));
                if book.schema == SCHEMA { Ok(book) } else { Err(failed(version())) }
            }
        }
    }

    /// Whether `folder` has a casebook, in order or not.
    #[must_use]
    pub fn is_there(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Writes it, whole and durably.
    pub fn write(&self, folder: &Path) -> Result<(), CasebookError> {
        let path = folder.join(FILE);
        write_whole(&path, |file| {
            let mut file = io::BufWriter::new(file);
            serde_json::to_writer(&mut file, self)?;
            io::Write::flush(&mut file)
        })
        .map_err(|source| CasebookError::Write { path, source })
    }

    /// The one tip whose id begins with `start`.
    pub fn find(&self, start: &str) -> Result<(TipId, &Case), CasebookError> {
        let shown = || start.chars().take(64).collect();
        let mut fits = self.tips.iter().filter(|(id, _)| !start.is_empty() && id.to_string().starts_with(start));
        match (fits.next(), fits.next()) {
            (Some((id, case)), None) => Ok((*id, case)),
            (None, _) => Err(CasebookError::Unknown(shown())),
            _ => Err(CasebookError::Several(shown())),
        }
    }

    /// The one courier whose name begins with `start`, and its chain.
    pub fn courier(&mut self, start: &str) -> Result<(CourierName, &mut Chain), CasebookError> {
        let shown = || start.chars().take(64).collect();
        let mut fits =
            self.chains.iter_mut().filter(|(name, _)| !start.is_empty() && name.to_string().starts_with(start));
        match (fits.next(), fits.next()) {
            (Some((name, chain)), None) => Ok((name.clone(), chain)),
            (None, _) => Err(CasebookError::UnknownCourier(shown())),
            _ => Err(CasebookError::SeveralCouriers(shown())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_name::{KeyName, KeyNames};

    fn key(epoch: &str) -> KeyName {
        KeyName { holder: "unit".parse().unwrap(), epoch: epoch.parse().unwrap() }
    }

    fn book(tips: u8) -> Casebook {
        let mut book = Casebook::default();
        for n in 0..tips {
            let courier = "0123456789abcdef0123456789abcdef".parse().unwrap();
            book.tips.insert(TipId::of(&[n]), Case::new("2026-11-29".parse().unwrap(), 1, courier, 1));
        }
        book
    }

    #[test]
    fn a_tip_is_tried_again_with_keys_that_were_not_tried_and_only_then() {
        let mut book = book(3);
        let known = |epoch: &str| KnownKey::new(key(epoch), Some(epoch));
        let untried = |book: &Casebook, keys: &[KnownKey]| book.untried(keys).map(|(id, _)| id).collect::<Vec<_>>();
        let [first, second, third] = [TipId::of(&[0]), TipId::of(&[1]), TipId::of(&[2])];
        book.note(&first, None, [known("2026-10"), known("2026-11")]);
        book.note(&second, None, [known("2026-11")]);
        book.note(&third, Some(key("2026-11")), []);
        assert_eq!(untried(&book, &[known("2026-11")]), []);
        assert_eq!(untried(&book, &[known("2026-10"), known("2026-11")]), [second]);
        assert_eq!(untried(&book, &[known("2026-12")]).len(), 2);
        // Another key of the same name, as after keys were made anew; and one of which only the name is known.
        assert_eq!(untried(&book, &[KnownKey::new(key("2026-11"), Some("another"))]), [second, first]);
        assert_eq!(untried(&book, &[KnownKey::new(key("2026-11"), None)]), []);
        let folder = tempfile::tempdir().unwrap();
        book.write(folder.path()).unwrap();
        assert_eq!(Casebook::read(folder.path()).unwrap(), book);
        assert_eq!(book.tried(&book.tips[&first]).to_string(), "unit 2026-10, unit 2026-11");
        book.note(&first, Some(key("2026-12")), []);
        assert_eq!(book.tried(&book.tips[&first]).to_string(), "no key");
    }

    #[test]
    fn a_tip_whose_file_is_gone_or_cut_short_is_without_it() {
        let (folder, book) = (tempfile::tempdir().unwrap(), book(3));
        std::fs::create_dir(folder.path().join("tips")).unwrap();
        for (n, bytes) in [(0, "x"), (1, "")] {
            std::fs::write(tip_file(folder.path(), &TipId::of(&[n])), bytes).unwrap();
        }
        let without = book.without_file(folder.path());
        assert_eq!((without.len(), without[0].tips, without[0].bundles[0].to_string()), (1, 2, "1".to_owned()));
        std::fs::write(tip_file(folder.path(), &TipId::of(&[1])), "x").unwrap();
        std::fs::write(tip_file(folder.path(), &TipId::of(&[2])), "x").unwrap();
        assert_eq!(book.without_file(folder.path()), []);
    }

    #[test]
    fn many_keys_are_named_by_number_first_and_last() {
        let keys = KeyNames((1..=12).map(|month| key(&format!("2026-{month:02}"))).collect());
        assert_eq!(keys.to_string(), "12 keys of unit, 2026-01 to 2026-12");
    }

    #[test]
    fn a_casebook_that_is_damaged_is_refused_and_one_that_is_absent_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Casebook::read(folder.path()).unwrap(), Casebook::default());
        for bad in ["", "{", r#"{"schema":"softinfo/casebook/2","chains":{},"tips":{},"keys":[],"seen":null}"#] {
            std::fs::write(folder.path().join("casebook.json"), bad).unwrap();
            assert!(matches!(Casebook::read(folder.path()), Err(CasebookError::File { .. })), "{bad}");
        }
    }
}
