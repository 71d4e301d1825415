//! An import of a file of the sweep held against its answer.

use cairn_data::{Imported, page};

use super::sweep::{Case, Must, Piece};

/// What an import of a case is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Every record is a row or stands among the rejects with its line, byte offset and full text.
    pub accounted: bool,
    /// … and all cells of sound records are right, names as well, and what is no row is none.
    pub right: bool,
    /// What is wrong first.
    pub why: String,
}

impl Case {
    /// The bytes of the file.
    ///
    /// # Panics
    /// The encoding is not known: a fault of the sweep.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mark = if self.encoding.1 { "\u{feff}" } else { "" };
        encode(&format!("{mark}{}", self.text), self.encoding.0)
    }

    /// Where a piece begins in the bytes.
    fn offset(&self, at: usize) -> u64 {
        let mark = if self.encoding.1 { "\u{feff}" } else { "" };
        match self.encoding.0 {
            "utf-8" => (at + mark.len()) as u64,
            name => encode(&format!("{mark}{}", &self.text[..at]), name).len() as u64,
        }
    }
}

fn encode(text: &str, name: &str) -> Vec<u8> {
    match name {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        name => {
            encoding_rs::Encoding::for_label(name.as_bytes()).expect("a known encoding").encode(text).0.into_owned()
        }
    }
}

/// What is left of a text when what only parts it is taken away.
fn essence(text: &str) -> String {
    text.chars().filter(|one| !"\"'\\,;\t\n\r".contains(*one)).collect()
}

/// Weighs an import that kept every field as text.
#[must_use]
pub fn weigh(case: &Case, imported: &Imported) -> Weight {
    let mut weight = Weight { accounted: true, right: true, why: String::new() };
    let report = &imported.report;
    if report.records_counted != report.rows + report.rejects_total {
        weight.lost(format!("{} counted, {} + {}", report.records_counted, report.rows, report.rejects_total));
    }
    let shown = page(&imported.frame, None, 0, u64::MAX, 0, u64::MAX).columns;
    let cells = |row: usize| -> Vec<String> {
        shown.iter().map(|column| column.cells.get(row).cloned().flatten().unwrap_or_default()).collect()
    };
    let mut rejects = report.rejects.iter().peekable();
    let mut row = 0;
    for piece in &case.pieces {
        let (start, end) = (case.offset(piece.start), case.offset(piece.end));
        let refused = rejects.next_if(|reject| reject.byte_offset == start);
        if let Some(reject) = refused {
            let mut text = reject.text.clone();
            // A damaged record may have been refused line by line.
            while let Some(more) = rejects.next_if(|reject| reject.byte_offset > start && reject.byte_offset < end) {
                text.push_str(&more.text);
            }
            if reject.line != piece.line {
                weight.lost(format!("line {} is said to be line {}", piece.line, reject.line));
            }
            if essence(&text) != essence(&case.text[piece.start..piece.end]) {
                weight.lost(format!("line {}: only {text:?} is shown", piece.line));
            }
            if let Must::Be(_) = piece.must {
                weight.wrong(format!("line {} was rejected: {}", piece.line, reject.reason));
            }
            continue;
        }
        if row >= imported.frame.height() {
            weight.lost(format!("line {} is nowhere", piece.line));
            continue;
        }
        let found = cells(row);
        row += 1;
        weight.row(case, piece, &found);
    }
    if row != imported.frame.height() || rejects.peek().is_some() {
        let more: Vec<u64> = rejects.map(|reject| reject.line).take(10).collect();
        weight.lost(format!("{row} of {} rows, and rejects in lines {more:?} too many", imported.frame.height()));
    }
    if let Some(names) = &case.names {
        let found: Vec<&String> = shown.iter().map(|column| &column.name).collect();
        if found != names.iter().collect::<Vec<_>>() {
            weight.wrong(format!("the names are {found:?}"));
        }
    }
    weight
}

impl Weight {
    fn row(&mut self, case: &Case, piece: &Piece, found: &[String]) {
        match &piece.must {
            Must::Be(expected) => {
                // An empty column behind the last is no harm.
                let same = found.len() >= expected.len()
                    && found.iter().zip(expected.iter().chain(std::iter::repeat(&String::new()))).all(|(a, b)| a == b);
                if !same {
                    self.wrong(format!("line {}: {found:?} instead of {expected:?}", piece.line));
                }
            }
            Must::BeThere => {
                if essence(&found.concat()) != essence(&case.text[piece.start..piece.end]) {
                    self.lost(format!("line {}: of a record only {found:?} is there", piece.line));
                }
            }
            Must::BeRefused => self.wrong(format!("line {} is no row", piece.line)),
        }
    }

    /// Notes a record that is not where it should be.
    pub fn lost(&mut self, why: String) {
        self.accounted = false;
        self.wrong(why);
    }

    /// Notes what is wrong.
    pub fn wrong(&mut self, why: String) {
        self.right = false;
        if self.why.is_empty() {
            self.why = why;
        }
    }
}
