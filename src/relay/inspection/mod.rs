//! A look at all that will be served and used, before anything starts: every finding, not only the first.
//!
//! In: a configuration, today. Out: what may be served, and findings. Touches nothing: the files are read, the store's folder is looked at.

mod channel;
mod finding;
mod limits;
mod store;

use softinfo_base::day::Day;
use softinfo_formats::directory::RootKey;

use crate::config::Config;
use crate::net::listen::look;
use crate::served::{self, Served};

pub(crate) use channel::{not_remembered, served};
pub use finding::{Finding, Refused, Severity};

/// What was found.
pub struct Inspection {
    /// All of it.
    pub findings: Vec<Finding>,
    found: Option<(Served, RootKey)>,
}

impl Inspection {
    /// Looks at everything.
    #[must_use]
    pub fn of(config: &Config, allow_example: bool, today: Day) -> Self {
        let mut findings: Vec<Finding> = config.wrong_values().iter().map(Finding::error).collect();
        let seen = served::newest(&config.store.folder).unwrap_or_else(|error| {
            findings.push(Finding::error(format!(
                "{}: {error}; the newest version that was served is not known. Look at the disk; a file that was deleted counts as a first start",
                served::memory(&config.store.folder).join("served.json").display()
            )));
            None
        });
        let found = match config.root_key() {
            Ok(root) => {
                served(config, &root, allow_example, seen.as_ref(), today, &mut findings).map(|found| (found, root))
            }
            Err(error) => {
                findings.push(Finding::error(error));
                None
            }
        };
        for files in config.intake.tls.iter().chain(&config.courier.tls) {
            findings.extend(files.check().err().map(Finding::error));
        }
        for place in [&config.intake.listen, &config.courier.listen] {
            findings.extend(look(place).err().map(Finding::error));
        }
        store::look(config, &mut findings);
        limits::look(config, found.as_ref().map(|(found, _)| found.contents().max_bytes), &mut findings);
        Self { findings, found }
    }

    /// What is served, when all is in order.
    #[must_use]
    pub fn served(&self) -> Option<&Served> {
        let in_order = self.findings.iter().all(Finding::is_warning);
        self.found.as_ref().map(|(served, _)| served).filter(|_| in_order)
    }

    /// What the relay can start with, and what it has to say about it.
    pub(crate) fn accepted(self) -> Result<(Served, RootKey, Vec<Finding>), Refused> {
        match self.found {
            Some((served, root)) if self.findings.iter().all(|finding| finding.severity() != Severity::Error) => {
                Ok((served, root, self.findings))
            }
            _ => Err(Refused(self.findings)),
        }
    }
}
