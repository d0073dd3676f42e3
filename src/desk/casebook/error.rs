//! Why the casebook, or a tip or courier in it, could not be used.

use std::io;
use std::path::PathBuf;

use softinfo_base::wording::counted_are;

use super::FILE;

/// Why the casebook or a tip in it could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CasebookError {
    /// The file is there but not readable as a casebook.
    #[error(
        "{}: {source}. Restore it from its copy; or move it away and import the bundles again: the tips in tips/ stay as they are, and each is listed \
         again as its bundle comes", path.display()
    )]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// It is gone, though tips are here.
    #[error(
        "the list of this desk ({}) is missing, but {} in {}. Restore it from its copy, or import the bundles again",
        folder.join(FILE).display(), counted_are(*.tips, "sealed tip"), folder.join("tips").display()
    )]
    Lost {
        /// The channel's folder.
        folder: PathBuf,
        /// How many sealed tips are in it.
        tips: usize,
    },
    /// It could not be written.
    #[error("{} could not be written, so nothing was changed: {source}", path.display())]
    Write {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// No tip begins so.
    #[error("there is no tip “{0}” on this desk; softinfo-desk list shows all")]
    Unknown(String),
    /// Several tips begin so.
    #[error("several tips begin with “{0}”; type more of the id")]
    Several(String),
    /// No courier begins so.
    #[error("no courier “{0}” has brought bundles to this desk; softinfo-desk bundles shows all")]
    UnknownCourier(String),
    /// Several couriers begin so.
    #[error("the names of several couriers begin with “{0}”; softinfo-desk bundles --json shows them whole")]
    SeveralCouriers(String),
}
