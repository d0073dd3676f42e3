//! A receipt as it is shown: twelve words in the writer's language where there is a list, and twelve groups of four digits for everybody.
//!
//! In: a receipt. Out: texts that are erased from memory on drop, without a copy left behind. Touches nothing.

use std::fmt::Write;

use bip39::{Language, Mnemonic};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{LONGEST, Receipt};

impl Receipt {
    /// The 12 words, in the BIP39 list of the language (ISO 639-1 code), English where there is none; in Unicode form NFC.
    #[must_use]
    pub fn words(&self, language: &str) -> Zeroizing<String> {
        let language = match language {
            "fr" => Language::French,
            "es" => Language::Spanish,
            "pt" => Language::Portuguese,
            _ => Language::English,
        };
        let mut listed = Zeroizing::new(String::with_capacity(LONGEST));
        for word in self.mnemonic(language).words() {
            let space = if listed.is_empty() { "" } else { " " };
            listed.extend([space, word]);
        }
        // Composed letters are shorter, so this doesn't grow either, and leaves no copy behind.
        let mut words = Zeroizing::new(String::with_capacity(LONGEST));
        words.extend(listed.nfc());
        words
    }

    /// The 12 groups of 4 digits: the same numbers in every language.
    #[must_use]
    pub fn digits(&self) -> Zeroizing<String> {
        let mut digits = Zeroizing::new(String::with_capacity(LONGEST));
        for index in self.mnemonic(Language::English).word_indices() {
            let space = if digits.is_empty() { "" } else { " " };
            // Writing to a string can't fail.
            let _ = write!(*digits, "{space}{:04}", index + 1);
        }
        digits
    }

    fn mnemonic(&self, language: Language) -> Mnemonic {
        Mnemonic::from_entropy_in(language, &self.0).expect("16 bytes are a BIP39 length")
    }
}
