//! What is to be fetched, from what the relay says is in its pool.
//!
//! In: pages of a list that may be broken or a lie. Out: tips with sizes that tips have, as many as one bundle takes. No byte of a tip is asked for before.

use std::collections::HashSet;

use softinfo_base::day::Day;
use softinfo_client::ClientError;
use softinfo_formats::api::pool::{PoolCursor, PoolPage, PoolTip};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;

use crate::error::CourierError;
use crate::journal::Journal;

/// Most tips in one bundle: a desk still reads the manifest (`MAX_MANIFEST`).
const MOST_TIPS: usize = 400_000;

/// The pool, as far as it was listed.
#[derive(Debug)]
pub(crate) struct Pool {
    /// What is to be fetched now, the smallest first: a disk that fills up, or a line that breaks, costs the large ones.
    pub wanted: Vec<PoolTip>,
    /// How many tips are left for the next run, because one bundle takes no more.
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

/// Lists the pool with `page`, which gives the page behind a cursor. A relay can't make the list endless: no tip may stand in it twice, the known ones
/// are limited by the journal, and of unknown ones two bundles full end it.
///
/// The whole pool is listed each time, though most of it is known. A relay may list a tip late, under the day on which it came, because it could not read
/// it before: a list that began at the newest known day would never show that tip. A known tip costs 106 bytes of a list.
pub(crate) fn list(
    mut page: impl FnMut(Option<&PoolCursor>) -> Result<PoolPage, ClientError>,
    journal: &Journal,
    today: Day,
    bundle_bytes: u64,
) -> Result<Pool, CourierError> {
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
            // A clock that differs is no reason to pass a tip over; but nothing that is kept may have a day of the future.
            let is_ahead = tip.day > today.plus(1);
            let day = if is_ahead { today } else { tip.day };
            if journal.bundled.contains_key(&tip.id) || journal.not_tips.contains(&tip.id) {
                continue;
            }
            if SizeClass::of_file(tip.size, journal.max_bytes).is_err() {
                if pool.wrong_sizes.len() == MOST_TIPS {
                    return Err(CourierError::List("it does not end"));
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use softinfo_base::digest::Digest;
    use softinfo_base::limits::{DEFAULT_MAX_PLAINTEXT, MAX_MANIFEST, TEXT_TIP};
    use softinfo_formats::envelope::padding::largest_file;
    use softinfo_formats::transfer::bundle::BundleId;
    use softinfo_formats::transfer::bundle::{BundledTip, Manifest};

    fn tip(n: usize) -> PoolTip {
        PoolTip { id: TipId::of(&n.to_be_bytes()), day: today(), size: TEXT_TIP }
    }

    /// A relay with a thousand new tips on each page, without an end.
    fn endless(pages: &mut usize) -> impl FnMut(Option<&PoolCursor>) -> Result<PoolPage, ClientError> {
        |_| {
            let tips: Vec<_> = (*pages * 1000..(*pages + 1) * 1000).map(tip).collect();
            *pages += 1;
            let day = Day::from_number(2_461_000 + i32::try_from(*pages).unwrap()).unwrap();
            let next = Some(PoolCursor(day, tips[0].id));
            Ok(PoolPage::new(tips, next))
        }
    }

    fn journal() -> Journal {
        Journal::read(std::path::Path::new("/nowhere")).unwrap()
    }

    fn today() -> Day {
        Day::from_number(2_461_000).unwrap()
    }

    #[test]
    fn a_list_without_an_end_is_left_with_one_bundle_full() {
        let mut journal = journal();
        let mut pages = 0;
        let pool = list(endless(&mut pages), &journal, today(), u64::MAX).unwrap();
        assert_eq!((pool.wanted.len(), pool.waiting, pool.is_whole), (MOST_TIPS, 1, false));
        assert_eq!(pages, MOST_TIPS / 1000 + 1);
        // Of lengths that no tip has there is no bundle full; such a list ends too.
        journal.max_bytes = 0;
        let mut pages = 0;
        assert!(matches!(list(endless(&mut pages), &journal, today(), u64::MAX), Err(CourierError::List(_))));
        assert_eq!(pages, MOST_TIPS / 1000 + 1);
    }

    #[test]
    fn a_new_courier_knows_a_large_tip_from_before_the_limit_was_lowered() {
        let large = PoolTip { size: largest_file(DEFAULT_MAX_PLAINTEXT), ..tip(0) };
        let page = |_: Option<&_>| Ok(PoolPage::new(vec![large.clone()], None));
        let pool = list(page, &journal(), today(), u64::MAX).unwrap();
        assert_eq!((pool.wanted.len(), pool.wrong_sizes.len()), (1, 0));
    }

    #[test]
    fn a_manifest_of_the_most_tips_is_one_that_a_desk_reads() {
        let largest = largest_file(DEFAULT_MAX_PLAINTEXT);
        let tips = (0..MOST_TIPS).map(tip).map(|tip| BundledTip { id: tip.id, size: largest, day: tip.day }).collect();
        let manifest = Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            channel: "softinfo-example".parse().unwrap(),
            courier: journal().courier,
            number: u64::MAX,
            previous: Some(BundleId::of(b"")),
            directory_sha256: Digest::of(b""),
            tips,
        };
        assert!(manifest.to_bytes().0.len() as u64 + 10_000 < MAX_MANIFEST);
    }
}
