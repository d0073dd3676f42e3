//! Directory and page: signed by the root, not older than what was served, valid, and belonging together.
//!
//! In: the configuration, the root key, the newest version that was served, today. Out: the pair that may be served, and findings. Touches
//! nothing.

use std::path::Path;

use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_formats::directory::{Directory, DirectoryError, Ending, RootKey, Seen};
use softinfo_formats::example_keys;

use super::Finding;
use crate::config::{Config, ConfigError};
use crate::served::Served;
use crate::static_page::{Page, PageError};

/// Directory and page, verified; what is wrong with them goes to `findings`.
pub(crate) fn served(
    config: &Config,
    root: &RootKey,
    allow_example: bool,
    seen: Option<&Seen>,
    today: Day,
    findings: &mut Vec<Finding>,
) -> Option<Served> {
    let directory = match config.directory_of(root, allow_example) {
        Ok(directory) => directory,
        Err(error) => {
            findings.push(Finding::error(error));
            // The page can be looked at without it, as far as it is one.
            findings
                .extend(config.page.as_ref().and_then(|path| Page::read(path, b"").err().map(|error| at(path, error))));
            return None;
        }
    };
    version(&directory, seen, findings);
    days(&directory, today, findings);
    let page = match config.read_page(&directory) {
        Ok(page) => page,
        Err(error) => {
            findings.push(Finding::error(error));
            return None;
        }
    };
    page_of(config, &directory, root, page.as_ref(), findings);
    Some(Served::new(directory, page))
}

fn at(path: &Path, error: PageError) -> Finding {
    Finding::error(ConfigError::Page { path: path.to_owned(), source: error })
}

fn version(directory: &Directory, seen: Option<&Seen>, findings: &mut Vec<Finding>) {
    let Some(seen) = seen else { return };
    let channel = &directory.contents().channel;
    if seen.channel != *channel {
        findings.push(Finding::warning(format!(
            "this store has served the channel {} before, and now {channel}; its tips are for the holders of the old one",
            seen.channel
        )));
    }
    findings.extend(match directory.clone().not_older_than(Some(seen)).err() {
        Some(DirectoryError::RolledBack { got, seen }) => Some(Finding::error(format!(
            "the directory is version {got}, but version {seen} was served before: writers who have seen it refuse an older one. Put the newest one in place, or sign it anew with a number above {seen}"
        ))),
        Some(DirectoryError::Forked(version)) => Some(Finding::error(format!(
            "another directory was served as version {version} before: writers who have seen it refuse this one. Sign it anew with a number above {version}"
        ))),
        other => other.map(Finding::error),
    });
}

fn days(directory: &Directory, today: Day, findings: &mut Vec<Finding>) {
    let contents = directory.contents();
    if today < contents.issued {
        findings.push(Finding::closed(format!(
            "the directory is valid from {} only, and today is {today}: until then writers refuse it; is this machine's clock right?",
            contents.issued
        )));
    }
    let from = today.max(contents.issued);
    let endings = contents.endings(from, REMINDER_DAYS);
    let without = endings.iter().filter(|ending| matches!(ending, Ending::NoKey { .. })).count();
    findings.extend(endings.iter().map(|ending| match ending {
        Ending::DirectoryEnded { .. } => Finding::closed(ending),
        Ending::NoKey { .. } if without == contents.holders.len() => Finding::closed(ending),
        _ => Finding::warning(ending),
    }));
    for holder in &contents.holders {
        let last = holder.keys_last_until(from);
        if from <= last && last < contents.expires && last > from.plus(REMINDER_DAYS) {
            findings.push(Finding::warning(format!(
                "the keys of {} end on {last}, before the directory does ({}): from then on nobody can write to this holder",
                holder.id, contents.expires
            )));
        }
    }
}

fn page_of(config: &Config, directory: &Directory, root: &RootKey, page: Option<&Page>, findings: &mut Vec<Finding>) {
    let named = directory.contents().page_sha256.as_deref();
    let Some(page) = page else {
        if named.is_some() {
            findings.push(Finding::warning(
                "the directory names a page, but none is served: the configuration has no page",
            ));
        }
        return;
    };
    let path = config.page.as_deref().unwrap_or(Path::new("")).display();
    if page.has_key(example_keys::ROOT.trim()) && root.as_str() != example_keys::ROOT.trim() {
        findings.push(Finding::error(format!(
            "{path} is the EXAMPLE page: it trusts the example key and refuses this channel's directory. Make the channel's own with softinfo-desk directory page"
        )));
    }
    match named {
        None => findings.push(Finding::warning(
            "the directory names no page, so nobody can tell whether this is the right one; add it with softinfo-desk directory make --page",
        )),
        Some(named) if named.eq_ignore_ascii_case(&page.sha256()) => {}
        Some(named) => findings.push(Finding::error(format!(
            "{path} is not the page that the directory names (SHA-256 {} instead of {named}); take the page that came with the directory",
            page.sha256()
        ))),
    }
}

/// The version that would be served can't be written down.
pub(crate) fn not_remembered(error: &std::io::Error) -> Finding {
    Finding::error(format!("the directory's version can't be written into the store's folder ({error})"))
}
