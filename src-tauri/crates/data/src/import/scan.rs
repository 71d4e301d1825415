//! The fast way over delimited text: 64 bytes at a time become bit masks, and the masks the ends of fields.
//!
//! Quotes are followed by parity (a prefix XOR of their mask, as in simdjson: Langdale and Lemire 2019), and the
//! parity is checked against the places where RFC 4180 allows a quote. A record whose quotes are astray or whose
//! number of fields differs goes to [`read_record`]; the scan resumes behind it. So clean text is fast and
//! damaged text is read the same way whatever surrounds it.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calling what was compiled for newer processors, after asking for them")
)]

use super::dialect::{Dialect, Record, Unclosed, read_record};
use super::kinds::{self, classify};
use super::masks::{self, mask_of, masks};
use super::mend;

/// Fields after which a block is handed on; together with its text it should fit the second-level cache.
const BLOCK_FIELDS: usize = 24 << 10;
const BLOCK_BYTES: usize = 256 << 10;

/// Complete rows of a piece of text: where each begins, and where each of its fields ends.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Position of the block in the text; the others count from it.
    pub base: usize,
    /// Where the text of the block ends.
    pub end: usize,
    /// Beginnings of the rows.
    pub starts: Vec<u32>,
    /// Ends of the fields, row by row. A field that ends before it begins is not there (a short record).
    ends: Vec<u32>,
    /// Fields in a row.
    pub width: usize,
    /// Length of the delimiter.
    gap: u32,
}

impl Block {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len()
    }

    /// Where a field lies; nothing where the record was too short to have it.
    #[inline(always)]
    pub fn span(&self, row: usize, column: usize) -> (usize, usize) {
        let first = row * self.width + column;
        let start = if column == 0 { self.starts[row] } else { self.ends[first - 1] + self.gap };
        (start as usize, self.ends[first] as usize)
    }
}

/// A record that could not be taken as a row.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub start: usize,
    pub end: usize,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Unclosed,
    /// A quote where none may stand, in a field that does not fit its column or has fallen apart.
    Stray,
    TooMany(usize),
    TooFew(usize),
    /// NUL bytes in it.
    Nul,
    /// The names once more.
    HeaderAgain,
    /// Behind the table: totals, sources, notes.
    Footer,
    /// A record of another table of the file, by its number from 1.
    OtherTable(u32),
}

/// Lines that are no rows of the table, found before reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Island {
    pub start: usize,
    pub end: usize,
    /// Why its lines are refused; nothing for what belongs to the head of the table and is not counted.
    pub reason: Option<Reason>,
}

/// What was met on the way, besides rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Records met, rows and refused ones.
    pub records: u64,
    pub rows: u64,
    /// At most [`super::REJECTS_LISTED`] of them.
    pub refused: Vec<Refused>,
    pub refused_total: u64,
    /// Short records that were filled up, and the first of them.
    pub padded: u64,
    pub first_padded: Option<usize>,
    /// Records with empty fields beyond the last column.
    pub trimmed: u64,
    /// Lines with nothing on them.
    pub blank: u64,
    /// Lines that were consumed: of rows, of refused records, blank ones.
    pub lines: u64,
    /// Records that hold a quote where none may stand, and are rows all the same; and the first of them.
    pub mended: u64,
    pub first_mended: Option<usize>,
    /// Records that are written with another delimiter than the rest, and the first of them with its delimiter.
    pub otherwise: u64,
    pub first_otherwise: Option<(usize, u8)>,
    /// Rows that ended with `\r\n`.
    pub crlf: u64,
    /// Whether a field was quoted.
    pub quoted: bool,
}

/// Reads rows from a stretch of text.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    dialect: &'a Dialect,
    width: usize,
    /// Where the next record begins.
    pub at: usize,
    /// Records that begin before this are read.
    until: usize,
    /// Lines that are no rows, ascending; the ones ahead begin with this.
    islands: &'a [Island],
    /// Whether a field fits what is known of its column; decides whether a short record may be filled up.
    fits: &'a (dyn Fn(usize, &[u8]) -> bool + Sync),
    /// Whether a quote where none may stand is damage, and not what the file's texts hold.
    pub doubts_quotes: bool,
    /// Whether all fields stay text, so that a stray quote spoils no column.
    pub all_text: bool,
    /// What was met so far, besides the rows.
    pub tally: Tally,
    /// Takes every refused record, in order; without it the first of them are listed.
    pub refusals: Option<&'a mut dyn FnMut(Refused)>,
    fields: Vec<usize>,
}

impl<'a> Scanner<'a> {
    pub fn new(
        bytes: &'a [u8],
        dialect: &'a Dialect,
        width: usize,
        (from, until): (usize, usize),
        islands: &'a [Island],
        fits: &'a (dyn Fn(usize, &[u8]) -> bool + Sync),
    ) -> Self {
        let islands = &islands[islands.partition_point(|island| island.end <= from)..];
        Self {
            bytes,
            dialect,
            width,
            at: from,
            until,
            islands,
            fits,
            doubts_quotes: false,
            all_text: false,
            tally: Tally::default(),
            refusals: None,
            fields: Vec::new(),
        }
    }

    /// Fills a block with the next rows; false when the stretch is done and the block is empty.
    pub fn fill(&mut self, block: &mut Block) -> bool {
        block.base = self.at;
        block.width = self.width;
        block.gap = self.dialect.delimiter.len() as u32;
        block.starts.clear();
        let fast = self.dialect.delimiter.len() == 1 && self.dialect.is_plain() && !self.dialect.lone_cr;
        let mut filled = 0;
        while self.at < self.until && !full(filled, self.at - block.base) {
            let text = match self.islands.first() {
                Some(island) if self.at >= island.start => {
                    self.refuse(*island);
                    continue;
                }
                Some(island) => &self.bytes[..island.start],
                None => self.bytes,
            };
            let until = self.until.min(text.len());
            if !(fast && self.fast(text, until, block, &mut filled)) && self.at < until {
                self.slow(text, block, &mut filled);
            }
        }
        block.end = self.at;
        self.tally.rows += block.rows() as u64;
        block.rows() > 0 || self.at < self.until
    }

    /// Takes whole rows until the block is full or the stretch ends (true), or something is out of the
    /// ordinary at `self.at` (false).
    fn fast(&mut self, bytes: &[u8], until: usize, block: &mut Block, filled: &mut usize) -> bool {
        #[cfg(target_arch = "x86_64")]
        if masks::counts_bits() {
            // SAFETY: the processor has been asked for what the function needs.
            return unsafe { self.fast_with_bit_counts(bytes, until, block, filled) };
        }
        self.fast_anywhere(bytes, until, block, filled)
    }

    /// The same, compiled for the processors of the last ten years, which count and find bits in one instruction.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn fast_with_bit_counts(&mut self, bytes: &[u8], until: usize, block: &mut Block, filled: &mut usize) -> bool {
        self.fast_anywhere(bytes, until, block, filled)
    }

    #[inline(always)]
    fn fast_anywhere(&mut self, bytes: &[u8], until: usize, block: &mut Block, filled: &mut usize) -> bool {
        let (width, base) = (self.width, block.base);
        let delimiter = self.dialect.delimiter[0];
        let quote = self.dialect.quote;
        let (mut row_start, mut row_first, mut count) = (self.at, *filled, *filled);
        let (mut at, mut inside_carry, mut after_end, mut after_close) = (self.at, 0u64, 1u64, 0u64);
        let (mut rows, mut crlf, mut quoted) = (0u64, 0u64, false);
        // Line ends inside quotes: those met, and those of whole rows.
        let (mut inner, mut inner_done) = (0u64, 0u64);
        let mut done = false;
        'blocks: while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
            let masks = masks(chunk, delimiter, quote.unwrap_or(b'\n'));
            let quotes = if quote.is_some() { masks.quote } else { 0 };
            let (mut structural, mut enclosed) = (masks.delimiter | masks.newline, 0);
            if quotes | inside_carry | after_close != 0 {
                quoted = true;
                let inside = prefix_xor(quotes) ^ inside_carry;
                structural &= !inside;
                enclosed = masks.newline & inside;
                let (opens, closes) = (quotes & inside, quotes & !inside);
                let closed_before = closes << 1 | after_close;
                let may_open = structural << 1 | after_end | closed_before;
                let may_follow = structural | opens | mask_of(chunk, b'\r');
                if (opens & !may_open) | (closed_before & !may_follow) != 0 {
                    break;
                }
                inside_carry = (inside as i64 >> 63) as u64;
                after_close = closes >> 63;
            }
            after_end = structural >> 63;

            if block.ends.len() < count + 64 {
                block.ends.resize((count + 64).next_power_of_two(), 0);
            }
            let offset = (at - base) as u32;
            if let Some(out) = block.ends[count..].first_chunk_mut::<64>() {
                let (mut bits, mut slot) = (structural, 0);
                while bits != 0 {
                    out[slot & 63] = offset + bits.trailing_zeros();
                    slot += 1;
                    bits &= bits - 1;
                }
            }
            let mut newlines = masks.newline & structural;
            while newlines != 0 {
                let place = newlines.trailing_zeros();
                let last = count + (structural & (u64::MAX >> (63 - place))).count_ones() as usize;
                if last - row_first != width {
                    break 'blocks;
                }
                let newline = at + place as usize;
                let carriage = u32::from(newline > row_start && bytes[newline - 1] == b'\r');
                block.ends[last - 1] -= carriage;
                crlf += u64::from(carriage);
                block.starts.push((row_start - base) as u32);
                rows += 1;
                inner_done = inner + u64::from((enclosed & (u64::MAX >> (63 - place))).count_ones());
                (row_start, row_first) = (newline + 1, last);
                if row_start >= until {
                    done = true;
                    break 'blocks;
                }
                newlines &= newlines - 1;
            }
            count += structural.count_ones() as usize;
            inner += u64::from(enclosed.count_ones());
            at += 64;
            if full(row_first, row_start - base) {
                done = true;
                break;
            }
        }
        self.tally.records += rows;
        self.tally.lines += rows + inner_done;
        self.tally.crlf += crlf;
        self.tally.quoted |= quoted;
        *filled = row_first;
        self.at = row_start;
        done
    }

    /// Refuses the lines of an island.
    fn refuse(&mut self, island: Island) {
        let text = &self.bytes[..island.end];
        while self.at < island.end {
            let (end, next) = self.dialect.line(text, self.at);
            if let Some(reason) = island.reason {
                self.tally.lines += 1;
                if text[self.at..end].trim_ascii().is_empty() {
                    self.tally.blank += 1;
                } else {
                    self.tally.records += 1;
                    self.refuse_record(self.at, end, reason);
                }
            }
            self.at = next;
        }
        self.islands = &self.islands[1..];
    }

    fn refuse_record(&mut self, start: usize, end: usize, reason: Reason) {
        self.tally.refused_total += 1;
        if let Some(take) = &mut self.refusals {
            take(Refused { start, end, reason });
        } else if self.tally.refused.len() < super::REJECTS_LISTED {
            self.tally.refused.push(Refused { start, end, reason });
        }
    }

    /// Takes one record by the book.
    fn slow(&mut self, text: &[u8], block: &mut Block, filled: &mut usize) {
        let start = self.at;
        let mut record = read_record(text, start, self.dialect, Unclosed::Fault, &mut self.fields);
        let mut fields = self.fields.len();
        self.at = record.next;
        if fields == 1 && self.width > 1 && text[start..record.end].trim_ascii().is_empty() {
            self.tally.blank += 1;
            self.tally.lines += 1;
            return;
        }
        self.tally.records += 1;
        let mut odd = self.odd(text, start);
        let unsound = record.unclosed || record.stray || odd > 0;
        if fields != self.width || record.unclosed {
            let mended =
                if unsound { mend::mend(text, start, self.dialect, self.width, &mut self.fields) } else { None };
            if let Some(mended) = mended {
                (record, fields) = (mended, self.width);
                odd = self.odd(text, start);
            } else if let Some(other) = self.otherwise(text, start) {
                (record, fields, odd) = (other, self.width, 0);
            } else if record.unclosed || record.multi_line || record.stray {
                (record, fields) = self.line_alone(text, start, record);
            }
            self.at = record.next;
        }
        self.tally.lines += if record.multi_line { line_ends(self.dialect, text, start, record.next) } else { 1 };
        let doubtful = odd > 0 && self.doubts_quotes && fields == self.width && !record.unclosed;
        let reason = if record.unclosed || (record.stray && fields != self.width) {
            Some(Reason::Unclosed)
        } else if doubtful && (odd > 1 || !(self.all_text || self.all_fit(text, start, &self.fields))) {
            Some(Reason::Stray)
        } else if fields > self.width {
            let spare = self.fields.windows(2).skip(self.width - 1);
            let gap = self.dialect.delimiter.len();
            // A delimiter too many further left moves the fields behind it: then they do not fit their columns.
            if spare.clone().all(|pair| pair[0] + gap == pair[1]) && self.all_fit(text, start, &self.fields) {
                self.tally.trimmed += 1;
                self.fields.truncate(self.width);
                None
            } else {
                Some(Reason::TooMany(fields))
            }
        } else if fields < self.width {
            if self.may_fill_up(text, start) {
                self.tally.padded += 1;
                self.tally.first_padded.get_or_insert(start);
                None
            } else {
                Some(Reason::TooFew(fields))
            }
        } else {
            None
        };
        if let Some(reason) = reason {
            self.refuse_record(start, record.end, reason);
            return;
        }
        if doubtful {
            self.tally.mended += 1;
            self.tally.first_mended.get_or_insert(start);
        }
        self.tally.quoted |= record.quoted;
        self.tally.crlf += u64::from(record.next - record.end == 2);
        if block.ends.len() < *filled + self.width {
            block.ends.resize((*filled + self.width).next_power_of_two(), 0);
        }
        for column in 0..self.width {
            // A field that is not there would begin behind the record's end: it ends before it begins.
            let end = self.fields.get(column).copied().unwrap_or(record.end);
            block.ends[*filled + column] = (end - block.base) as u32;
        }
        *filled += self.width;
        block.starts.push((start - block.base) as u32);
    }

    /// A record whose quotes do not add up, read again as its first line alone: a doubled quote may have been meant as
    /// a quote and the end of its field, and a quote that joins lines as one that was never closed.
    fn line_alone(&mut self, text: &[u8], start: usize, record: Record) -> (Record, usize) {
        let (end, next) = self.dialect.line(text, start);
        let line = &text[..end];
        let mut alone = Vec::new();
        let loose = read_record(line, start, self.dialect, Unclosed::Loose, &mut alone);
        if alone.len() == self.width && !loose.unclosed {
            self.fields = alone;
            return (Record { next, multi_line: false, ..loose }, self.width);
        }
        read_record(line, start, self.dialect, Unclosed::Literal, &mut alone);
        if alone.len() == self.width {
            return (Record { end, next, unclosed: true, multi_line: false, ..record }, self.width);
        }
        (record, self.fields.len())
    }

    /// Fields of the record that was just read that hold an odd number of quotes.
    fn odd(&self, text: &[u8], start: usize) -> usize {
        mend::odd_fields(text, start, &self.fields, self.dialect)
    }

    /// A record that is written with another delimiter than the rest, and is a row all the same: as many fields, each of
    /// them fitting its column.
    fn otherwise(&mut self, text: &[u8], start: usize) -> Option<Record> {
        let [own] = self.dialect.delimiter[..] else { return None };
        if self.width < 2 || !self.dialect.is_plain() {
            return None;
        }
        let line = &text[start..self.dialect.line(text, start).0];
        let mut fields = Vec::new();
        for delimiter in b",;\t|".iter().filter(|delimiter| **delimiter != own && line.contains(delimiter)) {
            let other = Dialect { delimiter: vec![*delimiter], ..self.dialect.clone() };
            let record = read_record(text, start, &other, Unclosed::Fault, &mut fields);
            let sound = fields.len() == self.width && !record.unclosed && !record.stray;
            // Words alone are rather a sentence than a row.
            let mut from = start;
            let values = fields
                .iter()
                .filter(|end| {
                    let field = &text[from..**end];
                    from = *end + 1;
                    classify(field) & !(kinds::TEXT | kinds::WORD_FOR_MISSING) != 0
                })
                .count();
            if sound && (values > 0 || self.width > 3) && self.all_fit(text, start, &fields) {
                std::mem::swap(&mut self.fields, &mut fields);
                self.tally.otherwise += 1;
                self.tally.first_otherwise.get_or_insert((start, *delimiter));
                return Some(record);
            }
        }
        None
    }

    /// A short record is filled up when it has at least two fields and each fits its column: then most likely
    /// empty fields at the end were left away, and not one in the middle.
    fn may_fill_up(&self, text: &[u8], start: usize) -> bool {
        self.fields.len() >= 2 && self.all_fit(text, start, &self.fields)
    }

    fn all_fit(&self, text: &[u8], start: usize, fields: &[usize]) -> bool {
        let gap = self.dialect.delimiter.len();
        let mut from = start;
        fields.iter().enumerate().all(|(column, end)| {
            let field = &text[from..*end];
            from = end + gap;
            (self.fits)(column, field)
        })
    }
}

/// Lines from a position to another, at which a line begins or the text ends.
pub(crate) fn line_ends(dialect: &Dialect, text: &[u8], mut at: usize, to: usize) -> u64 {
    let mut lines = 0;
    while at < to {
        at = dialect.line(text, at).1;
        lines += 1;
    }
    lines
}

fn full(fields: usize, bytes: usize) -> bool {
    fields >= BLOCK_FIELDS || bytes >= BLOCK_BYTES
}

/// Bit i of the result is the XOR of the bits 0 to i.
#[inline(always)]
pub(crate) fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_agree_with_the_definition() {
        let chunk: [u8; 64] = std::array::from_fn(|i| b"a,\n\"\x80\xff,,"[(i * i + i / 7) % 8]);
        for wanted in [b',', b'\n', b'"', 0xff, b'z'] {
            let expected = (0..64).filter(|i| chunk[*i] == wanted).fold(0u64, |mask, i| mask | 1 << i);
            assert_eq!(mask_of(&chunk, wanted), expected);
            assert_eq!(crate::import::masks::portable::mask_of(&chunk, wanted), expected);
            assert_eq!(masks(&chunk, wanted, wanted).quote, expected);
        }
        assert_eq!(prefix_xor(0b0010_0100), 0b0001_1100);
    }

    /// The fast way and the book must agree on any text.
    #[test]
    fn both_ways_agree() {
        use proptest::prelude::*;
        let dialect = Dialect::with_delimiter(b",");
        let piece = prop::sample::select(vec![
            "a",
            "1",
            ",",
            ",",
            ",",
            "\n",
            "\n",
            "\r\n",
            "\"",
            "\"\"",
            "\",\"",
            "\"x,y\"",
            "long words here",
            "\"\n",
            " ",
        ]);
        let fits = |_: usize, _: &[u8]| true;
        proptest!(|(pieces in prop::collection::vec(piece, 0..120), width in 1usize..4)| {
            let text = pieces.concat();
            let rows = |fast: bool| {
                let mut scanner = Scanner::new(text.as_bytes(), &dialect, width, (0, text.len()), &[], &fits);
                let (mut block, mut rows) = (Block::default(), Vec::new());
                if fast {
                    while scanner.fill(&mut block) {
                        collect(&block, &text, &mut rows);
                    }
                } else {
                    block = Block { width, gap: 1, ..Block::default() };
                    let mut filled = 0;
                    while scanner.at < text.len() {
                        scanner.slow(text.as_bytes(), &mut block, &mut filled);
                    }
                    collect(&block, &text, &mut rows);
                }
                let tally = scanner.tally;
                (rows, tally.records, tally.refused_total, tally.blank, tally.lines)
            };
            let (mut fast, slow) = (rows(true), rows(false));
            // A one-column table has its blank lines as rows either way.
            if width > 1 { fast.3 = slow.3; }
            prop_assert_eq!(fast, slow);
        });
    }

    fn collect(block: &Block, text: &str, rows: &mut Vec<Vec<Option<String>>>) {
        for row in 0..block.rows() {
            rows.push(
                (0..block.width)
                    .map(|column| {
                        let (start, end) = block.span(row, column);
                        text.get(block.base + start..block.base + end).map(str::to_owned)
                    })
                    .collect(),
            );
        }
    }
}
