//! The courier's configuration: one TOML file (`config/courier.toml`), unknown keys refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::client::Socks;
use crate::directory::{RootKey, SigningError};

/// All of it.
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
}

/// Why the configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or a key that doesn't exist.
    #[error("{}: {source}", path.display())]
    Toml {
        /// Which.
        path: PathBuf,
        /// Why, with line and column.
        source: Box<toml::de::Error>,
    },
    /// The root key file holds no verifier key.
    #[error("{}: {source}", path.display())]
    Root {
        /// Which.
        path: PathBuf,
        /// Why.
        source: SigningError,
    },
    /// The token file is empty.
    #[error("{} holds no token; put the token that the relay's operator gave you into it", .0.display())]
    NoToken(PathBuf),
}

impl CourierConfig {
    /// Reads a file; paths in it are taken relative to its folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(&text(path)?)
            .map_err(|source| ConfigError::Toml { path: path.to_owned(), source: Box::new(source) })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for relative in [&mut config.token_file, &mut config.root, &mut config.folder] {
            *relative = folder.join(&*relative);
        }
        Ok(config)
    }

    /// The token.
    pub fn token(&self) -> Result<zeroize::Zeroizing<String>, ConfigError> {
        let text = zeroize::Zeroizing::new(text(&self.token_file)?);
        match text.trim() {
            "" => Err(ConfigError::NoToken(self.token_file.clone())),
            token => Ok(zeroize::Zeroizing::new(token.to_owned())),
        }
    }

    /// The root key.
    pub fn root_key(&self) -> Result<RootKey, ConfigError> {
        RootKey::parse(&text(&self.root)?).map_err(|source| ConfigError::Root { path: self.root.clone(), source })
    }
}

fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}
