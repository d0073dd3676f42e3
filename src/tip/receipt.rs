//! The receipt: 128 bits that only the writer has (`docs/protocol.md`, 3).
//!
//! In: randomness, or what a person typed back. Out: words and digits, and what is derived from them.

use std::collections::BTreeSet;

use bip39::{Language, Mnemonic};
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::hybrid::Identity;
use super::withdraw::WithdrawToken;

const SALT: &[u8] = b"softinfo/receipt/1";
const WORDS: usize = 12;
const LANGUAGES: [Language; 4] = [Language::English, Language::French, Language::Spanish, Language::Portuguese];

/// The writer's 128-bit secret. Never stored by the relay or put into a tip.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Receipt([u8; 16]);

/// What a person typed is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not twelve words or groups.
    #[error("a receipt has 12 words, or 12 groups of 4 digits; this has {0}")]
    Count(usize),
    /// A word that no list has.
    #[error("word {position}, “{word}”, is in no word list; check how it is written")]
    UnknownWord {
        /// Counted from 1.
        position: usize,
        /// As typed.
        word: String,
    },
    /// A group that is not 0001 to 2048.
    #[error("group {position} is not a number from 0001 to 2048; check it against the receipt")]
    NumberOutOfRange {
        /// Counted from 1.
        position: usize,
    },
    /// The words exist but don't belong together.
    #[error("one of the words or numbers is wrong, or two are swapped; check them against the receipt")]
    Checksum,
    /// The words are a valid receipt in two languages, and not the same one.
    #[error("these words are a receipt in more than one language; type the 12 groups of digits instead")]
    Ambiguous,
}

impl Receipt {
    /// A new receipt from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut secret = [0; 16];
        rng.fill_bytes(&mut secret);
        Self(secret)
    }

    /// From the 16 raw bytes.
    #[must_use]
    pub const fn from_bytes(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// The 12 words, in the BIP39 list of the language (ISO 639-1 code), English where there is none.
    #[must_use]
    pub fn words(&self, language: &str) -> Zeroizing<String> {
        let language = match language {
            "fr" => Language::French,
            "es" => Language::Spanish,
            "pt" => Language::Portuguese,
            _ => Language::English,
        };
        let words: Vec<_> = self.mnemonic(language).words().collect();
        Zeroizing::new(words.join(" "))
    }

    /// The 12 groups of 4 digits: the same numbers in every language.
    #[must_use]
    pub fn digits(&self) -> Zeroizing<String> {
        let groups: Vec<_> =
            self.mnemonic(Language::English).word_indices().map(|index| format!("{:04}", index + 1)).collect();
        Zeroizing::new(groups.join(" "))
    }

    /// Reads words or digits back, as forgivingly as the protocol says.
    pub fn parse(typed: &str) -> Result<Self, ReceiptError> {
        let plain = Zeroizing::new(normalise(typed));
        if plain.chars().any(char::is_alphabetic) { parse_words(&plain) } else { parse_digits(&plain) }
    }

    /// The identity that opens replies; its recipient travels in the tip.
    #[must_use]
    pub fn reply_identity(&self) -> Identity {
        Identity::from_seed(self.derive("reply-identity"))
    }

    /// The id of the conversation, 16 bytes.
    #[must_use]
    pub fn thread(&self) -> [u8; 16] {
        *self.derive("thread")
    }

    /// The withdraw token of message `n` of the thread; the first tip is 0.
    #[must_use]
    pub fn withdraw_token(&self, n: u32) -> WithdrawToken {
        WithdrawToken::from_bytes(*self.derive(&format!("withdraw/{n}")))
    }

    fn derive<const N: usize>(&self, info: &str) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        Hkdf::<Sha256>::new(Some(SALT), &self.0)
            .expand(info.as_bytes(), &mut *out)
            .expect("16 and 32 are within HKDF's limit");
        out
    }

    fn mnemonic(&self, language: Language) -> Mnemonic {
        Mnemonic::from_entropy_in(language, &self.0).expect("16 bytes are a BIP39 length")
    }

    fn from_indices(language: Language, indices: &[u16]) -> Option<Self> {
        let list = language.word_list();
        let words: Vec<_> = indices.iter().map(|&index| list[usize::from(index)]).collect();
        let phrase = Zeroizing::new(words.join(" "));
        let entropy = Zeroizing::new(Mnemonic::parse_in(language, phrase.as_str()).ok()?.to_entropy());
        entropy[..].try_into().ok().map(Self)
    }
}

/// Lower case, no accents, plain digits, and one space between groups.
fn normalise(typed: &str) -> String {
    let mut out = String::with_capacity(typed.len());
    for c in typed.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        match c {
            // Arabic-Indic and extended Arabic-Indic digits.
            '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => out.push(char::from(b'0' + (u32::from(c) & 0xf) as u8)),
            c if c.is_alphanumeric() => out.push(c),
            _ => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parse_digits(plain: &str) -> Result<Receipt, ReceiptError> {
    let together: Zeroizing<String> = Zeroizing::new(plain.chars().filter(|c| *c != ' ').collect());
    let groups: Vec<&str> = if together.len() == WORDS * 4 && together.is_ascii() {
        (0..WORDS).map(|n| &together[n * 4..n * 4 + 4]).collect()
    } else {
        plain.split_whitespace().collect()
    };
    if groups.len() != WORDS {
        return Err(ReceiptError::Count(groups.len()));
    }
    let mut indices = Zeroizing::new([0u16; WORDS]);
    for (n, group) in groups.iter().enumerate() {
        match group.parse::<u16>() {
            Ok(number @ 1..=2048) => indices[n] = number - 1,
            _ => return Err(ReceiptError::NumberOutOfRange { position: n + 1 }),
        }
    }
    Receipt::from_indices(Language::English, &*indices).ok_or(ReceiptError::Checksum)
}

fn parse_words(plain: &str) -> Result<Receipt, ReceiptError> {
    let typed: Vec<&str> = plain.split_whitespace().collect();
    if typed.len() != WORDS {
        return Err(ReceiptError::Count(typed.len()));
    }
    // The language that knows the most words is the one meant; what it doesn't know is named.
    let mut found = BTreeSet::new();
    let (mut all_known, mut furthest) = (false, 0);
    for language in LANGUAGES {
        let list = WordList::of(language);
        let indices: Zeroizing<Vec<u16>> = Zeroizing::new(typed.iter().map_while(|word| list.find(word)).collect());
        if indices.len() == WORDS {
            all_known = true;
            if let Some(receipt) = Receipt::from_indices(language, &indices) {
                found.insert(receipt.0);
            }
        } else {
            furthest = furthest.max(indices.len());
        }
    }
    match (found.pop_first(), found.is_empty()) {
        (Some(secret), true) => Ok(Receipt(secret)),
        (Some(_), false) => Err(ReceiptError::Ambiguous),
        (None, _) if all_known => Err(ReceiptError::Checksum),
        (None, _) => Err(ReceiptError::UnknownWord { position: furthest + 1, word: typed[furthest].to_owned() }),
    }
}

/// A BIP39 list without accents, so that what a person types compares.
struct WordList(Vec<String>);

impl WordList {
    fn of(language: Language) -> Self {
        Self(language.word_list().iter().map(|word| normalise(word)).collect())
    }

    /// The whole word, or its first four letters or more; BIP39 lists are unique in the first four.
    fn find(&self, typed: &str) -> Option<u16> {
        let whole = self.0.iter().position(|word| word == typed);
        let cut = || {
            let mut fits = self.0.iter().enumerate().filter(|(_, word)| word.starts_with(typed));
            match (fits.next(), fits.next()) {
                (Some((index, _)), None) if typed.chars().count() >= 4 => Some(index),
                _ => None,
            }
        };
        whole.or_else(cut).and_then(|index| u16::try_from(index).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_form_of_a_receipt_reads_back(secret: [u8; 16], upper: bool) {
            let receipt = Receipt::from_bytes(secret);
            let digits = receipt.digits();
            prop_assert_eq!(Receipt::parse(&digits).unwrap().0, secret);
            prop_assert_eq!(Receipt::parse(&digits.replace(' ', "")).unwrap().0, secret);
            for language in ["nl", "fr", "es", "pt"] {
                let words = receipt.words(language);
                let typed = if upper { words.to_uppercase() } else { words.to_string() };
                prop_assert_eq!(Receipt::parse(&typed).unwrap().0, secret);
            }
        }

        #[test]
        fn whatever_is_typed_gets_an_answer(typed: String) {
            let _ = Receipt::parse(&typed);
        }
    }

    #[test]
    fn the_lists_are_unique_in_four_letters() {
        for language in LANGUAGES {
            let mut starts: Vec<String> =
                WordList::of(language).0.iter().map(|word| word.chars().take(4).collect()).collect();
            starts.sort();
            starts.dedup();
            assert_eq!(starts.len(), 2048, "{language:?}");
        }
    }
}
