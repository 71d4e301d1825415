//! Where JSON values begin and end: brackets and strings only, so that a long document is cut into its records
//! before any of them is parsed, and damage in one of them stays in it.

use crate::{DataError, Progress};

/// A value's first byte and the one after its last.
pub(crate) type Span = (usize, usize);

/// What an array holds.
#[derive(Debug, Default)]
pub(crate) struct Elements {
    pub spans: Vec<Span>,
    /// After the closing bracket; nothing when the text ends before.
    pub end: Option<usize>,
    /// Where the value begins that the text's end cuts.
    pub cut: Option<usize>,
}

/// What an object holds.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub entries: Vec<(String, Span)>,
    /// Whether it is closed.
    pub closed: bool,
}

/// The next place that is no white space.
pub(crate) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len())
}

/// The end of the string that begins at `at`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut from = at + 1;
    loop {
        let found = from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[found] == b'"' {
            return Some(found + 1);
        }
        from = found + 2;
    }
}

/// The end of the value that begins at `at`; nothing when the text ends before. At least one byte.
pub(crate) fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let (mut depth, mut at) = (0usize, at);
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            None
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r');
            let rest = &text[at + 1..];
            Some(at + 1 + rest.iter().position(ends).unwrap_or(rest.len()))
        }
    }
}

/// The elements of the array that opens at `open`.
pub(crate) fn elements(text: &[u8], open: usize, progress: &dyn Progress) -> Result<Elements, DataError> {
    let mut found = Elements::default();
    let mut at = open + 1;
    loop {
        if found.spans.len() % 8192 == 0 && progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        at = skip_space(text, at);
        match text.get(at) {
            None => return Ok(found),
            Some(b']') => {
                found.end = Some(at + 1);
                return Ok(found);
            }
            Some(b',') => at += 1,
            Some(_) => match value_end(text, at) {
                Some(end) => {
                    found.spans.push((at, end));
                    at = end;
                }
                None => {
                    found.cut = Some(at);
                    return Ok(found);
                }
            },
        }
    }
}

/// The entries of the object that opens at `open`; what comes after damage is left out.
pub(crate) fn entries(text: &[u8], open: usize) -> Entries {
    let mut found = Entries::default();
    let mut at = open + 1;
    loop {
        at = skip_space(text, at);
        match text.get(at) {
            Some(b'}') => {
                found.closed = true;
                return found;
            }
            Some(b',') => {
                at += 1;
                continue;
            }
            Some(b'"') => {}
            _ => return found,
        }
        let Some(key_end) = string_end(text, at) else { return found };
        let Ok(key) = serde_json::from_slice::<String>(&text[at..key_end]) else { return found };
        at = skip_space(text, key_end);
        if text.get(at) != Some(&b':') {
            return found;
        }
        at = skip_space(text, at + 1);
        if at >= text.len() {
            return found;
        }
        // A value that the end cuts is kept: an array's elements before the cut can still be read.
        let end = value_end(text, at);
        found.entries.push((key, (at, end.unwrap_or(text.len()))));
        match end {
            Some(end) => at = end,
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoProgress;

    #[test]
    fn values_end_where_they_end() {
        for (text, value) in [
            (r#""a\"b", 1"#, r#""a\"b""#),
            (r#"{"a":"}","b":[1,{"c":"\\"}]} x"#, r#"{"a":"}","b":[1,{"c":"\\"}]}"#),
            ("-1.5e3]", "-1.5e3"),
            ("null\n", "null"),
            ("[[],[]]", "[[],[]]"),
        ] {
            assert_eq!(value_end(text.as_bytes(), 0).map(|end| &text[..end]), Some(value));
        }
        for cut in ["\"abc", "{\"a\":1", "[1,2", "\"a\\", "[\"x]"] {
            assert_eq!(value_end(cut.as_bytes(), 0), None, "{cut}");
        }
    }

    #[test]
    fn arrays_and_objects_fall_into_their_parts() {
        let text = r#" [ {"a":1} , 2,[3] ] "#;
        let found = elements(text.as_bytes(), 1, &NoProgress).unwrap();
        let parts: Vec<&str> = found.spans.iter().map(|(from, to)| &text[*from..*to]).collect();
        assert_eq!((parts, found.end), (vec![r#"{"a":1}"#, "2", "[3]"], Some(20)));
        let cut = elements(br#"[{"a":1},{"a""#, 0, &NoProgress).unwrap();
        assert_eq!((cut.spans.len(), cut.end, cut.cut), (1, None, Some(9)));
        let text = r#"{"a\n": 1, "b": [2]}"#;
        let found = entries(text.as_bytes(), 0);
        let parts: Vec<(&str, &str)> =
            found.entries.iter().map(|(k, (from, to))| (k.as_str(), &text[*from..*to])).collect();
        assert_eq!((parts, found.closed), (vec![("a\n", "1"), ("b", "[2]")], true));
    }
}
