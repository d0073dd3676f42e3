//! The round over all files of a store that makes their times say no more than the day (`docs/store.md`, 7).
//!
//! In: the store's folder. Out: nothing. Touches the times of files, and no contents. A file whose time can't be set is passed over, since a tip
//! is worth more than a time; the next round comes within the hour. What a lane or the sealer writes in between is dated by them.

use std::fs::{self, File};
use std::path::Path;

use softinfo_base::day::Day;
use softinfo_base::file::date;

/// Gives `path` and everything below it the time at which `day` began.
fn date_below(path: &Path, day: Day) {
    if path.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            date_below(&entry.path(), day);
        }
    }
    date_one(path, day);
}

/// Gives one file or folder the time at which `day` began.
fn date_one(path: &Path, day: Day) {
    let _ = File::open(path).and_then(|file| date(&file, day));
}

/// Dates the folder of a store: each volume to the day in its name, all else to the day on which it was last written to.
///
/// Also files that nobody wrote to are dated anew: so the time of the last change (ctime), which can't be set, is that of the round for all of them.
pub(super) fn date_store(folder: &Path) {
    let volumes = folder.join("volumes");
    for entry in fs::read_dir(&volumes).into_iter().flatten().flatten() {
        if let Some(day) = day_in_name(&entry.path()) {
            date_below(&entry.path(), day);
        }
    }
    date_last_written(&volumes);
    for name in ["format", "lock", "day", "probe-text", "probe-bulk", "incoming", "scratch", "."] {
        date_last_written(&folder.join(name));
    }
}

/// Gives one file or folder the time at which the day began on which it was last written to.
fn date_last_written(path: &Path) {
    if let Ok(written) = fs::metadata(path).and_then(|found| found.modified()) {
        date_one(path, Day::of(written));
    }
}

/// The day in the name of a volume's folder, `000007-2026-11-23`.
fn day_in_name(volume: &Path) -> Option<Day> {
    volume.file_name()?.to_str()?.split_once('-')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_and_folder_of_a_store_is_dated_to_its_day() {
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("volumes/000007-2026-11-23");
        fs::create_dir_all(volume.join("sealed")).unwrap();
        for file in ["slots", "sealed/db"] {
            fs::write(volume.join(file), "x").unwrap();
        }
        fs::write(folder.path().join("format"), "x").unwrap();
        date_store(folder.path());
        let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        let day: Day = "2026-11-23".parse().unwrap();
        for path in [&volume, &volume.join("slots"), &volume.join("sealed"), &volume.join("sealed/db")] {
            assert_eq!(written(path), day.midnight(), "{}", path.display());
        }
        for path in [folder.path(), &folder.path().join("format"), &folder.path().join("volumes")] {
            assert_eq!(written(path), Day::of(written(path)).midnight(), "{}", path.display());
        }
    }
}
