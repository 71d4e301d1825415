//! One realistic table, damaged at every cell, and written in every way: an exhaustive sweep.
//!
//! The kinds of pollution are those that surveys of real CSV files find (Vitagliano et al., «Pollock: A Data Loading
//! Benchmark», VLDB 2023): delimiters and quotes too many or too few in one cell, other characters for delimiter, quote,
//! escape and line end, other layouts of the header, lines before and behind the table, several tables. The files are
//! made here, and for each the answer is known: where every record begins and ends, and the cells of those that are sound.

use super::Dice;
use super::sample_table::{NAMES, sample_rows};

/// How the fields of a file are written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Between fields.
    pub delimiter: &'static str,
    /// Around fields that need it.
    pub quote: Option<char>,
    /// Before a quote inside of quotes; the quote itself where it is doubled.
    pub escape: Option<char>,
    /// Whether every field is quoted.
    pub quote_all: bool,
    /// Ends of lines, used in turn.
    pub ends: &'static [&'static str],
}

/// The usual style.
pub const USUAL: Style = Style { delimiter: ",", quote: Some('"'), escape: Some('"'), quote_all: false, ends: &["\n"] };

impl Style {
    /// A field as it stands in the file.
    #[must_use]
    pub fn field(&self, cell: &str) -> String {
        let Some(quote) = self.quote else { return cell.to_owned() };
        let special = cell.contains(self.delimiter)
            || self.delimiter.chars().any(|one| cell.contains(one))
            || cell.contains(['\n', '\r', quote])
            || cell.starts_with(['"', '\'', ' ']);
        if !special && !self.quote_all {
            return cell.to_owned();
        }
        let mut out = String::from(quote);
        for one in cell.chars() {
            match self.escape {
                Some(escape) if one == quote || (one == escape && escape != quote) => out.extend([escape, one]),
                _ => out.push(one),
            }
        }
        out.push(quote);
        out
    }

    fn fields(&self, cells: &[String]) -> Vec<String> {
        cells.iter().map(|cell| self.field(cell)).collect()
    }
}

/// What must become of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Must {
    /// A row with these cells.
    Be(Vec<String>),
    /// A row, or a reject, with nothing of it lost.
    BeThere,
    /// A reject.
    BeRefused,
}

/// A record of a file.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Where it begins, in bytes of the file.
    pub start: usize,
    /// Where it ends, its line end aside.
    pub end: usize,
    /// Its line, from 1.
    pub line: u64,
    /// What must become of it.
    pub must: Must,
}

/// A file with its answer.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kind of damage.
    pub group: &'static str,
    /// Where it is.
    pub place: String,
    /// The text.
    pub text: String,
    /// Its records behind the header.
    pub pieces: Vec<Piece>,
    /// The names that the columns must have, where there is one answer.
    pub names: Option<Vec<String>>,
    /// Name of the encoding, and the byte order mark.
    pub encoding: (&'static str, bool),
}

struct Writer {
    style: Style,
    case: Case,
    line: u64,
    ends: usize,
}

impl Writer {
    fn new(group: &'static str, place: String, style: Style) -> Self {
        let names = Some(NAMES.iter().map(|name| (*name).to_owned()).collect());
        let case = Case { group, place, text: String::new(), pieces: Vec::new(), names, encoding: ("utf-8", false) };
        Self { style, case, line: 1, ends: 0 }
    }

    fn line(&mut self, text: &str) {
        let end = self.style.ends[self.ends % self.style.ends.len()];
        self.ends += 1;
        self.case.text.push_str(text);
        self.case.text.push_str(end);
        let doubled = u64::from(end == "\n\n");
        self.line += 1 + doubled + text.matches('\n').count() as u64;
    }

    fn piece(&mut self, text: &str, must: Must) {
        let start = self.case.text.len();
        self.case.pieces.push(Piece { start, end: start + text.len(), line: self.line, must });
        self.line(text);
    }

    fn header(&mut self) {
        let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let text = self.style.fields(&names).join(self.style.delimiter);
        self.line(&text);
    }

    fn row(&mut self, cells: &[String]) {
        let text = self.style.fields(cells).join(self.style.delimiter);
        self.piece(&text, Must::Be(cells.to_vec()));
    }

    fn rows(&mut self, rows: &[Vec<String>]) {
        rows.iter().for_each(|row| self.row(row));
    }
}

/// Raw fields as a record with something done to one of its cells.
type Spoil = fn(&mut Vec<String>, usize, &mut Dice) -> Option<String>;

fn joined(fields: &[String]) -> Option<String> {
    Some(fields.join(","))
}

/// The middle of a text, at a character.
fn middle(text: &str, dice: &mut Dice) -> usize {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| *at > 0).collect();
    places.get(dice.below(places.len().max(1))).copied().unwrap_or(0)
}

/// Damage to one cell.
const SPOILS: [(&str, Spoil); 6] = [
    ("delimiter missing", |fields, column, _| {
        let next = (column + 1 < fields.len()).then(|| fields.remove(column + 1))?;
        fields[column].push_str(&next);
        joined(fields)
    }),
    ("delimiter added behind", |fields, column, _| {
        fields.insert(column + 1, String::new());
        joined(fields)
    }),
    ("delimiter added inside", |fields, column, dice| {
        let at = middle(&fields[column], dice);
        fields[column].insert(at, ',');
        joined(fields)
    }),
    ("quote added before", |fields, column, _| {
        fields[column].insert(0, '"');
        joined(fields)
    }),
    ("quote added inside", |fields, column, dice| {
        let at = middle(&fields[column], dice);
        fields[column].insert(at, '"');
        joined(fields)
    }),
    ("quote added behind", |fields, column, _| {
        fields[column].push('"');
        joined(fields)
    }),
];

/// Makes every file; of those with damage at a cell or from a row on every `stride`th.
pub fn sweep(stride: usize, mut visit: impl FnMut(Case)) {
    let rows = sample_rows();
    cells(&rows, stride, &mut visit);
    turns(&rows, stride, &mut visit);
    styles(&rows, &mut visit);
    layouts(&rows, &mut visit);
}

/// Damage at every cell, and in every name.
fn cells(rows: &[Vec<String>], stride: usize, visit: &mut impl FnMut(Case)) {
    let mut dice = Dice::new(11);
    let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    for (kind, (group, spoil)) in SPOILS.into_iter().enumerate() {
        for column in 0..NAMES.len() {
            let mut out = Writer::new(group, format!("the names, column {column}"), USUAL);
            if let Some(header) = spoil(&mut USUAL.fields(&names), column, &mut dice) {
                out.line(&header);
                out.case.names = None;
                out.rows(rows);
                visit(out.case);
            }
        }
        for (row, cells) in rows.iter().enumerate() {
            for column in 0..NAMES.len() {
                if !(row * NAMES.len() + column + kind).is_multiple_of(stride) {
                    continue;
                }
                let mut out = Writer::new(group, format!("row {row}, column {column}"), USUAL);
                let Some(spoilt) = spoil(&mut USUAL.fields(cells), column, &mut dice) else { continue };
                out.header();
                out.rows(&rows[..row]);
                out.piece(&spoilt, Must::BeThere);
                out.rows(&rows[row + 1..]);
                visit(out.case);
            }
        }
    }
}

/// Another style from a row on.
fn turns(rows: &[Vec<String>], stride: usize, visit: &mut impl FnMut(Case)) {
    let quoted = Style { quote_all: true, ..USUAL };
    let single = Style { quote: Some('\''), escape: Some('\''), quote_all: true, ..USUAL };
    let kinds = [
        ("delimiter turns to ;", USUAL, Style { delimiter: ";", ..USUAL }),
        ("delimiter turns to tab", USUAL, Style { delimiter: "\t", ..USUAL }),
        ("all quoted from a row on", USUAL, quoted),
        ("quoted up to a row", quoted, USUAL),
        ("quote turns to '", quoted, single),
    ];
    for (kind, (group, first, then)) in kinds.into_iter().enumerate() {
        for turn in (1..rows.len()).filter(|turn| (turn + kind).is_multiple_of(stride.min(7))) {
            let mut out = Writer::new(group, format!("from row {turn} on"), first);
            out.header();
            out.rows(&rows[..turn]);
            out.style = then;
            for cells in &rows[turn..] {
                out.row(cells);
                // The file has two kinds of quotes now: those that stay in a cell are no loss.
                if then.quote == Some('\'')
                    && let Some(piece) = out.case.pieces.last_mut()
                {
                    piece.must = Must::BeThere;
                }
            }
            visit(out.case);
        }
    }
}

/// Cells without what only quotes can hold.
fn bare(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let bare = |cell: &String| cell.replace('\n', " / ").replace(['"', ',', ';', '\t', '|'], "");
    rows.iter().map(|cells| cells.iter().map(bare).collect()).collect()
}

/// Every delimiter, quote, escape, line end and encoding.
fn styles(rows: &[Vec<String>], visit: &mut impl FnMut(Case)) {
    let mut all: Vec<(&'static str, String, Style)> = Vec::new();
    for delimiter in [",", ";", "\t", " ", ", ", "|", "^", "~", "\u{1f}", "||", ":"] {
        for quote_all in [false, true] {
            let place = format!("{delimiter:?}, all quoted: {quote_all}");
            all.push(("delimiter", place, Style { delimiter, quote_all, ..USUAL }));
        }
    }
    for quote in ['\'', '"'] {
        for escape in [Some(quote), Some('\\'), None, Some('\0'), Some('^'), Some('/')] {
            for quote_all in [false, true] {
                let place = format!("quote {quote:?}, escape {escape:?}, all quoted: {quote_all}");
                all.push(("quote and escape", place, Style { quote: Some(quote), escape, quote_all, ..USUAL }));
            }
        }
    }
    let ends: [&'static [&'static str]; 8] =
        [&["\n"], &["\r\n"], &["\r"], &["\n\r"], &["\n\n"], &["\n", "\r\n"], &["\r\n", "\r"], &["\n", "\r\n", "\r"]];
    for ends in ends {
        all.push(("line end", format!("{ends:?}"), Style { ends, ..USUAL }));
    }
    for (group, place, style) in all {
        let mut out = Writer::new(group, place, style);
        out.header();
        out.rows(rows);
        visit(out.case);
    }
    for delimiter in [",", ";", "\t", "|"] {
        let mut out = Writer::new("no quotes", format!("{delimiter:?}"), Style { quote: None, delimiter, ..USUAL });
        out.header();
        out.rows(&bare(rows));
        visit(out.case);
    }
    for encoding in
        [("utf-8", true), ("utf-16le", true), ("utf-16be", true), ("utf-16le", false), ("windows-1252", false)]
    {
        let mut out = Writer::new("encoding", format!("{encoding:?}"), USUAL);
        out.header();
        out.rows(rows);
        out.case.encoding = encoding;
        visit(out.case);
    }
}

/// Headers, what stands above and below the table, further tables, and how the file ends.
fn layouts(rows: &[Vec<String>], visit: &mut impl FnMut(Case)) {
    let mut make = |group: &'static str, place: String, write: &mut dyn FnMut(&mut Writer)| {
        let mut out = Writer::new(group, place, USUAL);
        write(&mut out);
        visit(out.case);
    };
    make("header", "none".into(), &mut |out| {
        out.case.names = None;
        out.rows(rows);
    });
    make("header", "only the header".into(), &mut |out| out.header());
    for count in [1, 2, 3] {
        make("header", format!("{count} rows below"), &mut |out| {
            out.header();
            out.rows(&rows[..count]);
        });
    }
    for extra in 1..4 {
        make("header", format!("{} rows of names", extra + 1), &mut |out| {
            out.header();
            let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
            for level in 0..extra {
                let more: Vec<String> =
                    (0..NAMES.len()).map(|column| format!("part {level}{}", letter(column))).collect();
                for (name, more) in names.iter_mut().zip(&more) {
                    name.push(' ');
                    name.push_str(more);
                }
                out.line(&more.join(","));
            }
            out.case.names = Some(names);
            out.rows(rows);
        });
    }
    for column in 0..NAMES.len() {
        make("header", format!("name {column} is empty"), &mut |out| {
            let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
            names[column].clear();
            out.line(&names.join(","));
            names[column] = format!("column_{}", column + 1);
            out.case.names = Some(names);
            out.rows(rows);
        });
        make("header", format!("name {column} comes twice"), &mut |out| {
            let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
            let other = (column + 1) % NAMES.len();
            names[column] = names[other].clone();
            out.line(&names.join(","));
            let second = column.max(other);
            names[second].push_str("_2");
            out.case.names = Some(names);
            out.rows(rows);
        });
    }
    for lines in 1..=5 {
        for blank in [false, true] {
            make("lines above", format!("{lines}, a blank one below them: {blank}"), &mut |out| {
                let above = [
                    "Sales of the year 2018",
                    "Source: the shop",
                    "made on 1 Jan 2019",
                    "all amounts in USD",
                    "page 1 of 1",
                ];
                above[..lines].iter().for_each(|line| out.line(line));
                if blank {
                    out.line("");
                }
                out.header();
                out.rows(rows);
            });
        }
        make("lines above", format!("{lines}, filled up with delimiters"), &mut |out| {
            for line in 0..lines {
                out.line(&format!("Remark {line}{}", ",".repeat(NAMES.len() - 1)));
            }
            out.header();
            out.rows(rows);
        });
        make("lines below", format!("{lines}"), &mut |out| {
            out.header();
            out.rows(rows);
            out.line("");
            let below =
                ["Total: 84 sales", "Source: the shop", "Note: provisional", "printed by the till", "end of file"];
            below[..lines].iter().for_each(|line| out.piece(line, Must::BeRefused));
        });
    }
    for (place, width, blank, same) in [
        ("as many columns", 9, true, false),
        ("fewer columns", 5, true, false),
        ("more columns", 12, true, false),
        ("fewer columns, no blank line", 5, false, false),
        ("more columns, no blank line", 12, false, false),
        ("the same names", 9, true, true),
        ("the same names, no blank line", 9, false, true),
    ] {
        make("second table", place.into(), &mut |out| {
            out.header();
            out.rows(rows);
            if blank {
                out.line("");
            }
            if same {
                let names: Vec<&str> = NAMES.to_vec();
                out.piece(&names.join(","), Must::BeRefused);
                out.rows(&rows[..20]);
                return;
            }
            let names: Vec<String> = (0..width).map(|column| format!("other {}", letter(column))).collect();
            out.piece(&names.join(","), Must::BeThere);
            for row in 0..12 {
                let cells: Vec<String> = (0..width)
                    .map(|column| {
                        if column % 3 == 0 {
                            format!("text {row}{}", letter(column))
                        } else {
                            (row * column).to_string()
                        }
                    })
                    .collect();
                out.piece(&cells.join(","), Must::BeThere);
            }
        });
    }
    for ends in 0..4 {
        make("end of file", format!("{ends} line ends"), &mut |out| {
            out.header();
            out.rows(rows);
            out.case.text.truncate(out.case.text.trim_end_matches('\n').len());
            out.case.text.push_str(&"\n".repeat(ends));
        });
    }
    for every in [1, 5, 40] {
        make("empty rows", format!("blank lines after every {every} rows"), &mut |out| {
            out.header();
            for (row, cells) in rows.iter().enumerate() {
                out.row(cells);
                if row % every == 0 {
                    out.line("");
                }
            }
        });
        make("empty rows", format!("rows of delimiters after every {every}"), &mut |out| {
            out.header();
            for (row, cells) in rows.iter().enumerate() {
                out.row(cells);
                if row % every == 0 {
                    out.row(&vec![String::new(); NAMES.len()]);
                }
            }
        });
    }
    for column in 0..NAMES.len() {
        make("one column", NAMES[column].into(), &mut |out| {
            out.line(NAMES[column]);
            out.case.names = Some(vec![NAMES[column].to_owned()]);
            for cells in rows {
                if !cells[column].is_empty() {
                    out.row(&cells[column..=column]);
                }
            }
        });
    }
}

fn letter(column: usize) -> char {
    char::from(b'a' + column as u8)
}
