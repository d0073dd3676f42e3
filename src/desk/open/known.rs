//! `tip.json`: what this desk knows of a tip that it has opened, beside the tip's own files.

use serde::Serialize;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;

use crate::casebook::Case;
use crate::key_name::KeyName;
use crate::reading::{Entry, Oddity, TipRead};

/// Name of the file.
pub(super) const KNOWN_FILE: &str = "tip.json";

/// The fields of the file, `softinfo/opened/1`.
#[derive(Serialize)]
struct Known<'a> {
    schema: &'static str,
    id: &'a TipId,
    day_noted_by_the_relay: Day,
    courier: &'a CourierName,
    bundle: u64,
    opened_with: &'a KeyName,
    thread_fingerprint: Option<String>,
    report: &'static str,
    entries: &'a [Entry],
    warnings: &'a [Oddity],
}

/// The file's bytes. `redacted` tells whether the report beside it was written anew, without the writer's secrets.
pub(super) fn known(id: &TipId, case: &Case, read: &TipRead, redacted: bool) -> Vec<u8> {
    let report = if redacted {
        "report.json is written anew: without reply key, withdraw token and thread, which are secrets; all else is as it was sent"
    } else {
        "the report is no JSON; it is in report-as-sent as it was sent, with any secrets it may hold"
    };
    let known = Known {
        schema: "softinfo/opened/1",
        id,
        day_noted_by_the_relay: case.day,
        courier: &case.courier,
        bundle: case.bundle,
        opened_with: &read.key,
        thread_fingerprint: read.thread(),
        report,
        entries: &read.entries,
        warnings: &read.oddities,
    };
    let mut bytes = serde_json::to_vec_pretty(&known).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
