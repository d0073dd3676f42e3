//! Which relay, and the way to it, by its arguments.

use clap::Args;
use softinfo_client::{ClientError, RelayClient, Socks};
use softinfo_writer::relay::RelayAddress;

#[derive(Args)]
pub struct Relay {
    /// Address of the relay.
    #[arg(long = "relay", value_name = "URL")]
    pub url: String,
    /// Go through tor, which listens here: 127.0.0.1:9050 as a rule; Tor Browser, while it is open: 127.0.0.1:9150.
    ///
    /// Names are looked up behind it, and each run has a circuit of its own. An onion address can't be reached without.
    #[arg(long, value_name = "HOST:PORT")]
    pub socks: Option<Socks>,
}

impl Relay {
    /// The same for the library.
    pub fn address(&self) -> RelayAddress {
        RelayAddress { url: self.url.clone(), socks: self.socks }
    }

    /// A client with a circuit of its own.
    pub fn client(&self) -> Result<RelayClient, ClientError> {
        self.address().client()
    }
}
