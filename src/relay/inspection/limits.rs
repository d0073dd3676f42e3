//! Limits that are each possible, but contradict one another or the machine.
//!
//! In: the configuration, the largest tip of the directory. Out: findings, all of them warnings. Touches nothing.

use rustix::process::Resource;

use super::Finding;
use crate::admission::COURIER_CONNECTIONS;
use crate::config::Config;
use crate::sandbox::FILES;

/// While a volume is sealed its database is there twice, each about one and a half times its payload.
const VOLUMES_IN_FLOOR: u64 = 3;
/// Files of the store, of the runtime and of the log.
const OTHER_FILES: u64 = 256;

/// `max_bytes` is that of the directory, where it could be read.
pub(super) fn look(config: &Config, max_bytes: Option<u64>, findings: &mut Vec<Finding>) {
    let (limits, store) = (&config.limits, &config.store);
    let mut warn = |is_wrong: bool, text: String| findings.extend(is_wrong.then(|| Finding::warning(text)));
    warn(
        store.floor_mib < VOLUMES_IN_FLOOR.saturating_mul(store.volume_mib),
        format!(
            "store.floor_mib ({}) is less than {VOLUMES_IN_FLOOR} times store.volume_mib ({}): a volume that is being written may fill the disk",
            store.floor_mib, store.volume_mib
        ),
    );
    let largest = max_bytes.map_or(0, |bytes| bytes.div_ceil(1 << 20));
    warn(
        limits.day_mib < largest,
        format!(
            "limits.day_mib ({}) is less than the directory's max_bytes ({largest} MiB): the largest tips never fit into a day",
            limits.day_mib
        ),
    );
    if config.intake.circuit_ids {
        let (circuit, whole) = (&limits.circuit, limits);
        let above = |key: &str, part: String, all: &str, of: String| {
            format!("limits.circuit.{key} ({part}) is above limits.{all} ({of}): one circuit may take all there is")
        };
        warn(
            circuit.connections as usize > whole.connections,
            above("connections", circuit.connections.to_string(), "connections", whole.connections.to_string()),
        );
        warn(
            circuit.uploads as usize > whole.uploads,
            above("uploads", circuit.uploads.to_string(), "uploads", whole.uploads.to_string()),
        );
        warn(
            circuit.hour_mib > whole.day_mib,
            above("hour_mib", circuit.hour_mib.to_string(), "day_mib", whole.day_mib.to_string()),
        );
        warn(
            circuit.hour_mib < largest,
            format!(
                "limits.circuit.hour_mib ({}) is less than the directory's max_bytes ({largest} MiB): the largest tips never fit over one circuit",
                circuit.hour_mib
            ),
        );
    }
    let may_open = rustix::process::getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX).min(FILES);
    let needed = [limits.connections, COURIER_CONNECTIONS, limits.uploads]
        .into_iter()
        .fold(OTHER_FILES, |sum, part| sum.saturating_add(part as u64));
    warn(
        may_open < needed,
        format!(
            "this process may open {may_open} files, but limits.connections ({}) and limits.uploads ({}) may need {needed}: raise LimitNOFILE= up to {FILES}, or lower them",
            limits.connections, limits.uploads
        ),
    );
}
