//! How a delimited file is written, and the reading of one record by the book.
//!
//! [`read_record`] is the reference: it copes with every dialect and with damage. [`super::scan`] is the fast
//! way over regular text and hands each record that is out of the ordinary to this one, so both must agree.
//! What a field means is a function of its raw bytes alone ([`unquote`]); a record is its fields' ends.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

/// The furthest a quoted field may run before its quote counts as not closed.
const QUOTED_LIMIT: usize = 64 << 20;
/// The same for typographic quotes, where no line says earlier that a quote was not closed.
const CURLY_LIMIT: usize = 4 << 20;

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// What stands between two fields; at least one byte.
    pub delimiter: Vec<u8>,
    /// What stands around a field.
    pub quote: Option<u8>,
    /// Typographic quotes around a field instead, opening and closing.
    pub curly: Option<(&'static str, &'static str)>,
    /// Whether a quote inside quotes is doubled.
    pub doubled: bool,
    /// What takes the meaning of a quote or delimiter away (besides doubling a quote): a backslash, rarely another.
    pub escape: Option<u8>,
    /// Whether `\r` alone ends a line.
    pub lone_cr: bool,
    /// Whether `\n\r` is one line end.
    pub feed_return: bool,
    /// Where the columns begin, in characters, where they are aligned by spaces instead of being delimited; the
    /// delimiter is then one space, the last one before each column.
    pub fixed: Option<Vec<usize>>,
}

impl Dialect {
    /// Fields with a delimiter, quoted by `"`, which is doubled inside.
    pub fn with_delimiter(delimiter: &[u8]) -> Self {
        Self {
            delimiter: delimiter.to_vec(),
            quote: Some(b'"'),
            curly: None,
            doubled: true,
            escape: None,
            lone_cr: false,
            feed_return: false,
            fixed: None,
        }
    }

    /// Whether nothing but a quote, doubled inside, gives characters another meaning, and lines end as usual.
    pub fn is_plain(&self) -> bool {
        self.escape.is_none() && self.doubled && self.curly.is_none() && self.fixed.is_none() && !self.feed_return
    }

    /// The bytes of a line end at a position; zero where there is none.
    #[inline]
    pub fn line_end(&self, bytes: &[u8], at: usize) -> usize {
        match bytes.get(at) {
            Some(b'\n') => 1 + usize::from(self.feed_return && bytes.get(at + 1) == Some(&b'\r')),
            Some(b'\r') => match bytes.get(at + 1) {
                Some(b'\n') => 2,
                None => 1,
                Some(_) => usize::from(self.lone_cr),
            },
            _ => 0,
        }
    }

    #[inline]
    pub fn delimiter_at(&self, bytes: &[u8], at: usize) -> bool {
        bytes[at..].starts_with(&self.delimiter)
    }

    /// Whether a field ends here.
    #[inline]
    pub fn field_end(&self, bytes: &[u8], at: usize) -> bool {
        at >= bytes.len() || self.delimiter_at(bytes, at) || self.line_end(bytes, at) > 0
    }

    /// The end of a field without quotes that begins at a position.
    pub fn plain_end(&self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            let Some(step) = memchr3(self.delimiter[0], b'\n', b'\r', &bytes[at.min(bytes.len())..]) else {
                return bytes.len();
            };
            at += step;
            if self.field_end(bytes, at) && !self.escaped(bytes, at) {
                return at;
            }
            at += 1;
        }
    }

    /// Whether a delimiter or quote stands behind an escape that takes its meaning away.
    pub fn escaped(&self, bytes: &[u8], at: usize) -> bool {
        let Some(escape) = self.escape else { return false };
        let odd = || bytes[..at].iter().rev().take_while(|byte| **byte == escape).count() % 2 == 1;
        !matches!(bytes[at], b'\n' | b'\r') && odd()
    }

    /// Where the line that holds a position ends, and where the next begins.
    pub fn line(&self, bytes: &[u8], mut at: usize) -> (usize, usize) {
        loop {
            let Some(step) = memchr2(b'\n', b'\r', &bytes[at.min(bytes.len())..]) else {
                return (bytes.len(), bytes.len());
            };
            at += step;
            match self.line_end(bytes, at) {
                0 => at += 1,
                length => return (at, at + length),
            }
        }
    }
}

/// What becomes of a quote that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unclosed {
    /// The record ends with its line and is faulty.
    Fault,
    /// The quote is a character like any other.
    Literal,
    /// As `Fault`, but a doubled quote at the end of a field is a quote that nobody escaped and the closing one.
    Loose,
}

/// A record as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where its last field ends.
    pub end: usize,
    /// Where the next record begins.
    pub next: usize,
    /// A quote was opened and not closed; the record was ended with its line.
    pub unclosed: bool,
    /// A quote stands inside a quoted field without being escaped.
    pub stray: bool,
    /// A line end stands inside a quoted field.
    pub multi_line: bool,
    /// A field was quoted.
    pub quoted: bool,
}

/// Reads the record that begins at `start`; `ends` receives where each field ends.
pub(crate) fn read_record(
    bytes: &[u8],
    start: usize,
    dialect: &Dialect,
    unclosed: Unclosed,
    ends: &mut Vec<usize>,
) -> Record {
    ends.clear();
    if let Some(columns) = &dialect.fixed {
        return read_fixed(bytes, start, dialect, columns, ends);
    }
    let mut record =
        Record { end: start, next: start, unclosed: false, stray: false, multi_line: false, quoted: false };
    let mut at = start;
    loop {
        let mut end = None;
        if let Some(inside) = opening(bytes, at, dialect) {
            match closing(bytes, inside, dialect, unclosed == Unclosed::Loose) {
                Closing::At { after, stray, newline } => {
                    record.stray |= stray;
                    record.multi_line |= newline;
                    record.quoted = true;
                    end = Some(after);
                }
                Closing::Plain => {}
                Closing::Never if unclosed == Unclosed::Literal => {}
                Closing::Never => {
                    let (end, next) = dialect.line(bytes, start);
                    ends.retain(|before| before + dialect.delimiter.len() <= end);
                    ends.push(end);
                    return Record { end, next, unclosed: true, ..record };
                }
            }
        }
        let end = end.unwrap_or_else(|| dialect.plain_end(bytes, at));
        ends.push(end);
        if end < bytes.len() && dialect.delimiter_at(bytes, end) {
            at = end + dialect.delimiter.len();
        } else {
            return Record { end, next: end + dialect.line_end(bytes, end), ..record };
        }
    }
}

/// Reads a line of aligned columns; one with something between two columns is one field.
fn read_fixed(bytes: &[u8], start: usize, dialect: &Dialect, columns: &[usize], ends: &mut Vec<usize>) -> Record {
    let (end, next) = dialect.line(bytes, start);
    let record = Record { end, next, unclosed: false, stray: false, multi_line: false, quoted: false };
    let line = &bytes[start..end];
    let (mut characters, mut column) = (0, 1);
    for (at, byte) in line.iter().enumerate() {
        // Bytes that continue a character do not count.
        if byte & 0xc0 == 0x80 {
            continue;
        }
        if columns.get(column) == Some(&(characters + 1)) {
            if *byte != b' ' {
                ends.clear();
                break;
            }
            ends.push(start + at);
            column += 1;
        }
        characters += 1;
    }
    ends.push(end);
    record
}

/// The position after an opening quote, where a field begins with one (spaces before it are passed over).
pub(crate) fn opening(bytes: &[u8], at: usize, dialect: &Dialect) -> Option<usize> {
    if let Some((open, _)) = dialect.curly {
        return bytes[at..].starts_with(open.as_bytes()).then_some(at + open.len());
    }
    let quote = dialect.quote?;
    let mut at = at;
    if dialect.delimiter[0] != b' ' {
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
    }
    match bytes.get(at..)? {
        [first, ..] if *first == quote => Some(at + 1),
        // A formula that is nothing but a text: how one keeps a spreadsheet from reading `001` as a number.
        [b'=', b'"', ..] if quote == b'"' => Some(at + 2),
        _ => None,
    }
}

enum Closing {
    /// Closed; the field ends at `after`.
    At { after: usize, stray: bool, newline: bool },
    /// Balanced quotes that stand in the text: not a quoted field.
    Plain,
    /// Not closed.
    Never,
}

/// Finds the quote that closes a field whose text begins at `inside`.
fn closing(bytes: &[u8], inside: usize, dialect: &Dialect, loose: bool) -> Closing {
    if let Some((_, close)) = dialect.curly {
        return closing_curly(bytes, inside, dialect, close);
    }
    let Some(quote) = dialect.quote else { return Closing::Plain };
    let text = &bytes[..bytes.len().min(inside + QUOTED_LIMIT)];
    let (mut from, mut stray, mut newline) = (inside, false, false);
    loop {
        let rest = &text[from.min(text.len())..];
        let found = match dialect.escape {
            Some(escape) => memchr2(quote, escape, rest),
            None => memchr(quote, rest),
        };
        let Some(found) = found else { return Closing::Never };
        let at = from + found;
        newline = newline || memchr2(b'\n', b'\r', &rest[..found]).is_some();
        if dialect.escape == Some(text[at]) {
            newline = newline || matches!(text.get(at + 1), Some(b'\n' | b'\r'));
            from = at + 2;
            continue;
        }
        if dialect.doubled && text.get(at + 1) == Some(&quote) && !(loose && dialect.field_end(bytes, at + 2)) {
            from = at + 2;
            continue;
        }
        let mut after = at + 1 + usize::from(loose && text.get(at + 1) == Some(&quote));
        if dialect.delimiter[0] != b' ' {
            while bytes.get(after) == Some(&b' ') {
                after += 1;
            }
        }
        if dialect.field_end(bytes, after) {
            return Closing::At { after, stray, newline };
        }
        // Behind a line end, or where it opens another field, it shows that the quote before was not closed.
        if newline || text[inside..at].ends_with(&dialect.delimiter) {
            return Closing::Never;
        }
        if !stray {
            let raw = &bytes[inside - 1..dialect.plain_end(bytes, at)];
            if raw.iter().filter(|byte| **byte == quote).count().is_multiple_of(2) {
                return Closing::Plain;
            }
        }
        stray = true;
        from = at + 1;
    }
}

fn closing_curly(bytes: &[u8], inside: usize, dialect: &Dialect, close: &str) -> Closing {
    let text = &bytes[inside..bytes.len().min(inside + CURLY_LIMIT)];
    for found in memchr::memmem::find_iter(text, close) {
        let after = inside + found + close.len();
        if dialect.field_end(bytes, after) {
            return Closing::At { after, stray: false, newline: memchr2(b'\n', b'\r', &text[..found]).is_some() };
        }
    }
    Closing::Never
}

/// What a raw field says: the quotes around it taken away, doubled ones halved; and whether it was quoted.
#[inline]
pub(crate) fn unquote<'a>(raw: &'a str, dialect: &Dialect) -> (Cow<'a, str>, bool) {
    if dialect.fixed.is_some() {
        return (Cow::Borrowed(raw.trim_matches(' ')), false);
    }
    if let Some((open, close)) = dialect.curly {
        return match raw.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            Some(inner) => (Cow::Borrowed(inner), true),
            None => (Cow::Borrowed(raw), false),
        };
    }
    if let Some(escape) = dialect.escape
        && dialect.quote.is_none_or(|quote| !raw.as_bytes().starts_with(&[quote]))
    {
        return (unescaped(raw, escape, dialect), false);
    }
    let Some(quote) = dialect.quote else { return (Cow::Borrowed(raw), false) };
    match raw.as_bytes().first() {
        Some(b'=') if quote == b'"' && raw.len() > 2 && raw.as_bytes()[1] == quote => {
            match unquote_quoted(&raw[1..], quote, dialect) {
                (_, false) => (Cow::Borrowed(raw), false),
                inner => inner,
            }
        }
        Some(first) if *first == quote || (*first == b' ' && dialect.delimiter[0] != b' ') => {
            unquote_quoted(raw, quote, dialect)
        }
        _ => (Cow::Borrowed(raw), false),
    }
}

/// A field without quotes, the escapes taken away that stand before a delimiter, a quote or an escape.
fn unescaped<'a>(raw: &'a str, escape: u8, dialect: &Dialect) -> Cow<'a, str> {
    let Some(first) = memchr(escape, raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let (mut text, mut rest) = (String::with_capacity(raw.len()), raw);
    text.push_str(&rest[..first]);
    rest = &rest[first..];
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        let meant = character == char::from(escape)
            && rest.as_bytes().first().is_some_and(|next| {
                *next == escape || dialect.quote == Some(*next) || rest.as_bytes().starts_with(&dialect.delimiter)
            });
        match rest.chars().next().filter(|_| meant) {
            Some(next) => {
                text.push(next);
                rest = &rest[next.len_utf8()..];
            }
            None => text.push(character),
        }
    }
    Cow::Owned(text)
}

fn unquote_quoted<'a>(raw: &'a str, quote: u8, dialect: &Dialect) -> (Cow<'a, str>, bool) {
    let trimmed = if dialect.delimiter[0] == b' ' { raw } else { raw.trim_matches(' ') };
    let mark = char::from(quote);
    let inner = trimmed.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let Some(inner) = inner else { return (Cow::Borrowed(raw), false) };
    let escapes = |byte: &u8| (*byte == quote && dialect.doubled) || dialect.escape == Some(*byte);
    if !inner.as_bytes().iter().any(escapes) {
        return (Cow::Borrowed(inner), true);
    }
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        if character == mark && dialect.doubled {
            characters.next_if_eq(&mark);
            text.push(mark);
        } else if dialect.escape.is_some_and(|escape| character == char::from(escape)) {
            match characters.peek() {
                Some(next) if *next == mark || *next == character => {
                    text.push(*next);
                    characters.next();
                }
                _ => text.push(character),
            }
        } else {
            text.push(character);
        }
    }
    (Cow::Owned(text), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comma() -> Dialect {
        Dialect::with_delimiter(b",")
    }

    /// Reads all records of a text and writes them with `|` between fields; `!` marks an unclosed quote.
    fn check(dialect: &Dialect, text: &str, expected: &[&str]) {
        let (mut at, mut ends, mut found) = (0, Vec::new(), Vec::new());
        while at < text.len() {
            let record = read_record(text.as_bytes(), at, dialect, Unclosed::Fault, &mut ends);
            let (mut from, mut fields) = (at, Vec::new());
            for end in &ends {
                fields.push(unquote(&text[from..*end], dialect).0.into_owned());
                from = end + dialect.delimiter.len();
            }
            found.push(format!("{}{}", if record.unclosed { "!" } else { "" }, fields.join("|")));
            assert!(record.next > at, "no progress at {at} in {text:?}");
            at = record.next;
        }
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn records_are_read_by_the_book() {
        let d = comma();
        check(&d, "a,b\n1,2", &["a|b", "1|2"]);
        check(&d, "a,\r\n,\r\n", &["a|", "|"]);
        check(&d, "\"a,b\",\"c\"\"d\"\n\"e\nf\",g\n", &["a,b|c\"d", "e\nf|g"]);
        check(&d, "\"\",x\n", &["|x"]);
        check(&d, "a, \"b, c\" ,d\n", &["a|b, c|d"]);
        check(&d, "=\"001\",=\"a, b\",=A1&\"x\"\n", &["001|a, b|=A1&\"x\""]);
    }

    #[test]
    fn stray_quotes_are_data() {
        let d = comma();
        check(&d, "5\" pipe,x\ny,6\"\n", &["5\" pipe|x", "y|6\""]);
        check(&d, "\"\"a\",b\n", &["\"a|b"]);
        check(&d, "\"a\"b\"c\",d\n", &["a\"b\"c|d"]);
        check(&d, "\"a\"bc,d\n", &["\"a\"bc|d"]);
    }

    #[test]
    fn an_unclosed_quote_ends_with_its_line() {
        let d = comma();
        check(&d, "1,\"al,3\n2,bob,4\n", &["!1|\"al,3", "2|bob|4"]);
        check(&d, "1,\"al,3\n2,\"bob\",4\n", &["!1|\"al,3", "2|bob|4"]);
        check(&d, "1,\"al,3,\"bob\",4\n", &["!1|\"al,3,\"bob\",4"]);
        check(&d, "1,\"al,3\n2,\"\",4\n", &["!1|\"al,3", "2||4"]);
    }

    #[test]
    fn other_dialects() {
        let d = Dialect { delimiter: b"||".to_vec(), ..comma() };
        check(&d, "a||b|c||\"d||e\"\n", &["a|b|c|d||e"]);
        let d = Dialect { escape: Some(b'\\'), ..comma() };
        check(&d, "\"a\\\",b\",c\\d\n", &["a\",b|c\\d"]);
        check(&d, "a\\,b,c\n", &["a,b|c"]);
        let d = Dialect { escape: Some(b'^'), doubled: false, ..comma() };
        check(&d, "\"a^\",b\",c^^d^e\n", &["a\",b|c^d^e"]);
        let d = Dialect { feed_return: true, ..comma() };
        check(&d, "a,b\n\rc,\"d\n\re\"\n\r", &["a|b", "c|d\n\re"]);
        let d = Dialect { lone_cr: true, ..comma() };
        check(&d, "a,b\rc,d\r", &["a|b", "c|d"]);
        let d = Dialect { quote: Some(b'\''), ..comma() };
        check(&d, "'it''s, so',\"x\n", &["it's, so|\"x"]);
        let d = Dialect { quote: None, ..comma() };
        check(&d, "\"a,b\"\n", &["\"a|b\""]);
        let d = Dialect { doubled: false, ..comma() };
        check(&d, "\"a\"\"b\",c\n", &["a\"\"b|c"]);
        let d = Dialect { quote: None, curly: Some(("“", "”")), ..comma() };
        check(&d, "“a, b”,c\n“d\ne”,f\n", &["a, b|c", "d\ne|f"]);
        let d = Dialect { fixed: Some(vec![0, 4, 9]), ..Dialect::with_delimiter(b" ") };
        check(&d, "ab  New  York\n  1 Zoë  7\nx\nbroken line\n", &["ab|New|York", "1|Zoë|7", "x", "broken line"]);
    }
}
