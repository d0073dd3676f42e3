//! Directory, page and certificates, read again while the relay runs.
//!
//! In: the word to read again, and every hour. Out: another pair that is served, other certificates, lines of the log. Touches: the files of
//! the configuration, and through [`Serving`] the record of the version that is served.

use std::sync::Arc;

use tokio::sync::Notify;

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_formats::directory::RootKey;

use super::HOUR;
use crate::config::Config;
use crate::inspection::{self, Finding};
use crate::log::{Event, log};
use crate::net::tls::Tls;
use crate::served::{Served, Serving};

/// From where another is read, and with which root: the one of the start, whatever lies in its file by then.
pub(crate) struct Source {
    pub config: Config,
    pub root: RootKey,
    pub allow_example: bool,
}

/// What came of reading again.
pub(crate) enum Reread {
    /// Another pair is served from now on.
    New(Arc<Served>),
    /// Nothing has changed.
    Same,
    /// It may not be served; the old one is.
    Refused(Vec<Finding>),
}

/// Reads directory and page again when asked to, certificates also once an hour: whoever renews them needs no restart.
pub(crate) async fn go_on(
    certificates: Vec<Arc<Tls>>,
    (serving, source): (Arc<Serving>, Arc<Source>),
    reload: Arc<Notify>,
    clock: Arc<dyn Clock>,
) {
    loop {
        let asked = tokio::select! {
            () = reload.notified() => true,
            () = tokio::time::sleep(HOUR) => false,
        };
        // Each for itself: one that can't be read must not keep the other from being renewed.
        let read = certificates.iter().map(|tls| tls.reload()).fold(Ok(()), Result::and);
        match read {
            Err(_) => log(&Event::CertificatesFailed),
            Ok(()) if asked && !certificates.is_empty() => log(&Event::CertificatesRead),
            Ok(()) => {}
        }
        if asked {
            read_directory(Arc::clone(&serving), Arc::clone(&source), clock.today()).await;
        }
    }
}

async fn read_directory(serving: Arc<Serving>, source: Arc<Source>, today: Day) {
    let version = serving.now().contents().version;
    let read = tokio::task::spawn_blocking(move || read_again(&serving, &source, today)).await;
    match read {
        Ok(Reread::New(served)) => {
            let contents = served.contents();
            log(&Event::DirectoryRead { version: contents.version, on: contents.expires });
            for ending in contents.endings(today, REMINDER_DAYS) {
                log(&Event::Reminder(ending));
            }
            // Nobody waits for it: until it is done the page is served as it is.
            tokio::task::spawn_blocking(move || served.pack());
        }
        Ok(Reread::Same) => log(&Event::DirectorySame { version }),
        Ok(Reread::Refused(findings)) => {
            for finding in findings {
                log(&Event::Found(finding));
            }
            log(&Event::DirectoryRefused { version });
        }
        // A fault, which has been logged as one.
        Err(_) => log(&Event::DirectoryRefused { version }),
    }
}

/// Reads directory and page again and serves them, when they are as good as at a start and not older. May wait for the disk.
fn read_again(serving: &Serving, source: &Source, today: Day) -> Reread {
    let old = serving.now();
    let mut findings = Vec::new();
    let Source { config, root, allow_example } = source;
    let new = inspection::served(config, root, *allow_example, Some(&old.seen()), today, &mut findings);
    let Some(new) = new.filter(|_| findings.iter().all(Finding::is_warning)) else {
        return Reread::Refused(findings);
    };
    if new.is_same(&old) {
        return Reread::Same;
    }
    match serving.replace(new, &config.store.folder, today) {
        Ok(new) => Reread::New(new),
        Err(error) => {
            findings.push(inspection::not_remembered(&error));
            Reread::Refused(findings)
        }
    }
}
