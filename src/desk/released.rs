//! The report as it may be passed on inside the authority: without what lets one answer the writer, erase the tip or find its thread.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::reading::{TipRead, fingerprint};

/// `report.json` as it was sent, without reply key, withdraw token and thread: a sentence stands in their place, with the thread's fingerprint.
/// Everything else stays as it was written, digit by digit, whatever this version makes of it. `None` where it is no JSON object.
#[must_use]
pub(crate) fn released(as_sent: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let as_sent = as_sent.strip_prefix(b"\xef\xbb\xbf").unwrap_or(as_sent);
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(as_sent).ok()?;
    leave_out(&mut fields)?;
    // The receipt to which the thread has moved has the same secrets.
    if let Some(moved) = fields.get_mut("moved_to") {
        *moved = match serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(moved.get()) {
            Ok(mut inner) => {
                leave_out(&mut inner)?;
                to_raw_value(&inner).ok()?
            }
            Err(_) => to_raw_value(LEFT_OUT).ok()?,
        };
    }
    // Room for all of it, so that no copy is left behind while it grows.
    let mut text = Zeroizing::new(Vec::with_capacity(as_sent.len() * 2 + 1024));
    serde_json::to_writer_pretty(&mut *text, &fields).ok()?;
    text.push(b'\n');
    Some(text)
}

impl TipRead {
    /// The fields of the report as [`released`] gives them. A value that can't be read, as a number that is too large, is there as its text and
    /// costs no other. `None` where the report is no JSON object.
    #[must_use]
    pub fn released(&self) -> Option<Map<String, Value>> {
        let text = released(&self.report_as_sent)?;
        let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(&text).ok()?;
        let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().into());
        Some(fields.into_iter().map(|(name, raw)| (name, value(raw))).collect())
    }
}

const LEFT_OUT: &str = "left out by softinfo-desk";

fn leave_out(fields: &mut BTreeMap<String, Box<RawValue>>) -> Option<()> {
    for name in ["reply", "withdraw_token"] {
        if let Some(value) = fields.get_mut(name) {
            *value = to_raw_value(LEFT_OUT).ok()?;
        }
    }
    if let Some(value) = fields.get_mut("thread") {
        let shown = serde_json::from_str(value.get()).ok().and_then(|thread: String| fingerprint(&thread));
        let text = shown.map_or_else(|| LEFT_OUT.to_owned(), |shown| format!("{LEFT_OUT}; its fingerprint is {shown}"));
        *value = to_raw_value(&text).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_a_report_are_left_out_and_the_rest_stays_digit_by_digit() {
        let secrets = [
            "age1pq1secret",
            "tokentoken",
            "00112233445566778899aabbccddeeff",
            "age1pq1second",
            "ffeeddccbbaa99887766554433221100",
        ];
        let report = format!(
            "\u{feff}{{\"new\": -222222222222222222222222222222222225, \"x\":1.10, \"reply\":\"{}\",\"withdraw_token\":\"{}\",\"thread\":\"{}\",\
             \"moved_to\":{{\"reply\":\"{}\",\"thread\":\"{}\",\"author\":\"a\"}},\"readers\":[\"unit\"]}}",
            secrets[0], secrets[1], secrets[2], secrets[3], secrets[4]
        );
        let text = String::from_utf8(released(report.as_bytes()).unwrap().to_vec()).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
        assert!(text.contains("-222222222222222222222222222222222225") && text.contains("1.10"), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["moved_to"]["author"], "a");
        assert_eq!(value["thread"], "left out by softinfo-desk; its fingerprint is a8faed6a");
    }

    #[test]
    fn secrets_of_another_type_are_left_out_too_and_what_is_no_object_is_not_released() {
        let text = released(br#"{"reply":["age1pq1secret"],"thread":{"a":"secret"},"moved_to":"secret"}"#).unwrap();
        assert!(!text.windows(6).any(|window| window == b"secret"));
        for bad in [&b""[..], b"[]", b"{", b"\xff"] {
            assert!(released(bad).is_none());
        }
    }
}
