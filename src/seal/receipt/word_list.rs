//! The BIP39 word lists, compared as people type: without accents, in any case, and cut after four letters.
//!
//! In: what a person typed. Out: its plain form, and the numbers of its words. Touches nothing.

use bip39::Language;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::Zeroizing;

/// The languages that have a list, of those in which the page is.
const LANGUAGES: [Language; 4] = [Language::English, Language::French, Language::Spanish, Language::Portuguese];

/// Lower case, no accents, plain digits, and one space between groups.
pub(super) fn normalise(typed: &str) -> Zeroizing<String> {
    // Nothing that is part of a receipt becomes longer; what does makes the text grow, and that leaves copies behind.
    let mut out = Zeroizing::new(String::with_capacity(2 * typed.len()));
    for c in typed.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        match c {
            // Arabic-Indic and extended Arabic-Indic digits.
            '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => out.push(char::from(b'0' + (u32::from(c) & 0xf) as u8)),
            c if c.is_alphanumeric() => out.push(c),
            _ if out.is_empty() || out.ends_with(' ') => (),
            _ => out.push(' '),
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// One BIP39 list, in the plain form that [`normalise`] gives, so that what a person types compares.
pub(super) struct WordList {
    pub language: Language,
    /// Its 2048 words, in plain form, by number.
    pub words: Vec<String>,
}

impl WordList {
    /// The lists of all languages.
    pub fn all() -> Vec<Self> {
        LANGUAGES.into_iter().map(Self::of).collect()
    }

    fn of(language: Language) -> Self {
        Self { language, words: language.word_list().iter().map(|word| normalise(word).to_string()).collect() }
    }

    /// The number of a word, counted from 0, from the whole word or its first four letters or more: BIP39 lists are unique in the first four.
    pub fn find(&self, typed: &str) -> Option<u16> {
        let whole = self.words.iter().position(|word| word == typed);
        let cut = || {
            let mut fits = self.words.iter().enumerate().filter(|(_, word)| word.starts_with(typed));
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

    #[test]
    fn the_lists_are_unique_in_four_letters() {
        for language in LANGUAGES {
            let mut starts: Vec<String> =
                WordList::of(language).words.iter().map(|word| word.chars().take(4).collect()).collect();
            starts.sort();
            starts.dedup();
            assert_eq!(starts.len(), 2048, "{language:?}");
        }
    }
}
