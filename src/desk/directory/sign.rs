//! Signing a directory, one step a type: [`Proposal`], looked through and to be shown; [`Compared`] with the one before; [`Signed`].

use std::path::Path;

use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_formats::directory::{
    Change, Contents, DirectoryError, HolderId, RootKey, SigningKey, UntrustedDirectory, add_signature, changes,
};
use softinfo_formats::example_keys;

use super::output::{vacant, write};
use super::sign_error::{SignError, failed};
use super::signing_files::SigningFiles;
use crate::keyring::{KeyringError, unlock_signing};
use crate::passphrase::Passphrase;

/// For whom a key signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// For the channel.
    Root,
    /// For its own entry.
    Holder(HolderId),
}

/// A directory that one key may sign: it was looked through, the signatures that it has hold, and a holder's entry is as its own file says.
pub struct Proposal {
    bytes: Vec<u8>,
    note: Option<UntrustedDirectory>,
    files: SigningFiles,
    public: RootKey,
    contents: Contents,
    signer: Signer,
}

/// A proposal that was compared with the directory before it.
pub struct Compared {
    proposal: Proposal,
    /// What has changed; `None` where it was compared with nothing.
    pub since: Option<Since>,
}

/// What has changed since an older directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The older directory's version.
    pub version: u64,
    /// The changes, in the order of where they stand.
    pub changes: Vec<Change>,
}

/// A directory that a key has signed, now or before.
pub struct Signed {
    note: UntrustedDirectory,
    /// What it says.
    pub contents: Contents,
    /// The key that has signed.
    pub by: RootKey,
}

/// Whose signatures a directory lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StillMissing {
    /// Nobody's.
    Nobody,
    /// Nobody's, as far as it can be told without the channel's root key: a line of the root's name may be of another text.
    NobodyButTheRootIsUnchecked,
    /// Theirs.
    These {
        /// Holders that have a key to sign with.
        holders: Vec<HolderId>,
        /// Whether the root has not signed.
        root: bool,
    },
}

impl Proposal {
    /// Looks through the directory in `file`, signed already or not, for whoever has the key of `files`. `out` is where it will be written.
    ///
    /// # Errors
    /// As [`SignError`] says.
    pub fn read(file: &Path, files: SigningFiles, out: &Path, allow_example: bool) -> Result<Self, SignError> {
        vacant(out)?;
        std::fs::metadata(&files.secret).map_err(failed(&files.secret))?;
        let bytes = read_limited(file, MAX_DIRECTORY).map_err(failed(file))?;
        let note = UntrustedDirectory::parse(&bytes).ok();
        // Whatever other lines the file has: what is signed is the text, and the text is looked through.
        let contents = Contents::parse_strict(note.as_ref().map_or(&bytes, |note| note.text()))?;
        example_keys::refuse_elsewhere(&contents, contents.relays.iter().map(String::as_str), allow_example)?;
        let public = files.verifier()?;
        let signer = signer(&contents, &public)?;
        if let Some(note) = &note {
            refuse_broken(note, &contents, &public)?;
        }
        if let Signer::Holder(id) = &signer {
            files.compare_entry(&contents, id)?;
        }
        Ok(Self { bytes, note, files, public, contents, signer })
    }

    /// What it says.
    #[must_use]
    pub const fn contents(&self) -> &Contents {
        &self.contents
    }

    /// For whom the key signs.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Compares it with the directory in `older`. Without one, a holder may sign, and the root a first version; a later one only `with_nothing`.
    ///
    /// # Errors
    /// `ComparedWithNothing`, `File`, `Older`, `OtherChannel`, `NotNewer`.
    pub fn compared(self, older: Option<&Path>, with_nothing: bool) -> Result<Compared, SignError> {
        let since = match older {
            Some(older) => Some(since(older, &self.contents)?),
            None if self.signer == Signer::Root && self.contents.version > 1 && !with_nothing => {
                return Err(SignError::ComparedWithNothing(self.contents.version));
            }
            None => None,
        };
        Ok(Compared { proposal: self, since })
    }
}

impl Compared {
    /// The signing key, unlocked. Takes about a second and 256 MiB.
    ///
    /// # Errors
    /// As [`unlock_signing`].
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyringError> {
        unlock_signing(&self.proposal.files.secret, self.proposal.public.as_str(), passphrase)
    }

    /// Signs it with `key` and writes it to `out`. Signatures that it has stay; one that is there already is not made again.
    ///
    /// # Errors
    /// `OtherKey`, `Key`, `TooLong`, `Output`.
    pub fn sign(self, key: &SigningKey, out: &Path) -> Result<Signed, SignError> {
        let Proposal { bytes, note, public, contents, .. } = self.proposal;
        if key.public().as_str() != public.as_str() {
            return Err(SignError::OtherKey {
                given: key.public().name().to_owned(),
                looked_at: public.name().to_owned(),
            });
        }
        let already = note.as_ref().is_some_and(|note| note.is_signed_by(&public));
        let bytes = if already { bytes } else { add_signature(&bytes, key)? };
        // Before it is written: the new signature may have made it too long for anybody to read.
        if bytes.len() as u64 > MAX_DIRECTORY {
            return Err(SignError::TooLong);
        }
        let note = UntrustedDirectory::parse(&bytes)?;
        write(out, &bytes)?;
        Ok(Signed { note, contents, by: public })
    }
}

impl Signed {
    /// Who has to sign it before anybody takes it. `root` is the channel's root key, where it is known.
    ///
    /// # Errors
    /// `Contents`: never for what was just signed.
    pub fn still_missing(&self, root: Option<&RootKey>) -> Result<StillMissing, DirectoryError> {
        let holders = self.note.not_vouched()?;
        let is_named = self.note.signers().iter().any(|name| *name == self.contents.channel.as_str());
        // A line of the root's name may be of another text.
        let unsigned = !is_named || root.is_some_and(|root| !self.note.is_signed_by(root));
        Ok(match (holders.is_empty() && !unsigned, root) {
            (false, _) => StillMissing::These { holders, root: unsigned },
            (true, None) => StillMissing::NobodyButTheRootIsUnchecked,
            (true, Some(_)) => StillMissing::Nobody,
        })
    }
}

/// What has changed since the directory in `older`, which has to be an earlier one of the same channel. Its signatures are not checked.
fn since(older: &Path, contents: &Contents) -> Result<Since, SignError> {
    let path = || older.to_owned();
    let bytes = read_limited(older, MAX_DIRECTORY).map_err(failed(older))?;
    let before = UntrustedDirectory::parse(&bytes).and_then(|note| Contents::parse(note.text()));
    let before = before.map_err(|source| SignError::Older { path: path(), source })?;
    if before.channel != contents.channel {
        return Err(SignError::OtherChannel { path: path(), is: before.channel, not: contents.channel.clone() });
    }
    if before.version >= contents.version {
        return Err(SignError::NotNewer { path: path(), before: before.version, version: contents.version });
    }
    Ok(Since { version: before.version, changes: changes(&before, contents) })
}

/// Who a key may sign for in this directory.
fn signer(contents: &Contents, public: &RootKey) -> Result<Signer, SignError> {
    let is_theirs = |key: &Option<String>| key.as_deref() == Some(public.as_str());
    if let Some(holder) = contents.holders.iter().find(|holder| is_theirs(&holder.signing_key)) {
        return Ok(Signer::Holder(holder.id.clone()));
    }
    if public.name() == contents.channel.as_str() {
        return Ok(Signer::Root);
    }
    Err(SignError::NobodysKey { name: public.name().to_owned(), channel: contents.channel.clone() })
}

/// Signatures that are there already have to hold: one that does not shows that the text was changed after it was signed.
fn refuse_broken(note: &UntrustedDirectory, contents: &Contents, public: &RootKey) -> Result<(), SignError> {
    let holders = contents.holders.iter().filter_map(|holder| holder.signing_key.as_deref());
    let known = holders.filter_map(|key| RootKey::parse(key).ok()).chain([public.clone()]);
    let signers = note.signers();
    let mut named = known.filter(|key| signers.iter().any(|name| name == key.name()));
    match named.find(|key| !note.is_signed_by(key)) {
        Some(key) => Err(SignError::Broken(key.name().to_owned())),
        None => Ok(()),
    }
}
