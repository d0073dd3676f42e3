//! Numbers of bundles in a row, as people name them: what is missing of a chain is a few such rows, however many numbers they hold.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Numbers of a chain, one or several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The lowest of the numbers.
    pub first: u64,
    /// The highest; the same as the lowest where it is one.
    pub last: u64,
}

impl Gap {
    /// Numbers as the rows that they make, in their order.
    pub(crate) fn of(numbers: BTreeSet<u64>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for number in numbers {
            match rows.last_mut() {
                Some(row) if row.last.checked_add(1) == Some(number) => row.last = number,
                _ => rows.push(Self { first: number, last: number }),
            }
        }
        rows
    }

    /// Whether `number` is in it.
    #[must_use]
    pub const fn holds(self, number: u64) -> bool {
        self.first <= number && number <= self.last
    }

    /// What is left of it without the numbers of another.
    pub(crate) fn without(self, shut: Self) -> impl Iterator<Item = Self> {
        let below = (self.first < shut.first).then(|| Self { last: self.last.min(shut.first - 1), ..self });
        let above = (self.last > shut.last).then(|| Self { first: self.first.max(shut.last + 1), ..self });
        below.into_iter().chain(above)
    }
}

/// Rows of numbers for people: `2 to 3, 5`, or `none`.
#[must_use]
pub fn spelled(gaps: &[Gap]) -> String {
    if gaps.is_empty() {
        return "none".to_owned();
    }
    gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last > self.first { write!(f, " to {}", self.last) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_behind_each_other_are_one_row() {
        let rows = Gap::of([1, 2, 3, 5, u64::MAX - 1, u64::MAX].into());
        assert_eq!(spelled(&rows), format!("1 to 3, 5, {} to {}", u64::MAX - 1, u64::MAX));
        assert_eq!(spelled(&[]), "none");
    }
}
