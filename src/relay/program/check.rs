//! `--check-config` and `--show-sandbox`: a look, and no relay.
//!
//! In: a configuration. Out: lines for the operator. Touches nothing but the sandbox of this process.

use std::path::Path;

use anyhow::Result;

use softinfo_relay::Prepared;
use softinfo_relay::config::Config;
use softinfo_relay::inspection::Inspection;
use softinfo_relay::sandbox::{self, Report, Weight};
use softinfo_terminal::{complain, say};

use crate::NAME;

/// Prints every finding; none but warnings is in order.
pub fn configuration(path: &Path, inspection: &Inspection) -> Result<()> {
    for finding in &inspection.findings {
        complain(NAME, finding);
    }
    let Some(served) = inspection.served() else {
        let errors = inspection.findings.iter().filter(|finding| !finding.is_warning()).count();
        let errors = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        anyhow::bail!("{} is not in order: {errors}; nothing was changed", path.display());
    };
    let contents = served.contents();
    say(format!(
        "{} is in order: channel {}, directory version {}, valid until {}",
        path.display(),
        contents.channel,
        contents.version,
        contents.expires
    ))?;
    Ok(())
}

/// Enters the sandbox and prints what holds.
pub fn show_sandbox(config: &Config) -> Result<()> {
    let openings = Prepared::openings(config)?;
    let report = sandbox::enter(&openings)?;
    for line in report.to_string().lines() {
        say(line)?;
    }
    whole(&report)
}

/// Fails when something is missing that holds on every kernel that is supported.
pub fn whole(report: &Report) -> Result<()> {
    match report.missing(Weight::Must).next() {
        Some(finding) => anyhow::bail!("the sandbox is not whole: {} ({})", finding.what, finding.detail),
        None => Ok(()),
    }
}
