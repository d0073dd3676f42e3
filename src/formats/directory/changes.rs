//! What changed from one directory to the next, for the person who signs it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::holder::Contents;

/// One thing that is new, gone or different. `at` says where it stands: the holder's or epoch's name, then the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added {
        /// Where it stands in the directory.
        at: String,
        /// What the newer directory says.
        now: String,
    },
    /// It is there no longer.
    Removed {
        /// Where it stands in the directory.
        at: String,
        /// What the older directory says.
        before: String,
    },
    /// It says something else.
    Changed {
        /// Where it stands in the directory.
        at: String,
        /// What the older directory says.
        before: String,
        /// What the newer directory says.
        now: String,
    },
}

impl Change {
    /// Where it stands in the directory: the names on the way there, divided by ›.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Added { at, .. } | Self::Removed { at, .. } | Self::Changed { at, .. } => at,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { at, now } => write!(f, "new      {at}: {now}"),
            Self::Removed { at, before } => write!(f, "gone     {at}: {before}"),
            Self::Changed { at, before, now } => write!(f, "changed  {at}: {before} → {now}"),
        }
    }
}

/// All that differs between `before` and `now`, in the order of where it stands. Keys are shown as the first 16 hexadecimal digits of their SHA-256.
#[must_use]
pub fn changes(before: &Contents, now: &Contents) -> Vec<Change> {
    let (before, now) = (flat(before), flat(now));
    let places: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).cloned().collect();
    let change = |at: String| match (before.get(&at).cloned(), now.get(&at).cloned()) {
        (None, Some(now)) => Some(Change::Added { at, now }),
        (Some(before), None) => Some(Change::Removed { at, before }),
        (Some(before), Some(now)) if before != now => Some(Change::Changed { at, before, now }),
        _ => None,
    };
    places.into_iter().filter_map(change).collect()
}

fn flat(contents: &Contents) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    walk(&serde_json::to_value(contents).unwrap_or_default(), "", &mut all);
    all
}

/// Every value by its place; members of a list stand under their own name where they have one.
fn walk(value: &Value, at: &str, all: &mut BTreeMap<String, String>) {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at} › {name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| walk(inner, &below(name), all)),
        Value::Array(members) => {
            for member in members {
                let named = ["id", "epoch"].into_iter().find_map(|field| member[field].as_str());
                match (named, member.as_str()) {
                    (Some(name), _) => walk(member, &below(name), all),
                    (None, Some(text)) => drop(all.insert(below(text), "named".to_owned())),
                    (None, None) => walk(member, at, all),
                }
            }
        }
        Value::Null => (),
        Value::String(key) if key.starts_with("age1pq1") => {
            let digest = hex::encode(Sha256::digest(key));
            all.insert(at.to_owned(), format!("key {}", &digest[..16]));
        }
        Value::String(text) => drop(all.insert(at.to_owned(), text.clone())),
        other => drop(all.insert(at.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::example;

    #[test]
    fn what_is_new_gone_or_different_is_named_by_where_it_stands_and_nothing_else_is() {
        let before = example::contents();
        assert_eq!(changes(&before, &before), []);
        let mut now = before.clone();
        now.version += 1;
        now.relays.push("http://127.0.0.1:9999".to_owned());
        let key = now.holders[0].epochs[1].recipient.clone();
        now.holders[0].epochs[0].recipient = key;
        let gone = now.holders.remove(1);
        let shown: Vec<_> = changes(&before, &now).iter().map(ToString::to_string).collect();
        let about = |words: &str| shown.iter().filter(|line| line.contains(words)).count();
        assert_eq!(about("new      relays › http://127.0.0.1:9999"), 1, "{shown:?}");
        assert_eq!(about("changed  version: "), 1);
        assert_eq!(about(&format!("changed  holders › {} › epochs › 2026-01 › recipient: key ", now.holders[0].id)), 1);
        let rest = shown.len() - 3;
        assert!(rest > 10 && about(&format!("gone     holders › {}", gone.id)) == rest, "{shown:?}");
        assert!(shown.iter().all(|line| !line.contains("age1pq1")), "keys are too long to compare by eye");
    }
}
