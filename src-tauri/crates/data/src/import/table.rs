//! The whole text, cut into stretches for the processors, read, checked and joined.
//!
//! ```text
//! text  |──── stretch ────|──── stretch ────|──── stretch ────|   each read at the same time,
//!       ^start            ^ first line end after the cut          from a guess of where a record begins
//! ```
//! A stretch reads the records that begin in it, so it ends where the next one must have begun. Where that is not
//! where the next one guessed (a line end inside quotes), the next one is read again from there. The result does
//! not depend on the cuts.

use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::Column;
use rayon::prelude::*;

use super::columns::{ColumnBuild, Reading, join, text_for_nothing};
use super::dialect::{Dialect, Unclosed, read_record};
use super::kinds::{self, Hints, Kinds, Target, classify_with, resolve};
use super::scan::{Block, Island, Refused, Scanner, Tally};
use super::words::Tokens;
use crate::Progress;

const SMALLEST_STRETCH: usize = 512 << 10;
const LARGEST_STRETCH: usize = 32 << 20;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Bytes are no UTF-8.
    NotUtf8,
    Cancelled,
    /// A fault of ours, in a few words.
    Fault(&'static str),
}

/// What to read, and how.
pub(crate) struct Job<'a> {
    /// The text, without blank lines at its end.
    pub text: &'a [u8],
    /// Where the first record begins.
    pub start: usize,
    pub dialect: &'a Dialect,
    pub names: &'a [String],
    /// Kinds in the sample, for each column.
    pub sample: &'a [Kinds],
    /// Columns whose fields stay text.
    pub stays_text: &'a [bool],
    /// Lines that are no rows, ascending.
    pub islands: &'a [Island],
    /// Words for missing values.
    pub tokens: &'a Tokens,
    /// What the person said about numbers and dates.
    pub hints: Hints,
    /// Whether a quote where none may stand is damage.
    pub doubts_quotes: bool,
    pub progress: &'a dyn Progress,
}

/// A table as read.
pub(crate) struct Table {
    pub columns: Vec<Column>,
    /// What the fields of each column are, and the type that follows.
    pub kinds: Vec<Kinds>,
    pub targets: Vec<Target>,
    /// Words for missing values that were met in each column.
    pub words: Vec<u64>,
    pub tally: Tally,
}

struct Stretch {
    /// Where its first record was taken to begin, where its records may begin up to, and where the next one begins.
    from: usize,
    until: usize,
    next: usize,
    tally: Tally,
    columns: Vec<ColumnBuild>,
}

/// Reads a text.
pub(crate) fn read(job: &Job<'_>) -> Result<Table, Stop> {
    let cuts = cuts(job);
    let done = AtomicUsize::new(0);
    let all: Vec<usize> = (0..job.names.len()).collect();
    let first_pass = |from: usize, until: usize| {
        let fresh = |column: usize, capacity: usize| {
            let kinds = if job.stays_text[column] { kinds::TEXT } else { job.sample[column] };
            ColumnBuild::new(kinds, job.hints, capacity)
        };
        job.stretch((from, until), &all, fresh, &done)
    };
    let mut stretches = cuts
        .par_windows(2)
        .enumerate()
        .map(|(index, cut)| {
            let from = if index == 0 { job.start } else { job.guess_record(cut[0]) };
            first_pass(from, cut[1])
        })
        .collect::<Result<Vec<Stretch>, Stop>>()?;
    let mut expected = job.start;
    for stretch in &mut stretches {
        if stretch.from != expected {
            *stretch = first_pass(expected, stretch.until)?;
        }
        expected = stretch.next;
    }

    let mut kinds: Vec<Kinds> = all
        .iter()
        .map(|column| stretches.iter().fold(0, |kinds, stretch| kinds | stretch.columns[*column].kinds))
        .collect();
    let hints = job.hints.with_evidence(&kinds);
    let mut round = 0;
    let targets = loop {
        let targets: Vec<Target> = kinds.iter().map(|kinds| text_for_nothing(resolve(*kinds, hints))).collect();
        let more: Vec<Vec<(usize, Kinds)>> = stretches
            .par_iter_mut()
            .map(|stretch| job.settle(stretch, &targets, &kinds, hints, &done))
            .collect::<Result<_, Stop>>()?;
        let mut settled = true;
        for (column, met) in more.into_iter().flatten() {
            settled = false;
            // What does not fit shows what else there is; where that leads nowhere, all is text.
            let known = kinds[column] | met;
            kinds[column] = if known == kinds[column] || round >= ROUNDS { known | kinds::TEXT } else { known };
        }
        if settled {
            break targets;
        }
        if round > ROUNDS + 1 {
            return Err(Stop::Fault("a field did not fit the type of its column"));
        }
        round += 1;
    };
    let words = all
        .iter()
        .map(|column| stretches.iter().fold(0, |words, stretch| words | stretch.columns[*column].words))
        .collect();

    let mut tally = Tally::default();
    let mut parts: Vec<Vec<ColumnBuild>> = all.iter().map(|_| Vec::with_capacity(stretches.len())).collect();
    for stretch in stretches {
        tally.add(stretch.tally);
        for (part, column) in parts.iter_mut().zip(stretch.columns) {
            part.push(column);
        }
    }
    let columns = parts
        .into_par_iter()
        .enumerate()
        .map(|(column, parts)| join(&job.names[column], targets[column], parts))
        .collect::<Option<Vec<Column>>>()
        .ok_or(Stop::Fault("the parts of a column differ in type"))?;
    Ok(Table { columns, kinds, targets, words, tally })
}

/// Where the text is cut.
fn cuts(job: &Job<'_>) -> Vec<usize> {
    let length = job.text.len() - job.start;
    let stretch = (length / (rayon::current_num_threads() * 4)).clamp(SMALLEST_STRETCH, LARGEST_STRETCH);
    let count = length.div_ceil(stretch).max(1);
    (0..=count).map(|index| job.start + (length as u128 * index as u128 / count as u128) as usize).collect()
}

impl Job<'_> {
    fn reading(&self) -> Reading<'_> {
        Reading { dialect: self.dialect, tokens: self.tokens }
    }

    /// Reads the columns of a stretch again that do not have the final type; returns those that do not fit it, and the
    /// kinds that were met in them.
    fn settle(
        &self,
        stretch: &mut Stretch,
        targets: &[Target],
        kinds: &[Kinds],
        hints: Hints,
        done: &AtomicUsize,
    ) -> Result<Vec<(usize, Kinds)>, Stop> {
        let late: Vec<usize> =
            (0..targets.len()).filter(|column| !stretch.columns[*column].settles_for(targets[*column])).collect();
        if late.is_empty() || stretch.tally.rows == 0 {
            return Ok(Vec::new());
        }
        let again =
            |column: usize, capacity: usize| ColumnBuild::last_pass(targets[column], kinds[column], hints, capacity);
        let read = self.stretch((stretch.from, stretch.until), &late, again, done)?;
        let mut misfits = Vec::new();
        for (column, build) in late.into_iter().zip(read.columns) {
            if build.misfit {
                misfits.push((column, build.kinds));
            }
            stretch.columns[column] = build;
        }
        Ok(misfits)
    }

    /// Reads the records that begin in a stretch, keeping some of the columns.
    fn stretch(
        &self,
        (from, until): (usize, usize),
        wanted: &[usize],
        fresh: impl Fn(usize, usize) -> ColumnBuild,
        done: &AtomicUsize,
    ) -> Result<Stretch, Stop> {
        let reading = self.reading();
        let fits = |column: usize, field: &[u8]| self.fits(column, field);
        let mut scanner = self.scanner((from, until), &fits);
        let mut block = Block::default();
        let mut columns: Vec<ColumnBuild> = Vec::new();
        while scanner.at < until && scanner.fill(&mut block) {
            if self.progress.cancelled() {
                return Err(Stop::Cancelled);
            }
            let bytes = &self.text[block.base..block.end];
            let text = std::str::from_utf8(bytes).map_err(|_| Stop::NotUtf8)?;
            if columns.is_empty() {
                // Room for the rows that a stretch of such rows holds.
                let rows = (until - from) * block.rows().max(1) / bytes.len().max(1);
                columns = wanted.iter().map(|column| fresh(*column, rows + rows / 32 + 16)).collect();
            }
            for (build, column) in columns.iter_mut().zip(wanted) {
                build.extend(&block, text, *column, reading);
            }
            let read = done.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
            self.progress.set((read as f64 / self.text.len().max(1) as f64).min(1.0));
        }
        if columns.is_empty() {
            columns = wanted.iter().map(|column| fresh(*column, 0)).collect();
        }
        Ok(Stretch { from, until, next: scanner.at, tally: scanner.tally, columns })
    }

    /// A scanner over a part of the text. What it refuses is the same in every pass.
    fn scanner<'a>(&'a self, span: (usize, usize), fits: &'a (dyn Fn(usize, &[u8]) -> bool + Sync)) -> Scanner<'a> {
        let mut scanner = Scanner::new(self.text, self.dialect, self.names.len(), span, self.islands, fits);
        scanner.doubts_quotes = self.doubts_quotes;
        scanner.all_text = self.stays_text.iter().all(|text| *text);
        scanner
    }

    /// Whether a field fits what the sample says of its column.
    fn fits(&self, column: usize, field: &[u8]) -> bool {
        let known = self.sample.get(column).copied().unwrap_or(kinds::TEXT);
        let field = field.trim_ascii();
        let field = match self.dialect.quote {
            Some(quote) => field.strip_prefix(&[quote]).and_then(|f| f.strip_suffix(&[quote])).unwrap_or(field),
            None => field,
        };
        let now = resolve(known, self.hints);
        now == Target::Text || resolve(known | classify_with(field, self.tokens), self.hints) == now
    }

    /// Hands on every refused record, in order. What is refused does not depend on the cuts, so one stretch without
    /// columns finds what [`read`] does and keeps nothing.
    pub(crate) fn refusals(&self, take: &mut dyn FnMut(Refused)) -> Result<(), Stop> {
        let fits = |column: usize, field: &[u8]| self.fits(column, field);
        let span = (self.start, self.text.len());
        let mut scanner = self.scanner(span, &fits);
        scanner.refusals = Some(take);
        let mut block = Block::default();
        while scanner.at < self.text.len() && scanner.fill(&mut block) {
            if self.progress.cancelled() {
                return Err(Stop::Cancelled);
            }
            self.progress.set((scanner.at as f64 / self.text.len().max(1) as f64).min(1.0));
        }
        Ok(())
    }

    /// Where a record most likely begins after a cut: behind the next line end, unless the cut seems to lie inside
    /// quotes. Wrong guesses cost time, not truth.
    fn guess_record(&self, cut: usize) -> usize {
        let next = &self.islands[self.islands.partition_point(|island| island.end <= cut)..];
        if let Some(island) = next.first().filter(|island| island.start <= cut) {
            return island.end;
        }
        let begin_of_line = |at: usize| {
            if at > self.start && self.dialect.line_end(self.text, at - 1) > 0 {
                at
            } else {
                self.dialect.line(self.text, at).1
            }
        };
        let outside = begin_of_line(cut);
        let Some(quote) = self.dialect.quote.filter(|_| self.dialect.escape.is_none()) else { return outside };
        let trust = self.whole_records(outside);
        if trust == TRIAL_RECORDS {
            return outside;
        }
        // As if the cut lay inside quotes: behind the next quote that closes a field, then to the record's end.
        let mut at = cut;
        while let Some(step) = memchr::memchr(quote, &self.text[at..]) {
            at += step + 1;
            if self.text.get(at) == Some(&quote) {
                at += 1;
            } else if self.dialect.line_end(self.text, at) > 0 || self.text[at..].starts_with(&self.dialect.delimiter) {
                break;
            }
        }
        let mut ends = Vec::new();
        let rest =
            at + if self.text[at..].starts_with(&self.dialect.delimiter) { self.dialect.delimiter.len() } else { 0 };
        let inside = read_record(self.text, rest, self.dialect, Unclosed::Fault, &mut ends).next;
        if self.whole_records(inside) > trust { inside } else { outside }
    }

    /// How many of the next records have the right number of fields and nothing odd.
    fn whole_records(&self, mut at: usize) -> usize {
        let mut ends = Vec::new();
        let mut whole = 0;
        for _ in 0..TRIAL_RECORDS {
            if at >= self.text.len() {
                whole += 1;
                continue;
            }
            let record = read_record(self.text, at, self.dialect, Unclosed::Fault, &mut ends);
            whole += usize::from(ends.len() == self.names.len() && !record.unclosed && !record.stray);
            at = record.next.max(at + 1);
        }
        whole
    }
}

const TRIAL_RECORDS: usize = 6;
/// How often a column may turn out to hold something else before it is text.
const ROUNDS: usize = 3;

impl Tally {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.rows += other.rows;
        self.refused_total += other.refused_total;
        self.padded += other.padded;
        self.first_padded = self.first_padded.or(other.first_padded);
        self.mended += other.mended;
        self.first_mended = self.first_mended.or(other.first_mended);
        self.trimmed += other.trimmed;
        self.blank += other.blank;
        self.lines += other.lines;
        self.otherwise += other.otherwise;
        self.first_otherwise = self.first_otherwise.or(other.first_otherwise);
        self.crlf += other.crlf;
        self.quoted |= other.quoted;
        let room = super::REJECTS_LISTED.saturating_sub(self.refused.len());
        self.refused.extend(other.refused.into_iter().take(room));
    }
}
