//! What every subcommand is told: the configuration, whether example keys may be used, whether the outcome is to be JSON.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use softinfo_courier::CourierConfig;

/// The configuration of the demonstration, found when the program is started in the project's folder.
const DEMO: &str = "config/demo-courier.toml";

#[derive(Args)]
pub struct Setup {
    /// The configuration (every key is explained in config/courier.toml).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept the example keys of a relay elsewhere. Everybody can read what is sent to them.
    #[arg(long, global = true)]
    pub i_know_these_are_example_keys: bool,
    /// Print the outcome as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Setup {
    /// The configuration that was named, or else that of the demonstration.
    ///
    /// # Errors
    /// None was named and this is not the project's folder, or it is refused.
    pub fn config(&self) -> Result<CourierConfig> {
        let path = match &self.config {
            Some(path) => path,
            None if Path::new(DEMO).exists() => Path::new(DEMO),
            None => bail!("there is no {DEMO} here: start it in the project's folder, or pass --config FILE"),
        };
        Ok(CourierConfig::read(path)?)
    }
}
