//! The receipt: 128 bits that only the writer has (`docs/protocol.md`, 3).
//!
//! In: randomness, or what a person typed back. Out: words and digits, and what is derived from them.

use std::cmp::Reverse;
use std::fmt::Write;

use bip39::{Language, Mnemonic};
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::author::AuthorKey;
use super::hybrid::Identity;
use softinfo_formats::envelope::withdraw::WithdrawToken;

const SALT: &[u8] = b"softinfo/receipt/1";
const WORDS: usize = 12;
/// Messages that one receipt can have. The first has number 0, the others random ones (`docs/protocol.md`, 3).
pub const MESSAGES: u16 = 4096;
/// Most words and groups that are looked at: a receipt in both forms, numbered, with what stands around it, has fewer than 100.
const MOST_TOKENS: usize = 400;
const LANGUAGES: [Language; 4] = [Language::English, Language::French, Language::Spanish, Language::Portuguese];

/// Bytes that twelve words, or twelve groups, take at most, and more.
const LONGEST: usize = 256;

/// What [`Receipt`] holds, while it is not known which of several is meant.
type Secret = Zeroizing<[u8; 16]>;

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
    /// What was typed can be read as two different receipts.
    #[error("this can be read as more than one receipt; type the 12 groups of digits and nothing else")]
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

    /// Reads words or digits back, as forgivingly as the protocol says: with headings, numbering, over several lines, both forms at once, or
    /// more than once.
    pub fn parse(typed: &str) -> Result<Self, ReceiptError> {
        let plain = normalise(typed);
        let tokens: Vec<&str> = plain.split(' ').filter(|token| !token.is_empty()).collect();
        if tokens.len() > MOST_TOKENS {
            return Err(ReceiptError::Count(tokens.len()));
        }
        let (words, numbers): (Vec<&str>, Vec<&str>) =
            tokens.iter().partition(|token| token.chars().any(char::is_alphabetic));
        let together: Zeroizing<String> =
            Zeroizing::new(if words.is_empty() { numbers.concat() } else { String::new() });
        let groups = groups(&numbers, &together);
        let (by_words, by_digits) = (WordLists::all().receipts(&words), receipts_of(&groups));
        if by_words.is_empty() && by_digits.is_empty() {
            return Err(if words.is_empty() { wrong_digits(&groups, numbers.len()) } else { wrong_words(&words) });
        }
        let is_in_both = |secret: &&Secret| by_words.contains(secret) && by_digits.contains(secret);
        let is_one_form = by_words.is_empty() || by_digits.is_empty();
        let mut found = by_words.iter().chain(&by_digits).filter(|secret| is_one_form || is_in_both(secret));
        match found.next() {
            Some(secret) if found.all(|other| other == secret) => Ok(Self(**secret)),
            _ => Err(ReceiptError::Ambiguous),
        }
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

    /// The withdraw tokens of every message that the thread can have: 0 to 4095, in order.
    #[must_use]
    pub fn withdraw_tokens(&self) -> impl ExactSizeIterator<Item = WithdrawToken> {
        (0..MESSAGES).map(|n| self.withdraw_token(n.into()))
    }

    /// The key that signs later messages of the thread.
    #[must_use]
    pub fn author(&self) -> AuthorKey {
        AuthorKey::from_seed(&self.derive("author"))
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
        let mut phrase = Zeroizing::new(String::with_capacity(LONGEST));
        for &index in indices {
            let space = if phrase.is_empty() { "" } else { " " };
            phrase.extend([space, list[usize::from(index)]]);
        }
        let entropy = Zeroizing::new(Mnemonic::parse_in(language, phrase.as_str()).ok()?.to_entropy());
        entropy[..].try_into().ok().map(Self)
    }
}

/// Lower case, no accents, plain digits, and one space between groups.
fn normalise(typed: &str) -> Zeroizing<String> {
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

/// The groups of 4 digits in `numbers`, or in `together` when these are just twelve; everything else is numbering.
fn groups<'a>(numbers: &[&'a str], together: &'a str) -> Vec<&'a str> {
    let is_run = |digits: &str| digits.len() == WORDS * 4 && digits.is_ascii();
    let divided = |run: &'a str| (0..WORDS).map(|n| &run[n * 4..n * 4 + 4]).collect::<Vec<_>>();
    if is_run(together) {
        return divided(together);
    }
    let of = |number: &&'a str| match number {
        run if is_run(run) => divided(run),
        group if group.len() == 4 && group.is_ascii() => vec![*group],
        _ => Vec::new(),
    };
    numbers.iter().flat_map(of).collect()
}

/// The receipts that are meant of those that were `found`, each with the place where it begins.
///
/// Who types a receipt twice means one. What begins in one copy and ends in the next has a right checksum once in 16 times, too: it doesn't count when
/// one receipt stands there more often than any other, twice at least, and every other shares a word with a copy of it.
fn meant(found: &[(usize, Secret)]) -> Vec<Secret> {
    let is_apart = |one: usize, other: usize| one.abs_diff(other) >= WORDS;
    let mut receipts: Vec<(&Secret, Vec<usize>)> = Vec::new();
    for (at, secret) in found {
        match receipts.iter_mut().find(|(known, _)| *known == secret) {
            Some((_, places)) => places.push(*at),
            None => receipts.push((secret, vec![*at])),
        }
    }
    for (_, copies) in &mut receipts {
        copies.sort_unstable();
        let mut last = None;
        copies.retain(|at| {
            let is_copy = last.is_none_or(|last| is_apart(last, *at));
            last = if is_copy { Some(*at) } else { last };
            is_copy
        });
    }
    receipts.sort_by_key(|(_, copies)| Reverse(copies.len()));
    if let [(secret, copies), others @ ..] = &receipts[..]
        && copies.len() > 1
        && others.iter().all(|(_, fewer)| fewer.len() < copies.len())
        && found.iter().all(|(at, _)| copies.iter().any(|copy| !is_apart(*copy, *at)))
    {
        return vec![(*secret).clone()];
    }
    receipts.into_iter().map(|(secret, _)| secret.clone()).collect()
}

/// The receipts that any 12 groups behind each other are, as far as they are [`meant`].
fn receipts_of(groups: &[&str]) -> Vec<Secret> {
    let numbers: Zeroizing<Vec<u16>> = Zeroizing::new(groups.iter().map(|group| group.parse().unwrap_or(0)).collect());
    let receipt = |window: &[u16]| {
        let indices: Option<Zeroizing<Vec<u16>>> =
            window.iter().map(|n| n.checked_sub(1).filter(|n| *n < 2048)).collect::<Option<_>>().map(Zeroizing::new);
        Receipt::from_indices(Language::English, &indices?).map(|receipt| Zeroizing::new(receipt.0))
    };
    let found: Vec<_> =
        numbers.windows(WORDS).enumerate().filter_map(|(at, window)| Some((at, receipt(window)?))).collect();
    meant(&found)
}

fn wrong_digits(groups: &[&str], typed: usize) -> ReceiptError {
    if groups.len() != WORDS {
        return ReceiptError::Count(if groups.is_empty() { typed } else { groups.len() });
    }
    match groups.iter().position(|group| !matches!(group.parse::<u16>(), Ok(1..=2048))) {
        Some(n) => ReceiptError::NumberOutOfRange { position: n + 1 },
        None => ReceiptError::Checksum,
    }
}

fn wrong_words(words: &[&str]) -> ReceiptError {
    if words.len() != WORDS {
        return ReceiptError::Count(words.len());
    }
    // The language that knows the most words is the one meant; what it doesn't know is named.
    let known = |list: &WordList| words.iter().take_while(|word| list.find(word).is_some()).count();
    match WordLists::all().0.iter().map(known).max().unwrap_or(0) {
        WORDS => ReceiptError::Checksum,
        furthest => ReceiptError::UnknownWord { position: furthest + 1, word: words[furthest].to_owned() },
    }
}

/// The lists of all languages.
struct WordLists(Vec<WordList>);

impl WordLists {
    fn all() -> Self {
        Self(LANGUAGES.into_iter().map(WordList::of).collect())
    }

    /// The receipts that any 12 words behind each other are, in any list, as far as they are [`meant`]. A whole word beats the beginning of one: of what
    /// can be read in several ways only that with the most whole words counts.
    fn receipts(&self, words: &[&str]) -> Vec<Secret> {
        let mut found = Vec::new();
        for list in &self.0 {
            let indices: Zeroizing<Vec<Option<u16>>> =
                Zeroizing::new(words.iter().map(|word| list.find(word)).collect());
            for (at, (window, typed)) in indices.windows(WORDS).zip(words.windows(WORDS)).enumerate() {
                let known: Option<Vec<u16>> = window.iter().copied().collect();
                let known = Zeroizing::new(known.unwrap_or_default());
                if let Some(receipt) =
                    (known.len() == WORDS).then(|| Receipt::from_indices(list.language, &known)).flatten()
                {
                    let whole =
                        known.iter().zip(typed).filter(|(index, word)| list.words[usize::from(**index)] == ***word);
                    found.push((whole.count(), at, Zeroizing::new(receipt.0)));
                }
            }
        }
        let most = found.iter().map(|(whole, ..)| *whole).max();
        let found = found.into_iter().filter(|(whole, ..)| Some(*whole) == most);
        meant(&found.map(|(_, at, secret)| (at, secret)).collect::<Vec<_>>())
    }
}

/// A BIP39 list without accents, so that what a person types compares.
struct WordList {
    language: Language,
    words: Vec<String>,
}

impl WordList {
    fn of(language: Language) -> Self {
        Self { language, words: language.word_list().iter().map(|word| normalise(word).to_string()).collect() }
    }

    /// The whole word, or its first four letters or more; BIP39 lists are unique in the first four.
    fn find(&self, typed: &str) -> Option<u16> {
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
    fn what_is_copied_with_headings_numbers_and_both_forms_reads_back() {
        let receipt = Receipt::from_bytes([0x5a; 16]);
        let (words, digits) = (receipt.words("fr"), receipt.digits());
        let numbered = |text: &str| {
            let lines: Vec<_> = text.split(' ').enumerate().map(|(n, part)| format!("{}. {part}", n + 1)).collect();
            lines.join("\n")
        };
        for typed in [
            format!("12 mots\n{}\n\n12 nombres\n{}", *words, *digits),
            format!("{}\n{}", *digits, *words),
            numbered(&words),
            numbered(&digits),
            format!("Chiffres:\n{}\nMots:\n{}\n", numbered(&digits), numbered(&words)),
            words.nfd().collect(),
            words.replace(' ', ",\n"),
        ] {
            assert_eq!(Receipt::parse(&typed).unwrap().0, receipt.0, "{typed}");
        }
        assert!(words.nfc().eq(words.chars()), "shown in one form only");
        let other = Receipt::from_bytes([0x5b; 16]);
        let two = format!("{}\n{}", *words, *other.digits());
        assert_eq!(Receipt::parse(&two).err(), Some(ReceiptError::Ambiguous));
        assert_eq!(Receipt::parse("").err(), Some(ReceiptError::Count(0)));
        assert_eq!(Receipt::parse(&"abandon ".repeat(401)).err(), Some(ReceiptError::Count(401)));
    }

    #[test]
    fn the_same_receipt_typed_again_is_one_receipt_and_another_beside_it_is_not_passed_over() {
        let mut ambiguous = 0;
        for n in 0..64 {
            let (receipt, other) = (Receipt::from_bytes([n; 16]), Receipt::from_bytes([n + 100; 16]));
            let (words, digits) = (receipt.words("en"), receipt.digits());
            let saved = format!("words:  {}\ndigits: {}\n", *words, *digits);
            for typed in [
                format!("{}\n{}", *words, *words),
                format!("{}\n{}\n{}", *words, *words, *words),
                format!("{}\nonce again: word {}", *words, words.replace(' ', "\n")),
                format!("{} {}", *digits, *digits),
                format!("{0}\n{0}", digits.replace(' ', "")),
                format!("{saved}{saved}"),
                format!("{}\n{}\n{saved}", *words, *words),
                format!("{}\n{}", *words, *receipt.words("fr")),
            ] {
                let read = Receipt::parse(&typed).unwrap_or_else(|error| panic!("{error}: {typed}"));
                assert_eq!(read.0, receipt.0, "{typed}");
            }
            let (others, groups) = (other.words("en"), other.digits());
            for typed in [
                format!("{}\n{}", *words, *others),
                format!("{}\n{}\n{}", *words, *words, *others),
                format!("{}\n{}\n{}", *words, *others, *words),
                format!("{0}\n{0}\n{1}\n{1}", *words, *others),
                format!("{}\n{}\n{}", *digits, *digits, *groups),
                format!("{saved}{}\n{}", *groups, *others),
            ] {
                assert_eq!(Receipt::parse(&typed).err(), Some(ReceiptError::Ambiguous), "{typed}");
            }
            // Half of one and then the whole: which twelve are meant can't be known where two have a right checksum.
            let half = words.split(' ').skip(6).collect::<Vec<_>>().join(" ");
            match Receipt::parse(&format!("{half} {}", *words)) {
                Ok(read) => assert_eq!(read.0, receipt.0),
                Err(error) => {
                    assert_eq!(error, ReceiptError::Ambiguous);
                    ambiguous += 1;
                }
            }
        }
        assert!(ambiguous > 0);
    }

    #[test]
    fn a_whole_word_beats_the_beginning_of_one() {
        let long = Receipt::from_bytes([0; 16]).words("en").to_string();
        assert!(Receipt::parse(&long).is_ok());
        // Found by fuzzing: all words stand whole in one list, and are beginnings of longer words in another.
        let secret = *b"\0\0\x0d\x04\0\0\0\0\0\0\0\0\0\0\0\0";
        for language in ["en", "fr", "es", "pt"] {
            let receipt = Receipt::from_bytes(secret);
            assert_eq!(Receipt::parse(&receipt.words(language)).unwrap().0, secret, "{language}");
        }
    }

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
