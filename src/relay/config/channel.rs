//! The files of the channel that a configuration names: the root key, the directory that it has signed, the page.
//!
//! In: a configuration. Out: a verified directory and its page. Touches: those three files, which it reads.

use std::path::{Path, PathBuf};

use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_formats::directory::{Directory, RootKey, UntrustedDirectory};
use softinfo_formats::example_keys;

use super::{Config, ConfigError};
use crate::static_page::Page;
use crate::token::TokenHash;

impl Config {
    /// Reads and verifies the directory; refuses example keys where others can reach them, unless `allow_example`.
    pub fn verified_directory(&self, allow_example: bool) -> Result<Directory, ConfigError> {
        self.directory_of(&self.root_key()?, allow_example)
    }

    /// Reads the root key.
    pub(crate) fn root_key(&self) -> Result<RootKey, ConfigError> {
        RootKey::parse(&String::from_utf8_lossy(&read(&self.root)?))
            .map_err(|source| ConfigError::Root { path: self.root.clone(), source })
    }

    /// The same with a root that was read before.
    pub(crate) fn directory_of(&self, root: &RootKey, allow_example: bool) -> Result<Directory, ConfigError> {
        let directory = UntrustedDirectory::parse(&read(&self.directory)?)
            .and_then(|untrusted| untrusted.verify(root))
            .map_err(|source| ConfigError::Directory { path: self.directory.clone(), source })?;
        let listeners = [self.intake.listen.to_string(), self.courier.listen.to_string()];
        let relays = directory.contents().relays.iter().map(String::as_str);
        example_keys::refuse_elsewhere(
            directory.contents(),
            listeners.iter().map(String::as_str).chain(relays),
            allow_example,
        )?;
        let example_token = TokenHash::of(example_keys::COURIER_TOKEN.as_bytes());
        let mut tokens = self.courier.token_sha256.iter().chain(&self.courier.monitor_token_sha256);
        if tokens.any(|token| *token == example_token)
            && !allow_example
            && !softinfo_base::loopback::is_loopback(&listeners[1])
        {
            return Err(ConfigError::Value {
                key: "courier.token_sha256",
                reason: "the EXAMPLE token is for loopback only",
            });
        }
        Ok(directory)
    }

    /// Reads and checks the page; the copy to save has `directory` in it.
    pub fn read_page(&self, directory: &Directory) -> Result<Option<Page>, ConfigError> {
        let read = |path: &PathBuf| {
            Page::read(path, directory.bytes()).map_err(|source| ConfigError::Page { path: path.clone(), source })
        };
        self.page.as_ref().map(read).transpose()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    softinfo_base::file::read_limited(path, MAX_DIRECTORY)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}
