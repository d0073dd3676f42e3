//! A calendar day in UTC: the finest time this project knows.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// A UTC calendar day, written `YYYY-MM-DD` (RFC 3339 `full-date`). It can't hold an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// The text is not a day; says what one looks like.
#[derive(Debug, thiserror::Error)]
#[error("“{0}” is not a day; write it as 2026-11-23")]
pub struct NotADay(String);

impl Day {
    /// The day `days` later (earlier when negative); stops at the calendar's ends.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(Duration::days(days)))
    }

    /// The first day of a month written `YYYY-MM`.
    pub fn first_of_month(text: &str) -> Result<Self, NotADay> {
        format!("{text}-01").parse().map_err(|_| NotADay(text.to_owned()))
    }

    /// The same day of the month, `months` later. Meant for first days of a month, which every month has.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let index = i64::from(self.0.year()) * 12 + i64::from(u8::from(self.0.month())) - 1 + i64::from(months);
        let year = i32::try_from(index.div_euclid(12)).unwrap_or(9999);
        let month = u8::try_from(index.rem_euclid(12) + 1).ok().and_then(|m| time::Month::try_from(m).ok());
        let date = month.and_then(|m| Date::from_calendar_date(year, m, self.0.day()).ok());
        Self(date.unwrap_or(Date::MAX))
    }

    /// `YYYY-MM` of this day: the name of its month's epoch.
    #[must_use]
    pub fn month(self) -> String {
        format!("{:04}-{:02}", self.0.year(), u8::from(self.0.month()))
    }

    /// The day on which a moment was, in UTC.
    #[must_use]
    pub fn of(moment: SystemTime) -> Self {
        Self(OffsetDateTime::from(moment).date())
    }

    /// The moment at which the day began, in UTC.
    #[must_use]
    pub fn midnight(self) -> SystemTime {
        self.0.midnight().assume_utc().into()
    }

    /// Days since 0000-01-01 in the Julian day count, for a fixed-width record.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0.to_julian_day()
    }

    /// The last day of the calendar, in the year 9999.
    pub const LAST: Self = Self(Date::MAX);

    /// Back from [`Day::number`]; `None` when out of the calendar.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Date::from_julian_day(number).ok().map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, NotADay> {
        Date::parse(text, FORMAT).map(Self).map_err(|_| NotADay(text.to_owned()))
    }
}

crate::text_form!(Day);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_roll_over_the_year() {
        let day = Day::first_of_month("2026-11").unwrap();
        assert_eq!(day.plus_months(3).to_string(), "2027-02-01");
        assert_eq!(day.plus_months(3).plus(-1).to_string(), "2027-01-31");
        assert_eq!(Day::from_number(day.number()), Some(day));
    }

    #[test]
    fn an_hour_is_refused() {
        assert!("2026-11-23T10:00:00Z".parse::<Day>().is_err());
        assert!("2026-02-30".parse::<Day>().is_err());
    }
}
