//! The list of what a courier can fetch: `softinfo/pool/1` (`docs/protocol.md`, 6).
//!
//! In: what a relay lists, or the JSON of a relay. Out: a page that is well-formed; what it says may still be a lie.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;

use crate::envelope::id::TipId;

/// The list's version.
pub const SCHEMA: &str = "softinfo/pool/1";
/// Most tips on one page, and how many there are unless fewer are asked for.
pub const PAGE_TIPS: usize = 1000;

/// One page of the list, by day and then by id, so that the order in which tips came within a day does not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPage {
    schema: Version,
    /// The tips of this page.
    pub tips: Vec<PoolTip>,
    /// Behind which the next page begins; none on the last one.
    pub next: Option<PoolCursor>,
}

impl PoolPage {
    /// A page of the version that this program knows.
    #[must_use]
    pub const fn new(tips: Vec<PoolTip>, next: Option<PoolCursor>) -> Self {
        Self { schema: Version, tips, next }
    }
}

/// A tip in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolTip {
    /// Its id.
    pub id: TipId,
    /// The day on which it arrived.
    pub day: Day,
    /// Bytes of its file.
    pub size: u64,
}

/// [`SCHEMA`]: a page of another version can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&str")]
struct Version;

impl TryFrom<String> for Version {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == SCHEMA { Ok(Self) } else { Err("this is another version of the list") }
    }
}

impl From<Version> for &str {
    fn from(_: Version) -> Self {
        SCHEMA
    }
}

/// The place of a tip in the list, written `DAY/ID`. What is asked for with it begins behind that tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PoolCursor(pub Day, pub TipId);

/// The text names no place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is DAY/ID")]
pub struct NotACursor;

impl FromStr for PoolCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let cursor = text.split_once('/').and_then(|(day, id)| Some(Self(day.parse().ok()?, id.parse().ok()?)));
        cursor.ok_or(NotACursor)
    }
}

softinfo_base::text_form!(PoolCursor);

impl fmt::Display for PoolCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// What a caller may write into `after`: a tip's place, `DAY/ID`, or a whole day, `DAY`, of which no tip comes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolAfter {
    /// The day.
    pub day: Day,
    /// The tip of that day behind which the page begins; none for the end of the day.
    pub id: Option<TipId>,
}

impl FromStr for PoolAfter {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if text.contains('/') {
            let PoolCursor(day, id) = text.parse()?;
            return Ok(Self { day, id: Some(id) });
        }
        Ok(Self { day: text.parse().map_err(|_| NotACursor)?, id: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2026-11-30";

    fn id() -> String {
        "0a".repeat(32)
    }

    #[test]
    fn a_page_is_the_json_that_the_protocol_has_and_no_other_version_is_read() {
        let (day, id) = (DAY.parse().unwrap(), id().parse().unwrap());
        let page = PoolPage::new(vec![PoolTip { id, day, size: 30_965 }], Some(PoolCursor(day, id)));
        let json = format!(
            r#"{{"schema":"softinfo/pool/1","tips":[{{"id":"{id}","day":"{DAY}","size":30965}}],"next":"{DAY}/{id}"}}"#
        );
        assert_eq!(serde_json::to_string(&page).unwrap(), json);
        assert_eq!(serde_json::from_str::<PoolPage>(&json).unwrap(), page);
        assert!(serde_json::from_str::<PoolPage>(&json.replace("pool/1", "pool/2")).is_err());
        assert_eq!(
            serde_json::to_string(&PoolPage::new(Vec::new(), None)).unwrap(),
            r#"{"schema":"softinfo/pool/1","tips":[],"next":null}"#
        );
    }

    #[test]
    fn a_place_is_a_tip_and_what_is_asked_for_may_begin_at_a_day_too() {
        let id = id();
        let place = format!("{DAY}/{id}");
        assert_eq!(place.parse::<PoolCursor>().unwrap().to_string(), place);
        assert_eq!(place.parse::<PoolAfter>().unwrap().id, Some(id.parse().unwrap()));
        assert_eq!(DAY.parse::<PoolAfter>().unwrap(), PoolAfter { day: DAY.parse().unwrap(), id: None });
        for wrong in ["", "/", "2026-11-30/", "2026-11-31", "2026-11-30/0a", "2026-11-30/ /"] {
            assert_eq!(wrong.parse::<PoolCursor>(), Err(NotACursor), "{wrong}");
            assert_eq!(wrong.parse::<PoolAfter>(), Err(NotACursor), "{wrong}");
        }
        assert_eq!(DAY.parse::<PoolCursor>(), Err(NotACursor));
    }
}
