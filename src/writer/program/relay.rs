//! Which relay, and the way to it.

use clap::Args;
use softinfo_client::{ClientError, RelayClient, Socks};

#[derive(Args)]
pub struct Relay {
    /// Address of the relay.
    #[arg(long = "relay", value_name = "URL")]
    pub address: String,
    /// Go through tor, which listens here: 127.0.0.1:9050 as a rule; Tor Browser, while it is open: 127.0.0.1:9150.
    ///
    /// Names are looked up behind it, and each run has a circuit of its own. An onion address can't be reached without.
    #[arg(long, value_name = "HOST:PORT")]
    pub socks: Option<Socks>,
}

impl Relay {
    /// A client with a circuit of its own.
    pub fn client(&self) -> Result<RelayClient, ClientError> {
        RelayClient::new(&self.address, None, self.socks)
    }
}
