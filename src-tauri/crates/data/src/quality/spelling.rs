//! Levels that are most likely one level spelt differently: `California`, `california `, `Calfornia`.
//!
//! Two passes. Levels whose *fingerprints* agree (letters without case, accents and punctuation, words sorted: the key
//! collision of OpenRefine) are one. Of what remains, a rare level is taken for a misspelling of a much more frequent one
//! when their fingerprints are one edit apart (two from nine letters on; Damerau 1964) and alike by Jaro and Winkler
//! (1990), and hold the same digits: `Room 12` is no misspelling of `Room 13`.

use std::collections::BTreeMap;

/// Levels looked at, the most frequent; beyond them the second pass would take too long.
pub(super) const MOST: usize = 3_000;
/// How much more frequent the right spelling is.
const TIMES: u64 = 4;
/// Similarity of Jaro and Winkler from which two spellings are alike.
const ALIKE: f64 = 0.9;

/// What a group of spellings is.
pub(super) const DEFINITION: &str = "Levels that differ only in case, spaces, accents, punctuation or word order, or that are one edit (two from nine \
     letters on; Damerau–Levenshtein) from a level at least four times as frequent, with a Jaro–Winkler similarity of at \
     least 0.9 and the same digits.";

/// A spelling and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Respelling {
    pub from: String,
    pub to: String,
    pub rows: u64,
}

/// Respellings among levels given most frequent first with their counts.
pub(super) fn respellings(names: &[String], counts: &[u64]) -> Vec<Respelling> {
    let names = &names[..names.len().min(MOST)];
    let prints: Vec<String> = names.iter().map(|name| fingerprint(name)).collect();
    // The first of a fingerprint is its most frequent spelling.
    let mut heads: BTreeMap<&str, usize> = BTreeMap::new();
    let mut to: Vec<usize> = (0..names.len()).collect();
    for (at, print) in prints.iter().enumerate().filter(|(_, print)| !print.is_empty()) {
        to[at] = *heads.entry(print).or_insert(at);
    }
    let mut rows_of = vec![0u64; names.len()];
    to.iter().zip(counts).for_each(|(head, count)| rows_of[*head] += count);
    let mut heads: Vec<Head<'_>> = heads.into_values().map(|at| Head::new(at, &prints[at])).collect();
    heads.sort_by_key(|head| (std::cmp::Reverse(rows_of[head.at]), head.at));
    let mut merged = to.clone();
    for rare in (0..heads.len()).rev() {
        let rows = rows_of[heads[rare].at];
        let likes = heads[..rare].iter().take_while(|often| rows_of[often.at] >= rows.saturating_mul(TIMES));
        if let Some(often) = likes.into_iter().find(|often| often.misspelt_as(&heads[rare])) {
            merged[heads[rare].at] = often.at;
        }
    }
    let respelt = |at: usize| {
        // A chain ends: each link leads to a more frequent level.
        let mut end = merged[to[at]];
        while merged[end] != end {
            end = merged[end];
        }
        (end != at).then(|| Respelling { from: names[at].clone(), to: names[end].clone(), rows: counts[at] })
    };
    (0..names.len()).filter_map(respelt).collect()
}

struct Head<'a> {
    at: usize,
    print: &'a str,
    length: usize,
    letters: u64,
    digits: String,
}

impl<'a> Head<'a> {
    fn new(at: usize, print: &'a str) -> Self {
        let letters = print.bytes().fold(0, |mask, byte| mask | 1 << (byte % 64));
        let digits = print.chars().filter(char::is_ascii_digit).collect();
        Self { at, print, length: print.chars().count(), letters, digits }
    }

    fn misspelt_as(&self, other: &Self) -> bool {
        let shorter = self.length.min(other.length);
        let edits = match shorter {
            0..5 => return false,
            5..9 => 1,
            _ => 2,
        };
        // Each edit changes at most two of the letters that occur (two bytes each beyond ASCII).
        self.length.abs_diff(other.length) <= edits
            && (self.letters ^ other.letters).count_ones() as usize <= 4 * edits
            && self.digits == other.digits
            && strsim::osa_distance(self.print, other.print) <= edits
            && strsim::jaro_winkler(self.print, other.print) >= ALIKE
    }
}

/// Words without case, accents and punctuation, sorted, each once.
pub(super) fn fingerprint(text: &str) -> String {
    let plain: String = text.chars().flat_map(char::to_lowercase).flat_map(plain).collect();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    // Numbers keep their order: 1 2 is not 2 1.
    if !words.iter().any(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.sort_unstable();
        words.dedup();
    }
    words.join(" ")
}

/// A lower-case letter without its accent; a space for punctuation, nothing for apostrophes and full stops.
fn plain(letter: char) -> impl Iterator<Item = char> {
    const ACCENTED: [(&str, char); 15] = [
        ("àáâãäåāăą", 'a'),
        ("çćĉċč", 'c'),
        ("ďđ", 'd'),
        ("èéêëēĕėęě", 'e'),
        ("ĝğġģ", 'g'),
        ("ìíîïĩīĭįı", 'i'),
        ("ĺļľŀł", 'l'),
        ("ñńņňŉ", 'n'),
        ("òóôõöøōŏő", 'o'),
        ("ŕŗř", 'r'),
        ("śŝşšș", 's'),
        ("ţťŧț", 't'),
        ("ùúûüũūŭůűų", 'u'),
        ("ýÿŷ", 'y'),
        ("źżž", 'z'),
    ];
    let same = match letter {
        '\'' | '’' | '.' => None,
        letter if letter.is_ascii_alphanumeric() => Some(letter),
        '+' | '#' | '<' | '>' | '=' => Some(letter),
        letter if letter.is_ascii() => Some(' '),
        letter if letter.is_alphanumeric() => {
            Some(ACCENTED.iter().find(|(from, _)| from.contains(letter)).map_or(letter, |(_, to)| *to))
        }
        letter if letter.is_whitespace() => Some(' '),
        // Combining marks carry the accents of decomposed text.
        '\u{300}'..='\u{36f}' => None,
        _ => Some(' '),
    };
    same.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(levels: &[(&str, u64)]) -> Vec<(String, String)> {
        let (names, counts): (Vec<String>, Vec<u64>) = levels.iter().map(|(name, n)| ((*name).to_owned(), *n)).unzip();
        respellings(&names, &counts).into_iter().map(|one| (one.from, one.to)).collect()
    }

    #[test]
    fn misspellings_find_the_frequent_spelling_and_nothing_else() {
        let found = of(&[
            ("California", 900),
            ("New York", 800),
            ("Texas", 500),
            ("female", 400),
            ("male", 390),
            ("Room 12", 300),
            ("Room 13", 20),
            ("california ", 12),
            ("York, New", 5),
            ("Calfornia", 4),
            ("Texass", 3),
            ("Caliphornia", 2),
            ("São Paulo", 2),
            ("Sao Paulo", 1),
            ("CALFORNIA", 1),
        ]);
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(
            found,
            [
                pair("california ", "California"),
                pair("York, New", "New York"),
                pair("Calfornia", "California"),
                pair("Texass", "Texas"),
                pair("Caliphornia", "California"),
                pair("Sao Paulo", "São Paulo"),
                pair("CALFORNIA", "California"),
            ]
        );
    }

    #[test]
    fn levels_of_like_frequency_or_of_signs_alone_stay() {
        assert!(
            of(&[("Austria", 50), ("Australia", 40), ("C", 9), ("C++", 9), ("C#", 9), ("+", 3), ("-", 3)]).is_empty()
        );
        assert!(of(&[("1 2", 5), ("2 1", 5), ("", 2), (" ", 1)]).is_empty());
    }
}
