//! The names in a directory, each a type of its own, so that one can't be given where another is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is no name: 1 to 64 small letters, digits and hyphens.
#[derive(Debug, Clone, thiserror::Error)]
#[error("“{0}” is no id: use 1 to 64 small letters, digits and hyphens")]
pub struct NotAName(String);

/// A name that exists only when its characters were checked.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAName;
            fn from_str(text: &str) -> Result<Self, NotAName> {
                checked(text).map(Self)
            }
        }

        softinfo_base::text_form!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A holder: a police unit, a directorate, a prosecutor's office or a guidance centre.
    HolderId
}
name! {
    /// A letterbox: one root key, one directory, and the relays that it names.
    ChannelId
}
name! {
    /// A time for which a holder has a key of its own; by default a month, `2026-11`. Unique within its holder only.
    EpochId
}
name! {
    /// A recognised forwarder: an NGO, a union or a guidance centre.
    ForwarderId
}

fn checked(text: &str) -> Result<String, NotAName> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(NotAName(text.chars().take(80).collect()))
    }
}
