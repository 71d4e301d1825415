//! Finding out how a file is written: delimiter, quote, escape, line ends, where the table begins, its header.
//!
//! Each possible dialect reads the sample; the one wins whose records agree best on their number of fields and
//! whose cells look most like values (after van den Burg, Nazábal and Sutton 2019, «Wrangling messy CSV files by
//! detecting row and type patterns», with weights for how common a delimiter is).

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::notebook::ImportOptions;

use super::dialect::{Dialect, Unclosed, read_record, unquote};
use super::kinds::{self, Kinds, classify};
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
    /// Whether the first record holds the names.
    pub header: bool,
    /// Names of the columns; none for one the header does not reach.
    pub names: Vec<Option<String>>,
    /// Where the first record after the header begins.
    pub start: usize,
    /// Kinds of fields in each column of the sample.
    pub kinds: Vec<Kinds>,
    pub notes: Vec<String>,
}

struct Sampled {
    start: usize,
    next: usize,
    cells: Vec<(String, bool)>,
}

impl Sampled {
    fn is_blank(&self) -> bool {
        self.cells.len() == 1 && self.cells[0].0.trim().is_empty() && !self.cells[0].1
    }

    fn filled(&self) -> usize {
        self.cells.iter().filter(|(cell, _)| !cell.is_empty()).count()
    }
}

/// Looks at the beginning of a text.
pub(crate) fn sniff(text: &[u8], options: &ImportOptions) -> Result<Sniffed, DataError> {
    let sample = sample(text);
    let lone_cr = lone_cr(sample);
    let dialect = match &options.delimiter {
        Some(delimiter) => {
            let delimiter = delimiter.replace("\\t", "\t").into_bytes();
            if delimiter.is_empty() || delimiter.iter().any(|byte| b"\"\r\n".contains(byte)) {
                return Err(DataError::Option {
                    option: "delimiter",
                    value: options.delimiter.clone().unwrap_or_default(),
                    why: "it must be at least one character, and no quote or line end".into(),
                });
            }
            best(sample, &[delimiter], lone_cr, false)
        }
        None => best(sample, &delimiters(sample), lone_cr, true),
    };
    Ok(layout(sample, dialect, options))
}

fn sample(text: &[u8]) -> &[u8] {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let cut = &text[..SAMPLE_BYTES];
    match cut.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) => &cut[..=end],
        None => cut,
    }
}

/// Whether `\r` alone ends lines: outside quotes, and more than now and then among the line ends.
fn lone_cr(sample: &[u8]) -> bool {
    if !sample.contains(&b'\r') {
        return false;
    }
    let (mut feeds, mut lone, mut inside) = (0usize, 0usize, false);
    for (at, byte) in sample.iter().enumerate() {
        match byte {
            b'"' => inside = !inside,
            b'\n' => feeds += 1,
            b'\r' if !inside && at + 1 < sample.len() && sample[at + 1] != b'\n' => lone += 1,
            _ => {}
        }
    }
    lone > 0 && lone * 10 >= feeds
}

/// Delimiters that occur, the usual ones first.
fn delimiters(sample: &[u8]) -> Vec<Vec<u8>> {
    let mut counts = [0usize; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    for byte in *b",;\t|: " {
        if counts[usize::from(byte)] == 0 {
            continue;
        }
        let twice = [byte, byte];
        let doubled = memchr::memmem::find_iter(sample, &twice).count();
        if byte != b',' && byte != b' ' && doubled * 2 == counts[usize::from(byte)] {
            found.push(twice.to_vec());
            continue;
        }
        if matches!(byte, b',' | b';' | b'|') {
            for spaced in [vec![byte, b' '], vec![b' ', byte, b' ']] {
                if memchr::memmem::find(sample, &spaced).is_some() {
                    found.push(spaced);
                }
            }
        }
        found.push(vec![byte]);
    }
    let lines = memchr::memchr2_iter(b'\n', b'\r', sample).count().max(1);
    for byte in 1..=126u8 {
        let unusual = !byte.is_ascii_alphanumeric() && !b",;\t|: \"'\r\n._-+\\()[]{}".contains(&byte);
        if unusual && counts[usize::from(byte)] * 2 >= lines {
            found.push(vec![byte]);
        }
    }
    found
}

/// How much a delimiter is trusted before it is tried.
fn prior(delimiter: &[u8]) -> f64 {
    match delimiter {
        b"," | b";" | b"\t" | b"|" => 1.0,
        b":" => 0.7,
        b" " => 0.6,
        // Longer ones that hold win over their parts, which leave spaces or empty fields.
        [_, _, ..] => 1.05,
        _ => 0.5,
    }
}

fn best(sample: &[u8], delimiters: &[Vec<u8>], lone_cr: bool, guess: bool) -> Dialect {
    let plain =
        |delimiter: &[u8]| Dialect { delimiter: delimiter.to_vec(), quote: Some(b'"'), backslash: false, lone_cr };
    let mut quotes = vec![(b'"', false)];
    if memchr::memmem::find(sample, b"\\\"").is_some() {
        quotes.push((b'"', true));
    }
    if sample.contains(&b'\'') {
        quotes.push((b'\'', false));
        if memchr::memmem::find(sample, b"\\'").is_some() {
            quotes.push((b'\'', true));
        }
    }
    let mut winner: Option<(f64, Dialect)> = None;
    for delimiter in delimiters {
        for (quote, backslash) in &quotes {
            let dialect = Dialect { quote: Some(*quote), backslash: *backslash, ..plain(delimiter) };
            let score = score(sample, &dialect);
            // The first of equals: the usual delimiter, `"` before `'`, doubling before the backslash.
            if winner.as_ref().is_none_or(|(most, _)| score > *most + 1e-9) {
                winner = Some((score, dialect));
            }
        }
    }
    match winner {
        Some((score, dialect)) if score > 0.0 || !guess => dialect,
        // One column: nothing to separate.
        _ => plain(b","),
    }
}

fn score(sample: &[u8], dialect: &Dialect) -> f64 {
    let (mut at, mut ends) = (0, Vec::new());
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut records, mut faulty, mut cells, mut typed, mut telling) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut quoted_cells, mut whole_lines) = (0usize, 0usize);
    while at < sample.len() && records < CANDIDATE_RECORDS {
        let record = read_record(sample, at, dialect, Unclosed::Fault, &mut ends);
        if ends.len() == 1 && record.end == at {
            at = record.next.max(at + 1);
            continue;
        }
        records += 1;
        faulty += usize::from(record.unclosed || record.stray);
        *widths.entry(ends.len()).or_default() += 1;
        let line = sample[at..record.end].trim_ascii();
        whole_lines += usize::from(is_value(line) && classify(line, false) != kinds::TEXT);
        let mut from = at;
        for end in &ends {
            let raw = &sample[from..*end];
            from = end + dialect.delimiter.len();
            cells += 1;
            let quote = dialect.quote.unwrap_or(b'"');
            if raw.len() >= 2 && raw[0] == quote && raw[raw.len() - 1] == quote {
                typed += 1;
                quoted_cells += 1;
            } else if is_value(raw) {
                typed += 1;
                telling +=
                    usize::from(!raw.is_empty() && classify(raw, true) & (kinds::TEXT | kinds::WORD_FOR_MISSING) == 0);
            }
        }
        at = record.next;
    }
    let Some((width, agreeing)) = widths.iter().max_by_key(|(width, count)| (**count, **width)) else { return 0.0 };
    if *width < 2 {
        return 0.0;
    }
    let agreement = *agreeing as f64 / records as f64;
    let unusual = prior(&dialect.delimiter) < 1.0;
    // Points in time and words with spaces are no tables; an unusual delimiter must earn belief.
    if agreement < LEAST_AGREEMENT
        || (unusual && (agreement < 0.8 || whole_lines * 10 >= records * 8 || (telling + quoted_cells) * 8 < cells))
    {
        return 0.0;
    }
    // A quote that quotes nothing says nothing for itself.
    if dialect.quote == Some(b'\'') && quoted_cells == 0 {
        return 0.0;
    }
    let spread = 1.0 - 1.0 / *width as f64;
    let sound = 1.0 - faulty as f64 / records as f64;
    agreement * agreement * spread * sound * (typed as f64 / cells as f64) * prior(&dialect.delimiter)
}

/// Whether a cell looks like one value: a number, date, time, address, amount, or words without delimiters.
fn is_value(raw: &[u8]) -> bool {
    if raw.is_empty() {
        return true;
    }
    if raw[0] == b' ' || raw.last() == Some(&b' ') {
        return false;
    }
    if classify(raw, true) != kinds::TEXT {
        return true;
    }
    let address = memchr::memmem::find(raw, b"://").is_some() || raw.contains(&b'@');
    let clock = raw.contains(&b':') && raw.iter().all(|byte| byte.is_ascii_digit() || b":.-/ TZ".contains(byte));
    address || clock || !raw.iter().any(|byte| b",;|\t:\"".contains(byte) || (*byte < b' '))
}

/// Where the table begins, what its columns are called and hold.
fn layout(sample: &[u8], dialect: Dialect, options: &ImportOptions) -> Sniffed {
    let records = read_sample(sample, &dialect);
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.is_blank()) {
        *widths.entry(record.cells.len()).or_default() += 1;
    }
    let width = widths.iter().max_by_key(|(width, count)| (**count, **width)).map_or(1, |(width, _)| *width);
    let mut notes = Vec::new();

    let first = first_record(&records, width);
    let named = header_above(&records, first, width);
    let (mut header, mut at) = match named {
        Some(above) => (true, above),
        None => (looks_like_header(&records, first, width), first),
    };
    if let Some(wanted) = options.header {
        header = wanted;
        if !wanted {
            at = first;
        }
    }

    let mut names: Vec<Option<String>> = Vec::new();
    let mut columns = width;
    let mut start = records
        .get(at)
        .map_or(sample.len().min(if records.is_empty() { 0 } else { sample.len() }), |record| record.start);
    let preamble_lines = records.get(at).map_or(0, |record| lines(&sample[..record.start]));
    if header && let Some(record) = records.get(at) {
        let mut cells: Vec<String> = record.cells.iter().map(|(cell, _)| cell.trim().to_owned()).collect();
        while cells.len() > width && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() == 1 && width > 1 {
            // The header is written with another delimiter than the rows.
            if let Some(other) = split_otherwise(&cells[0], width) {
                notes.push("the header is written with another delimiter than the rows".into());
                cells = other;
            }
        }
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        if cells.len() > width && cells.len() - empty == width {
            cells.retain(|cell| !cell.is_empty());
            notes.push("the header has a delimiter too many, left away".into());
        }
        if cells.len() + 1 == width && leads_with_row_numbers(&records[at + 1..], width) {
            cells.insert(0, String::new());
            notes.push(
                "the header has one name less than the rows have fields: the first column holds row numbers".into(),
            );
        } else if cells.len() > width && records.len() > at + 1 {
            notes.push(format!(
                "the header has {} names and the rows {width} fields: the last columns are empty",
                cells.len()
            ));
        }
        columns = columns.max(cells.len());
        names = cells.into_iter().map(Some).collect();
        start = record.next;
    }
    names.resize(columns, None);

    let mut kinds = vec![0; columns];
    let comma = !dialect.delimiter.contains(&b',');
    for record in records.iter().filter(|record| record.start >= start && record.cells.len() == width) {
        for (kinds, (cell, _)) in kinds.iter_mut().zip(&record.cells) {
            if !cell.is_empty() {
                *kinds |= classify(cell.as_bytes(), comma);
            }
        }
    }
    Sniffed { dialect, preamble_lines, header, names, start, kinds, notes }
}

fn read_sample(sample: &[u8], dialect: &Dialect) -> Vec<Sampled> {
    let (mut at, mut ends, mut records) = (0, Vec::new(), Vec::new());
    while at < sample.len() && records.len() < SAMPLE_RECORDS {
        // The header must survive a quote astray, so a quote that is not closed is a character here.
        let record = read_record(sample, at, dialect, Unclosed::Literal, &mut ends);
        let mut from = at;
        let cells = ends
            .iter()
            .map(|end| {
                let raw = String::from_utf8_lossy(&sample[from..*end]);
                from = end + dialect.delimiter.len();
                let (cell, quoted) = unquote(&raw, dialect);
                (cell.into_owned(), quoted)
            })
            .collect();
        records.push(Sampled { start: at, next: record.next, cells });
        at = record.next.max(at + 1);
    }
    records
}

/// The first record of full width that is no line of a preamble written with delimiters.
fn first_record(records: &[Sampled], width: usize) -> usize {
    let full = |record: &Sampled| record.cells.len() == width && !record.is_blank();
    let Some(first) = records.iter().position(full) else { return 0 };
    let sparse = |record: &Sampled| width >= 3 && record.filled() <= 1;
    let rest =
        records[first..].iter().position(|record| full(record) && !sparse(record) && !is_comment(record, records));
    match rest {
        Some(skip)
            if records[first..first + skip].iter().all(|r| r.is_blank() || sparse(r) || is_comment(r, records)) =>
        {
            first + skip
        }
        _ => first,
    }
}

/// A line that begins with `#` while the lines of the table do not; `#name` over a column is a name.
fn is_comment(record: &Sampled, records: &[Sampled]) -> bool {
    let marked = |record: &Sampled| record.cells[0].0.starts_with('#');
    let spaced = record.cells[0].0.starts_with("# ");
    marked(record)
        && (record.cells.len() == 1 || spaced)
        && records.iter().filter(|record| marked(record)).count() * 2 < records.len()
}

/// A header right above the first full record that has a few fields more or one less.
fn header_above(records: &[Sampled], first: usize, width: usize) -> Option<usize> {
    let above = first.checked_sub(1)?;
    let (record, below) = (&records[above], &records[first]);
    let count = record.cells.len();
    let near = count + 1 == width || (count > width && count <= width + 3);
    let words = |record: &Sampled| record.cells.iter().all(|(cell, _)| cell.is_empty() || is_word(cell));
    let whole = near && count >= 2 && record.filled() + 1 >= count && words(record);
    let other = count == 1 && split_otherwise(&record.cells[0].0, width).is_some();
    ((whole || other) && !words(below)).then_some(above)
}

/// A line as so many words, with another of the usual delimiters between them.
fn split_otherwise(line: &str, width: usize) -> Option<Vec<String>> {
    [',', ';', '\t', '|'].into_iter().find_map(|delimiter| {
        let cells: Vec<String> = line.split(delimiter).map(|cell| cell.trim_matches(['"', ' ']).to_owned()).collect();
        let words = cells.iter().filter(|cell| is_word(cell)).count();
        (cells.len() == width && width > 1 && words + 1 >= width).then_some(cells)
    })
}

fn is_word(cell: &str) -> bool {
    classify(cell.as_bytes(), true) & !kinds::WORD_FOR_MISSING == kinds::TEXT && !looks_timed(cell)
}

fn looks_timed(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_punctuation)
        && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() * 2 > bytes.len()
}

/// Compares the first record with those below it, column by column.
fn looks_like_header(records: &[Sampled], first: usize, width: usize) -> bool {
    let Some(head) = records.get(first) else { return false };
    let below: Vec<&Sampled> = records[first + 1..].iter().filter(|record| record.cells.len() == width).collect();
    let names: Vec<&str> = head.cells.iter().map(|(cell, _)| cell.trim()).collect();
    let filled: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    if filled.is_empty() {
        return false;
    }
    let distinct = filled.iter().collect::<BTreeSet<_>>().len() == filled.len();
    if below.is_empty() {
        return distinct && filled.iter().all(|name| is_word(name));
    }
    let mut score = 0i32;
    for (column, name) in names.iter().enumerate() {
        if name.is_empty() {
            continue;
        }
        let cells: Vec<&str> =
            below.iter().map(|r| r.cells[column].0.as_str()).filter(|cell| !cell.is_empty()).collect();
        let valued = cells.iter().filter(|cell| !is_word(cell)).count();
        let all_valued = !cells.is_empty() && valued * 10 >= cells.len() * 9;
        match (is_word(name), all_valued) {
            (true, true) => score += 2,
            (false, true) if is_year_row(&names) => score += 1,
            (false, _) => score -= 3,
            // Words over words: a name does not come back as a value.
            (true, false) if cells.contains(name) => score -= 2,
            (true, false) => {
                let lengths: BTreeSet<usize> = cells.iter().map(|cell| cell.chars().count()).collect();
                // Values of one length over which a word of another stands.
                score += i32::from(lengths.len() == 1 && !lengths.contains(&name.chars().count()) && cells.len() > 2);
            }
        }
    }
    if score == 0 { distinct && filled.len() + 1 >= names.len() } else { score > 0 }
}

/// Names that are years in a row, as in tables with a column a year.
fn is_year_row(names: &[&str]) -> bool {
    let years: Vec<u32> =
        names.iter().filter_map(|name| name.parse().ok()).filter(|year| (1800..2200).contains(year)).collect();
    years.len() >= 2 && years.windows(2).all(|pair| pair[1] == pair[0] + 1) && names.iter().any(|name| is_word(name))
}

/// Whether the first field of each row counts them.
fn leads_with_row_numbers(records: &[Sampled], width: usize) -> bool {
    let mut numbers = records.iter().filter(|record| record.cells.len() == width).map(|r| r.cells[0].0.parse::<u64>());
    let Some(Ok(first)) = numbers.next() else { return false };
    first <= 1 && numbers.enumerate().all(|(index, number)| number == Ok(first + 1 + index as u64))
}

/// Number of lines in a text that ends with one.
fn lines(text: &[u8]) -> u64 {
    let returns = memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
    (memchr::memchr_iter(b'\n', text).count() + returns) as u64
}
