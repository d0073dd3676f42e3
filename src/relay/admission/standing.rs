//! How much of everything is left, for the status of the relay.
//!
//! In: the budget. Out: free disk, and shares in quarters. Touches: the disk, which is asked.

use super::Budget;

/// What a day brings is shown in quarters of what it may: a tip hardly ever moves it.
const QUARTERS: u128 = 4;

/// The share of large tips.
pub(crate) const LARGE: &str = "large";
/// The share of text.
pub(crate) const TEXT: &str = "text";

/// As it is now.
pub(crate) struct Standing {
    /// Free bytes of the disk; none when it can't be asked.
    pub free: Option<u64>,
    /// Whether large tips are refused because the disk is down to what is kept for text.
    pub below_reserve: bool,
    /// What the day has had.
    pub shares: Vec<Share>,
}

/// A share: of large tips for the day, or of text, which runs full again all the time.
pub(crate) struct Share {
    /// [`LARGE`] or [`TEXT`].
    pub name: &'static str,
    /// All of it, in MiB.
    pub limit_mib: u64,
    /// What is spent: 0, 25, 50, 75 or 100. At 100 no more is taken now.
    pub spent_percent: u8,
}

impl Share {
    /// `limit` and `spent` in bytes.
    pub(super) fn new(name: &'static str, limit: u64, spent: u64) -> Self {
        let quarters = (u128::from(spent) * QUARTERS).checked_div(limit.into()).unwrap_or(QUARTERS).min(QUARTERS);
        Self { name, limit_mib: limit >> 20, spent_percent: u8::try_from(quarters * 100 / QUARTERS).unwrap_or(100) }
    }

    /// Whether no more is taken now.
    pub fn is_spent(&self) -> bool {
        self.spent_percent == 100
    }
}

impl Budget {
    /// How much is left now.
    pub fn standing(&self) -> Standing {
        let free = self.disk.free().ok();
        let large = (self.large_share.limit(), self.large_share.left());
        let above = free.map_or(0, |free| self.disk.above_floor_of(free));
        let text = (self.text_share.limit(above), self.text_share.left(above));
        let share = |name, (limit, left): (u64, u64)| Share::new(name, limit, limit.saturating_sub(left));
        Standing {
            free: free.map(|free| free.bytes),
            below_reserve: free.is_none_or(|free| !self.disk.has_room(free)),
            shares: vec![share(LARGE, large), share(TEXT, text)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_shows_in_quarters_and_is_whole_exactly_when_it_is_spent() {
        let shown = |limit, spent| Share::new("large", limit, spent).spent_percent;
        assert_eq!([0, 24, 25, 99, 100, 1000].map(|spent| shown(100, spent)), [0, 0, 25, 75, 100, 100]);
        assert_eq!((shown(0, 0), shown(u64::MAX, u64::MAX - 1)), (100, 75));
    }
}
