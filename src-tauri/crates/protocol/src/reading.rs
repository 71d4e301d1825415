//! Reading documents so that nothing in them is passed over: an unknown key or name is an error that knows what it
//! could have been.
//!
//! Serde's own errors are sentences, which differ between formats. [`Node`] holds a value of any format, and reading
//! from it gives a [`Misread`] that keeps the key and the keys that were expected: those of the structs themselves, so
//! that there is no second list of them.

use std::fmt::{self, Display};

use serde::{
    Deserialize, Deserializer, de,
    de::{IntoDeserializer, value},
};

/// Why a value is not what it is read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misread {
    /// A key that nothing reads.
    UnknownKey {
        /// The key.
        key: String,
        /// The keys there are.
        known: &'static [&'static str],
    },
    /// A name that is none of a closed list.
    UnknownName {
        /// The name.
        name: String,
        /// The names there are.
        known: &'static [&'static str],
    },
    /// A key that must be there is not.
    Missing(&'static str),
    /// Anything else, as serde says it.
    Other(String),
}

impl Misread {
    /// The word that is not known.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key: word, .. } | Self::UnknownName { name: word, .. } => Some(word),
            Self::Missing(_) | Self::Other(_) => None,
        }
    }

    /// What to do next: the nearest known word, and all that are known.
    #[must_use]
    pub fn hint(&self) -> String {
        let of = |word: &str, known: &[&str], what: &str| {
            if known.is_empty() {
                return String::new();
            }
            let all = known.join(", ");
            match closest(word, known.iter().copied()).first() {
                Some(near) => format!("did you mean «{near}»? {what} are {all}"),
                None => format!("{what} are {all}; a newer Cairn may know more"),
            }
        };
        match self {
            Self::UnknownKey { key, known } => of(key, known, "known keys"),
            Self::UnknownName { name, known } => of(name, known, "known names"),
            Self::Missing(_) | Self::Other(_) => String::new(),
        }
    }
}

impl Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, .. } => write!(f, "there is no key «{key}»"),
            Self::UnknownName { name, .. } => write!(f, "there is no «{name}»"),
            Self::Missing(key) => write!(f, "«{key}» is missing"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Misread {}

impl de::Error for Misread {
    fn custom<T: Display>(what: T) -> Self {
        Self::Other(what.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownKey { key: field.to_owned(), known: expected }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownName { name: variant.to_owned(), known: expected }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// The known words most like one, the nearest first, at most three.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut scored: Vec<(usize, &str)> =
        known.into_iter().map(|one| (edits(&word, &one.to_lowercase()), one)).collect();
    scored.sort_unstable();
    let limit = (word.chars().count() / 2).max(2);
    scored.into_iter().take_while(|(far, _)| *far <= limit).take(3).map(|(_, one)| one).collect()
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let kept = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = kept.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A value of a document, whatever its format.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond those.
    Large(u64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// Values.
    List(Vec<Self>),
    /// Values by key, in the order of the document.
    Map(Vec<(String, Self)>),
}

impl Node {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The values, where it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    /// The value as a type.
    ///
    /// # Errors
    /// What is in the way.
    pub fn read<T: de::DeserializeOwned>(&self) -> Result<T, Misread> {
        T::deserialize(self.clone())
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, yes: bool) -> Result<Node, E> {
                Ok(Node::Bool(yes))
            }
            fn visit_i64<E>(self, whole: i64) -> Result<Node, E> {
                Ok(Node::Int(whole))
            }
            fn visit_u64<E>(self, whole: u64) -> Result<Node, E> {
                Ok(i64::try_from(whole).map_or(Node::Large(whole), Node::Int))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
                Ok(Node::Float(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Node, E> {
                Ok(Node::Text(text))
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }
            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
                Node::deserialize(inner)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = all.next_element()? {
                    values.push(value);
                }
                Ok(Node::List(values))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = all.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Node::Map(pairs))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl IntoDeserializer<'_, Misread> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = Misread;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(yes) => visitor.visit_bool(yes),
            Self::Int(whole) => visitor.visit_i64(whole),
            Self::Large(whole) => visitor.visit_u64(whole),
            Self::Float(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(values) => {
                let mut access = value::SeqDeserializer::new(values.into_iter());
                let read = visitor.visit_seq(&mut access)?;
                access.end()?;
                Ok(read)
            }
            Self::Map(pairs) => {
                let mut access = value::MapDeserializer::new(pairs.into_iter());
                let read = visitor.visit_map(&mut access)?;
                access.end()?;
                Ok(read)
            }
        }
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self {
            Self::Null => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Map(pairs) => value::MapAccessDeserializer::new(value::MapDeserializer::new(pairs.into_iter()))
                .deserialize_enum(name, variants, visitor),
            other => other.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Real;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Plain {
        whole: i64,
        real: Real,
        maybe: Option<bool>,
        list: Vec<(u8, String)>,
        map: BTreeMap<String, f64>,
        kind: Kind,
        large: u64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        One,
        Holds(i64),
        Fields { x: f64 },
    }

    const TEXT: &str = r#"{"whole": -3, "real": "NaN", "maybe": null, "list": [[1, "ä"], [2, ""]], "map": {"a": 1},
        "kind": {"holds": 4}, "large": 18446744073709551615}"#;

    #[test]
    fn a_node_reads_as_serde_does() {
        let node: Node = serde_json::from_str(TEXT).unwrap();
        let read: Plain = node.read().unwrap();
        assert!(read.real.0.is_nan());
        assert_eq!((read.whole, read.maybe, read.large), (-3, None, u64::MAX));
        assert_eq!(read.list, [(1, "ä".to_owned()), (2, String::new())]);
        assert_eq!(read.kind, Kind::Holds(4));
        let kind = |text: &str| serde_json::from_str::<Node>(text).unwrap().read::<Kind>();
        assert_eq!(kind("\"one\"").unwrap(), Kind::One);
        assert_eq!(kind(r#"{"fields": {"x": 2}}"#).unwrap(), Kind::Fields { x: 2.0 });
        let of_toml: Node = toml::from_str("a = 1\nb = [inf, 2.5]\nc = 'x'").unwrap();
        assert_eq!(of_toml.get("b"), Some(&Node::List(vec![Node::Float(f64::INFINITY), Node::Float(2.5)])));
    }

    #[test]
    fn what_is_unknown_is_named_with_what_is_known() {
        let read = |text: &str| serde_json::from_str::<Node>(text).unwrap().read::<Plain>().unwrap_err();
        let error = read(&TEXT.replace("whole", "hwole"));
        assert_eq!(error.to_string(), "there is no key «hwole»");
        assert_eq!(error.hint(), "did you mean «whole»? known keys are whole, real, maybe, list, map, kind, large");
        let error = read(&TEXT.replace("holds", "hodls"));
        assert_eq!(error.hint(), "did you mean «holds»? known names are one, holds, fields");
        assert_eq!(read("{}"), Misread::Missing("whole"));
        assert!(matches!(read(&TEXT.replace("-3", "\"x\"")), Misread::Other(_)));
    }

    #[test]
    fn near_words_are_found() {
        let known = ["columns", "unseen", "fit", "drop"];
        assert_eq!(closest("colums", known), ["columns"]);
        assert_eq!(closest("FIT", known), ["fit"]);
        assert!(closest("something else", known).is_empty());
    }
}
