//! What is to be fetched, from what the relay says is in its pool.
//!
//! In: pages of a list that may be broken or a lie. Out: tips with sizes that tips have, as many as one bundle takes. No byte of a tip is asked for before.

use std::collections::HashSet;

use super::error::CourierError;
use super::fetch::Options;
use super::journal::Journal;
use crate::client::{ClientError, PoolCursor, PoolPage, PoolTip};
use crate::tip::id::TipId;
use crate::tip::padding::SizeClass;

/// Most tips in one bundle: a desk still reads the manifest (`MAX_MANIFEST`).
const MOST_TIPS: usize = 400_000;

/// The pool, as far as it was listed.
#[derive(Debug)]
pub(super) struct Pool {
    /// What is to be fetched now, the smallest first: a disk that fills up, or a line that breaks, costs the large ones.
    pub wanted: Vec<PoolTip>,
    /// How many more there are than one bundle takes.
    pub waiting: usize,
    /// Tips with a length that no tip of this channel has.
    pub wrong_sizes: Vec<TipId>,
    /// Tips with a day that is still to come; [`Pool::wanted`] has today for them.
    pub misdated: usize,
    /// All that was listed.
    pub listed: HashSet<TipId>,
    /// Whether that is the whole pool.
    pub is_whole: bool,
}

/// Lists the pool with `page`, which gives the page behind a cursor.
///
/// The whole pool each time, though most of it is known: what a relay couldn't read at one start it may list after the next, under the day on
/// which it came, and a list that began at the newest day known would pass it over for ever. A thousand known tips cost one page of 120 KB.
pub(super) fn list(
    mut page: impl FnMut(Option<&PoolCursor>) -> Result<PoolPage, ClientError>,
    journal: &Journal,
    options: &Options,
    bundle_bytes: u64,
) -> Result<Pool, CourierError> {
    // As many as are known, and one bundle full.
    let most = journal.bundled.len() + journal.not_tips.len() + MOST_TIPS;
    let mut pool = Pool {
        wanted: Vec::new(),
        waiting: 0,
        wrong_sizes: Vec::new(),
        misdated: 0,
        listed: HashSet::new(),
        is_whole: true,
    };
    let mut after = None;
    'pages: loop {
        let PoolPage { tips, next, .. } = page(after.as_ref())?;
        if tips.is_empty() && next.is_some() {
            return Err(CourierError::List("an empty page says that there is another one"));
        }
        for tip in tips {
            if !pool.listed.insert(tip.id) {
                return Err(CourierError::List("a tip stands in it twice"));
            }
            if pool.listed.len() > most {
                return Err(CourierError::List("it does not end"));
            }
            // A clock that differs is no reason to pass a tip over; but nothing that is kept may have a day of the future.
            let is_ahead = tip.day > options.today.plus(1);
            let day = if is_ahead { options.today } else { tip.day };
            let again = options.again_since.is_some_and(|since| day >= since);
            if !again && (journal.bundled.contains_key(&tip.id) || journal.not_tips.contains(&tip.id)) {
                continue;
            }
            if SizeClass::of_file(tip.size, journal.max_bytes).is_err() {
                pool.wrong_sizes.push(tip.id);
                continue;
            }
            if pool.wanted.len() == MOST_TIPS {
                (pool.waiting, pool.is_whole) = (1, false);
                break 'pages;
            }
            pool.misdated += usize::from(is_ahead);
            pool.wanted.push(PoolTip { day, ..tip });
        }
        match next {
            None => break,
            Some(next) if Some(next) > after => after = Some(next),
            Some(_) => return Err(CourierError::List("its pages do not go on")),
        }
    }
    pool.wanted.sort_by_key(|tip| tip.size);
    let mut bytes = 0;
    // One at least, however large it is.
    let fits = pool.wanted.iter().take_while(|tip| {
        let is_first = bytes == 0;
        bytes += tip.size;
        is_first || bytes <= bundle_bytes
    });
    let fits = fits.count();
    pool.waiting += pool.wanted.len() - fits;
    pool.wanted.truncate(fits);
    Ok(pool)
}
