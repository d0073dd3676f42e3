//! The bundles of one courier. Each names the one before, so that a missing one shows and nothing else can take its place.
//!
//! In: number, id and predecessor of a bundle. Out: where it stands, and which numbers have not come.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use softinfo_formats::transfer::bundle::BundleId;

use crate::gap::Gap;

/// The bundles of one courier, as they have come to this desk.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Bundles that came, by number.
    bundles: BTreeMap<u64, BundleId>,
    /// Bundles that have not come, as the one after them names them: nothing else may fill the gap.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    awaited: BTreeMap<u64, BundleId>,
    /// Numbers that are not waited for any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given_up: Vec<Gap>,
    /// How many of those an import has named.
    #[serde(default, skip_serializing_if = "none")]
    named: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn none(number: &usize) -> bool {
    *number == 0
}

/// A bundle's place in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It follows the last one, or is number 1 and the first.
    Next,
    /// It was imported before.
    Repeated,
    /// One or more before it are not here.
    AfterAGap,
    /// It is older than the last one.
    OutOfOrder,
}

/// A bundle that can't be where it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// There is no bundle 0, the first has none before it, and every other has.
    Impossible,
    /// Another bundle is there already, or is named as the one that has to be there.
    Forked,
}

impl Chain {
    /// Where the bundle `id` stands that has this number and names `previous` as the one before it.
    pub fn standing(&self, number: u64, previous: Option<BundleId>, id: BundleId) -> Result<Standing, Misplaced> {
        if number == 0 || (number == 1) != previous.is_none() {
            return Err(Misplaced::Impossible);
        }
        if let Some(known) = self.bundles.get(&number) {
            return if *known == id { Ok(Standing::Repeated) } else { Err(Misplaced::Forked) };
        }
        let before = self.bundles.get(&(number - 1));
        let named_otherwise = self.awaited.get(&number).is_some_and(|awaited| *awaited != id);
        if named_otherwise || before.is_some_and(|known| previous != Some(*known)) {
            return Err(Misplaced::Forked);
        }
        Ok(match self.last() {
            Some(last) if number < last => Standing::OutOfOrder,
            _ if number == 1 || before.is_some() => Standing::Next,
            _ => Standing::AfterAGap,
        })
    }

    /// Takes in a bundle that has a [`Self::standing`].
    pub fn take(&mut self, number: u64, previous: Option<BundleId>, id: BundleId) {
        self.bundles.insert(number, id);
        self.awaited.remove(&number);
        if let (Some(before), Some(previous)) = (number.checked_sub(1), previous)
            && !self.bundles.contains_key(&before)
        {
            self.awaited.insert(before, previous);
        }
    }

    /// Number of the first bundle that came. What is missing is counted from there: what was before a desk began, or was lost with it, is not known.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.bundles.keys().next().copied()
    }

    /// Number of the last bundle that came.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.bundles.keys().next_back().copied()
    }

    /// How many came.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bundles.len()
    }

    /// Whether none came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bundles.is_empty()
    }

    /// Numbers between the first and the last that have not come and are waited for.
    #[must_use]
    pub fn missing(&self) -> Vec<Gap> {
        let between = self.bundles.keys().zip(self.bundles.keys().skip(1)).filter(|(one, next)| *next - *one > 1);
        let gaps = between.map(|(one, next)| Gap { first: one + 1, last: next - 1 });
        gaps.flat_map(|gap| {
            self.given_up.iter().fold(vec![gap], |open, shut| open.iter().flat_map(|gap| gap.without(*shut)).collect())
        })
        .collect()
    }

    /// Numbers that are not waited for any more, and that have not come after all.
    #[must_use]
    pub fn given_up(&self) -> Vec<Gap> {
        let mut left: Vec<_> = self.given_up.iter().flat_map(|gap| self.not_come(*gap)).collect();
        left.sort_by_key(|gap| gap.first);
        left
    }

    /// Those that were given up since this was last asked.
    pub fn newly_given_up(&mut self) -> Vec<Gap> {
        let new = self.given_up.iter().skip(self.named).flat_map(|gap| self.not_come(*gap)).collect();
        self.named = self.given_up.len();
        new
    }

    /// What of a gap is still one.
    fn not_come(&self, gap: Gap) -> Vec<Gap> {
        let came = self.bundles.range(gap.first..=gap.last);
        came.fold(vec![gap], |open, (&number, _)| {
            let came = Gap { first: number, last: number };
            open.iter().flat_map(|gap| gap.without(came)).collect()
        })
    }

    /// Gives up waiting for `numbers`, or for all that is missing when there are none. Says which, or which of the numbers is not missing.
    /// A bundle that comes after all is taken in as any other.
    pub fn give_up(&mut self, numbers: &[u64]) -> Result<Vec<Gap>, u64> {
        let missing = self.missing();
        if let Some(number) = numbers.iter().find(|number| !missing.iter().any(|gap| gap.holds(**number))) {
            return Err(*number);
        }
        let single = |number: u64| Gap { first: number, last: number };
        let once: BTreeSet<_> = numbers.iter().copied().collect();
        let closed: Vec<_> = if numbers.is_empty() { missing } else { once.into_iter().map(single).collect() };
        self.given_up.extend(&closed);
        Ok(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> BundleId {
        BundleId::of(&number.to_be_bytes())
    }

    fn before(number: u64) -> Option<BundleId> {
        (number > 1).then(|| id(number - 1))
    }

    fn chain(numbers: &[u64]) -> Chain {
        let mut chain = Chain::default();
        for &number in numbers {
            chain.standing(number, before(number), id(number)).unwrap();
            chain.take(number, before(number), id(number));
        }
        chain
    }

    fn missing(chain: &Chain) -> Vec<String> {
        chain.missing().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_missing_is_counted_from_the_first_bundle_that_came() {
        assert_eq!(missing(&chain(&[17])), [""; 0]);
        assert_eq!(missing(&chain(&[17, 20])), ["18 to 19"]);
        assert_eq!(missing(&chain(&[17, 20, 15])), ["16", "18 to 19"]);
        assert_eq!(missing(&chain(&[1, 3, 9])), ["2", "4 to 8"]);
    }

    #[test]
    fn a_bundle_is_known_by_its_number_its_id_and_the_one_before() {
        let chain = chain(&[1, 3, 4]);
        let stand = |number, previous, id| chain.standing(number, previous, id);
        assert_eq!(stand(5, before(5), id(5)), Ok(Standing::Next));
        assert_eq!(stand(4, before(4), id(4)), Ok(Standing::Repeated));
        assert_eq!(stand(2, before(2), id(2)), Ok(Standing::OutOfOrder));
        assert_eq!(stand(6, before(6), id(6)), Ok(Standing::AfterAGap));
        assert_eq!(stand(4, before(4), id(44)), Err(Misplaced::Forked));
        assert_eq!(stand(5, Some(id(44)), id(5)), Err(Misplaced::Forked));
        // Bundle 3 has named it.
        assert_eq!(stand(2, before(2), id(22)), Err(Misplaced::Forked));
        for (number, previous) in [(0, None), (0, Some(id(0))), (1, Some(id(0))), (2, None)] {
            assert_eq!(stand(number, previous, id(9)), Err(Misplaced::Impossible), "{number}");
        }
    }

    #[test]
    fn what_was_given_up_is_not_missed_and_is_taken_in_when_it_comes_after_all() {
        let mut chain = chain(&[1, 10]);
        assert_eq!(chain.give_up(&[4, 11]), Err(11));
        chain.give_up(&[4, 6]).unwrap();
        assert_eq!(missing(&chain), ["2 to 3", "5", "7 to 9"]);
        assert_eq!(chain.give_up(&[4]), Err(4), "it is given up already");
        chain.give_up(&[]).unwrap();
        assert_eq!(missing(&chain), [""; 0]);
        assert_eq!(chain.standing(4, before(4), id(4)), Ok(Standing::OutOfOrder));
        let given_up = |gaps: Vec<Gap>| gaps.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(given_up(chain.given_up()), ["2 to 3", "4", "5", "6", "7 to 9"]);
        chain.take(4, before(4), id(4));
        assert_eq!(missing(&chain), [""; 0]);
        assert_eq!(given_up(chain.given_up()), ["2 to 3", "5", "6", "7 to 9"]);
        assert_eq!(given_up(chain.newly_given_up()), ["6", "2 to 3", "5", "7 to 9"]);
        assert_eq!(given_up(chain.newly_given_up()), [""; 0], "said once");
        // What it gave up does not reach beyond the last that had come.
        chain.take(12, before(12), id(12));
        assert_eq!(missing(&chain), ["11"]);
    }

    #[test]
    fn a_forged_number_costs_nothing_and_breaks_nothing() {
        let mut chain = chain(&[1, u64::MAX]);
        assert_eq!(missing(&chain), [format!("2 to {}", u64::MAX - 1)]);
        chain.give_up(&[]).unwrap();
        assert_eq!(missing(&chain), [""; 0]);
        assert_eq!(chain.standing(u64::MAX, Some(id(3)), id(4)), Err(Misplaced::Forked));
    }
}
