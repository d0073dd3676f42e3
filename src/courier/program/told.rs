//! What is said of a run: lines for a person.

use std::io;
use std::path::Path;

use softinfo_base::wording::counted;
use softinfo_courier::Fetched;
use softinfo_formats::envelope::id::TipId;
use softinfo_terminal::say;

/// Most ids of one kind that are shown one by one.
const SHOWN: usize = 10;

/// Where the bundles are that a run wrote or found, in words; nothing where there is none.
pub fn bundles(fetched: &Fetched, out: &Path) -> String {
    let found = fetched.found.as_ref().map(|found| (found.number, found.tips, &*found.bundle));
    let written = fetched.number.map(|number| (number, fetched.tips, out));
    let place = |(number, count, path): (u64, usize, &Path)| {
        format!("bundle {number} with {} is in {}", tips(count), path.display())
    };
    found.into_iter().chain(written).map(place).collect::<Vec<_>>().join(", ")
}

/// How many, in words.
fn tips(count: usize) -> String {
    counted(count, "tip")
}

/// Says what a run did, and what is to be done now.
///
/// # Errors
/// Standard output took not all of it.
pub fn show(fetched: &Fetched, out: &Path) -> io::Result<()> {
    if let Some(found) = &fetched.found {
        say(format_args!(
            "The run before was cut off when bundle {} with {} was whole: it is in {}. Carry it to the desk too.",
            found.number,
            tips(found.tips),
            found.bundle.display()
        ))?;
    }
    if fetched.gone > 0 {
        let were = if fetched.gone == 1 { "was" } else { "were" };
        say(format_args!("{} {were} withdrawn or expired while being fetched.", tips(fetched.gone)))?;
    }
    if fetched.misdated > 0 {
        let have = if fetched.misdated == 1 { "has" } else { "have" };
        say(format_args!(
            "{} {have} a day in the future at the relay, and today's in the bundle. If this computer's date is right, tell the relay's operator.",
            tips(fetched.misdated)
        ))?;
    }
    each(&fetched.unreadable, |id| {
        format!(
            "The relay could not give out {id} as it was stored. Tell its operator now: it is tried again at the next run, but only if the relay still lists it."
        )
    })?;
    each(&fetched.broken, |id| {
        format!("The connection broke again and again while {id} was fetched; it is tried again at the next run.")
    })?;
    each(&fetched.busy, |id| {
        format!("The relay could not give out {id} at the moment; it is tried again at the next run.")
    })?;
    each(&fetched.wrong_sizes, |id| {
        format!(
            "The relay lists {id} with a length that no tip of this letterbox has; it was not fetched. Tell its operator."
        )
    })?;
    each(&fetched.not_tips, |id| {
        format!(
            "What the relay gives out as {id} is no tip; it is not in the bundle, and is not fetched again. Tell its operator."
        )
    })?;
    match fetched.number {
        None if fetched.is_complete() && fetched.gone == 0 => say("Nothing new; no bundle was written.")?,
        None => say("Nothing else is new; no bundle was written.")?,
        Some(number) => say(format_args!(
            "Bundle {number} with {} is in {}. Carry it to the desk, then: softinfo-desk import {}",
            tips(fetched.tips),
            out.display(),
            out.display()
        ))?,
    }
    if fetched.number == Some(1) {
        say(format_args!(
            "This courier's name is {}…. If the desk says that it does not know this courier, compare the name, then: softinfo-desk import --new-courier {}",
            fetched.courier.short(),
            out.display()
        ))?;
    }
    if fetched.resumed {
        say(
            "It is the bundle that the run before was writing when it was cut off. Run softinfo-courier again for what has come since.",
        )?;
    }
    if let Some(stopped) = &fetched.stopped {
        let whole = if fetched.number.is_some() { " What was whole is in the bundle." } else { "" };
        say(format_args!("{stopped}.{whole} Run softinfo-courier again for the others."))?;
    } else if fetched.waiting > 0 {
        say("There are more tips than one bundle takes (bundle_mib). Run softinfo-courier again for the others.")?;
    }
    Ok(())
}

/// One line each, and one for the others when there are many.
fn each(ids: &[TipId], line: impl Fn(&TipId) -> String) -> io::Result<()> {
    ids.iter().take(SHOWN).try_for_each(|id| say(line(id)))?;
    match ids.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        1 => say("The same is true of 1 other; --json names all."),
        more => say(format_args!("The same is true of {more} others; --json names all.")),
    }
}
