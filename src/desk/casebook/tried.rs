//! Which keys were tried on the tips that none has opened, so that no key is tried twice.

use std::collections::BTreeSet;

use softinfo_formats::envelope::id::TipId;

use super::{Case, Casebook};
use crate::key_name::{KeyName, KeyNames, KnownKey};

impl Casebook {
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

    /// Whether `key` was tried on a tip.
    #[must_use]
    pub fn was_tried(&self, id: &TipId, key: &KnownKey) -> bool {
        let tried = self.tips.get(id).map(|case| &case.tried);
        tried.is_some_and(|tried| self.places(key).iter().any(|place| tried.contains(place)))
    }

    /// Where `key` is in the list; several places where only its name is known.
    fn places(&self, key: &KnownKey) -> Vec<usize> {
        self.keys.iter().enumerate().filter(|(_, known)| key.may_be(known)).map(|(place, _)| place).collect()
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
