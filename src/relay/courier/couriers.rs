//! When each courier came last, as a day, so that somebody notices one who comes no more.
//!
//! In: the number of a courier's token, as it asks for the end of the list. Out: days. Touches: `relay/couriers.json` in the store's folder,
//! which is written once an hour and at the end, never at the moment when a courier comes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use softinfo_base::day::Day;
use softinfo_base::file::{private_folder, read_limited, write_dated};

use crate::token::TokenHash;

/// Largest file that is read, in bytes: thousands of couriers.
const LARGEST: u64 = 1 << 20;
const SCHEMA: &str = "softinfo/couriers/1";

/// Which courier a request is from: the place of its token in the configuration, from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Courier(pub usize);

/// The last day of each.
pub(crate) struct Couriers {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    couriers: Vec<Last>,
    changed: bool,
}

/// A token's last day, as it is kept. By hash, so that another order in the configuration changes nothing.
#[derive(Clone, Serialize, Deserialize)]
struct Last {
    token_sha256: TokenHash,
    last_fetch: Option<Day>,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    couriers: Vec<Last>,
}

/// A courier, for the status of the relay.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    /// Place of its token in the configuration, from 1.
    pub number: usize,
    /// The last day on which it was given the list to its end.
    pub last_fetch: Option<Day>,
}

impl Couriers {
    /// Reads what was kept of these tokens. A file that can't be read counts as none: then nobody has come yet.
    pub fn open(folder: &Path, tokens: &[TokenHash]) -> Self {
        let path = folder.join("couriers.json");
        let read = read_limited(&path, LARGEST).ok().and_then(|bytes| serde_json::from_slice::<File>(&bytes).ok());
        let kept = read.filter(|file| file.schema == SCHEMA).map_or_else(Vec::new, |file| file.couriers);
        let last = |token: &TokenHash| kept.iter().find(|last| last.token_sha256 == *token)?.last_fetch;
        let couriers =
            tokens.iter().map(|token| Last { token_sha256: token.clone(), last_fetch: last(token) }).collect();
        Self { path, known: Mutex::new(Known { couriers, changed: false }) }
    }

    /// A courier has been given the list to its end.
    pub fn came(&self, Courier(number): Courier, today: Day) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known.couriers.get_mut(number).filter(|last| last.last_fetch != Some(today)) {
            last.last_fetch = Some(today);
            known.changed = true;
        }
    }

    /// All of them, in the order of the configuration.
    pub fn shown(&self) -> Vec<Shown> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.couriers.iter().zip(1..).map(|(last, number)| Shown { number, last_fetch: last.last_fetch }).collect()
    }

    /// Writes down what has changed. May wait for the disk.
    pub fn save(&self, today: Day) -> io::Result<()> {
        let couriers = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::take(&mut known.changed) {
                return Ok(());
            }
            known.couriers.clone()
        };
        let file = File { schema: SCHEMA.to_owned(), couriers };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let written = private_folder(folder)
            .and_then(|()| write_dated(&self.path, today, |out| Ok(serde_json::to_writer_pretty(out, &file)?)));
        if written.is_err() {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).changed = true;
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_couriers_last_day_outlives_a_restart_and_another_order_of_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = [b"one", b"two"].map(|token| TokenHash::of(token));
        let day: Day = "2026-11-24".parse().unwrap();
        let couriers = Couriers::open(folder.path(), &tokens);
        couriers.came(Courier(1), day);
        couriers.came(Courier(7), day);
        couriers.save(day).unwrap();
        let shown = |tokens: &[TokenHash]| Couriers::open(folder.path(), tokens).shown();
        let is = |number, last_fetch| Shown { number, last_fetch };
        assert_eq!(shown(&tokens), [is(1, None), is(2, Some(day))]);
        let [one, two] = tokens;
        assert_eq!(shown(&[two, TokenHash::of(b"new"), one]), [is(1, Some(day)), is(2, None), is(3, None)]);
        // Nothing but the day is in the file or beside it.
        let path = folder.path().join("couriers.json");
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), day.midnight());
        std::fs::write(path, "damaged").unwrap();
        assert_eq!(shown(&[TokenHash::of(b"one")]), [is(1, None)]);
    }
}
