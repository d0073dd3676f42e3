//! The example keys in `keys-example/`: known to everybody, so good for trying softinfo on one machine and for nothing else.
//!
//! Their public halves are part of the program, so that it can refuse them wherever a real tip could meet them.

use softinfo_base::loopback::is_loopback;

use crate::directory::{Contents, RootKey, UntrustedDirectory};

/// Verifier key of the example root.
pub const ROOT: &str = include_str!("../../keys-example/EXAMPLE-root.vkey");
/// The example directory, a signed note.
pub const DIRECTORY: &[u8] = include_bytes!("../../keys-example/EXAMPLE-directory.note");
/// The courier token of the demonstration.
pub const COURIER_TOKEN: &str = "EXAMPLE-courier-token";

/// Example keys where they protect nobody.
#[derive(Debug, thiserror::Error)]
#[error(
    "these are the EXAMPLE keys, which everybody has: anyone could read the tips. They are for this machine only, and {0} is elsewhere. \
     Make your own keys with softinfo-desk keygen, or pass --i-know-these-are-example-keys"
)]
pub struct ExampleKeys(String);

/// The example root key.
///
/// # Errors
/// Never in a program whose tests passed; the type is what parsing gives.
pub fn root() -> Result<RootKey, crate::directory::SigningError> {
    RootKey::parse(ROOT)
}

/// Whether a directory's keys are example keys: signed by the example root, or with any key of the example directory in it.
#[must_use]
pub fn in_directory(contents: &Contents) -> bool {
    let Ok(example) = root().map_err(drop).and_then(|root| {
        UntrustedDirectory::parse(DIRECTORY).and_then(|untrusted| untrusted.verify(&root)).map_err(drop)
    }) else {
        return false;
    };
    let known: Vec<&str> = recipients(example.contents()).collect();
    contents.channel == example.contents().channel || recipients(contents).any(|recipient| known.contains(&recipient))
}

fn recipients(contents: &Contents) -> impl Iterator<Item = &str> {
    contents.holders.iter().flat_map(|holder| &holder.epochs).map(|epoch| epoch.recipient.as_str())
}

/// Refuses example keys when an address is not on this machine.
///
/// `addresses` are URLs or `host:port` texts.
pub fn refuse_elsewhere<'a>(
    contents: &Contents,
    addresses: impl IntoIterator<Item = &'a str>,
    allowed: bool,
) -> Result<(), ExampleKeys> {
    if allowed || !in_directory(contents) {
        return Ok(());
    }
    match addresses.into_iter().find(|address| !is_loopback(address)) {
        Some(address) => Err(ExampleKeys(address.to_owned())),
        None => Ok(()),
    }
}
