//! A planned bundle becomes a file, and is read back as a desk will read it.
//!
//! In: a plan, and the whole tips in the spool. Out: a bundle that is there, every byte as it was meant. Touches the bundle's file alone.

use std::fs::{self, File};
use std::io;

use softinfo_formats::transfer::bundle::{self, BundleError, BundledTip};

use crate::error::CourierError;
use crate::fetched::Packed;
use crate::journal::Plan;
use crate::progress::{Counted, Progress, Work};
use crate::spool::Spool;

/// Writes the bundle of a plan and reads it back. One that is not read as it was written is removed again.
pub(crate) fn write(plan: &Plan, spool: &Spool, progress: &dyn Progress) -> Result<Packed, CourierError> {
    progress.begin(Work::Writing, plan.manifest.tips.iter().map(|tip| tip.size).sum());
    let open = |tip: &BundledTip| {
        let source = File::open(spool.whole(&tip.id))?;
        Ok(Counted { source, progress })
    };
    bundle::write(&plan.out, &plan.manifest, plan.note.as_bytes(), open)
        .map_err(|source| CourierError::Bundle { path: plan.out.clone(), source })?;
    read_back(plan, progress).map_err(|source| {
        let _ = fs::remove_file(&plan.out);
        CourierError::ReadBack { path: plan.out.clone(), reason: reason(source) }
    })
}

/// Reads a planned bundle as a desk does, to its end: it is there, and every byte is as it was meant.
///
/// What the system still has in memory is given up before, so that the bytes come from the medium. That is asked for and not promised, and nothing
/// here looks behind the memory of a stick itself: whether a stick that was pulled out still has them only a desk sees.
pub(crate) fn read_back(plan: &Plan, progress: &dyn Progress) -> Result<Packed, BundleError> {
    let file = File::open(&plan.out)?;
    progress.begin(Work::ReadingBack, file.metadata()?.len());
    // Only what was written to the medium can be given up.
    file.sync_all()?;
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let counted = Counted { source: file, progress };
    let verified = bundle::read(io::BufReader::with_capacity(64 * 1024, counted), |_| (), |_, _| Ok(()))?;
    if verified.manifest != plan.manifest || verified.directory != plan.note.as_bytes() {
        return Err(BundleError::Altered("manifest.json".to_owned()));
    }
    let (number, tips) = (plan.manifest.number, plan.manifest.tips.len());
    Ok(Packed { number, id: verified.id, tips, bundle: plan.out.clone() })
}

/// What a reader found. What it would advise whoever got the bundle from elsewhere has no place here.
fn reason(error: BundleError) -> String {
    match error {
        BundleError::Io(error) => error.to_string(),
        BundleError::CutShort { found, expected } => format!("{found} of {expected} tips are whole"),
        BundleError::Altered(name) => format!("“{name}” differs"),
        BundleError::NotABundle | BundleError::Version(_) => "its beginning differs".to_owned(),
    }
}
