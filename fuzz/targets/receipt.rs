//! The receipt. What was typed is the secret that was shown, in every language, or no receipt; twelve right numbers always are one.

use sha2::{Digest, Sha256};
use softinfo_seal::receipt::{Receipt, ReceiptError};

use super::input::Input;

const LANGUAGES: [&str; 4] = ["en", "fr", "es", "pt"];

/// `input` is what was typed, or behind a zero byte instructions for it.
pub fn check(input: &[u8]) {
    match input.split_first() {
        Some((0, instructions)) => typed(&mut Input::new(instructions)),
        _ => drop(judge(&String::from_utf8_lossy(input))),
    }
}

/// A receipt that was made, typed as people do: other case, words cut short, words swapped or changed.
fn typed(input: &mut Input<'_>) {
    let mut secret = [0; 16];
    secret.iter_mut().for_each(|byte| *byte = input.byte());
    let receipt = Receipt::from_bytes(secret);
    let form = usize::from(input.byte());
    let shown = LANGUAGES.get(form % 5).map_or_else(|| receipt.digits(), |language| receipt.words(language));
    let mut groups: Vec<String> = shown.split(' ').map(str::to_owned).collect();
    let mut is_same = true;
    while !input.is_empty() {
        let (kind, n) = (input.byte() % 6, usize::from(input.byte()) % groups.len().max(1));
        match (kind, groups.get(n).cloned()) {
            (0, Some(word)) => groups[n] = word.to_uppercase(),
            (1, Some(word)) => groups[n] = four_letters(&word),
            (2, Some(_)) => groups[n].push_str("  \t"),
            (3, Some(_)) => (groups[n], is_same) = (String::from_utf8_lossy(input.short()).into_owned(), false),
            (4, Some(_)) => (groups, is_same) = ([&groups[n..], &groups[..n]].concat(), is_same && n == 0),
            (5, Some(_)) => {
                groups.remove(n);
                is_same = false;
            }
            _ => {}
        }
    }
    let typed = groups.join(" ");
    let parsed = judge(&typed);
    if is_same {
        assert!(parsed.is_some_and(|parsed| *parsed.digits() == *receipt.digits()), "{typed:?} is not read back");
    }
}

/// The first four letters; the lists write accents as marks behind their letters.
fn four_letters(word: &str) -> String {
    let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    let mut letters = 0;
    let is_within = |&c: &char| {
        letters += usize::from(!is_mark(c));
        letters <= 4
    };
    word.chars().take_while(is_within).collect()
}

fn judge(typed: &str) -> Option<Receipt> {
    let numbers = numbers(typed);
    match Receipt::parse(typed) {
        Ok(receipt) => {
            // One language each time, because a word list is long.
            let language = LANGUAGES[usize::from(receipt.thread()[0] % 4)];
            for shown in [receipt.digits(), receipt.words(language)] {
                let again = Receipt::parse(&shown).map(|again| (again.digits(), again.thread()));
                assert!(again.is_ok_and(|again| again == (receipt.digits(), receipt.thread())), "{shown:?}");
            }
            if let Some(numbers) = numbers {
                assert!(is_right(numbers));
                assert_eq!(numbers.map(|number| format!("{number:04}")).join(" "), *receipt.digits());
            }
            Some(receipt)
        }
        Err(error) => {
            assert!(numbers.is_none_or(|numbers| !is_right(numbers)), "{typed:?}: {error}");
            match error {
                ReceiptError::UnknownWord { position, word } => {
                    assert!((1..=12).contains(&position) && !word.is_empty() && !word.contains(char::is_whitespace));
                }
                ReceiptError::NumberOutOfRange { position } => assert!((1..=12).contains(&position)),
                ReceiptError::Count(_) | ReceiptError::Checksum | ReceiptError::Ambiguous => {}
            }
            None
        }
    }
}

/// Twelve groups of four plain digits, each a number that is on the list.
fn numbers(typed: &str) -> Option<[u16; 12]> {
    let groups: Vec<_> = typed.split_ascii_whitespace().collect();
    let plain = groups.iter().all(|group| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit()));
    let numbers: Vec<u16> = groups.iter().map_while(|group| group.parse().ok()).collect();
    let numbers: [u16; 12] = numbers.try_into().ok().filter(|_| plain && groups.len() == 12)?;
    numbers.iter().all(|number| (1..=2048).contains(number)).then_some(numbers)
}

/// BIP39: 128 bits, then the first four of their SHA-256.
fn is_right(numbers: [u16; 12]) -> bool {
    let mut bits = [0u8; 17];
    for (n, number) in numbers.into_iter().enumerate() {
        for bit in 0..11 {
            let at = n * 11 + bit;
            bits[at / 8] |= u8::from((number - 1) >> (10 - bit) & 1 == 1) << (7 - at % 8);
        }
    }
    Sha256::digest(&bits[..16])[0] & 0xf0 == bits[16]
}
