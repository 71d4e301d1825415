//! What else than one table a text holds: further tables, the names once more, lines behind the table.
//!
//! Blank lines part a text into blocks. A block is a table of its own when it has a header and a shape of its own; where
//! it reads like the table above, it is a part of that one. What is found here becomes [`Island`]s, which the reader
//! refuses line by line, so that nothing goes missing.

use cairn_protocol::notebook::ImportOptions;
use rayon::prelude::*;

use super::dialect::Dialect;
use super::header;
use super::kinds::{Hints, TEXT, Target, classify, resolve};
use super::scan::{Island, Reason};
use super::sniff::{self, Sampled, Sniffed, read_sample, usual_width};
use crate::DataError;

/// With more blank lines than this they mean nothing.
const BLOCKS: usize = 200;
/// Bytes looked at of a block.
const BLOCK_SAMPLE: usize = 16 << 10;
/// Bytes at the end of a text in which lines behind the table are looked for.
const TAIL: usize = 32 << 10;
/// Records behind the table at most.
const FOOTER: usize = 20;

/// A table among several in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Where it begins, with its title and header.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is called in the report: its number and its title, or its first names.
    pub name: String,
}

struct Shape {
    dialect: Dialect,
    width: usize,
    head: Vec<String>,
    title: Option<String>,
}

/// The tables of a text; fewer than two when it is one table.
pub(crate) fn tables(text: &[u8], options: &ImportOptions) -> Result<Vec<Section>, DataError> {
    let blocks = blocks(text);
    if blocks.len() > BLOCKS {
        return Ok(Vec::new());
    }
    let parts: Vec<(usize, usize)> = match &blocks[..] {
        [_] => turns(text, options)?,
        _ => blocks,
    };
    if parts.len() < 2 {
        return Ok(Vec::new());
    }
    let mut found: Vec<(Section, Shape)> = Vec::new();
    // Lines between two tables belong to the one below when they are its title.
    let mut between: Option<(usize, String)> = None;
    for (start, end) in parts {
        let block = &text[start..end];
        let part = &block[..block.len().min(BLOCK_SAMPLE)];
        if let Some((last, shape)) = found.last_mut()
            && continues(part, shape)
        {
            last.end = end;
            between = None;
            continue;
        }
        match shape(part, options)? {
            Some(shape) => {
                let (from, above) = between.take().unwrap_or((start, String::new()));
                let title = shape.title.clone().unwrap_or(above);
                found.push((Section { start: from, end, name: title }, shape));
            }
            None => {
                let line = String::from_utf8_lossy(part).lines().next().unwrap_or_default().trim().to_owned();
                between.get_or_insert((start, line));
            }
        }
    }
    if found.len() < 2 {
        return Ok(Vec::new());
    }
    let mut sections = Vec::new();
    for (number, (mut section, shape)) in found.into_iter().enumerate() {
        let title: String = match section.name.is_empty() {
            true => shape.head.join(", "),
            false => section.name,
        };
        section.name = format!("{}: {}", number + 1, title.chars().take(60).collect::<String>());
        sections.push(section);
    }
    // Lines between belong somewhere: to the table above.
    for index in 0..sections.len() {
        sections[index].end = sections.get(index + 1).map_or(text.len(), |next| next.start);
    }
    Ok(sections)
}

/// The number of the table to be read: the one asked for, else the first that is not much smaller than the largest.
pub(crate) fn chosen(sections: &[Section], wanted: Option<&str>) -> Result<usize, DataError> {
    if let Some(wanted) = wanted {
        let digits: String = wanted.trim().chars().take_while(char::is_ascii_digit).collect();
        let named = sections.iter().position(|section| section.name == wanted);
        let number = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        return named.or(number.filter(|number| *number < sections.len().max(1))).ok_or_else(|| DataError::Option {
            option: "table",
            value: wanted.to_owned(),
            why: match sections {
                [] => "the file holds one table".into(),
                _ => format!("the file holds {} tables: give a number from 1", sections.len()),
            },
        });
    }
    let size = |section: &Section| section.end - section.start;
    let largest = sections.iter().map(size).max().unwrap_or(0);
    Ok(sections.iter().position(|section| size(section) * 2 >= largest).unwrap_or(0))
}

/// Every place of some texts, in their order: the text is looked through in pieces, all processors at once, and each piece
/// for all needles while it is at hand.
fn places(text: &[u8], needles: &[&[u8]]) -> Vec<usize> {
    const PIECE: usize = 1 << 20;
    let longest = needles.iter().map(|needle| needle.len()).max().unwrap_or(1).max(1);
    let finders: Vec<memchr::memmem::Finder<'_>> =
        needles.iter().map(|needle| memchr::memmem::Finder::new(*needle)).collect();
    let pieces = text.len().div_ceil(PIECE);
    let found: Vec<Vec<usize>> = (0..pieces)
        .into_par_iter()
        .map(|piece| {
            let start = piece * PIECE;
            // A needle that begins in this piece may end in the next.
            let part = &text[start..text.len().min(start + PIECE + longest - 1)];
            let within = |at: &usize| *at < start + PIECE;
            let mut found: Vec<usize> =
                finders.iter().flat_map(|finder| finder.find_iter(part).map(|at| start + at).filter(within)).collect();
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect();
    found.concat()
}

/// The blocks between blank lines that do not lie inside quotes; more than [`BLOCKS`] of them end the search.
fn blocks(text: &[u8]) -> Vec<(usize, usize)> {
    let lone = !text[..text.len().min(BLOCK_SAMPLE)].contains(&b'\n');
    let end = if lone { b'\r' } else { b'\n' };
    let mut found = Vec::new();
    let (mut start, mut odd, mut from) = (0, false, 0);
    let at = if lone { places(text, &[b"\r\r"]) } else { places(text, &[b"\n\n", b"\n\r\n"]) };
    for gap in at {
        if gap < start {
            continue;
        }
        odd ^= memchr::memchr_iter(b'"', &text[from..gap]).count() % 2 == 1;
        from = gap;
        if odd {
            continue;
        }
        let next =
            text[gap..].iter().position(|byte| *byte != end && *byte != b'\r').map_or(text.len(), |skip| gap + skip);
        if gap + 1 > start && !text[start..gap].trim_ascii().is_empty() {
            found.push((start, gap + 1));
        }
        start = next;
        if found.len() > BLOCKS {
            return found;
        }
    }
    if start < text.len() {
        found.push((start, text.len()));
    }
    found
}

/// Parts of a text without blank lines: where the number of fields changes for good and a header stands there.
fn turns(text: &[u8], options: &ImportOptions) -> Result<Vec<(usize, usize)>, DataError> {
    let sample = sniff::sample(text);
    let dialect = sniff::dialect(sample, options)?;
    let records = read_sample(sample, &dialect);
    let mut turns = vec![0];
    let mut index = 0;
    while index < records.len() {
        let width = records[index].cells.len();
        let run = records[index..].iter().take_while(|record| record.cells.len() == width).count();
        let before = index.checked_sub(2).is_some_and(|two| {
            // Two records of another number of fields above, a title line between aside.
            let title = records[index - 1].cells.len() == 1;
            let above = if title { index.saturating_sub(2) } else { index - 1 };
            let wide = records[above].cells.len();
            wide >= 3 && wide != width && (title || records[two].cells.len() == wide)
        });
        if before && width >= 3 && run >= 3 && header::score(&records[index..index + run], 0, width) >= 2 {
            let title = records[index - 1].cells.len() == 1;
            turns.push(records[if title { index - 1 } else { index }].start);
        }
        index += run;
    }
    let ends = turns.iter().skip(1).copied().chain([text.len()]).collect::<Vec<_>>();
    Ok(turns.into_iter().zip(ends).collect())
}

/// Whether a block goes on with the table above.
fn continues(block: &[u8], above: &Shape) -> bool {
    let records = read_sample(block, &above.dialect);
    let filled: Vec<&Sampled> = records.iter().filter(|record| !record.is_blank()).collect();
    let fitting = filled.iter().filter(|record| record.cells.len() == above.width).count();
    if fitting * 2 < filled.len() || fitting == 0 {
        return false;
    }
    let Some(first) = records.iter().position(|record| record.cells.len() == above.width) else { return false };
    let head: Vec<&str> = records[first].cells.iter().map(|(cell, _)| cell.trim()).collect();
    head == above.head || header::score(&records, first, above.width) < 2 || fitting < 3
}

/// What a block looks like when it is a table; one has a header, or three records of one form.
fn shape(block: &[u8], options: &ImportOptions) -> Result<Option<Shape>, DataError> {
    let dialect = sniff::dialect(block, options)?;
    let records = read_sample(block, &dialect);
    let width = usual_width(&records);
    let fitting = records.iter().filter(|record| record.cells.len() == width).count();
    let first = header::first_record(&records, width);
    let score = header::score(&records, first, width);
    let lines = records.iter().skip(first).filter(|record| !record.is_blank()).count();
    // Pairs of a name and a value are rather what is said about a table.
    let least = if width == 2 { 5 } else { 3 };
    if width < 2 || fitting < least || fitting * 5 < lines * 4 || score < 2 {
        return Ok(None);
    }
    let head = records[first].cells.iter().map(|(cell, _)| cell.trim().to_owned()).collect();
    let title = records[..first].iter().map(|r| r.cells[0].0.trim()).find(|title| !title.is_empty()).map(str::to_owned);
    Ok(Some(Shape { dialect, width, head, title }))
}

/// The lines of the table's head that come once more below it.
pub(crate) fn headers_again(text: &[u8], sniffed: &Sniffed) -> Vec<Island> {
    let mut islands = Vec::new();
    let mut at = sniffed.head;
    for _ in 0..sniffed.header_rows {
        let (end, next) = sniffed.dialect.line(text, at);
        let line = &text[at..end];
        let telling = sniffed.names.len() > 1 && line.len() > sniffed.names.len() && at < sniffed.start;
        if telling {
            for found in places(&text[sniffed.start..], &[line]) {
                let mark = if text[..sniffed.start + found].ends_with("\u{feff}".as_bytes()) { 3 } else { 0 };
                let start = sniffed.start + found - mark;
                let (end, next) = sniffed.dialect.line(text, start);
                let begins = start == sniffed.start || matches!(text[start - 1], b'\n' | b'\r');
                if begins && end == start + mark + line.len() {
                    islands.push(Island { start, end: next, reason: Some(Reason::HeaderAgain) });
                }
            }
        }
        at = next;
    }
    islands
}

/// Lines that hold NUL bytes, unless they are many.
pub(crate) fn nuls(text: &[u8], start: usize, dialect: &Dialect) -> Vec<Island> {
    if dialect.escape == Some(0) {
        return Vec::new();
    }
    let first = text[start..]
        .par_chunks(1 << 20)
        .enumerate()
        .find_map_first(|(piece, part)| memchr::memchr(0, part).map(|at| (piece << 20) + at));
    let Some(first) = first else { return Vec::new() };
    let (mut islands, mut at): (Vec<Island>, usize) = (Vec::new(), start + first);
    loop {
        let begin =
            text[start..at].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(start, |e| start + e + 1);
        let (_, next) = dialect.line(text, at);
        islands.push(Island { start: begin, end: next, reason: Some(Reason::Nul) });
        match memchr::memchr(0, &text[next..]) {
            Some(step) => at = next + step,
            None => break,
        }
    }
    let lines = memchr::memchr2_iter(b'\n', b'\r', &text[start..]).count() + 1;
    if islands.len() > 2 && islands.len() * 3 > lines { Vec::new() } else { islands }
}

/// Words that begin the lines behind a table.
const CLOSING: [&str; 36] = [
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sub-total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "somme",
    "totale",
    "totaal",
    "suma",
    "soma",
    "итого",
    "всего",
    "合計",
    "合计",
    "总计",
    "總計",
    "小計",
    "소계",
    "합계",
    "average",
    "mean",
    "mittelwert",
    "durchschnitt",
    "moyenne",
    "source",
    "sources",
    "quelle",
    "fuente",
    "fonte",
    "note",
    "notes",
];

/// Where the lines behind the table begin: totals, sources, notes.
pub(crate) fn footer(text: &[u8], sniffed: &Sniffed, hints: Hints) -> Option<usize> {
    let width = sniffed.names.len();
    let dialect = &sniffed.dialect;
    let mut begin = sniffed.start.max(text.len().saturating_sub(TAIL));
    if begin > sniffed.start {
        begin = dialect.line(text, begin).1;
    }
    let records = read_tail(text, begin, dialect);
    let (mut footer, mut behind) = (None, 0);
    for (index, (start, record)) in records.iter().enumerate().rev() {
        if record.is_blank() {
            continue;
        }
        let alone = index > 0 && records[index - 1].1.is_blank();
        behind += 1;
        if behind > FOOTER || !closes(record, width, sniffed, hints, alone) {
            break;
        }
        footer = Some(*start);
    }
    // A table of which nothing is left was none.
    footer.filter(|footer| *footer > sniffed.start)
}

/// The records from a position to the end, with their positions.
fn read_tail(text: &[u8], mut at: usize, dialect: &Dialect) -> Vec<(usize, Sampled)> {
    let mut records = Vec::new();
    while at < text.len() {
        let some = read_sample(&text[at..], dialect);
        let Some(length) = some.last().map(|last| last.next.max(1)) else { break };
        records.extend(some.into_iter().map(|record| (at + record.start, record)));
        at += length;
    }
    records
}

/// Whether a record stands behind the table: a single field where there should be more, or a word for a sum or a source
/// where other rows have something else.
fn closes(record: &Sampled, width: usize, sniffed: &Sniffed, hints: Hints, alone: bool) -> bool {
    let Some((place, first)) =
        record.cells.iter().map(|(cell, _)| cell.trim()).enumerate().find(|(_, cell)| !cell.is_empty())
    else {
        return false;
    };
    let word = first.to_lowercase();
    let start = word.split([':', '=']).next().unwrap_or_default().trim();
    let said = CLOSING.contains(&start);
    let filled = record.filled();
    if width > 1 && filled == 1 && (record.cells.len() == 1 || record.cells.len() == width) {
        // One field: prose. A cut row would look like its first column.
        let known = sniffed.kinds.first().copied().unwrap_or(0);
        let now = resolve(known, hints);
        // A row that is written with another delimiter is read as one.
        let other = b",;\t|".iter().any(|delimiter| {
            let mut parts = first.as_bytes().split(|byte| byte == delimiter);
            let values = parts.clone().filter(|part| classify(part) & !TEXT != 0).count();
            parts.by_ref().count() == width && (values > 0 || width > 3)
        });
        let like_row = other
            || record.cells.len() == width
            || (now != Target::Text && resolve(known | classify(first.as_bytes()), hints) == now);
        return said || (!like_row && (first.contains(' ') || first.contains(':') || alone));
    }
    if width < 2 || !said || place > 1 {
        return false;
    }
    // A row of the table may well begin with such a word; then it fills its columns.
    let known = sniffed.kinds.get(place).copied().unwrap_or(0);
    let fits = resolve(known, hints) == Target::Text
        || resolve(known | classify(first.as_bytes()), hints) == resolve(known, hints);
    !fits || filled < record.cells.len().max(width) || alone || start.starts_with("total") || start.starts_with("grand")
}

/// Islands in their order, none over another.
pub(crate) fn in_order(mut islands: Vec<Island>) -> Vec<Island> {
    islands.sort_by_key(|island| (island.start, std::cmp::Reverse(island.end)));
    let mut reached = 0;
    islands.retain_mut(|island| {
        island.start = island.start.max(reached);
        let keep = island.start < island.end;
        reached = reached.max(island.end);
        keep
    });
    islands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let sections = tables(text.as_bytes(), &ImportOptions::default()).unwrap();
        let names: Vec<&str> = sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, expected, "{text}");
    }

    #[test]
    fn tables_of_a_text() {
        check("a,b\n1,2\n3,4\n", &[]);
        check("Title\n\na,b,c\n1,2,3\n4,5,6\n", &[]);
        check("a,b,c\n1,2,3\n4,5,6\n\n7,8,9\n1,2,3\n", &[]);
        check("a,b,c\n1,2,3\n4,5,6\n\nx,y\nq,1\nr,2\ns,3\nt,4\n", &["1: a, b, c", "2: x, y"]);
        check("a,b,c\n1,2,3\n4,5,6\n\nSecond\nx;y;z\nq;1;2\nr;2;3\n", &["1: a, b, c", "2: Second"]);
        check("a,b,c\n1,2,3\n4,5,6\nx,y,z,w\nq,1,2,3\nr,2,3,4\n", &["1: a, b, c", "2: x, y, z, w"]);
        check("Report,x\nDate,2020-01-01\n\na,b,c\n1,2,3\n4,5,6\n", &[]);
        check("a,b,c\n1,2,3\n\n\"x\n\ny\",2,3\n4,5,6\n", &[]);
    }
}
