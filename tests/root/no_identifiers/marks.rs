//! Marks: words and addresses that nobody else uses, and every form in which one could be kept.

use std::net::{SocketAddr, SocketAddrV4};

use base64::prelude::{BASE64_STANDARD, Engine};
use memchr::memmem::Finder;
use rand::Rng;

/// How every marked word begins. The search looks for this, so it finds a word that was cut short as well.
const WORD: &str = "Zq7canary";
/// How the marked addresses begin.
const NETWORK: [u8; 2] = [127, 77];

/// A word for one place: its name stands in it, so that a finding says where it came from.
pub fn word(place: &str) -> String {
    let random: u32 = rand::thread_rng().r#gen();
    format!("{WORD}{}{random:08x}", place.replace(|c: char| !c.is_ascii_alphanumeric(), ""))
}

/// An address that this machine may call from and that no other test uses.
pub fn address() -> SocketAddr {
    let [c, d]: [u8; 2] = rand::thread_rng().r#gen();
    let [a, b] = NETWORK;
    SocketAddr::from(([a, b, c, d.max(1)], 0))
}

/// Everything that is looked for.
pub struct Marks {
    forms: Vec<(String, Finder<'static>)>,
}

impl Marks {
    /// All marked words, and the addresses that were called from.
    pub fn new(from: &[SocketAddrV4]) -> Self {
        let mut marks = Self { forms: Vec::new() };
        marks.add_text("word", WORD);
        marks.add_text("address", &format!("{}.{}.", NETWORK[0], NETWORK[1]));
        for address in from {
            let (ip, port) = (address.ip().octets(), address.port());
            // As the kernel writes it, and as Rust may keep it.
            marks.add("address, sockaddr", &[&port.to_be_bytes()[..], &ip].concat());
            marks.add("address, in memory", &[&ip[..], &port.to_ne_bytes()].concat());
            marks.add("address, in memory", &[&port.to_ne_bytes()[..], &ip].concat());
        }
        marks
    }

    /// Marks for one text only.
    pub fn of_text(what: &str, text: &str) -> Self {
        let mut marks = Self { forms: Vec::new() };
        marks.add_text(what, text);
        marks
    }

    /// The same with these bytes, as they are.
    pub fn and_bytes(mut self, what: &str, bytes: &[u8]) -> Self {
        self.add(what, bytes);
        self
    }

    fn add(&mut self, what: &str, bytes: &[u8]) {
        self.forms.push((what.to_owned(), Finder::new(bytes).into_owned()));
    }

    fn add_text(&mut self, what: &str, text: &str) {
        for (form, bytes) in forms(text) {
            self.add(&format!("{what}, {form}"), &bytes);
        }
    }

    /// What is found in `bytes`, each with what stands there.
    pub fn find(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let in_form = |(form, finder): &(String, Finder<'static>)| {
            finder
                .find_iter(bytes)
                .take(3)
                .map(|at| {
                    let around = &bytes[at.saturating_sub(16)..bytes.len().min(at + 64)];
                    let text = around.iter().map(|&b| if b.is_ascii_graphic() { b as char } else { '·' }).collect();
                    Finding { place: place.to_owned(), form: form.clone(), text }
                })
                .collect::<Vec<_>>()
        };
        self.forms.iter().flat_map(in_form).collect()
    }
}

/// A mark that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub place: String,
    pub form: String,
    pub text: String,
}

/// A text in every form that is looked for.
pub fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let hex = hex::encode(text);
    let mut forms = vec![
        ("plain", text.as_bytes().to_vec()),
        ("small letters", text.to_ascii_lowercase().into_bytes()),
        ("HEX", hex.to_ascii_uppercase().into_bytes()),
        ("UTF-16, little-endian", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16, big-endian", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ];
    forms.push(("hex", hex.into_bytes()));
    for (name, before) in [("base64", 0), ("base64, one byte on", 1), ("base64, two bytes on", 2)] {
        // The characters at both ends depend on what stands beside the text.
        let encoded = BASE64_STANDARD.encode([&vec![0; before][..], text.as_bytes()].concat());
        let from = (before * 8).div_ceil(6);
        let to = (before + text.len()) * 8 / 6;
        forms.push((name, encoded.as_bytes()[from..to].to_vec()));
    }
    forms
}

#[test]
fn the_search_finds_every_form_and_nothing_where_nothing_is() {
    let marks = Marks::new(&["127.77.1.2:4242".parse().unwrap()]);
    let word = word("here");
    for (form, _) in forms("x") {
        let (_, bytes) = forms(&word).into_iter().find(|(name, _)| *name == form).unwrap();
        let found = marks.find("a file", &[b"before ", &bytes[..], b" behind"].concat());
        assert!(found.iter().any(|finding| finding.form == format!("word, {form}")), "{form}: {found:?}");
    }
    // Inside a longer text that was encoded whole.
    for before in 0..5 {
        let text = format!("{}{word} and so on", "-".repeat(before));
        let coded = [BASE64_STANDARD.encode(&text), hex::encode(&text), hex::encode_upper(&text)];
        assert!(coded.iter().all(|coded| !marks.find("a file", coded.as_bytes()).is_empty()));
    }
    for address in [&b"x127.77.1.2x"[..], &[0x10, 0x92, 127, 77, 1, 2], &[127, 77, 1, 2, 0x92, 0x10]] {
        assert!(!marks.find("memory", address).is_empty());
    }
    assert!(marks.find("a file", &[0; 4096]).is_empty() && marks.find("a file", b"Zq7 canary 127.7.7").is_empty());
}
