//! `softinfo-tip withdraw`: erases a tip with the receipt. The receipt is never an argument: other users of the machine see those.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use softinfo::tip::receipt::Receipt;
use zeroize::Zeroizing;

use crate::relay::Relay;

#[derive(Args)]
pub struct Withdraw {
    #[command(flatten)]
    relay: Relay,
    /// File with the words or digits of the receipt. Without it they are read from standard input.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Which message of the thread; the first tip is 0.
    #[arg(long, default_value_t = 0, value_name = "N")]
    message: u32,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

impl Withdraw {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        let typed = self.typed()?;
        let receipt = Receipt::parse(&typed)?;
        let erased = client.withdraw(&receipt.withdraw_token(self.message))?;
        if self.json {
            println!("{}", json!({ "erased": erased }));
        } else {
            println!("The tip is erased from the relay. A copy that a holder has fetched before is not.");
        }
        Ok(())
    }

    fn typed(&self) -> Result<Zeroizing<String>> {
        let mut typed = Zeroizing::new(String::new());
        match &self.receipt {
            Some(path) => {
                *typed = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            }
            None if std::io::stdin().is_terminal() => {
                eprintln!("Type the 12 words or the 12 groups of digits of the receipt, then Enter:");
                std::io::stdin().lock().read_line(&mut typed)?;
            }
            None => {
                std::io::Read::read_to_string(&mut std::io::Read::take(std::io::stdin(), 64 * 1024), &mut typed)?;
            }
        }
        Ok(typed)
    }
}
