//! A receipt as a person types it back: words or digits, with headings, numbering, over several lines, both forms at once, or more than once.
//!
//! In: what was typed. Out: the one receipt that is meant, or what to look at again. Touches nothing; what is held of the secret meanwhile is erased on drop.

use std::cmp::Reverse;

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use super::word_list::{WordList, normalise};
use super::{LONGEST, Receipt, WORDS};

/// Most words and groups that are looked at: a receipt in both forms, numbered, with what stands around it, has fewer than 100.
const MOST_TOKENS: usize = 400;

/// What a [`Receipt`] holds, of one of several that may be meant.
type Secret = Zeroizing<[u8; 16]>;

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
        let (by_words, by_digits) = (receipts_in_words(&words), receipts_in_groups(&groups));
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

    /// The receipt of twelve numbers of words, counted from 0, when their checksum is right.
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

/// Those receipts that are meant, of all that were `found`, each with the place where it begins.
///
/// Whoever types a receipt twice means one. But twelve words that begin in the first copy and end in the second have a right checksum once in 16
/// times. Such a one is left out when it shares a word with a copy of a receipt that stands there twice or more, and more often than any other.
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

/// The receipts that any 12 groups in a row make, as far as they are [`meant`].
fn receipts_in_groups(groups: &[&str]) -> Vec<Secret> {
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

/// The receipts that any 12 words in a row make, in any list, as far as they are [`meant`]. A whole word beats the beginning of one: where the same
/// can be read in several ways, only the reading with the most whole words counts.
fn receipts_in_words(words: &[&str]) -> Vec<Secret> {
    let mut found = Vec::new();
    for list in WordList::all() {
        let indices: Zeroizing<Vec<Option<u16>>> = Zeroizing::new(words.iter().map(|word| list.find(word)).collect());
        for (at, (window, typed)) in indices.windows(WORDS).zip(words.windows(WORDS)).enumerate() {
            let known: Option<Vec<u16>> = window.iter().copied().collect();
            let known = Zeroizing::new(known.unwrap_or_default());
            if let Some(receipt) =
                (known.len() == WORDS).then(|| Receipt::from_indices(list.language, &known)).flatten()
            {
                let whole = known.iter().zip(typed).filter(|(index, word)| list.words[usize::from(**index)] == ***word);
                found.push((whole.count(), at, Zeroizing::new(receipt.0)));
            }
        }
    }
    let most = found.iter().map(|(whole, ..)| *whole).max();
    let found = found.into_iter().filter(|(whole, ..)| Some(*whole) == most);
    meant(&found.map(|(_, at, secret)| (at, secret)).collect::<Vec<_>>())
}

/// Why digits are no receipt; `typed` is how many numbers there were in all.
fn wrong_digits(groups: &[&str], typed: usize) -> ReceiptError {
    if groups.len() != WORDS {
        return ReceiptError::Count(if groups.is_empty() { typed } else { groups.len() });
    }
    match groups.iter().position(|group| !matches!(group.parse::<u16>(), Ok(1..=2048))) {
        Some(n) => ReceiptError::NumberOutOfRange { position: n + 1 },
        None => ReceiptError::Checksum,
    }
}

/// Why words are no receipt.
fn wrong_words(words: &[&str]) -> ReceiptError {
    if words.len() != WORDS {
        return ReceiptError::Count(words.len());
    }
    // The language that knows the most words is meant; the first word that it doesn't know is named.
    let known = |list: &WordList| words.iter().take_while(|word| list.find(word).is_some()).count();
    match WordList::all().iter().map(known).max().unwrap_or(0) {
        WORDS => ReceiptError::Checksum,
        furthest => ReceiptError::UnknownWord { position: furthest + 1, word: words[furthest].to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

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
}
