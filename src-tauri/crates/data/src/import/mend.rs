//! A record whose quotes do not add up, read so that as little as possible is left unexplained.
//!
//! One quote too many changes what every quote behind it means: read by the book, fields or whole lines are joined that
//! do not belong together. Here the record is read in every way that its delimiters, line ends and quotes allow. Each
//! quote that a way leaves unexplained costs one: a quote in a field without quotes, or one inside quotes that nothing
//! escapes. The cheapest way that leads to the right number of fields is the record (Dijkstra 1959, over the places
//! where a field may begin); where none is cheap enough nothing is guessed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use memchr::{memchr, memchr_iter, memchr2};

use super::dialect::{Dialect, Record, Unclosed, opening, read_record};

/// Bytes behind its beginning within which a quoted field of such a record must end.
const WINDOW: usize = 16 << 10;
/// Quotes that may be left unexplained.
const MOST: usize = 4;
/// Closing quotes that are tried for one that opens.
const CLOSINGS: usize = 12;

/// A place where a field may begin, or where the record ends.
struct Place {
    /// Fields before it, and the end of the last of them.
    fields: usize,
    end: usize,
    /// The place that it was reached from.
    from: usize,
    done: bool,
}

/// Reads the record that begins at `start`, of which a reading by the book does not make `width` fields with sound
/// quotes. `ends` receives where each field ends; it is left alone where nothing is found.
pub(crate) fn mend(
    bytes: &[u8],
    start: usize,
    dialect: &Dialect,
    width: usize,
    ends: &mut Vec<usize>,
) -> Option<Record> {
    let quote = dialect.quote.filter(|_| dialect.curly.is_none() && dialect.fixed.is_none() && width > 1)?;
    let mut places = vec![Place { fields: 0, end: start, from: 0, done: false }];
    // The cheapest first; of equally cheap ones the one that has come least far, so that no line is taken in vain.
    let mut ahead = BinaryHeap::from([Reverse((0usize, start, 0usize))]);
    let mut seen = HashSet::new();
    let mut found = None;
    for _ in 0..64 + 8 * width {
        let Reverse((cost, at, index)) = ahead.pop()?;
        if places[index].done {
            found = Some((index, cost));
            break;
        }
        let fields = places[index].fields;
        if !seen.insert((at, fields)) {
            continue;
        }
        ways(bytes, at, dialect, quote, |end, more| {
            if cost + more > MOST {
                return;
            }
            let ended = end >= bytes.len() || dialect.line_end(bytes, end) > 0;
            let at = if ended { end } else { end + dialect.delimiter.len() };
            if ended == (fields + 1 == width) {
                ahead.push(Reverse((cost + more, at, places.len())));
                places.push(Place { fields: fields + 1, end, from: index, done: ended });
            }
        });
    }
    let (mut index, cost) = found?;
    let end = places[index].end;
    let next = end + dialect.line_end(bytes, end);
    let multi_line = memchr2(b'\n', b'\r', &bytes[start..end]).is_some();
    if multi_line && takes_another(bytes, (start, end, next), dialect, width) {
        return None;
    }
    ends.clear();
    while index > 0 {
        ends.push(places[index].end);
        index = places[index].from;
    }
    ends.reverse();
    Some(Record { end, next, unclosed: false, stray: cost > 0, multi_line, quoted: true })
}

/// The ways in which the field at a position may be read: where it ends, and the quotes left unexplained.
fn ways(bytes: &[u8], at: usize, dialect: &Dialect, quote: u8, mut way: impl FnMut(usize, usize)) {
    let plain = dialect.plain_end(bytes, at);
    way(plain, memchr_iter(quote, &bytes[at..plain]).filter(|step| !dialect.escaped(bytes, at + step)).count());
    let Some(inside) = opening(bytes, at, dialect) else { return };
    let text = &bytes[..bytes.len().min(at + WINDOW)];
    // Quotes inside that nothing escapes; those of the run that is being looked at.
    let (mut lone, mut run, mut before, mut tried) = (0usize, 0usize, usize::MAX, 0);
    for step in memchr_iter(quote, &text[inside.min(text.len())..]) {
        let found = inside + step;
        if dialect.escaped(bytes, found) {
            continue;
        }
        if before == usize::MAX || before + 1 != found {
            lone += unpaired(run, dialect.doubled);
            run = 0;
        }
        before = found;
        let inner = lone + unpaired(run, dialect.doubled);
        run += 1;
        if lone > MOST || tried == CLOSINGS {
            return;
        }
        let mut after = found + 1;
        while dialect.delimiter[0] != b' ' && bytes.get(after) == Some(&b' ') {
            after += 1;
        }
        if dialect.field_end(bytes, after) {
            tried += 1;
            way(after, inner);
        }
    }
}

/// Of so many quotes in a row those that are no pairs.
fn unpaired(run: usize, doubled: bool) -> usize {
    if doubled { run % 2 } else { run }
}

/// Whether a record of several lines takes what is another's: a sound record begins in one of its lines, or none behind it.
fn takes_another(bytes: &[u8], (start, end, next): (usize, usize, usize), dialect: &Dialect, width: usize) -> bool {
    let mut ends = Vec::new();
    let mut sound = |at: usize| {
        let record = read_record(bytes, at, dialect, Unclosed::Fault, &mut ends);
        let whole = ends.len() == width && !record.unclosed && !record.stray;
        (whole && odd_fields(bytes, at, &ends, dialect) == 0, record.end == at)
    };
    let mut line = dialect.line(bytes, start).1;
    while line < end {
        if sound(line).0 {
            return true;
        }
        line = dialect.line(bytes, line).1;
    }
    next < bytes.len() && {
        let (whole, blank) = sound(next);
        !whole && !blank
    }
}

/// How many fields without quotes around them hold an odd number of quotes: none in a sound record; two where a quoted
/// field has fallen apart.
pub(crate) fn odd_fields(bytes: &[u8], start: usize, ends: &[usize], dialect: &Dialect) -> usize {
    let Some(quote) = dialect.quote.filter(|_| dialect.curly.is_none() && dialect.fixed.is_none()) else { return 0 };
    if ends.last().is_none_or(|end| memchr(quote, &bytes[start..*end]).is_none()) {
        return 0;
    }
    let mut from = start;
    ends.iter()
        .filter(|end| {
            let raw = &bytes[from.min(**end)..**end];
            from = **end + dialect.delimiter.len();
            let quotes = memchr_iter(quote, raw).count();
            let raw = if dialect.delimiter[0] == b' ' { raw } else { raw.trim_ascii() };
            let enclosed = raw.len() > 1 && raw[0] == quote && raw[raw.len() - 1] == quote;
            quotes % 2 == 1 && !(enclosed && dialect.escape.is_some())
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::dialect::unquote;
    use super::*;

    /// Mends the first record of a text, with `|` between fields and what follows behind `→`.
    #[track_caller]
    fn check(width: usize, text: &str, expected: Option<&str>) {
        let dialect = Dialect::with_delimiter(b",");
        let mut ends = Vec::new();
        let found = mend(text.as_bytes(), 0, &dialect, width, &mut ends).map(|record| {
            let mut from = 0;
            let fields = ends.iter().map(|end| {
                let field = unquote(&text[from..*end], &dialect).0.into_owned();
                from = end + 1;
                field
            });
            format!("{} → {}", fields.collect::<Vec<_>>().join("|"), &text[record.next..])
        });
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn one_quote_too_many_costs_nothing_else() {
        check(3, "1,\"two,3\n4,5,6\n", Some("1|\"two|3 → 4,5,6\n"));
        check(3, "1,tw\"o,3\n", Some("1|tw\"o|3 → "));
        check(3, "1,\"two, and\"\",3\n4,\"5\",6\n", Some("1|two, and\"|3 → 4,\"5\",6\n"));
        check(3, "1,\"\"two, and\",3\n4,\"5\",6\n", Some("1|\"two, and|3 → 4,\"5\",6\n"));
        check(3, "1,\"two\", and\",3\n4,\"5\",6\n", Some("1|two\", and|3 → 4,\"5\",6\n"));
        check(3, "1,\"two\"\n, and\",3\n4,\"5\",6\n", Some("1|two\"\n, and|3 → 4,\"5\",6\n"));
        check(3, "\"1,\"two\nlines\",3\n4,5,6\n", Some("\"1|two\nlines|3 → 4,5,6\n"));
        check(3, "1,\"two \"\"or\"\" three\"\"\",\"x\n4,\"5\",6\n", Some("1|two \"or\" three\"|\"x → 4,\"5\",6\n"));
        // Quotes inside that nobody escaped, with a delimiter behind one of them.
        check(3, "1,\"he said \"no\", and left\",3\n", Some("1|he said \"no\", and left|3 → "));
    }

    #[test]
    fn what_cannot_be_a_record_is_none() {
        check(3, "1,\"two\n", None);
        check(3, "1,2,3,\"4\n", None);
        check(3, "1,\"a\"b\"c\"d\"e\"f\"g, h\n", None);
        // Half of the next record is not taken.
        check(3, "1,\"two\n3,\"x\",4\n", None);
    }
}
