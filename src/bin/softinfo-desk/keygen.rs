//! `softinfo-desk keygen`: identities for the months to come.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use softinfo::day::Day;
use softinfo::desk::keyring::{Keyring, Order, read_holder};
use softinfo::desk::passphrase::{Passphrase, WORK_FACTOR};
use softinfo::desk::trust::keys_folder;
use softinfo::directory::{Holder, HolderId, Kind};

use crate::Setting;

#[derive(Args)]
pub struct Keygen {
    /// Id of the holder, for example labour-inspectorate-antwerp.
    #[arg(long, value_name = "ID", required_unless_present = "profile")]
    holder: Option<HolderId>,
    /// What the holder is: local-police, federal-police, labour-inspectorate, public-prosecutor, investigating-judge, guidance-centre or ngo.
    #[arg(long, value_name = "KIND", required_unless_present = "profile")]
    kind: Option<Kind>,
    /// JSON file with id, kind, names, competence and duty_card, instead of --holder and --kind.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["holder", "kind"])]
    profile: Option<PathBuf>,
    /// First month, as 2026-11.
    #[arg(long, value_name = "MONTH", value_parser = Day::first_of_month)]
    from: Day,
    /// How many epochs to make.
    #[arg(long, default_value_t = 12, value_name = "N")]
    epochs: u32,
    /// Months in each epoch. The shorter, the sooner a stolen key is worthless.
    #[arg(long, default_value_t = 1, value_name = "N")]
    epoch_months: u32,
    /// log2 of the work that each guess of the passphrase costs (scrypt N).
    #[arg(long, default_value_t = WORK_FACTOR, value_name = "N", value_parser = clap::value_parser!(u8).range(10..=22))]
    work_factor: u8,
    /// Folder for the keys, instead of the desk's own.
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
}

impl Keygen {
    pub fn run(self, setting: &Setting) -> Result<()> {
        let profile = match (&self.profile, self.holder, self.kind) {
            (Some(path), ..) => read_holder(path)?,
            (None, Some(id), Some(kind)) => Holder {
                id,
                kind,
                names: Default::default(),
                categories: Vec::new(),
                competence: Default::default(),
                duty_card: Default::default(),
                signing_key: None,
                identity: None,
                posts: None,
                epochs: Vec::new(),
            },
            _ => anyhow::bail!("pass --holder and --kind, or --profile"),
        };
        let folder = self.keys.unwrap_or_else(|| keys_folder(&setting.desk));
        let mut keyring = Keyring::read(&folder)?;
        let passphrase = Passphrase::for_new_key(setting.passphrase_fd)?;
        let order = Order {
            profile,
            from: self.from,
            epochs: self.epochs,
            months: self.epoch_months,
            work_factor: self.work_factor,
        };
        let holder = keyring.make(order, &passphrase)?;
        let path = folder.join(holder.id.as_str());
        if setting.json {
            println!("{}", serde_json::to_string(&holder)?);
        } else {
            println!("{} keys for {} are in {}.", self.epochs, holder.id, path.display());
            println!("Give holder.json from there to whoever signs the directory; it is public.");
            println!(
                "Copy the folder to a second medium and lock that away: without the keys or the passphrase nobody can read the tips."
            );
        }
        Ok(())
    }
}
