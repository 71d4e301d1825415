//! A generator of dirt: clean tables, damaged in every way that files are damaged, with the answer known.
//!
//! A [`Document`] holds what a file says (names, rows) and how it is written (dialect, encoding). A [`Damage`] changes
//! one of both. [`Document::write`] makes the bytes and the truth: for each record its line and what must become of
//! it. [`judge`] holds an import against that truth: is every record a row or a reject, and are the values right?

mod damage;
mod sample_table;
mod sweep;
mod tables;
mod truth;
mod weigh;

pub use damage::{DAMAGES, Damage};
pub use sample_table::{NAMES, sample_rows};
pub use sweep::{Case, Must, Piece, Style, USUAL, sweep};
pub use tables::{Language, tables};
pub use truth::{Verdict, judge};
pub use weigh::{Weight, weigh};

/// A random source of a few lines (Steele, Lea and Flood 2014, «SplitMix»): the same files on any machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Thrown from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// A cell: what is written into the file, and what must be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Written, before quoting.
    pub written: String,
    /// Shown; empty for a missing value.
    pub shown: String,
}

impl Cell {
    /// A cell that is shown as it is written.
    #[must_use]
    pub fn same(text: impl Into<String>) -> Self {
        let written = text.into();
        Self { shown: written.clone(), written }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Int,
    Float,
    Text,
    /// Text that stands where numbers are.
    Code,
    /// A date, a time of day, or both.
    Date,
    Bool,
}

/// What is wrong with one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Fault {
    StrayQuote,
    Unclosed,
    Long,
    Short,
    Nul,
    SpareDelimiters,
    OtherDelimiter,
    Cut,
}

/// A part of the body of a file.
#[derive(Debug, Clone)]
pub enum Item {
    /// A record, and what is wrong with it.
    Record(Vec<Cell>, Option<Fault>),
    /// The header once more.
    HeaderAgain,
    /// A line that is no row.
    Other(String),
    /// A blank line.
    Blank,
}

/// How fields are quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Quoting {
    Double,
    Single,
    Curly,
    Backslash,
    NoneButBackslash,
}

/// A file to be.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its language.
    pub language: Language,
    /// Lines before the header.
    pub before: Vec<String>,
    /// Records with names: none, one or two.
    pub header: Vec<Vec<String>>,
    /// What the columns are called in the end; where that is left to the importer, nothing.
    pub names: Vec<Option<String>>,
    /// What the columns hold.
    pub kinds: Vec<Kind>,
    /// The body.
    pub items: Vec<Item>,
    /// Between fields; empty: the columns are aligned by spaces.
    pub delimiter: String,
    /// How fields are quoted.
    pub quoting: Quoting,
    /// Whether every field is quoted.
    pub quote_all: bool,
    /// Line ends, used in turn.
    pub line_ends: Vec<&'static str>,
    /// WHATWG name of the encoding, and whether it is marked at the beginning.
    pub encoding: (&'static str, bool),
    /// Whether the last line ends.
    pub ended: bool,
}

/// What must become of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A row with these values.
    Row(Vec<String>),
    /// A row or a reject.
    Either,
    /// A reject.
    Reject,
}

/// A record in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Its line, from 1.
    pub line: u64,
    /// What must become of it.
    pub fate: Fate,
}

impl Document {
    /// The bytes of the file, and what must become of its records.
    ///
    /// # Panics
    /// The text has characters that the encoding lacks: a fault of the generator.
    #[must_use]
    pub fn write(&self) -> (Vec<u8>, Vec<Truth>) {
        let mut out = Writer { document: self, text: String::new(), line: 1, ends: 0 };
        for line in &self.before {
            out.line(line);
        }
        let widths = self.widths();
        for names in &self.header {
            let cells: Vec<Cell> = names.iter().map(Cell::same).collect();
            let record = out.record(&cells, None, &widths);
            out.line(&record);
        }
        let mut truths = Vec::new();
        for item in &self.items {
            let line = out.line;
            let (text, fate) = match item {
                Item::Record(cells, fault) => {
                    let values = cells.iter().map(|cell| cell.shown.clone()).collect();
                    let fate = match fault {
                        None | Some(Fault::SpareDelimiters | Fault::OtherDelimiter) => Fate::Row(values),
                        Some(_) => Fate::Either,
                    };
                    (out.record(cells, *fault, &widths), Some(fate))
                }
                Item::HeaderAgain => {
                    let cells: Vec<Cell> = self.header.iter().flatten().map(Cell::same).collect();
                    (out.record(&cells, None, &widths), Some(Fate::Reject))
                }
                Item::Other(text) => (text.clone(), Some(Fate::Reject)),
                Item::Blank => (String::new(), None),
            };
            out.line(&text);
            truths.extend(fate.map(|fate| Truth { line, fate }));
        }
        let mut text = out.text;
        if !self.ended {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        (self.encode(&text), truths)
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        let (name, mark) = self.encoding;
        let marked = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        match name {
            "utf-16le" => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            name => {
                let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).expect("a known encoding");
                let (bytes, _, lossy) = encoding.encode(&marked);
                assert!(!lossy, "{name} cannot hold the text");
                bytes.into_owned()
            }
        }
    }

    /// The width of each column where they are aligned.
    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.kinds.len()];
        let records = self.items.iter().filter_map(|item| match item {
            Item::Record(cells, _) => Some(cells.iter().map(|cell| cell.written.chars().count()).collect::<Vec<_>>()),
            _ => None,
        });
        let names = self.header.iter().map(|names| names.iter().map(|name| name.chars().count()).collect());
        for record in records.chain(names) {
            for (width, length) in widths.iter_mut().zip(record) {
                *width = (*width).max(length);
            }
        }
        widths
    }
}

struct Writer<'a> {
    document: &'a Document,
    text: String,
    line: u64,
    ends: usize,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let end = self.document.line_ends[self.ends % self.document.line_ends.len()];
        self.ends += 1;
        self.text.push_str(text);
        self.text.push_str(end);
        // A line end in a field is one whatever the file's.
        self.line += 1 + text.matches('\n').count() as u64;
    }

    fn record(&self, cells: &[Cell], fault: Option<Fault>, widths: &[usize]) -> String {
        let document = self.document;
        if document.delimiter.is_empty() {
            let padded = cells.iter().zip(widths).map(|(cell, width)| {
                let spaces = " ".repeat(width - cell.written.chars().count() + 2);
                format!("{}{spaces}", cell.written)
            });
            return padded.collect::<String>().trim_end().to_owned();
        }
        let mut delimiter = document.delimiter.as_str();
        if fault == Some(Fault::OtherDelimiter) {
            delimiter = if delimiter == ";" { "|" } else { ";" };
        }
        let mut fields: Vec<String> = cells.iter().map(|cell| self.field(&cell.written, delimiter)).collect();
        let text = document.kinds.iter().position(|kind| *kind == Kind::Text).unwrap_or(0);
        match fault {
            Some(Fault::StrayQuote) => fields[text] = format!("{}\"{}", &fields[text], "x"),
            Some(Fault::Unclosed) => fields[text] = format!("\"{}", cells[text].written.replace(['"', '\n'], " ")),
            Some(Fault::Long) => fields.extend(["extra".to_owned(), "more".to_owned()]),
            Some(Fault::Short) => fields.truncate(fields.len() - 1),
            Some(Fault::Cut) => fields.truncate(fields.len().div_ceil(2)),
            Some(Fault::Nul) => fields[text].push('\0'),
            Some(Fault::SpareDelimiters) => fields.extend([String::new(), String::new()]),
            Some(Fault::OtherDelimiter) | None => {}
        }
        fields.join(delimiter)
    }

    fn field(&self, text: &str, delimiter: &str) -> String {
        let document = self.document;
        let special = text.contains(delimiter)
            || text.contains(['\n', '\r', '"'])
            || (text.starts_with(' ') || text.ends_with(' '));
        let (open, close, inner) = match document.quoting {
            Quoting::Double => ("\"", "\"", text.replace('"', "\"\"")),
            Quoting::Single => ("'", "'", text.replace('\'', "''")),
            Quoting::Curly => ("“", "”", text.to_owned()),
            Quoting::Backslash => ("\"", "\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Quoting::NoneButBackslash => {
                return text.replace(delimiter, &format!("\\{delimiter}"));
            }
        };
        let special = special || (document.quoting == Quoting::Single && text.contains('\''));
        if special || document.quote_all { format!("{open}{inner}{close}") } else { text.to_owned() }
    }
}
