//! The four programs, as they were built last. They belong to other packages, so cargo doesn't build them for these tests: `tests/programs` does, and
//! nextest calls it. Whoever runs the tests in another way, and has changed the source since, is told here.

use std::fs;
use std::path::Path;
use std::sync::Once;
use std::time::SystemTime;

pub const RELAY: &str = concat!(env!("SOFTINFO_PROGRAMS"), "/softinfo-relay");
pub const TIP: &str = concat!(env!("SOFTINFO_PROGRAMS"), "/softinfo-tip");
pub const COURIER: &str = concat!(env!("SOFTINFO_PROGRAMS"), "/softinfo-courier");
pub const DESK: &str = concat!(env!("SOFTINFO_PROGRAMS"), "/softinfo-desk");

static LOOKED: Once = Once::new();

/// Fails the test when a program is missing, or older than a file that it was made of. Under nextest they were built just now, and what is edited while the
/// tests run is not their business.
pub fn are_built() {
    if std::env::var_os("NEXTEST").is_some() {
        return;
    }
    LOOKED.call_once(|| [RELAY, TIP, COURIER, DESK].into_iter().for_each(is_built));
}

fn is_built(program: &str) {
    let time = |path: &str| fs::metadata(path).and_then(|data| data.modified()).ok();
    let made = time(program).unwrap_or_else(|| {
        panic!("{program} is not built: run tests/programs, or cargo build --release for measurements")
    });
    for source in sources(&fs::read_to_string(format!("{program}.d")).unwrap()) {
        let changed = time(&source).unwrap_or(SystemTime::UNIX_EPOCH);
        assert!(
            changed <= made,
            "{program} is older than {source}: run tests/programs, or cargo build --release for measurements"
        );
    }
}

/// The files behind the colon of a line as make reads it; a space in a name has a backslash before it.
fn sources(rule: &str) -> Vec<String> {
    let files = rule.split_once(": ").map_or("", |(_, files)| files).trim();
    let names = files.replace("\\ ", "\0");
    names.split_whitespace().map(|name| name.replace('\0', " ")).filter(|name| Path::new(name).is_absolute()).collect()
}
