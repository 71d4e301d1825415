//! Numbers that prove themselves: check digits of cards, bank accounts and national identity numbers, as their issuers
//! publish them. Each function takes the text of a cell and says whether it is such a number.

use std::sync::LazyLock;

use regex::Regex;

/// The digits of a text in which only digits and separators stand; none of other texts.
fn digits(text: &str, separators: &str) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(20);
    for one in text.chars() {
        match one.to_digit(10) {
            Some(digit) => digits.push(digit as u8),
            None if separators.contains(one) => {}
            None => return None,
        }
    }
    Some(digits)
}

/// Σ weight · digit.
fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(*digit))
}

/// ISO/IEC 7812-1: from the right every second digit is doubled, and the digits sum to a multiple of 10.
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, d)| u32::from(if at % 2 == 1 { doubled(*d) } else { *d })).sum();
    sum.is_multiple_of(10)
}

/// Whether day and month can be; the year is left open.
fn is_day(day: u64, month: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// A payment card: length and first digits of a scheme (Visa, Mastercard, American Express, Discover, JCB, Diners,
/// UnionPay, Maestro), and Luhn's check digit.
pub(super) fn is_card(text: &str) -> bool {
    if !(13..=23).contains(&text.len()) {
        return false;
    }
    let Some(digits) = digits(text, " -") else { return false };
    if !(13..=19).contains(&digits.len()) || digits.windows(2).all(|pair| pair[0] == pair[1]) {
        return false;
    }
    let (two, three, four) = (number(&digits[..2]), number(&digits[..3]), number(&digits[..4]));
    let of_scheme = match digits.len() {
        13 => digits[0] == 4,
        14 => matches!(two, 36 | 38 | 39) || (300..=305).contains(&three),
        15 => matches!(two, 34 | 37),
        16 => {
            digits[0] == 4
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || four == 6011
                || two == 65
                || (644..=649).contains(&three)
                || (3528..=3589).contains(&four)
                || two == 62
                || matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
        }
        _ => digits[0] == 4 || two == 62 || two == 65 || matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759),
    };
    of_scheme && luhn(&digits)
}

/// ISO 13616: two letters, two check digits, up to 30 letters or digits in groups or not; the first four moved to the
/// end and letters read as 10 to 35, the number leaves 1 modulo 97.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let [a, b, c, d, ..] = bytes else { return false };
    let head = a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit();
    if !head || bytes.len() > 42 {
        return false;
    }
    let (mut rest, mut length) = (0u32, 0);
    for byte in bytes[4..].iter().chain(&bytes[..4]) {
        rest = match byte.to_ascii_uppercase() {
            byte @ b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            byte @ b'A'..=b'Z' => rest * 100 + u32::from(byte - b'A') + 10,
            b' ' => continue,
            _ => return false,
        } % 97;
        length += 1;
    }
    (15..=34).contains(&length) && rest == 1
}

/// The shapes of identity numbers that have no check digit.
static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
    // US SSN without the areas that are never given, US ITIN, UK national insurance number.
    let us = r"(?:00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])-(?:0[1-9]|[1-9]\d)-(?:\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})";
    let itin = r"9\d\d-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}";
    let uk = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]";
    Regex::new(&format!(r"^(?:{us}|{itin}|{uk})$")).expect("an expression of ours")
});

/// An identity number by its own shape or check digits, without a heading that speaks of one. Numbers with a single
/// check digit and no date or sign are not among them: one in ten of any such numbers would pass.
pub(super) fn is_identity(text: &str) -> bool {
    if !(9..=21).contains(&text.len()) || !text.is_ascii() {
        return false;
    }
    SHAPED.is_match(text)
        || [spanish, italian, french, swiss, brazilian, polish, swedish, norwegian, finnish, belgian, chinese, turkish]
            .iter()
            .chain(&[south_african as fn(&str) -> bool, indian, german])
            .any(|check| check(text))
}

/// Whether the first `count` letters are digits.
fn starts_with_digits(text: &str, count: usize) -> bool {
    text.len() >= count && text.as_bytes()[..count].iter().all(u8::is_ascii_digit)
}

/// Spain, DNI and NIE: eight digits (or X, Y, Z and seven) and the letter of the number modulo 23.
fn spanish(text: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let plain = text.replace(['-', ' '], "").to_ascii_uppercase();
    if plain.len() != 9 {
        return false;
    }
    let head = match plain.as_bytes()[0] {
        b'X' => format!("0{}", &plain[1..8]),
        b'Y' => format!("1{}", &plain[1..8]),
        b'Z' => format!("2{}", &plain[1..8]),
        _ => plain[..8].to_owned(),
    };
    starts_with_digits(&head, 8)
        && head.parse::<usize>().is_ok_and(|number| LETTERS[number % 23] == plain.as_bytes()[8])
}

/// Italy, codice fiscale: sixteen letters and digits, the last computed from the others by place.
fn italian(text: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let plain = text.to_ascii_uppercase();
    let bytes = plain.as_bytes();
    let shaped = bytes.len() == 16
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            0..=5 | 8 | 11 | 15 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_alphanumeric(),
        });
    let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
    shaped
        && bytes[..15]
            .iter()
            .enumerate()
            .map(|(at, byte)| {
                let value = value(*byte);
                if at % 2 == 0 { ODD[value as usize] } else { value }
            })
            .sum::<u32>()
            % 26
            == value(bytes[15])
}

/// France, NIR: sex, year, month, place and order in thirteen digits (2A and 2B for Corsica), and a key of two that is
/// 97 less the rest modulo 97.
fn french(text: &str) -> bool {
    let plain: String = text.chars().filter(|one| *one != ' ').collect::<String>().to_ascii_uppercase();
    let plain = plain.replacen("2A", "19", 1).replacen("2B", "18", 1);
    let Some(digits) = digits(&plain, "") else { return false };
    digits.len() == 15
        && matches!(digits[0], 1 | 2)
        && ((1..=12).contains(&number(&digits[3..5])) || (20..=42).contains(&number(&digits[3..5])))
        && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

/// Switzerland, AHV: 756 and the check digit of EAN-13.
fn swiss(text: &str) -> bool {
    let Some(digits) = digits(text, ".") else { return false };
    digits.len() == 13
        && digits[..3] == [7, 5, 6]
        && weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Brazil, CPF: eleven digits, the last two by sums modulo 11.
fn brazilian(text: &str) -> bool {
    let Some(digits) = digits(text, ".-").filter(|digits| digits.len() == 11) else { return false };
    let check = |upto: usize| {
        let sum: u32 = digits[..upto].iter().zip((2..=upto as u32 + 1).rev()).map(|(d, w)| u32::from(*d) * w).sum();
        u32::from(digits[upto]) == sum * 10 % 11 % 10
    };
    digits.windows(2).any(|pair| pair[0] != pair[1]) && check(9) && check(10)
}

/// Poland, PESEL: date of birth with the century in the month, order, and a check digit by weights 1, 3, 7, 9.
fn polish(text: &str) -> bool {
    let Some(digits) = digits(text, "").filter(|digits| digits.len() == 11) else { return false };
    is_day(number(&digits[4..6]), number(&digits[2..4]) % 20)
        && weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Sweden, personnummer with its sign: date of birth (or 60 more than the day), order, Luhn's check digit.
fn swedish(text: &str) -> bool {
    let bytes = text.as_bytes();
    let sign = bytes.len().wrapping_sub(5);
    if !matches!(bytes.len(), 11 | 13) || !matches!(bytes[sign], b'-' | b'+') {
        return false;
    }
    let Some(digits) = digits(text, "-+").filter(|digits| digits.len() == bytes.len() - 1) else { return false };
    let ten = &digits[digits.len() - 10..];
    let day = number(&ten[4..6]);
    is_day(if day > 60 { day - 60 } else { day }, number(&ten[2..4])) && luhn(ten)
}

/// Norway, fødselsnummer: date of birth (or 40 more than the day), order, two check digits modulo 11.
fn norwegian(text: &str) -> bool {
    let Some(digits) = digits(text, " ").filter(|digits| digits.len() == 11) else { return false };
    let day = number(&digits[..2]);
    is_day(if day > 40 { day - 40 } else { day }, number(&digits[2..4]))
        && weighted(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Finland, henkilötunnus: date of birth, the sign of the century, order, and a sign of the number modulo 31.
fn finnish(text: &str) -> bool {
    const SIGNS: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let bytes = text.as_bytes();
    if bytes.len() != 11 || !starts_with_digits(text, 6) || !b"-+ABCDEFYXWVU".contains(&bytes[6]) {
        return false;
    }
    let Some(digits) = digits(&format!("{}{}", &text[..6], &text[7..10]), "") else { return false };
    is_day(number(&digits[..2]), number(&digits[2..4])) && SIGNS[(number(&digits) % 31) as usize] == bytes[10]
}

/// Belgium, rijksregisternummer: date of birth, order, and 97 less the rest modulo 97 (with a 2 before from 2000 on).
fn belgian(text: &str) -> bool {
    let Some(digits) = digits(text, ".- ").filter(|digits| digits.len() == 11) else { return false };
    let (head, check) = (number(&digits[..9]), number(&digits[9..]));
    let month = number(&digits[2..4]);
    (month == 0 || is_day(number(&digits[4..6]).max(1), month % 20))
        && (97 - head % 97 == check || 97 - (2_000_000_000 + head) % 97 == check)
}

/// China, resident identity number: eighteen digits with the date of birth, the last one modulo 11 (X is 10).
fn chinese(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if text.len() != 18 || !starts_with_digits(text, 17) {
        return false;
    }
    let Some(digits) = digits(&text[..17], "") else { return false };
    let last = b"10X98765432"[(weighted(&digits, &WEIGHTS) % 11) as usize];
    is_day(number(&digits[12..14]), number(&digits[10..12]))
        && (1800..=2100).contains(&number(&digits[6..10]))
        && text.as_bytes()[17].to_ascii_uppercase() == last
}

/// Türkiye, kimlik numarası: eleven digits, the last two computed from the others.
fn turkish(text: &str) -> bool {
    let Some(digits) = digits(text, "").filter(|digits| digits.len() == 11 && digits[0] != 0) else { return false };
    let at = |places: &[usize]| places.iter().map(|at| i64::from(digits[*at])).sum::<i64>();
    let tenth = (at(&[0, 2, 4, 6, 8]) * 7 - at(&[1, 3, 5, 7])).rem_euclid(10);
    let ten: i64 = digits[..10].iter().map(|digit| i64::from(*digit)).sum();
    tenth == i64::from(digits[9]) && ten % 10 == i64::from(digits[10])
}

/// South Africa: thirteen digits with the date of birth and citizenship, Luhn's check digit.
fn south_african(text: &str) -> bool {
    let Some(digits) = digits(text, " ").filter(|digits| digits.len() == 13) else { return false };
    is_day(number(&digits[4..6]), number(&digits[2..4])) && digits[10] < 3 && luhn(&digits)
}

/// India, Aadhaar in its groups of four: twelve digits with Verhoeff's check digit.
fn indian(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 14 || bytes[4] != bytes[9] || !matches!(bytes[4], b' ' | b'-') || bytes[0] < b'2' {
        return false;
    }
    digits(text, " -").is_some_and(|digits| digits.len() == 12 && verhoeff(&digits))
}

/// Verhoeff (1969): the dihedral group of order 10, with a permutation by place.
fn verhoeff(digits: &[u8]) -> bool {
    // Five rotations, then five reflections.
    let product = |a: usize, b: usize| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - b + 5) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    const SHUFFLE: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let placed = |digit: u8, place: usize| (0..place % 8).fold(usize::from(digit), |digit, _| SHUFFLE[digit]);
    digits.iter().rev().enumerate().fold(0, |check, (place, digit)| product(check, placed(*digit, place))) == 0
}

/// Germany, Steuer-ID: of the first ten digits one stands twice or three times and the others at most once; ISO 7064
/// modulo 11, 10.
fn german(text: &str) -> bool {
    let Some(digits) = digits(text, " ").filter(|digits| digits.len() == 11 && digits[0] != 0) else { return false };
    let mut counts = [0u8; 10];
    digits[..10].iter().for_each(|digit| counts[usize::from(*digit)] += 1);
    let repeated: Vec<u8> = counts.into_iter().filter(|count| *count > 1).collect();
    let product = digits[..10].iter().fold(10u32, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    matches!(repeated.as_slice(), [2 | 3]) && (11 - product) % 10 == u32::from(digits[10])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A digit changed or two exchanged must be noticed: of all numbers with one other digit, that many must fail.
    fn proves_itself(check: fn(&str) -> bool, text: &str) {
        assert!(check(text), "{text}");
        for (at, one) in text.char_indices().filter(|(_, one)| one.is_ascii_digit()) {
            let other = char::from(b'0' + (one as u8 - b'0' + 1) % 10);
            let wrong = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(!check(&wrong), "{wrong} passes as {text}");
        }
    }

    #[test]
    fn check_digits_notice_a_wrong_digit() {
        // Published examples of the issuers and of the standards.
        proves_itself(is_card, "4111 1111 1111 1111");
        proves_itself(is_card, "5500-0000-0000-0004");
        proves_itself(is_card, "340000000000009");
        proves_itself(is_iban, "DE89 3704 0044 0532 0130 00");
        proves_itself(is_iban, "gb82west12345698765432");
        proves_itself(spanish, "12345678Z");
        proves_itself(spanish, "X1234567L");
        proves_itself(swiss, "756.9217.0769.85");
        proves_itself(polish, "44051401359");
        proves_itself(swedish, "811218-9876");
        proves_itself(finnish, "131052-308T");
        proves_itself(belgian, "85.07.30-033.28");
        proves_itself(chinese, "11010519491231002X");
        proves_itself(brazilian, "529.982.247-25");
        proves_itself(south_african, "8001015009087");
        proves_itself(turkish, "10000000146");
        assert!(italian("RSSMRA85T10A562S") && !italian("RSSMRA85T10A562T"));
        assert!(norwegian("01010750160") && !norwegian("01010750161"));
        assert!(german("86095742719") && !german("86095742718") && !german("12345678901"));
        assert!(french("2 55 08 14 168 025 38") && !french("2 55 08 14 168 025 39"));
        assert!(verhoeff(&[2, 3, 6, 3]) && !verhoeff(&[2, 6, 3, 3]));
        assert!(is_identity("123-45-6789") && is_identity("AB 12 34 56 C") && !is_identity("000-12-3456"));
    }

    #[test]
    fn a_number_of_one_digit_is_no_card() {
        assert!(!is_card("0000000000000000") && !is_card("4444444444444444"));
        assert!(!is_card("1111111111111117") && !is_card("4111 1111 1111 111x"));
    }
}
