//! The relay's configuration: one TOML file, every key typed and documented (`config/relay.toml`), unknown keys refused.
//!
//! In: a file. Out: a [`Config`], and every value that is out of range. Touches: that file, and in `channel` those of the channel, which are read.

mod channel;
mod error;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use softinfo_store::pool::Settings;

use crate::admission::Limits;
use crate::net::{Place, TlsFiles};
use crate::token::TokenHash;

pub use error::ConfigError;

/// All of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The signed directory that is served and whose `max_bytes` holds. Relative to the configuration file.
    pub directory: PathBuf,
    /// File with the verifier key that must have signed it. Relative to the configuration file.
    pub root: PathBuf,
    /// The page for writers, one HTML file. Relative to the configuration file. Without it, tips come from programs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PathBuf>,
    /// For writers.
    pub intake: IntakeConfig,
    /// For holders.
    pub courier: CourierConfig,
    /// Where tips rest.
    pub store: StoreConfig,
    /// How much is taken.
    #[serde(default)]
    pub limits: Limits,
}

/// The listener for writers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// Address and port, or a Unix socket.
    pub listen: Place,
    /// Whether tor writes the circuit in front of each connection; what comes without is not let in.
    #[serde(default)]
    pub circuit_ids: bool,
    /// For HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// Seconds without a byte after which an upload is given up. There is no limit on the whole: Tor is slow.
    #[serde(default = "default_idle")]
    pub idle_seconds: u64,
}

/// The listener for couriers; never reachable by the public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourierConfig {
    /// Address and port, or a Unix socket.
    pub listen: Place,
    /// For HTTPS with client certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// SHA-256 of each courier's token.
    pub token_sha256: Vec<TokenHash>,
    /// SHA-256 of each token that opens `/status` and `/metrics` and nothing else.
    #[serde(default)]
    pub monitor_token_sha256: Vec<TokenHash>,
}

/// The store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// A folder of its own. Relative to the configuration file.
    pub folder: PathBuf,
    /// Days a tip is kept.
    #[serde(default = "default_retention")]
    pub retention_days: u32,
    /// Up to so many days more, at random.
    #[serde(default = "default_jitter")]
    pub jitter_days: u32,
    /// MiB of payload after which a volume is closed; memory follows it.
    #[serde(default = "default_volume")]
    pub volume_mib: u64,
    /// Free MiB on the disk below which nothing is accepted.
    #[serde(default = "default_floor")]
    pub floor_mib: u64,
}

/// Seconds, so that a moment can be added to them.
const MAX_IDLE: u64 = 86_400;
/// Far more than a machine holds, and few enough to be counted.
const MAX_CONNECTIONS: usize = 1_000_000;
/// So that MiB can be made bytes anywhere.
const MAX_MIB: u64 = 1 << 20;

const fn default_idle() -> u64 {
    120
}

fn default_retention() -> u32 {
    Settings::default().retention_days
}

fn default_jitter() -> u32 {
    Settings::default().jitter_days
}

fn default_volume() -> u64 {
    Settings::default().volume_bytes >> 20
}

fn default_floor() -> u64 {
    Settings::default().floor_bytes >> 20
}

impl Config {
    /// Reads a file and checks its values; paths in it are taken relative to its folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let config = Self::load(path)?;
        config.wrong_values().into_iter().next().map_or(Ok(config), Err)
    }

    /// Reads a file; its values may still be out of range ([`crate::inspection`]).
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let (line, reason) = softinfo_base::wording::toml(&text, &error);
            ConfigError::Toml { path: path.to_owned(), line, reason }
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let fixed = [&mut config.directory, &mut config.root, &mut config.store.folder];
        for relative in fixed.into_iter().chain(&mut config.page) {
            *relative = folder.join(&*relative);
        }
        for relative in config.tls_files().flat_map(TlsFiles::paths) {
            *relative = folder.join(&*relative);
        }
        for place in [&mut config.intake.listen, &mut config.courier.listen] {
            *place = place.clone().relative_to(folder);
        }
        Ok(config)
    }

    fn tls_files(&mut self) -> impl Iterator<Item = &mut TlsFiles> {
        self.intake.tls.iter_mut().chain(&mut self.courier.tls)
    }

    /// Every value that is out of range.
    #[must_use]
    pub fn wrong_values(&self) -> Vec<ConfigError> {
        let rules = [
            (
                (1..=MAX_IDLE).contains(&self.intake.idle_seconds),
                "intake.idle_seconds",
                "at least 1, and at most 86400, a day",
            ),
            (self.store.retention_days >= 1, "store.retention_days", "at least 1"),
            (self.store.volume_mib >= 1, "store.volume_mib", "at least 1"),
            (!self.courier.token_sha256.is_empty(), "courier.token_sha256", "at least one, or no courier can fetch"),
            (
                self.courier.monitor_token_sha256.iter().all(|token| !self.courier.token_sha256.contains(token)),
                "courier.monitor_token_sha256",
                "not a courier's token, which opens the tips as well",
            ),
            (
                self.intake.listen.is_any() || self.intake.listen != self.courier.listen,
                "courier.listen",
                "must differ from intake.listen",
            ),
            (
                self.courier.listen.is_local()
                    || self.courier.tls.as_ref().is_some_and(|tls| tls.client_roots.is_some()),
                "courier.listen",
                "a loopback address or a Unix socket; others can only reach it with courier.tls and its client_roots",
            ),
            (
                self.intake.tls.as_ref().is_none_or(|tls| tls.client_roots.is_none()),
                "intake.tls.client_roots",
                "not for writers, who must not have certificates",
            ),
            (
                !(self.intake.circuit_ids && self.intake.tls.is_some()),
                "intake.circuit_ids",
                "for an onion service only, which needs no TLS",
            ),
            (self.limits.uploads >= 1, "limits.uploads", "at least 1"),
            (
                (1..=MAX_MIB).contains(&self.limits.text_buffer_mib),
                "limits.text_buffer_mib",
                "at least 1, and less than a TiB",
            ),
            (self.limits.text_parts >= 1, "limits.text_parts", "at least 1"),
            (self.limits.staged_mib <= MAX_MIB, "limits.staged_mib", "less than a TiB"),
            (self.limits.connections > self.limits.uploads, "limits.connections", "more than limits.uploads"),
            (self.limits.connections <= MAX_CONNECTIONS, "limits.connections", "at most a million"),
            (self.limits.circuit.connections >= 1, "limits.circuit.connections", "at least 1"),
            (self.limits.circuit.uploads >= 1, "limits.circuit.uploads", "at least 1"),
            (self.store.volume_mib <= MAX_MIB, "store.volume_mib", "less than a TiB"),
            (self.store.floor_mib <= MAX_MIB, "store.floor_mib", "less than a TiB"),
            (self.limits.day_mib <= MAX_MIB, "limits.day_mib", "less than a TiB"),
            (self.limits.text_reserve_mib <= MAX_MIB, "limits.text_reserve_mib", "less than a TiB"),
            (self.limits.circuit.hour_mib <= MAX_MIB, "limits.circuit.hour_mib", "less than a TiB"),
        ];
        let wrong = rules.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, key, reason)| ConfigError::Value { key, reason }).collect()
    }

    /// The store's part, in the store's terms; `after_close` is called when a database was closed, and with `accept_date` the clock is
    /// believed at this start.
    #[must_use]
    pub fn store_settings(&self, after_close: fn(), accept_date: bool) -> Settings {
        Settings {
            after_close,
            accept_date,
            retention_days: self.store.retention_days,
            jitter_days: self.store.jitter_days,
            volume_bytes: self.store.volume_mib << 20,
            floor_bytes: self.store.floor_mib << 20,
            ..Settings::default()
        }
    }
}
