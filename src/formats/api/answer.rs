//! What a relay says of a tip that it took, and of a withdrawal (`docs/protocol.md`, 5).

use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;

use crate::envelope::id::TipId;

/// A tip is stored. The status says whether it is new: `201`, or `200` where the same bytes were there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The id that the relay computed from the bytes it has.
    pub id: TipId,
    /// The day that it notes; of a tip that was there before, the day on which that one came.
    pub day: Day,
}

/// Tips were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many, at least one: where there is none, the answer is [`super::problem::UNKNOWN_TOKEN`].
    pub erased: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_the_json_that_the_protocol_has() {
        let id = "cd".repeat(32);
        let accepted = Accepted { id: id.parse().unwrap(), day: "2026-11-30".parse().unwrap() };
        let json = format!(r#"{{"id":"{id}","day":"2026-11-30"}}"#);
        assert_eq!(serde_json::to_string(&accepted).unwrap(), json);
        assert_eq!(serde_json::from_str::<Accepted>(&json).unwrap(), accepted);
        assert_eq!(serde_json::to_string(&Erased { erased: 3 }).unwrap(), r#"{"erased":3}"#);
    }
}
