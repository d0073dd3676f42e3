//! The command that sends a sealed file, as a line for whoever has the file.

use std::path::{Path, PathBuf};

/// Where tor listens as a rule, for an address that can't be reached without.
pub fn default_socks(relay: &str) -> Option<String> {
    relay.contains(".onion").then(|| "127.0.0.1:9050".to_owned())
}

/// The command that sends a sealed file.
pub struct SendCommand {
    /// Address of the relay.
    pub relay: String,
    /// Where tor's SOCKS port listens.
    pub socks: Option<String>,
    /// File with the root key of the channel for which it was sealed, which the relay has to be of.
    pub root: Option<PathBuf>,
}

impl SendCommand {
    /// The line for this file.
    pub fn of(&self, sealed: &Path) -> String {
        let word = |path: &Path| quoted(&path.display().to_string());
        let mut line = format!("softinfo-tip send --sealed {} --relay {}", word(sealed), quoted(&self.relay));
        if let Some(root) = &self.root {
            line.push_str(&format!(" --root {}", word(root)));
        }
        if let Some(socks) = &self.socks {
            line.push_str(&format!(" --socks {socks}"));
        }
        line
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_sends_a_file_names_that_file_to_a_shell() {
        for (path, words) in [
            ("tip.age", "--sealed tip.age "),
            ("my tip.age", "--sealed 'my tip.age' "),
            ("it's $(x)", r"--sealed 'it'\''s $(x)' "),
        ] {
            let command = SendCommand { relay: "http://127.0.0.1:8080".to_owned(), socks: None, root: None };
            assert!(command.of(Path::new(path)).contains(words), "{path}");
        }
        let (relay, root) = ("http://abc.onion".to_owned(), Some("my root.vkey".into()));
        let command = SendCommand { socks: default_socks(&relay), relay, root };
        assert!(command.of(Path::new("a")).ends_with(" --root 'my root.vkey' --socks 127.0.0.1:9050"));
    }
}
