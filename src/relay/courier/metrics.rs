//! `GET /metrics` of the courier listener: the figures of the status, for a program that collects them.
//!
//! In: a status. Out: text. Touches nothing.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use softinfo_base::day::Day;
use softinfo_formats::api::media_types;

use super::status::{REASONS, Shown, Status, look};
use crate::problem::Problem;

/// `GET /metrics`, the Prometheus text format 0.0.4.
pub(crate) async fn metrics(State(status): State<Arc<Status>>) -> Result<Response, Problem> {
    #[cfg_attr(not(feature = "planted-leaks"), allow(unused_mut))]
    let mut text = look(status).await?.to_metrics();
    #[cfg(feature = "planted-leaks")]
    text.push_str(&crate::planted_leaks::metric());
    Ok(([(header::CONTENT_TYPE, media_types::METRICS)], text).into_response())
}

impl Shown {
    fn to_metrics(&self) -> String {
        let days = |from: Day, to: Day| i64::from(to.number()) - i64::from(from.number());
        let one = |value: i64| vec![(String::new(), value)];
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let reasons = REASONS
            .iter()
            .map(|(reason, name, _)| (format!("{{reason=\"{name}\"}}"), i64::from(self.holding.contains(reason))));
        let shares = self.shares.iter();
        let shares = shares.map(|share| (format!("{{share=\"{}\"}}", share.name), i64::from(share.spent_percent)));
        let refused = self.refusals.kinds.iter();
        let refused =
            refused.map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), i64::try_from(*count).unwrap_or(i64::MAX)));
        let fetched = self.couriers.iter().map(|courier| {
            let since = courier.last_fetch.map_or(-1, |last| days(last, self.today));
            (format!("{{number=\"{}\"}}", courier.number), since)
        });
        let values = [
            ("healthy", "1 while all tips are taken and writers accept the directory", one(self.healthy.into())),
            ("unhealthy", "1 for each reason why it is not healthy", reasons.collect()),
            ("directory_days_left", "days until the directory expires", one(days(self.today, self.directory.expires))),
            (
                "keys_days_left",
                "days until the first holder has no key; below 0 when one has none now",
                one(days(self.today, self.directory.keys_until)),
            ),
            ("reminders", "what ends within 30 days, or has ended", one(count(self.reminders.len()))),
            ("disk_free_bytes", "free disk, in steps of 64 MiB", one(mib(self.disk.free_mib))),
            ("disk_floor_bytes", "free disk below which nothing is taken", one(mib(self.disk.floor_mib))),
            (
                "kept_tips",
                "tips kept, in tens, counted once a day",
                one(i64::try_from(self.kept.tips).unwrap_or(i64::MAX)),
            ),
            ("kept_bytes", "their size, in steps of 16 MiB, counted once a day", one(mib(self.kept.mib))),
            ("share_spent_percent", "how much of a day's share is spent, in quarters", shares.collect()),
            ("refusals", "refusals of the last whole day, in tens", refused.collect::<Vec<_>>()),
            (
                "courier_days_since_fetch",
                "days since a courier was last given the whole list; -1 when it never was",
                fetched.collect(),
            ),
        ];
        let mut text = String::new();
        for (name, help, samples) in values {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP softinfo_{name} {help}\n# TYPE softinfo_{name} gauge");
            for (label, value) in samples {
                let _ = writeln!(text, "softinfo_{name}{label} {value}");
            }
        }
        text
    }
}

fn mib(mib: u64) -> i64 {
    i64::try_from(mib << 20).unwrap_or(i64::MAX)
}
