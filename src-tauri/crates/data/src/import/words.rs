//! Words that stand for a missing value: the usual ones, which count only in columns that are no text, or those that a
//! person gave, which count everywhere.

use std::borrow::Cow;

/// Words that commonly stand for a missing value.
const USUAL: [&str; 34] = [
    "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "N.A.", "n.a.", "n/d", "NaN", "nan", "NAN", "null", "NULL", "Null",
    "(null)", "#NULL!", "None", "none", "NONE", "nil", "NIL", "-", "--", "---", "?", "??", ".", "\\N", "missing",
    "unknown", "#DIV/0!", "#VALUE!", "k.A.",
];
const LONGEST_USUAL: usize = 7;

/// Words for missing values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// The usual ones, where the rest of the column is no text.
    #[default]
    Usual,
    /// These, in every column.
    Given(Vec<String>),
}

impl Tokens {
    /// The number of the word that a field is; at most 63.
    #[inline]
    pub fn find(&self, field: &[u8]) -> Option<u32> {
        let place = match self {
            Self::Usual => {
                let possible =
                    field.len() <= LONGEST_USUAL && field.first().is_some_and(|first| b"Nn#<(-?.\\muk".contains(first));
                if !possible {
                    return None;
                }
                USUAL.iter().position(|word| word.as_bytes() == field)?
            }
            Self::Given(words) => words.iter().position(|word| word.as_bytes() == field)?,
        };
        Some(place.min(63) as u32)
    }

    /// Whether such a word is a missing value in a column of text, too.
    pub fn everywhere(&self) -> bool {
        matches!(self, Self::Given(words) if !words.is_empty())
    }

    /// The words whose bits are set.
    pub fn met(&self, bits: u64) -> Vec<String> {
        let set = |place: usize| place < 64 && bits >> place & 1 == 1;
        match self {
            Self::Usual => (0..USUAL.len()).filter(|place| set(*place)).map(|place| USUAL[place].to_owned()).collect(),
            Self::Given(words) => words.clone(),
        }
    }
}

/// A text of a database's own export as what it means.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let means = match rest.as_bytes().get(at + 1) {
            Some(b't') => '\t',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b'\\') => '\\',
            _ => {
                plain.push('\\');
                rest = &rest[at + 1..];
                continue;
            }
        };
        plain.push(means);
        rest = &rest[at + 2..];
    }
    if plain.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_word_is_found() {
        for (place, word) in USUAL.iter().enumerate() {
            assert_eq!(Tokens::Usual.find(word.as_bytes()), Some(place as u32), "{word}");
        }
        assert_eq!(Tokens::Usual.find(b"Nora"), None);
        let given = Tokens::Given(vec!["x".into()]);
        assert_eq!((given.find(b"x"), given.find(b"NA")), (Some(0), None));
    }
}
