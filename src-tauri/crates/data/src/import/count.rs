//! Counting the records of a text without the reader, to hold against what the reader accounts for.
//!
//! Two methods, neither of which knows what a field is: line ends outside pairs of quotes (exact wherever quotes pair
//! up), and line ends at all (exact always, but lines inside quoted fields are no records: the reader says how many it
//! took for such, and every line must be accounted for).

use rayon::prelude::*;

use super::dialect::Dialect;
use super::masks::masks;
use super::scan::{Island, line_ends, prefix_xor};

/// Bytes counted at a time.
const CHUNK: usize = 4 << 20;

/// What counting found in a region of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Records by pairs of quotes; nothing where the dialect knows other ways to quote.
    pub by_quotes: Option<u64>,
    /// Lines, blank ones as well.
    pub lines: u64,
}

/// Counts from `start` to the end of a text; in a table of one column blank lines are records.
pub(crate) fn count(text: &[u8], start: usize, dialect: &Dialect, width: usize, islands: &[Island]) -> Counted {
    let plain = dialect.is_plain() && !dialect.lone_cr;
    let mut counted = Counted { by_quotes: plain.then_some(0), lines: 0 };
    let mut at = start;
    let end = Island { start: text.len(), end: text.len(), reason: None };
    for island in islands.iter().chain([&end]) {
        if island.start > at {
            let run = &text[at..island.start];
            if dialect.lone_cr || dialect.feed_return {
                // Neither is plain: nothing is counted by quotes.
                counted.lines += line_ends(dialect, run, 0, run.len());
            } else {
                let marks = marks(run, dialect);
                let ends: u64 = marks.iter().map(|marks| marks.line_ends).sum();
                counted.lines += ends + u64::from(!run.ends_with(b"\n"));
                if let Some(records) = &mut counted.by_quotes {
                    *records += by_quotes(run, dialect, width, &marks);
                }
            }
        }
        if island.reason.is_some() {
            let mut from = island.start.max(at);
            while from < island.end {
                let (line, next) = dialect.line(&text[..island.end], from);
                counted.lines += 1;
                if let Some(records) = &mut counted.by_quotes {
                    *records += u64::from(!text[from..line].trim_ascii().is_empty());
                }
                from = next;
            }
        }
        at = at.max(island.end);
    }
    counted
}

/// What stands in a chunk.
struct Marks {
    line_ends: u64,
    quotes: usize,
}

/// Line ends and quotes of each chunk, counted while its bytes are at hand.
fn marks(run: &[u8], dialect: &Dialect) -> Vec<Marks> {
    const AT_HAND: usize = 64 << 10;
    run.par_chunks(CHUNK)
        .map(|chunk| {
            chunk.chunks(AT_HAND).fold(Marks { line_ends: 0, quotes: 0 }, |marks, part| Marks {
                line_ends: marks.line_ends + memchr::memchr_iter(b'\n', part).count() as u64,
                quotes: marks.quotes + dialect.quote.map_or(0, |quote| memchr::memchr_iter(quote, part).count()),
            })
        })
        .collect()
}

fn by_quotes(run: &[u8], dialect: &Dialect, width: usize, marks: &[Marks]) -> u64 {
    let quote = dialect.quote;
    // Whether each chunk begins inside quotes follows from the quotes before it.
    let mut inside = false;
    let begins: Vec<bool> = marks
        .iter()
        .map(|marks| {
            let before = inside;
            inside ^= marks.quotes % 2 == 1;
            before
        })
        .collect();
    let blank = |end: usize| width > 1 && is_blank_before(run, end, dialect);
    let ended: u64 = begins
        .par_iter()
        .zip(marks)
        .enumerate()
        .map(|(index, (inside, marks))| {
            let chunk = &run[index * CHUNK..run.len().min((index + 1) * CHUNK)];
            if marks.quotes == 0 && (*inside || width == 1) {
                return if *inside { 0 } else { marks.line_ends };
            }
            let mut carry = if *inside { u64::MAX } else { 0 };
            let mut records = 0;
            let mut take = |block: &[u8; 64], offset: usize, valid: u64| {
                let found = masks(block, b'\n', quote.unwrap_or(b'\n'));
                let within = if quote.is_some() { prefix_xor(found.quote & valid) ^ carry } else { 0 };
                carry = (within as i64 >> 63) as u64;
                let mut ends = found.newline & valid & !within;
                while ends != 0 {
                    let end = index * CHUNK + offset + ends.trailing_zeros() as usize;
                    records += u64::from(!blank(end));
                    ends &= ends - 1;
                }
            };
            let (blocks, rest) = chunk.as_chunks::<64>();
            for (number, block) in blocks.iter().enumerate() {
                take(block, number * 64, u64::MAX);
            }
            if !rest.is_empty() {
                let mut last = [0u8; 64];
                last[..rest.len()].copy_from_slice(rest);
                take(&last, chunk.len() - rest.len(), u64::MAX >> (64 - rest.len()));
            }
            records
        })
        .sum();
    let open = inside || (!run.ends_with(b"\n") && !blank(run.len()));
    ended + u64::from(open)
}

/// Whether nothing but white space stands in a line that ends at a position.
fn is_blank_before(run: &[u8], end: usize, dialect: &Dialect) -> bool {
    for byte in run[..end].iter().rev() {
        match byte {
            b'\n' => return true,
            byte if byte.is_ascii_whitespace() && dialect.delimiter[0] != *byte => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::scan::Reason;
    use super::*;

    fn check(text: &str, width: usize, by_quotes: u64, lines: u64) {
        let dialect = Dialect::with_delimiter(b",");
        let counted = count(text.as_bytes(), 0, &dialect, width, &[]);
        assert_eq!(counted, Counted { by_quotes: Some(by_quotes), lines }, "{text:?}");
    }

    #[test]
    fn records_and_lines() {
        check("a,b\nc,d\n", 2, 2, 2);
        check("a,b\n\n  \nc,d", 2, 2, 4);
        check("a\n\nb\n", 1, 3, 3);
        check("\"a\n\n\",b\r\n\r\nc,\"d\"\"\n\"\r\n", 2, 2, 6);
        check("\"a,b\nc,d\n", 2, 1, 2);
        let long = "\"some, text\nover two lines\",and more of it\n".repeat(300_000);
        check(&long, 2, 300_000, 600_000);
    }

    #[test]
    fn islands_are_lines() {
        let text = b"1,2\nfoo\n\n\"bar\n3,4\nhead\n5,6\n";
        let islands =
            [Island { start: 4, end: 14, reason: Some(Reason::Footer) }, Island { start: 18, end: 23, reason: None }];
        let counted = count(text, 0, &Dialect::with_delimiter(b","), 2, &islands);
        assert_eq!(counted, Counted { by_quotes: Some(5), lines: 6 });
    }
}
