//! Where a table begins, and which of its records hold the names.

use std::collections::BTreeSet;

use super::kinds::{self, classify};
use super::sniff::Sampled;

/// The first record of full width that is no line of a preamble written with delimiters.
pub(crate) fn first_record(records: &[Sampled], width: usize) -> usize {
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
pub(crate) fn above(records: &[Sampled], first: usize, width: usize) -> Option<usize> {
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
pub(crate) fn split_otherwise(line: &str, width: usize) -> Option<Vec<String>> {
    [',', ';', '\t', '|'].into_iter().find_map(|delimiter| {
        let cells: Vec<String> = line.split(delimiter).map(|cell| cell.trim_matches(['"', ' ']).to_owned()).collect();
        let words = cells.iter().filter(|cell| is_word(cell)).count();
        (cells.len() == width && width > 1 && words + 1 >= width).then_some(cells)
    })
}

/// Whether a cell is a word, and no value.
pub(crate) fn is_word(cell: &str) -> bool {
    let kinds = classify(cell.as_bytes()) & !kinds::WORD_FOR_MISSING;
    (kinds == kinds::TEXT || kinds & kinds::BOOLS & !kinds::BOOL != 0)
        && !looks_timed(cell)
        && !cell.bytes().all(|byte| byte.is_ascii_digit())
}

fn looks_timed(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_punctuation)
        && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() * 2 > bytes.len()
}

/// Compares a record with those below it, column by column: above zero it holds the names, from 2 on a word stands
/// over a column of values.
pub(crate) fn score(records: &[Sampled], first: usize, width: usize) -> i32 {
    let Some(head) = records.get(first) else { return 0 };
    // The names once more, further down, say nothing against them.
    let row = |record: &&Sampled| record.cells.len() == width && record.cells != head.cells;
    let below: Vec<&Sampled> = records[first + 1..].iter().filter(row).collect();
    let names: Vec<&str> = head.cells.iter().map(|(cell, _)| cell.trim()).collect();
    let filled: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    if filled.is_empty() || head.cells.len() != width {
        return 0;
    }
    let distinct = filled.iter().collect::<BTreeSet<_>>().len() == filled.len();
    if below.is_empty() {
        return i32::from(distinct && filled.iter().all(|name| is_word(name)));
    }
    let mut score = 0i32;
    for (column, name) in names.iter().enumerate() {
        if name.is_empty() {
            continue;
        }
        let cells: Vec<&str> =
            below.iter().map(|r| r.cells[column].0.as_str()).filter(|cell| !cell.is_empty()).collect();
        let valued = cells.iter().filter(|cell| !is_word(cell)).count();
        // One remark, or the word of a total, is no matter in a short table.
        let most = valued * 10 >= cells.len() * 9 || (valued >= 3 && valued + 1 == cells.len());
        let all_valued = !cells.is_empty() && most;
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
    if score == 0 { i32::from(distinct && filled.len() + 1 >= names.len()) } else { score }
}

/// Names that are years in a row, as in tables with a column a year.
fn is_year_row(names: &[&str]) -> bool {
    let years: Vec<u32> = names.iter().filter_map(|name| year(name)).collect();
    years.len() >= 2 && years.windows(2).all(|pair| pair[1] == pair[0] + 1) && names.iter().any(|name| is_word(name))
}

fn year(name: &str) -> Option<u32> {
    name.parse().ok().filter(|year| (1800..2200).contains(year))
}

/// Rows of names at most.
const STACKED: usize = 4;

/// How many records hold the names together, from `at` on, where they are more than one: words (or units) stand once more
/// over columns that hold values from there on. A row of data with a remark where a number should be must not pass for
/// names, so one word is not enough, unless it is a unit in brackets or stands below a name over several columns.
pub(crate) fn stacked_rows(records: &[Sampled], at: usize, width: usize) -> usize {
    (2..=STACKED).rev().find(|many| stacked(records, at, *many, width)).unwrap_or(0)
}

fn stacked(records: &[Sampled], at: usize, many: usize, width: usize) -> bool {
    let Some(head) = records.get(at..at + many) else { return false };
    let below: Vec<&Sampled> = records[at + many..].iter().filter(|record| record.cells.len() == width).collect();
    if below.len() < 2 || width < 2 {
        return false;
    }
    let token = |cell: &str| classify(cell.as_bytes()) & !kinds::WORD_FOR_MISSING == 0;
    let name = |cell: &str| is_word(cell) || token(cell) || year(cell).is_some();
    let words = |record: &Sampled| {
        record.cells.len() == width && record.filled() >= 2 && record.cells.iter().all(|(cell, _)| name(cell.trim()))
    };
    if !head.iter().all(words) || (1..many).any(|row| again(&head[..row], &head[row])) {
        return false;
    }
    // Columns that hold values below the names.
    let valued: Vec<bool> = (0..width)
        .map(|column| {
            let filled = below.iter().filter(|record| !record.cells[column].0.trim().is_empty());
            let (mut cells, mut valued) = (0usize, 0usize);
            for record in filled {
                cells += 1;
                valued += usize::from(!is_word(&record.cells[column].0));
            }
            cells > 0 && valued * 10 >= cells * 9
        })
        .collect();
    head.windows(2).all(|pair| continues_names(&pair[0], &pair[1], &valued))
}

/// Whether the second of two rows of words goes on with the names in the first.
fn continues_names(top: &Sampled, second: &Sampled, valued: &[bool]) -> bool {
    let (mut over, mut bare) = (Vec::new(), 0);
    for (column, _) in valued.iter().enumerate().filter(|(_, valued)| **valued) {
        match second.cells[column].0.trim() {
            cell if is_word(cell)
                && cell.chars().any(|character| character.is_alphabetic() || "%°€$".contains(character)) =>
            {
                over.push(cell);
            }
            _ => bare += 1,
        }
    }
    let distinct = over.iter().collect::<BTreeSet<_>>().len() == over.len();
    let unit = |cell: &&str| cell.starts_with(['(', '[']) && cell.ends_with([')', ']']);
    let spanning = (1..valued.len())
        .any(|column| top.cells[column].0.trim().is_empty() && !second.cells[column].0.trim().is_empty());
    over.len() >= bare && !over.is_empty() && (over.iter().all(unit) || (distinct && over.len() > 1) || spanning)
}

/// The names that records hold together: joined with a space, a name over several columns given to each.
pub(crate) fn joined(head: &[Sampled]) -> Vec<String> {
    let width = head.iter().map(|record| record.cells.len()).max().unwrap_or(0);
    let cell = |row: usize, column: usize| head[row].cells.get(column).map_or("", |(cell, _)| cell.trim());
    let mut names = vec![String::new(); width];
    for row in 0..head.len() {
        let mut over = "";
        for (column, name) in names.iter_mut().enumerate() {
            let below = row + 1 < head.len() && !cell(row + 1, column).is_empty();
            match cell(row, column) {
                "" if !below => over = "",
                "" => {}
                own => over = if below { own } else { "" },
            }
            let own = if cell(row, column).is_empty() { over } else { cell(row, column) };
            if !own.is_empty() {
                if !name.is_empty() {
                    name.push(' ');
                }
                name.push_str(own);
            }
        }
    }
    names
}

/// Whether a record is one of the header's, once more.
pub(crate) fn again(head: &[Sampled], record: &Sampled) -> bool {
    head.iter().any(|name| name.cells == record.cells && record.filled() > 1)
}

/// Whether a record only draws a line: `----,-----`.
pub(crate) fn is_rule(record: &Sampled) -> bool {
    let drawn = |cell: &str| cell.len() >= 2 && cell.bytes().all(|byte| b"-=_+:".contains(&byte));
    record.filled() == record.cells.len() && record.cells.iter().all(|(cell, _)| drawn(cell.trim()))
}
