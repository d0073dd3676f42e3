//! The courier's configuration: one TOML file (`config/courier.toml`), unknown keys refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use softinfo_client::Socks;
use softinfo_formats::directory::{RootKey, SigningError};

/// The configuration, as the file has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourierConfig {
    /// Address of the relay's courier listener.
    pub relay: String,
    /// SOCKS port of tor, through which everything goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socks: Option<Socks>,
    /// File with the courier token, and nothing else but white space. Relative to the configuration file.
    pub token_file: PathBuf,
    /// File with the channel's root key. Relative to the configuration file.
    pub root: PathBuf,
    /// The courier's own folder. Relative to the configuration file.
    pub folder: PathBuf,
    /// Most that one bundle takes of tips, in MiB, and with it the spool. What is more waits for the next run.
    #[serde(default = "bundle_mib")]
    pub bundle_mib: u64,
}

/// What a relay can make a courier spool at one run, unless the configuration says otherwise. FAT32, as on most sticks, takes no file
/// of 4 GiB, and a bundle is up to 4 % larger than its tips.
const fn bundle_mib() -> u64 {
    3900
}

/// Why the configuration was refused. Nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// Not TOML, or a key that doesn't exist.
    #[error("{}{}: {message} (every key is explained in config/courier.toml)", path.display(), line.map_or_else(String::new, |line| format!(", line {line}")))]
    Toml {
        /// The configuration.
        path: PathBuf,
        /// The line, counted from 1; none when something is missing.
        line: Option<usize>,
        /// What is wrong, in one line.
        message: String,
    },
    /// The root key file holds no verifier key.
    #[error("{}: {source}", path.display())]
    Root {
        /// The root key's file.
        path: PathBuf,
        /// What is wrong with its text.
        source: SigningError,
    },
    /// The token file is empty.
    #[error("{} holds no token; softinfo-courier-access makes one", .0.display())]
    NoToken(PathBuf),
    /// The token file holds something else.
    #[error("{} holds more than a token; softinfo-courier-access makes one: a line of letters, digits and marks", .0.display())]
    NotAToken(PathBuf),
}

impl CourierConfig {
    /// Reads a file; paths in it are taken relative to its folder.
    ///
    /// # Errors
    /// It can't be read, or is not as `config/courier.toml` explains it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = text(path)?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let (line, message) = softinfo_base::wording::toml(&text, &error);
            // What is missing has no place.
            let line = (!message.starts_with("missing field")).then_some(line);
            ConfigError::Toml { path: path.to_owned(), line, message }
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for relative in [&mut config.token_file, &mut config.root, &mut config.folder] {
            *relative = folder.join(&*relative);
        }
        Ok(config)
    }

    /// The courier token, from its file; erased when dropped.
    ///
    /// # Errors
    /// The file can't be read, or holds no token or more than one.
    pub fn token(&self) -> Result<zeroize::Zeroizing<String>, ConfigError> {
        let text = zeroize::Zeroizing::new(text(&self.token_file)?);
        match text.trim() {
            "" => Err(ConfigError::NoToken(self.token_file.clone())),
            token if token.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(zeroize::Zeroizing::new(token.to_owned())),
            _ => Err(ConfigError::NotAToken(self.token_file.clone())),
        }
    }

    /// The channel's root key, from its file.
    ///
    /// # Errors
    /// The file can't be read, or holds none.
    pub fn root_key(&self) -> Result<RootKey, ConfigError> {
        RootKey::parse(&text(&self.root)?).map_err(|source| ConfigError::Root { path: self.root.clone(), source })
    }
}

fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use softinfo_base::limits::{MAX_DIRECTORY, TEXT_TIP};

    #[test]
    fn a_bundle_of_the_smallest_tips_fits_on_fat32() {
        let tips = super::bundle_mib() * 1024 * 1024 / TEXT_TIP;
        // A header and whole blocks in the archive, and a line in the manifest.
        let each = 512 + TEXT_TIP.next_multiple_of(512) + 160;
        assert!(tips * each + MAX_DIRECTORY + 10_000 < 1 << 32);
    }
}
