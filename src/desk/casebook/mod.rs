//! What the desk has: which bundles came from which courier, and which tips were in them. Ciphertext stays in `tips/`; this is only the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use softinfo_base::day::Day;
use softinfo_base::wording::counted_are;
use softinfo_formats::directory::{EpochId, HolderId, Seen};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use crate::chain::{Chain, Gap};

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

/// One tip on the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The day the relay noted. It is a hint: a tip may have been sealed long before.
    pub day: Day,
    /// Bytes.
    pub size: u64,
    /// Whose bundle it came in.
    pub courier: CourierName,
    /// Number of the bundle it came in.
    pub bundle: u64,
    /// The key that opens it; `None` when no key of this desk did.
    pub reader: Option<KeyName>,
    /// Keys that don't open it, by their places in the casebook's list.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tried: BTreeSet<usize>,
}

/// A key of this desk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyName {
    /// The holder whose key it is.
    pub holder: HolderId,
    /// The epoch of the key.
    pub epoch: EpochId,
}

/// A key and what tells it from another of the same name: keys can be made anew under the names of old ones, and the old ones put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    holder: HolderId,
    epoch: EpochId,
    /// The first 8 bytes of the recipient's SHA-256, hexadecimal. Empty where the recipient is not known; then the name has to do.
    #[serde(default)]
    recipient: String,
}

/// Tips that are listed and whose files are not there, or have not their length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithoutFile {
    /// Whose bundles they came in.
    pub courier: CourierName,
    /// How many tips have no whole file.
    pub tips: usize,
    /// The numbers of those bundles: imported again, they bring the files back.
    pub bundles: Vec<Gap>,
}

/// Keys that were tried, for a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct KeyNames(pub BTreeSet<KeyName>);

/// Why the casebook or a tip in it could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CasebookError {
    /// The file is there but not readable as a casebook.
    #[error(
        "{}: {source}. Restore it from its copy; or move it away and import the bundles again: the tips in tips/ stay as they are, and each is listed \
         again as its bundle comes", path.display()
    )]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// It is gone, though tips are here.
    #[error(
        "the list of this desk ({}) is missing, but {} in {}. Restore it from its copy, or import the bundles again",
        folder.join(FILE).display(), counted_are(*.tips, "sealed tip"), folder.join("tips").display()
    )]
    Lost {
        /// The channel's folder.
        folder: PathBuf,
        /// How many sealed tips are in it.
        tips: usize,
    },
    /// It could not be written.
    #[error("{} could not be written, so nothing was changed: {source}", path.display())]
    Write {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// No tip begins so.
    #[error("there is no tip “{0}” on this desk; softinfo-desk list shows all")]
    Unknown(String),
    /// Several tips begin so.
    #[error("several tips begin with “{0}”; type more of the id")]
    Several(String),
    /// No courier begins so.
    #[error("no courier “{0}” has brought bundles to this desk; softinfo-desk bundles shows all")]
    UnknownCourier(String),
    /// Several couriers begin so.
    #[error("the names of several couriers begin with “{0}”; softinfo-desk bundles --json shows them whole")]
    SeveralCouriers(String),
}

/// Name of the file.
const FILE: &str = "casebook.json";
const SCHEMA: &str = "softinfo/casebook/1";
/// Most keys that a message names one by one.
const NAMED: usize = 4;

impl Default for Casebook {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), chains: BTreeMap::new(), tips: BTreeMap::new(), keys: Vec::new(), seen: None }
    }
}

impl Casebook {
    /// Reads the casebook in `folder`; an absent one is empty.
    pub fn read(folder: &Path) -> Result<Self, CasebookError> {
        let path = folder.join(FILE);
        let failed = |source| CasebookError::File { path: path.clone(), source };
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(error)),
            Ok(bytes) => {
                let book: Self = serde_json::from_slice(&bytes)
                    .map_err(|error| failed(io::Error::other(softinfo_base::wording::json(&error))))?;
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

    /// `Lost`, where the casebook of `folder` is missing although sealed tips are there.
    ///
    /// # Errors
    /// That one.
    pub fn not_lost(folder: &Path) -> Result<(), CasebookError> {
        if Self::is_there(folder) {
            return Ok(());
        }
        match Self::default().unlisted(folder) {
            0 => Ok(()),
            tips => Err(CasebookError::Lost { folder: folder.to_owned(), tips }),
        }
    }

    /// How many sealed tips are in `folder` that this casebook does not name.
    #[must_use]
    pub fn unlisted(&self, folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder.join("tips")).into_iter().flatten().flatten();
        let tip = |name: std::ffi::OsString| name.to_str()?.strip_suffix(".age")?.parse::<TipId>().ok();
        entries.filter_map(|entry| tip(entry.file_name())).filter(|id| !self.tips.contains_key(id)).count()
    }

    /// Writes it, whole and durably.
    pub fn write(&self, folder: &Path) -> Result<(), CasebookError> {
        let path = folder.join(FILE);
        softinfo_base::file::write_whole(&path, |file| {
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

    /// The keys that have been tried on a tip and don't open it.
    #[must_use]
    pub fn tried(&self, case: &Case) -> KeyNames {
        case.tried.iter().filter_map(|&place| self.keys.get(place)).collect()
    }

    /// Tips that no key has opened and on which one of `keys` was not tried yet, whether or not their files are there.
    pub fn untried<'a>(&'a self, keys: &'a [KnownKey]) -> impl Iterator<Item = (TipId, &'a Case)> {
        let places: Vec<Vec<_>> = keys.iter().map(|key| self.places(key)).collect();
        let untried =
            move |case: &Case| places.iter().any(|places| !places.iter().any(|place| case.tried.contains(place)));
        self.unopened().filter(move |(_, case)| untried(case))
    }

    /// Tips that no key has opened.
    pub fn unopened(&self) -> impl Iterator<Item = (TipId, &Case)> {
        self.tips.iter().filter(|(_, case)| case.reader.is_none()).map(|(id, case)| (*id, case))
    }

    /// The tips of each courier whose file in `folder` is missing or has not its length, and the bundles that bring them back.
    #[must_use]
    pub fn without_file(&self, folder: &Path) -> Vec<WithoutFile> {
        let mut all: BTreeMap<&CourierName, (usize, BTreeSet<u64>)> = BTreeMap::new();
        for (_, case) in self.tips.iter().filter(|(id, case)| !case.is_here(folder, id)) {
            let (tips, bundles) = all.entry(&case.courier).or_default();
            *tips += 1;
            bundles.insert(case.bundle);
        }
        let of = |(courier, (tips, bundles)): (&CourierName, _)| WithoutFile {
            courier: courier.clone(),
            tips,
            bundles: Gap::of(bundles),
        };
        all.into_iter().map(of).collect()
    }

    /// Whether `key` was tried on a tip.
    #[must_use]
    pub fn was_tried(&self, id: &TipId, key: &KnownKey) -> bool {
        let tried = self.tips.get(id).map(|case| &case.tried);
        tried.is_some_and(|tried| self.places(key).iter().any(|place| tried.contains(place)))
    }

    /// Where `key` is in the list; several places where only its name is known.
    fn places(&self, key: &KnownKey) -> Vec<usize> {
        let same = |known: &KnownKey| {
            let name = (&known.holder, &known.epoch) == (&key.holder, &key.epoch);
            name && (key.recipient.is_empty() || known.recipient == key.recipient)
        };
        self.keys.iter().enumerate().filter(|(_, known)| same(known)).map(|(place, _)| place).collect()
    }

    /// A new case, in which no key was tried.
    #[must_use]
    pub const fn case(day: Day, size: u64, courier: CourierName, bundle: u64) -> Case {
        Case { day, size, courier, bundle, reader: None, tried: BTreeSet::new() }
    }

    /// Notes which key opens a tip, or, where none does, that `tried` were tried. A tip that is not listed is passed over.
    pub fn note(&mut self, id: &TipId, reader: Option<KeyName>, tried: impl IntoIterator<Item = KnownKey>) {
        let Some(case) = self.tips.get_mut(id) else { return };
        if reader.is_some() {
            (case.reader, case.tried) = (reader, BTreeSet::new());
            return;
        }
        for key in tried {
            let place = self.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                self.keys.push(key);
                self.keys.len() - 1
            });
            case.tried.insert(place);
        }
    }
}

/// Where the sealed file of a tip is, in the folder of a channel.
pub(super) fn tip_file(folder: &Path, id: &TipId) -> PathBuf {
    tip_file_in(&folder.join("tips"), id)
}

/// The same where the sealed tips themselves are in `folder`.
pub(super) fn tip_file_in(folder: &Path, id: &TipId) -> PathBuf {
    folder.join(format!("{id}.age"))
}

impl Case {
    /// Whether the file of this tip is in `folder` with its length. What was changed inside shows when it is opened.
    #[must_use]
    pub fn is_here(&self, folder: &Path, id: &TipId) -> bool {
        std::fs::metadata(tip_file(folder, id)).is_ok_and(|found| found.len() == self.size)
    }

    /// Whether a key was tried on this tip.
    #[must_use]
    pub fn was_tried(&self) -> bool {
        self.reader.is_some() || !self.tried.is_empty()
    }
}

impl KnownKey {
    /// The key `name`, whose recipient is written `recipient`; `None` where it is not known.
    #[must_use]
    pub fn new(name: KeyName, recipient: Option<&str>) -> Self {
        let short = |text: &str| hex::encode(&Sha256::digest(text)[..8]);
        Self { holder: name.holder, epoch: name.epoch, recipient: recipient.map(short).unwrap_or_default() }
    }
}

impl<'a> FromIterator<&'a KnownKey> for KeyNames {
    fn from_iter<T: IntoIterator<Item = &'a KnownKey>>(keys: T) -> Self {
        Self(keys.into_iter().map(|key| KeyName { holder: key.holder.clone(), epoch: key.epoch.clone() }).collect())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.holder, self.epoch)
    }
}

/// `unit 2026-10, unit 2026-11`; of more than four, for each holder how many and the first and last.
impl fmt::Display for KeyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no key");
        }
        if self.0.len() <= NAMED {
            let names: Vec<_> = self.0.iter().map(ToString::to_string).collect();
            return f.write_str(&names.join(", "));
        }
        let mut holders: BTreeMap<&HolderId, Vec<&EpochId>> = BTreeMap::new();
        for key in &self.0 {
            holders.entry(&key.holder).or_default().push(&key.epoch);
        }
        let row = |(holder, epochs): (&HolderId, Vec<&EpochId>)| match &epochs[..] {
            [only] => format!("{holder} {only}"),
            [first, .., last] => format!("{} keys of {holder}, {first} to {last}", epochs.len()),
            [] => String::new(),
        };
        f.write_str(&holders.into_iter().map(row).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(epoch: &str) -> KeyName {
        KeyName { holder: "unit".parse().unwrap(), epoch: epoch.parse().unwrap() }
    }

    fn book(tips: u8) -> Casebook {
        let mut book = Casebook::default();
        for n in 0..tips {
            let courier = "0123456789abcdef0123456789abcdef".parse().unwrap();
            book.tips.insert(TipId::of(&[n]), Casebook::case("2026-11-29".parse().unwrap(), 1, courier, 1));
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
