//! Making keys, so that a run that was ended halfway is completed by the next.
//!
//! Order of writing: `keyring.age`, `signing.age`, the epochs, and `holder.json` last, each whole or absent. What lies there without
//! standing in `holder.json` was begun and never handed in: it is taken in, not made again.

use rand::rngs::OsRng;
use softinfo_base::day::Day;
use softinfo_base::file::private_folder;
use softinfo_formats::directory::{Epoch, EpochId, Holder, HolderId, Kind};
use softinfo_seal::hybrid::Identity;

use super::epoch_file::{epoch_files, read_epoch};
use super::error::failed;
use super::key_file::{KEYRING_FILE, KeyringKey, Label, Months, SIGNING_FILE};
use super::public_part::{plain_holder, public_part, write_public_part};
use super::{Keyring, KeyringError, lock_folder};
use crate::passphrase::{Passphrase, SecretError};

/// Most epochs made at once: ten years of months.
pub(super) const MOST_EPOCHS: u32 = 120;

/// What to make.
pub struct Order {
    /// Id, kind, names, competence and duty card; its epochs are replaced, and its signing key where it has none.
    pub profile: Holder,
    /// First day of the first epoch.
    pub from: Day,
    /// How many epochs.
    pub epochs: u32,
    /// Months in each.
    pub months: u32,
    /// log2 of scrypt's N, where the folder has no keyring key yet.
    pub work_factor: u8,
}

/// What was made.
pub struct Made {
    /// The public part, as in `holder.json`.
    pub holder: Holder,
    /// The epochs that were asked for, in order.
    pub epochs: Vec<Epoch>,
    /// Keys that an earlier run had begun, and that are now in `holder.json`.
    pub completed: usize,
}

impl Keyring {
    /// Makes epoch keys, a signing key where the holder has none, and a keyring key where the folder has none. What an earlier run,
    /// ended halfway, left behind is completed.
    ///
    /// # Errors
    /// Before anything is written: `InUse`, `Range`, `Exists`, `PublicPart`, `OtherPassphrase`, `Secret`. While writing: `File`; then
    /// the same order again completes what was begun.
    pub fn make(&mut self, order: &Order, passphrase: &Passphrase) -> Result<Made, KeyringError> {
        // First without a trace, then again where no other program can change what is there.
        self.plan(order)?;
        private_folder(&self.folder).map_err(failed(&self.folder))?;
        let _lock = lock_folder(&self.folder)?;
        *self = Self::read(&self.folder)?;
        let (mut holder, wanted) = self.plan(order)?;
        let key = self.key_for_making(passphrase, order.work_factor)?;
        let folder = self.folder.join(holder.id.as_str());
        private_folder(&folder).map_err(failed(&folder))?;
        let begun = self.begun(&key, &holder, &wanted)?;

        let signing = folder.join(SIGNING_FILE);
        if holder.signing_key.is_none() && signing.exists() {
            same_kind(&holder, key.read(&signing)?.label.kind)?;
        }
        if holder.signing_key.is_none() {
            holder.signing_key = Some(if signing.exists() {
                key.read(&signing)?.public
            } else {
                key.new_signing_key(&signing, &holder.id, holder.kind)?
            });
        }
        let completed = begun.len();
        holder.epochs.extend(begun);
        for month in &wanted {
            if holder.epochs.iter().any(|epoch| epoch.epoch == month.name) {
                continue;
            }
            let identity = Identity::generate(&mut OsRng);
            let recipient = identity.recipient().to_string();
            let label = Label { holder: holder.id.clone(), kind: holder.kind, epoch: Some(month.clone()) };
            key.write(&self.secret(&holder.id, &month.name), &label, &recipient, &identity.expose())?;
            let Months { name, from, until } = month.clone();
            holder.epochs.push(Epoch { epoch: name, from, until, recipient });
        }
        holder.epochs.sort_by_key(|epoch| epoch.from);
        write_public_part(&folder, &holder)?;
        if !self.names.contains(&holder.id) {
            self.names.push(holder.id.clone());
            self.names.sort();
        }
        self.read_public_parts();
        let is_wanted = |epoch: &&Epoch| wanted.iter().any(|month| month.name == epoch.epoch);
        let epochs = holder.epochs.iter().filter(is_wanted).cloned().collect();
        Ok(Made { holder, epochs, completed })
    }

    /// The holder as it stands in `holder.json`, so that later months don't take its names and duty card away; or a new one.
    ///
    /// # Errors
    /// `KindDiffers`.
    pub fn described(&self, id: HolderId, kind: Kind) -> Result<Holder, KeyringError> {
        match self.holders.iter().find(|known| known.id == id) {
            None => Ok(plain_holder(id, kind)),
            Some(known) if known.kind == kind => Ok(known.clone()),
            Some(known) => Err(KeyringError::KindDiffers { holder: id, is: known.kind.into(), asked: kind.into() }),
        }
    }

    /// Whether `order` can be made, as far as it is known without the passphrase. Writes nothing.
    ///
    /// # Errors
    /// `Range`, `Exists`, `PublicPart`; `NoKeyring` or `UnderPassphrase` where `keyring.age` is missing.
    pub fn check(&self, order: &Order) -> Result<(), KeyringError> {
        self.plan(order).map(drop)
    }

    /// The holder as it stands before, and the epochs to make.
    fn plan(&self, order: &Order) -> Result<(Holder, Vec<Months>), KeyringError> {
        let id = &order.profile.id;
        let known = public_part(&self.folder.join(id.as_str()), id)?;
        let holder = Holder {
            signing_key: known.as_ref().and_then(|known| known.signing_key.clone()),
            identity: order.profile.identity.clone().or(known.as_ref().and_then(|known| known.identity.clone())),
            epochs: known.map(|known| known.epochs).unwrap_or_default(),
            ..order.profile.clone()
        };
        let wanted = months_from(order.from, order.epochs, order.months)?;
        if let Some(month) = wanted.iter().find(|month| holder.epochs.iter().any(|listed| listed.epoch == month.name)) {
            let go_on = go_on(&holder, &wanted);
            return Err(KeyringError::Exists { holder: holder.id, epoch: month.name.clone(), go_on });
        }
        if !self.is_empty() {
            self.check_keyring()?;
        }
        Ok((holder, wanted))
    }

    /// The keyring key: the one that is here, or a new one in a folder without keys.
    fn key_for_making(&self, passphrase: &Passphrase, work_factor: u8) -> Result<KeyringKey, KeyringError> {
        let path = self.folder.join(KEYRING_FILE);
        if self.has_passphrase() {
            return self.keyring_key(passphrase).map_err(|error| match error {
                KeyringError::Secret(SecretError::Wrong(_)) => KeyringError::OtherPassphrase(path),
                other => other,
            });
        }
        passphrase.long_enough()?;
        private_folder(&self.folder).map_err(failed(&self.folder))?;
        KeyringKey::create(&path, passphrase, work_factor)
    }

    /// Epochs whose files are here although `holder.json` doesn't name them: an earlier run was ended before it wrote that.
    fn begun(&self, key: &KeyringKey, holder: &Holder, wanted: &[Months]) -> Result<Vec<Epoch>, KeyringError> {
        let mut begun = Vec::new();
        for (epoch, path) in epoch_files(&self.folder.join(holder.id.as_str()))? {
            if holder.epochs.iter().any(|listed| listed.epoch == epoch) {
                continue;
            }
            let month = wanted.iter().find(|month| month.name == epoch);
            match read_epoch(key, &path) {
                // Before there is a `holder.json` nobody can have changed the kind.
                Ok((_, kind)) if holder.epochs.is_empty() && kind != holder.kind => same_kind(holder, kind)?,
                Ok((found, _)) if month.is_none_or(|month| (month.from, month.until) == (found.from, found.until)) => {
                    let recipient = found.identity.recipient().to_string();
                    begun.push(Epoch { epoch: found.epoch, from: found.from, until: found.until, recipient });
                }
                // Of other length than what was asked for.
                Ok(_) => {
                    let go_on = "Choose a later first month, or epochs as long as before".to_owned();
                    return Err(KeyringError::Exists { holder: holder.id.clone(), epoch, go_on });
                }
                Err(error) if month.is_some() => return Err(error),
                // Another month's file: `keys` and every unlocking name it.
                Err(_) => {}
            }
        }
        Ok(begun)
    }
}

/// Refuses key files of a holder of another kind.
fn same_kind(holder: &Holder, is: Kind) -> Result<(), KeyringError> {
    if is == holder.kind {
        return Ok(());
    }
    Err(KeyringError::OtherKind { holder: holder.id.clone(), is: is.into(), asked: holder.kind.into() })
}

/// How to go on behind the keys that are there: with the rest of what was wanted, or with other months.
fn go_on(holder: &Holder, wanted: &[Months]) -> String {
    let listed = |month: &&Months| holder.epochs.iter().any(|epoch| epoch.epoch == month.name);
    let rest = wanted.iter().rev().take_while(|month| !listed(month)).count();
    if let Some(first) = wanted.get(wanted.len() - rest) {
        return format!("Go on with --from {} --epochs {rest}", first.name);
    }
    let last = holder.epochs.iter().map(|epoch| epoch.until).max();
    last.map_or_else(String::new, |last| {
        format!("The first month that is free is {}: go on with --from {0}", last.plus(1).month())
    })
}

/// Names and days of the epochs that are asked for.
fn months_from(from: Day, epochs: u32, months: u32) -> Result<Vec<Months>, KeyringError> {
    if !(1..=MOST_EPOCHS).contains(&epochs) || !(1..=MOST_EPOCHS).contains(&months) {
        return Err(KeyringError::Range);
    }
    let mut wanted = Vec::new();
    for n in 0..epochs {
        let (first, next) = (from.plus_months(n * months), from.plus_months((n + 1) * months));
        let name: EpochId = first.month().parse().map_err(|_| KeyringError::Range)?;
        // At the calendar's end months no longer differ.
        if wanted.iter().any(|month: &Months| month.name == name) || next.plus(-1) <= first {
            return Err(KeyringError::Range);
        }
        wanted.push(Months { name, from: first, until: next.plus(-1) });
    }
    Ok(wanted)
}
