//! The example directory, for the tests of this room. The files are read here, because `example_keys` stands on this room and not the other way.

use softinfo_base::day::Day;

use super::{Contents, RootKey, UntrustedDirectory};

const ROOT: &str = include_str!("../../../keys-example/EXAMPLE-root.vkey");
const NOTE: &[u8] = include_bytes!("../../../keys-example/EXAMPLE-directory.note");

/// What the example directory says, after its signatures were checked.
pub(super) fn contents() -> Contents {
    let root = RootKey::parse(ROOT).unwrap();
    UntrustedDirectory::parse(NOTE).unwrap().verify(&root).unwrap().contents().clone()
}

/// The same with its first holder alone, and changed.
pub(super) fn changed(change: impl FnOnce(&mut Contents)) -> Contents {
    let mut contents = contents();
    contents.holders.truncate(1);
    change(&mut contents);
    contents
}

/// A day, as it is written.
pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}
