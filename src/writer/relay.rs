//! Which relay, and the way to it.

use softinfo_client::{ClientError, RelayClient, Socks};

/// A relay by its address, and the proxy through which it is reached.
#[derive(Debug, Clone)]
pub struct RelayAddress {
    /// The relay's address, `http://…` or `https://…`.
    pub url: String,
    /// Where tor's SOCKS port listens; without it the relay is called directly.
    pub socks: Option<Socks>,
}

impl RelayAddress {
    /// A client with a circuit of its own: what goes over two of them can't be seen to come from one program. Connects to nothing yet.
    ///
    /// # Errors
    /// The address is none, or nothing may be sent there this way.
    pub fn client(&self) -> Result<RelayClient, ClientError> {
        RelayClient::new(&self.url, None, self.socks)
    }
}
