//! The files of a key that signs: the secret half, and what says for whom it signs.

use std::path::PathBuf;

use softinfo_formats::directory::{Contents, Holder, HolderId, RootKey, changes};

use super::sign_error::SignError;
use crate::desk_folder::read_root;
use crate::keyring::read_holder;

/// A secret key's file, and its public half's where that does not lie beside it.
#[derive(Debug, Clone)]
pub struct SigningFiles {
    /// `root.age` of a channel, or `signing.age` of a holder.
    pub secret: PathBuf,
    /// `root.vkey` or `holder.json`; without it the one beside the secret half is taken.
    pub public: Option<PathBuf>,
}

impl SigningFiles {
    /// The verifier key that belongs to the secret one.
    pub(super) fn verifier(&self) -> Result<RootKey, SignError> {
        let beside = || {
            let [root, holder] = ["root.vkey", "holder.json"].map(|name| self.secret.with_file_name(name));
            if root.exists() || !holder.exists() { root } else { holder }
        };
        let path = self.public.clone().unwrap_or_else(beside);
        if path.extension().is_some_and(|extension| extension == "json") {
            let holder = read_holder(&path)?;
            let key = holder.signing_key.ok_or(SignError::NoSigningKey(holder.id))?;
            return Ok(RootKey::parse(&key)?);
        }
        let public = self.public.is_some();
        read_root(&path).map_err(|error| if public { SignError::Root(error) } else { SignError::NoPublicKey(error) })
    }

    /// A holder signs for its own entry: it has to say what its own file says.
    pub(super) fn compare_entry(&self, contents: &Contents, id: &HolderId) -> Result<(), SignError> {
        let own = self.public.clone().unwrap_or_else(|| self.secret.with_file_name("holder.json"));
        if own.extension().is_none_or(|extension| extension != "json") {
            return Ok(());
        }
        let mut expected = read_holder(&own)?;
        let entry = contents.holders.iter().find(|holder| holder.id == *id).ok_or(SignError::NoEntry)?;
        expected.epochs.retain(|epoch| epoch.from <= contents.expires);
        if *entry == expected {
            return Ok(());
        }
        let of = |holder: &Holder| Contents { holders: vec![holder.clone()], ..contents.clone() };
        Err(SignError::EntryDiffers { holder: id.clone(), differences: changes(&of(&expected), &of(entry)) })
    }
}
