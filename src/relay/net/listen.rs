//! A place that is taken, and the connections that come in by it.
//!
//! In: a [`Place`]. Out: streams. Touches: one socket, and the file of it when it is a Unix socket.
//!
//! Bound before the sandbox closes, accepted from after it. The address of a caller is never asked for, and inside the sandbox can't be.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::net::SocketFlags;
#[cfg(not(feature = "planted-leaks"))]
use rustix::net::accept_with;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest};

use softinfo_base::file::{folder_of, may_in};

use super::place::Place;
#[cfg(feature = "planted-leaks")]
use crate::planted_leaks::accept_with;

/// The relay's user and group: the group is tor's, by the folder (`docs/operating.md`).
const SOCKET_MODE: u32 = 0o660;

/// Why a place can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {place}: {source}")]
pub struct CantListen {
    /// The place of the configuration.
    pub place: Place,
    /// What the system said.
    pub source: io::Error,
}

/// Looks whether a socket can be made here, as far as that shows without making one: under a name that is short enough, in a folder that may
/// be written to, where nothing else lies. Of an address and port nothing is said.
///
/// # Errors
/// What making it would fail with.
pub(crate) fn look(place: &Place) -> Result<(), CantListen> {
    let Place::Socket(path) = place else { return Ok(()) };
    let looked = std::os::unix::net::SocketAddr::from_pathname(path)
        .and_then(|_| left_over(path))
        .and_then(|_| may_in(&folder_of(path), Access::WRITE_OK | Access::EXEC_OK));
    looked.map_err(|source| CantListen { place: place.clone(), source })
}

/// A connection, whatever it runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A place that is taken. Nothing is answered yet.
pub(crate) enum Bound {
    Network(std::net::TcpListener),
    Socket(UnixListener, PathBuf),
}

impl Bound {
    /// Takes a place. A socket that an earlier run left, and that nobody answers on, is replaced.
    pub fn bind(place: &Place) -> Result<Self, CantListen> {
        Self::take(place).map_err(|source| CantListen { place: place.clone(), source })
    }

    fn take(place: &Place) -> io::Result<Self> {
        match place {
            Place::Network(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Ok(Self::Network(listener))
            }
            Place::Socket(path) => {
                remove_left_over(path)?;
                let listener = UnixListener::bind(path)?;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
                listener.set_nonblocking(true)?;
                Ok(Self::Socket(listener, path.clone()))
            }
        }
    }

    /// The place, with the port that the system chose.
    pub fn place(&self) -> io::Result<Place> {
        Ok(match self {
            Self::Network(listener) => Place::Network(listener.local_addr()?),
            Self::Socket(_, path) => Place::Socket(path.clone()),
        })
    }

    /// Begins to accept. Inside a runtime only.
    #[expect(
        deprecated,
        reason = "the new form is unsafe for the sake of types that change their descriptor; std's doesn't"
    )]
    pub fn open(self) -> io::Result<Accepting> {
        Ok(match self {
            Self::Network(listener) => Accepting::Network(AsyncFd::with_interest(listener, Interest::READABLE)?),
            Self::Socket(listener, _) => Accepting::Socket(AsyncFd::with_interest(listener, Interest::READABLE)?),
        })
    }
}

/// Whether a socket lies there already; anything else is in the way.
fn left_over(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(_) => Ok(true),
    }
}

fn remove_left_over(path: &Path) -> io::Result<()> {
    if !left_over(path)? {
        return Ok(());
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(_) => std::fs::remove_file(path),
    }
}

/// A listener at work.
pub(crate) enum Accepting {
    Network(AsyncFd<std::net::TcpListener>),
    Socket(AsyncFd<UnixListener>),
}

impl Accepting {
    /// The next connection. The address it comes from is not asked for: the kernel never writes it into this process.
    pub async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Network(listener) => {
                let stream = tokio::net::TcpStream::from_std(next(listener).await?.into())?;
                // An answer is written whole; there is nothing to wait for. A connection that has ended already will say so itself.
                let _ = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            Self::Socket(listener) => Ok(Box::new(tokio::net::UnixStream::from_std(next(listener).await?.into())?)),
        }
    }
}

async fn next<L: AsFd + AsRawFd>(listener: &AsyncFd<L>) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    listener.async_io(Interest::READABLE, |listener| Ok(accept_with(listener, flags)?)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_was_left_is_replaced_and_one_in_use_or_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Socket("x.sock".into()).relative_to(folder.path());
        let path = folder.path().join("x.sock");
        drop(Bound::bind(&place).unwrap());
        let held = Bound::bind(&place).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, SOCKET_MODE);
        assert_eq!(Bound::bind(&place).err().unwrap().source.kind(), io::ErrorKind::AddrInUse);
        drop(held);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "mine").unwrap();
        assert!(Bound::bind(&place).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
