//! Finding out how a file is written: delimiter, quote, escape, line ends, where the table begins, its header.
//!
//! Each possible dialect reads the sample; the one wins whose records agree best on their number of fields and
//! whose cells look most like values (after van den Burg, Nazábal and Sutton 2019, «Wrangling messy CSV files by
//! detecting row and type patterns», with weights for how common a delimiter is).

use std::collections::BTreeMap;

use cairn_protocol::notebook::ImportOptions;

use super::delimiters::{curly_quotes, delimiters, fixed_columns, prior};
use super::dialect::{Dialect, Unclosed, read_record, unquote};
use super::header;
use super::kinds::{self, Kinds, classify, classify_with};
use super::mend;
use super::scan::Island;
use super::words::Tokens;
use crate::DataError;

/// Bytes and records looked at.
const SAMPLE_BYTES: usize = 256 << 10;
const SAMPLE_RECORDS: usize = 400;
/// Records each candidate reads.
const CANDIDATE_RECORDS: usize = 120;
/// Fewer fields than this share agree: no table with this delimiter.
const LEAST_AGREEMENT: f64 = 0.4;

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct Sniffed {
    pub dialect: Dialect,
    /// Lines before the table.
    pub preamble_lines: u64,
    /// Where the head begins: the records with the names, or the first record where there are none.
    pub head: usize,
    /// Records that hold the names.
    pub header_rows: u32,
    /// Names of the columns; none for one the header does not reach.
    pub names: Vec<Option<String>>,
    /// Where the first record after the header begins.
    pub start: usize,
    /// Kinds of fields in each column of the sample.
    pub kinds: Vec<Kinds>,
    /// Whether a quote where none may stand is rare, and so damage.
    pub doubts_quotes: bool,
    /// Whether `\N` stands alone in a field of the sample.
    pub holds_database_nulls: bool,
    pub notes: Vec<String>,
}

/// A record of the sample.
pub(crate) struct Sampled {
    pub start: usize,
    pub next: usize,
    /// What the fields say, and whether they were quoted.
    pub cells: Vec<(String, bool)>,
    /// Whether a quote stands in it where none may.
    pub odd: bool,
    /// Whether it is written with another delimiter than most.
    pub otherwise: bool,
}

impl Sampled {
    pub fn is_blank(&self) -> bool {
        self.cells.len() == 1 && self.cells[0].0.trim().is_empty() && !self.cells[0].1
    }

    pub fn filled(&self) -> usize {
        self.cells.iter().filter(|(cell, _)| !cell.trim().is_empty()).count()
    }
}

/// Looks at the beginning of a text.
pub(crate) fn sniff(text: &[u8], options: &ImportOptions, tokens: &Tokens) -> Result<Sniffed, DataError> {
    let skipped = options.skip_lines.map_or(0, |lines| after_lines(text, lines));
    let sample = sample(&text[skipped..]);
    let mut sniffed = layout(sample, dialect(sample, options)?, options, tokens);
    let above = options.skip_lines.map_or(0, |_| lines(&text[..skipped], &sniffed.dialect));
    sniffed.preamble_lines += above;
    sniffed.head += skipped;
    sniffed.start += skipped;
    Ok(sniffed)
}

/// How a text is written, as far as nobody says.
pub(crate) fn dialect(sample: &[u8], options: &ImportOptions) -> Result<Dialect, DataError> {
    let ends = line_ends(sample);
    let quotes = quotes(sample, options)?;
    match &options.delimiter {
        Some(delimiter) => {
            let bytes = delimiter.replace("\\t", "\t").into_bytes();
            if bytes.is_empty() || bytes.iter().any(|byte| b"\"\r\n".contains(byte)) {
                return Err(DataError::Option {
                    option: "delimiter",
                    value: delimiter.clone(),
                    why: "it must be at least one character, and no quote or line end".into(),
                });
            }
            Ok(best(sample, &[bytes], &quotes, ends, false))
        }
        None => Ok(best(sample, &delimiters(sample), &quotes, ends, true)),
    }
}

/// The position after so many lines.
fn after_lines(text: &[u8], lines: u64) -> usize {
    let dialect = line_ends(sample(text)).of(Dialect::with_delimiter(b","));
    (0..lines)
        .try_fold(0, |at, _| if at < text.len() { Ok(dialect.line(text, at).1) } else { Err(at) })
        .unwrap_or_else(|at| at)
}

/// The beginning of a text, up to a line end; where it can be, one that does not lie between two quotes, so that a long
/// field of many lines is not cut in two and taken for lines of their own.
pub(crate) fn sample(text: &[u8]) -> &[u8] {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let cut = &text[..SAMPLE_BYTES];
    let (mut inside, mut outside) = (false, 0);
    for at in memchr::memchr3_iter(b'"', b'\n', b'\r', cut) {
        match cut[at] {
            b'"' => inside = !inside,
            _ if !inside => outside = at + 1,
            _ => {}
        }
    }
    if outside * 2 >= SAMPLE_BYTES {
        return &cut[..outside];
    }
    match cut.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) => &cut[..=end],
        None => cut,
    }
}

/// What ends lines besides `\n` and `\r\n`.
#[derive(Debug, Clone, Copy, Default)]
struct LineEnds {
    lone_cr: bool,
    feed_return: bool,
}

impl LineEnds {
    fn of(self, dialect: Dialect) -> Dialect {
        Dialect { lone_cr: self.lone_cr, feed_return: self.feed_return, ..dialect }
    }
}

/// Whether `\r` alone ends lines: outside quotes, and more than now and then among the line ends. Where it nearly always
/// stands behind a `\n`, both are one line end.
fn line_ends(sample: &[u8]) -> LineEnds {
    if !sample.contains(&b'\r') {
        return LineEnds::default();
    }
    let (mut feeds, mut lone, mut behind, mut inside) = (0usize, 0usize, 0usize, false);
    for (at, byte) in sample.iter().enumerate() {
        match byte {
            b'"' => inside = !inside,
            b'\n' => feeds += 1,
            b'\r' if !inside && at + 1 < sample.len() && sample[at + 1] != b'\n' => {
                lone += 1;
                behind += usize::from(at > 0 && sample[at - 1] == b'\n');
            }
            _ => {}
        }
    }
    let many = lone > 0 && lone * 10 >= feeds;
    let feed_return = many && behind * 10 >= lone * 9 && behind * 2 >= feeds;
    LineEnds { lone_cr: many && !feed_return, feed_return }
}

/// Ways to quote that are possible, the usual first; the delimiter is filled in later.
fn quotes(sample: &[u8], options: &ImportOptions) -> Result<Vec<Dialect>, DataError> {
    let plain = Dialect::with_delimiter(b",");
    let contains = |text: &[u8]| memchr::memmem::find(sample, text).is_some();
    let mut found = Vec::new();
    match options.quote.as_deref() {
        None => {
            found.push(plain.clone());
            if sample.contains(&b'\'') {
                found.push(Dialect { quote: Some(b'\''), ..plain.clone() });
            }
            for pair in curly_quotes() {
                if contains(pair.0.as_bytes()) && contains(pair.1.as_bytes()) {
                    found.push(Dialect { quote: None, curly: Some(pair), ..plain.clone() });
                }
            }
        }
        Some("") => found.push(Dialect { quote: None, ..plain.clone() }),
        Some(quote) => {
            let curly = curly_quotes().find(|(open, close)| quote == *open || quote == format!("{open}{close}"));
            match (quote.as_bytes(), curly) {
                (_, Some(pair)) => found.push(Dialect { quote: None, curly: Some(pair), ..plain.clone() }),
                ([byte], None) if byte.is_ascii_punctuation() => {
                    found.push(Dialect { quote: Some(*byte), ..plain.clone() });
                }
                _ => {
                    return Err(DataError::Option {
                        option: "quote",
                        value: quote.to_owned(),
                        why: "it must be one punctuation character, typographic quotes, or nothing".into(),
                    });
                }
            }
        }
    }
    match options.escape.as_deref() {
        None => {
            let escapes = sample.contains(&b'\\').then_some(b'\\').into_iter().chain(odd_escapes(sample));
            let more: Vec<Dialect> = escapes
                .flat_map(|escape| {
                    let found = found.iter().filter(|d| d.curly.is_none() && d.quote != Some(escape));
                    found.map(move |d| Dialect { escape: Some(escape), ..d.clone() }).collect::<Vec<_>>()
                })
                .collect();
            found.extend(more);
        }
        Some("") => found.iter_mut().for_each(|dialect| dialect.doubled = false),
        Some(escape)
            if matches!(escape.as_bytes(), [byte] if byte.is_ascii_punctuation())
                && !found.iter().any(|d| d.quote.is_some_and(|quote| escape.as_bytes() == [quote])) =>
        {
            found.iter_mut().for_each(|dialect| dialect.escape = escape.bytes().next());
        }
        Some(escape) => {
            let same = |d: &Dialect| d.quote.is_some_and(|quote| escape.as_bytes() == [quote]);
            if !found.iter().any(same) {
                return Err(DataError::Option {
                    option: "escape",
                    value: escape.to_owned(),
                    why: "it must be the quote itself, a backslash or another punctuation character, or nothing".into(),
                });
            }
            found.retain(same);
        }
    }
    Ok(found)
}

fn best(sample: &[u8], delimiters: &[Vec<u8>], quotes: &[Dialect], ends: LineEnds, guess: bool) -> Dialect {
    let mut winner: Option<(f64, Dialect)> = None;
    for delimiter in delimiters {
        for quote in quotes {
            let dialect = ends.of(Dialect { delimiter: delimiter.clone(), ..quote.clone() });
            if dialect.escape.is_some() && !escapes_something(sample, &dialect) && quotes.len() > 1 {
                continue;
            }
            let score = score(sample, &dialect);
            // The first of equals: the usual delimiter, `"` before `'`, doubling before the backslash.
            if winner.as_ref().is_none_or(|(most, _)| score > *most + 1e-9) {
                winner = Some((score, dialect));
            }
        }
    }
    let scored = winner.as_ref().map_or(0.0, |(score, _)| *score);
    if guess && let Some(columns) = fixed_columns(sample) {
        let spaces = Dialect::with_delimiter(b" ");
        let fixed = ends.of(Dialect { quote: None, fixed: Some(columns), ..spaces });
        let score = score(sample, &fixed);
        if score > scored {
            return fixed;
        }
    }
    match winner {
        Some((score, dialect)) if score > 0.0 || !guess => dialect,
        // One column: nothing to separate.
        _ => ends.of(quotes.first().cloned().unwrap_or_else(|| Dialect::with_delimiter(b","))),
    }
}

/// Characters besides the backslash that hardly stand anywhere but before quotes.
fn odd_escapes(sample: &[u8]) -> impl Iterator<Item = u8> {
    let mut all = [0usize; 128];
    let mut before = [0usize; 128];
    for pair in sample.windows(2) {
        if pair[0] < 128 {
            all[usize::from(pair[0])] += 1;
            before[usize::from(pair[0])] += usize::from(pair[1] == b'"');
        }
    }
    let possible = |byte: &u8| b"\0^~/#!?$%&*+=@`_<>".contains(byte);
    (0..128u8).filter(possible).filter(move |byte| {
        let (all, before) = (all[usize::from(*byte)], before[usize::from(*byte)]);
        before > 1 && before * 10 >= all * 9
    })
}

/// Whether the escape stands before a quote or the delimiter.
fn escapes_something(sample: &[u8], dialect: &Dialect) -> bool {
    let Some(escape) = dialect.escape else { return false };
    let before_quote = dialect.quote.is_some_and(|quote| memchr::memmem::find(sample, &[escape, quote]).is_some());
    let escaped = [&[escape], dialect.delimiter.as_slice()].concat();
    before_quote || (escape == b'\\' && memchr::memmem::find(sample, &escaped).is_some())
}

fn score(sample: &[u8], dialect: &Dialect) -> f64 {
    let (mut at, mut ends) = (0, Vec::new());
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut records, mut faulty, mut cells, mut typed, mut telling) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut quoted_cells, mut half_quoted, mut whole_lines) = (0usize, 0usize, 0usize);
    // Words without quotes below the first record, quoted fields that would fall apart without their quotes, and
    // records of several lines.
    let (mut bare_words, mut held_together, mut multi_line) = (0usize, 0usize, 0usize);
    while at < sample.len() && records < CANDIDATE_RECORDS {
        let record = read_record(sample, at, dialect, Unclosed::Fault, &mut ends);
        if ends.len() == 1 && record.end == at {
            at = record.next.max(at + 1);
            continue;
        }
        records += 1;
        faulty += usize::from(record.unclosed || record.stray);
        multi_line += usize::from(record.multi_line && !record.stray);
        *widths.entry(ends.len()).or_default() += 1;
        let line = sample[at..record.end].trim_ascii();
        whole_lines += usize::from(is_value(line) && classify(line) != kinds::TEXT);
        let mut from = at;
        for end in &ends {
            let raw = &sample[from..*end];
            from = end + dialect.delimiter.len();
            cells += 1;
            let raw = if dialect.fixed.is_some() { raw.trim_ascii() } else { raw };
            let quoted = match (dialect.quote, dialect.curly) {
                (_, Some((open, close))) => {
                    half_quoted += usize::from(raw.starts_with(open.as_bytes()) != raw.ends_with(close.as_bytes()));
                    raw.starts_with(open.as_bytes()) && raw.ends_with(close.as_bytes())
                }
                (Some(quote), None) => raw.len() >= 2 && raw[0] == quote && raw[raw.len() - 1] == quote,
                (None, None) => false,
            };
            if quoted {
                typed += 1;
                quoted_cells += 1;
                held_together += usize::from(
                    memchr::memmem::find(raw, &dialect.delimiter).is_some() || memchr::memchr(b'\n', raw).is_some(),
                );
            } else if is_value(raw) {
                typed += 1;
                bare_words += usize::from(records > 1 && !raw.is_empty() && classify(raw) == kinds::TEXT);
                telling +=
                    usize::from(!raw.is_empty() && classify(raw) & !(kinds::TEXT | kinds::WORD_FOR_MISSING) != 0);
            }
        }
        at = record.next;
    }
    let Some((width, agreeing)) = widths.iter().max_by_key(|(width, count)| (**count, **width)) else { return 0.0 };
    if *width < 2 {
        return 0.0;
    }
    let agreement = *agreeing as f64 / records as f64;
    let unusual = prior(&dialect.delimiter) < 1.0 && dialect.fixed.is_none();
    // Points in time and words with spaces are no tables; an unusual delimiter must earn belief.
    if agreement < LEAST_AGREEMENT
        || (unusual && (agreement < 0.8 || whole_lines * 10 >= records * 8 || (telling + quoted_cells) * 8 < cells))
    {
        return 0.0;
    }
    // A quote that quotes nothing says nothing for itself.
    let usual = dialect.quote == Some(b'"') || (dialect.quote.is_none() && dialect.curly.is_none());
    if (!usual && quoted_cells == 0) || half_quoted * 5 > quoted_cells {
        return 0.0;
    }
    // Fields in such quotes beside words without any are words with their quotes.
    if !usual && held_together == 0 && quoted_cells < 4 * bare_words {
        return 0.0;
    }
    // Quotes that open and close at the ends of fields with lines between them do not do so by chance.
    let enclosing = if multi_line > 1 && faulty == 0 && agreement > 0.9 { 2.0 } else { 1.0 };
    // Typographic quotes around whole fields are rather quotes than text.
    let curly = if dialect.curly.is_some() { 1.001 } else { 1.0 };
    let trust = if dialect.fixed.is_some() { 0.9 } else { prior(&dialect.delimiter) };
    let spread = 1.0 - 1.0 / *width as f64;
    let sound = 1.0 - faulty as f64 / records as f64;
    agreement * agreement * spread * sound * (typed as f64 / cells as f64) * trust * curly * enclosing
}

/// Whether a cell looks like one value: a number, date, time, address, amount, or words without delimiters.
fn is_value(raw: &[u8]) -> bool {
    if raw.is_empty() {
        return true;
    }
    if raw[0] == b' ' || raw.last() == Some(&b' ') {
        return false;
    }
    if classify(raw) != kinds::TEXT {
        return true;
    }
    let address = memchr::memmem::find(raw, b"://").is_some() || raw.contains(&b'@');
    let clock = raw.contains(&b':') && raw.iter().all(|byte| byte.is_ascii_digit() || b":.-/ TZ".contains(byte));
    address || clock || !raw.iter().any(|byte| b",;|\t:\"".contains(byte) || (*byte < b' '))
}

/// Where the table begins, what its columns are called and hold.
fn layout(sample: &[u8], dialect: Dialect, options: &ImportOptions, tokens: &Tokens) -> Sniffed {
    let mut records = read_sample(sample, &dialect);
    let width = usual_width(&records);
    if width > 2 && dialect.is_plain() && records.iter().any(|record| record.cells.len() != width) {
        records = read_sample_as(sample, &dialect, width);
    }
    let odd = records.iter().filter(|record| record.odd).count();
    let doubts_quotes = odd < 2 || odd * 20 <= records.len();
    let mut notes = Vec::new();

    let first = if options.skip_lines.is_some() { 0 } else { header::first_record(&records, width) };
    let (mut header_rows, mut at) = match header::above(&records, first, width).filter(|_| options.skip_lines.is_none())
    {
        Some(above) => (1, above),
        None => (usize::from(header::score(&records, first, width) > 0), first),
    };
    header_rows = header_rows.max(header::stacked_rows(&records, at, width));
    match (options.header_rows, options.header) {
        (Some(rows), _) => header_rows = (rows as usize).min(records.len().saturating_sub(at)),
        (None, Some(true)) => header_rows = 1,
        (None, Some(false)) => header_rows = 0,
        (None, None) => {}
    }
    if header_rows == 0 {
        at = first;
    }

    if header_rows > 0 && records.get(at).is_some_and(|record| record.otherwise) {
        notes.push("the header is written with another delimiter than most rows".into());
    }
    let mut names: Vec<Option<String>> = Vec::new();
    let mut columns = width;
    let head = records.get(at).map_or(if records.is_empty() { 0 } else { sample.len() }, |record| record.start);
    let mut start = head;
    let body = at + header_rows;
    if header_rows > 0
        && let Some(last) = records.get(body - 1)
    {
        let mut cells = header::joined(&records[at..body]);
        while cells.len() > width && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() == 1 && width > 1 {
            // The header is written with another delimiter than the rows.
            if let Some(other) = header::split_otherwise(&cells[0], width) {
                notes.push("the header is written with another delimiter than the rows".into());
                cells = other;
            }
        }
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        if cells.len() > width && cells.len() - empty == width {
            cells.retain(|cell| !cell.is_empty());
            notes.push("the header has a delimiter too many, left away".into());
        }
        if cells.len() + 1 == width && leads_with_row_numbers(&records[body..], width) {
            cells.insert(0, String::new());
            notes.push(
                "the header has one name less than the rows have fields: the first column holds row numbers".into(),
            );
        } else if cells.len() > width && records.len() > body {
            notes.push(format!(
                "the header has {} names and the rows {width} fields: the last columns are empty",
                cells.len()
            ));
        }
        columns = columns.max(cells.len());
        names = cells.into_iter().map(Some).collect();
        start = last.next;
        if let Some(rule) = records.get(body).filter(|record| header::is_rule(record)) {
            start = rule.next;
        }
    }
    names.resize(columns, None);
    if dialect.fixed.is_some() {
        notes.push("the columns are aligned by spaces".into());
    }

    let names_again = &records[at..body.min(records.len())];
    let kinds = kinds_of(&records, (width, columns), (start, doubts_quotes), names_again, tokens);
    Sniffed {
        preamble_lines: lines(&sample[..head], &dialect),
        dialect,
        head,
        header_rows: header_rows as u32,
        names,
        start,
        kinds,
        doubts_quotes,
        holds_database_nulls: records[at..].iter().any(|record| record.cells.iter().any(|(cell, _)| cell == "\\N")),
        notes,
    }
}

fn kinds_of(
    records: &[Sampled],
    (width, columns): (usize, usize),
    (start, doubts_quotes): (usize, bool),
    head: &[Sampled],
    tokens: &Tokens,
) -> Vec<Kinds> {
    let mut kinds = vec![0; columns];
    for record in records.iter().filter(|record| record.start >= start && record.cells.len() == width) {
        // What a stray quote makes of a field is no evidence.
        if header::again(head, record) || (record.odd && doubts_quotes) {
            continue;
        }
        for (kinds, (cell, _)) in kinds.iter_mut().zip(&record.cells) {
            if !cell.is_empty() {
                *kinds |= classify_with(cell.as_bytes(), tokens);
            }
        }
    }
    kinds
}

/// The kinds of fields in each column once more, when it is known which lines are no rows.
pub(crate) fn kinds_without(text: &[u8], sniffed: &Sniffed, tokens: &Tokens, islands: &[Island]) -> Vec<Kinds> {
    let from = sniffed.start.min(text.len());
    let mut records = read_sample(sample(&text[from..]), &sniffed.dialect);
    let within = |at: usize| islands.iter().any(|island| (island.start..island.end).contains(&at));
    records.retain(|record| !within(record.start + from));
    let width = usual_width(&records);
    kinds_of(&records, (width, sniffed.names.len().max(width)), (0, sniffed.doubts_quotes), &[], tokens)
}

/// The number of fields that most records have.
pub(crate) fn usual_width(records: &[Sampled]) -> usize {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.is_blank()) {
        *widths.entry(record.cells.len()).or_default() += 1;
    }
    widths.iter().max_by_key(|(width, count)| (**count, **width)).map_or(1, |(width, _)| *width)
}

/// The first records of a text.
pub(crate) fn read_sample(sample: &[u8], dialect: &Dialect) -> Vec<Sampled> {
    read_sample_as(sample, dialect, 0)
}

/// The same, where a record that does not have `width` fields may be written with another delimiter. One of nothing but
/// words is rather a sentence, unless such a record follows it.
fn read_sample_as(sample: &[u8], dialect: &Dialect, width: usize) -> Vec<Sampled> {
    let (mut at, mut records) = (0, Vec::new());
    while at < sample.len() && records.len() < SAMPLE_RECORDS {
        let mut record = read_one(sample, at, dialect);
        if width > 0 && record.cells.len() != width {
            record = read_otherwise(sample, at, dialect, width).unwrap_or(record);
        }
        at = record.next.max(at + 1);
        records.push(record);
    }
    for index in (0..records.len()).rev() {
        let words = records[index].cells.iter().all(|(cell, _)| header::is_word(cell));
        if records[index].otherwise && words && records.get(index + 1).is_none_or(|next| !next.otherwise) {
            let own = read_one(sample, records[index].start, dialect);
            if own.next == records[index].next {
                records[index] = own;
            }
        }
    }
    records
}

fn read_one(sample: &[u8], at: usize, dialect: &Dialect) -> Sampled {
    let mut ends = Vec::new();
    // The header must survive a quote astray, so a quote that is not closed is a character here.
    let record = read_record(sample, at, dialect, Unclosed::Literal, &mut ends);
    let odd = mend::odd_fields(sample, at, &ends, dialect) > 0;
    Sampled { start: at, next: record.next, cells: cells_of(sample, at, &ends, dialect), odd, otherwise: false }
}

fn read_otherwise(sample: &[u8], at: usize, dialect: &Dialect, width: usize) -> Option<Sampled> {
    let line = &sample[at..dialect.line(sample, at).0];
    let mut ends = Vec::new();
    b",;\t|".iter().filter(|delimiter| line.contains(delimiter)).find_map(|delimiter| {
        let other = Dialect { delimiter: vec![*delimiter], ..dialect.clone() };
        let record = read_record(sample, at, &other, Unclosed::Fault, &mut ends);
        (ends.len() == width && !record.unclosed && !record.stray).then(|| Sampled {
            start: at,
            next: record.next,
            cells: cells_of(sample, at, &ends, &other),
            odd: false,
            otherwise: true,
        })
    })
}

/// What the fields of a record say, and whether they were quoted.
fn cells_of(sample: &[u8], mut from: usize, ends: &[usize], dialect: &Dialect) -> Vec<(String, bool)> {
    ends.iter()
        .map(|end| {
            let raw = String::from_utf8_lossy(&sample[from.min(*end)..*end]);
            from = end + dialect.delimiter.len();
            let (cell, quoted) = unquote(&raw, dialect);
            (cell.into_owned(), quoted)
        })
        .collect()
}

/// Whether the first field of each row counts them.
fn leads_with_row_numbers(records: &[Sampled], width: usize) -> bool {
    let mut numbers = records.iter().filter(|record| record.cells.len() == width).map(|r| r.cells[0].0.parse::<u64>());
    let Some(Ok(first)) = numbers.next() else { return false };
    first <= 1 && numbers.enumerate().all(|(index, number)| number == Ok(first + 1 + index as u64))
}

/// Number of lines in a text that ends with one.
pub(crate) fn lines(text: &[u8], dialect: &Dialect) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', text).count();
    let lone =
        |at: &usize| text.get(at + 1) != Some(&b'\n') && !(dialect.feed_return && *at > 0 && text[at - 1] == b'\n');
    (feeds + memchr::memchr_iter(b'\r', text).filter(lone).count()) as u64
}
