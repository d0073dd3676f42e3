//! The TLS listener: TLS 1.3 with hybrid post-quantum key exchange first, certificates that are read again without a restart.
//!
//! In: files of the configuration, a stream. Out: a stream inside TLS. Touches: those files, which are read.
//!
//! Nothing links two connections of one caller: no session is remembered and no ticket given (RFC 8446, C.4).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use softinfo_base::file::folders_of;

use crate::net::listen::Stream;

/// Where the certificates lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate and those between it and its root, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Certificates that sign those of couriers, PEM. With it, nobody else is let in. Not for writers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_roots: Option<PathBuf>,
}

/// A file that can't be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct TlsError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Pem(rustls::pki_types::pem::Error),
    Empty,
    Rustls(rustls::Error),
    Roots(rustls::server::VerifierBuilderError),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(error) => {
                let said = error.to_string();
                let said = said.trim_start_matches("I/O error: ");
                write!(f, "{said}; a PEM file is needed that the relay's user can read")
            }
            Self::Empty => write!(f, "there is no certificate in it; a PEM file is needed"),
            Self::Rustls(error) => write!(f, "{error}; do certificate and key belong together?"),
            Self::Roots(error) => write!(f, "{error}"),
        }
    }
}

/// TLS with the files as they were read last.
pub(crate) struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsFiles {
    /// Every path in it, to be taken from a folder, or to be opened to the sandbox.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.certificate, &mut self.key].into_iter().chain(&mut self.client_roots)
    }

    /// The folders that hold them: a renewed certificate is a new file in an old folder.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let files = [&self.certificate, &self.key].into_iter().chain(&self.client_roots);
        files.flat_map(|path| folders_of(path)).collect()
    }

    /// Reads them once, and uses nothing.
    pub fn check(&self) -> Result<(), TlsError> {
        self.read().map(drop)
    }

    fn read(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates(&self.certificate)?;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |reason| TlsError { path, reason }
        };
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(Reason::Pem).map_err(at(&self.key))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(Reason::Rustls)
            .map_err(at(&self.certificate))?;
        let builder = match &self.client_roots {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(path)? {
                    roots.add(root).map_err(Reason::Rustls).map_err(at(path))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(Reason::Roots)
                    .map_err(at(path))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(Reason::Rustls).map_err(at(&self.certificate))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |reason| TlsError { path: path.to_owned(), reason };
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(found) if found.is_empty() => Err(failed(Reason::Empty)),
        Ok(found) => Ok(found),
        Err(error) => Err(failed(Reason::Pem(error))),
    }
}

impl Tls {
    /// Reads the files.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(files.read()?));
        Ok(Self { files, current })
    }

    /// Reads them again. After an error the old ones hold, for as long as they are valid.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new = Arc::new(self.files.read()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Whether who has passed the handshake has shown a certificate.
    pub fn asks_for_certificate(&self) -> bool {
        self.files.client_roots.is_some()
    }

    /// The handshake.
    pub async fn accept<S: Stream>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(current).accept(stream).await
    }
}
