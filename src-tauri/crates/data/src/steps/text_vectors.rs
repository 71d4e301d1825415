//! Words become columns: counts, TF-IDF or 0/1, as scikit-learn's `CountVectorizer` and `TfidfVectorizer`
//! (`token_pattern=r"(?u)\b\w\w+\b"`, lower case, smooth idf, rows of Euclidean length 1).
//!
//! A word is a run of at least two letters, numbers or `_`. The vocabulary is the `max_features` words that occur most
//! often in the fitted rows (of equals the first by code point) among those that stand in `min_rows` rows or more;
//! columns stand in the order of the words. A missing text holds no word and counts as a row.

use cairn_protocol::steps::{StepOp, TextVectors, VectorKind};
use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    columns::{column, flags},
    fitted::Learned,
    names::{Names, count, some},
    one_hot::check_width,
    operation::{Around, Change, FitRows, Operation, Stage},
    recipe::not_what_it_learns,
    text_cells::{blocks, is_word, text_cells},
};
use crate::{error::DataError, progress::Watch};

/// A word that became a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedWord {
    /// The word, or words with one space between.
    pub word: String,
    /// Name of its column.
    pub name: String,
    /// Fitted rows that hold it.
    pub rows: u64,
}

/// The vocabulary of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Name of the source column.
    pub column: String,
    /// Fitted rows, n of the idf.
    pub rows: u64,
    /// The words in the order of their columns.
    pub words: Vec<FittedWord>,
}

/// Space for the words of one text after the other.
#[derive(Default)]
struct Words {
    lower: String,
    ends: Vec<(usize, usize)>,
    joined: String,
}

impl Words {
    /// Calls `each` with every word, and every run of up to `longest` words.
    fn of(&mut self, text: &str, longest: usize, mut each: impl FnMut(&str)) {
        let Self { lower, ends, joined } = self;
        lower.clear();
        if text.is_ascii() {
            lower.push_str(text);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&text.to_lowercase());
        }
        ends.clear();
        let mut begin: Option<(usize, usize)> = None;
        for (at, one) in lower.char_indices() {
            match (is_word(one), &mut begin) {
                (true, Some((_, characters))) => *characters += 1,
                (true, None) => begin = Some((at, 1)),
                (false, Some((start, characters))) => {
                    if *characters > 1 {
                        ends.push((*start, at));
                    }
                    begin = None;
                }
                (false, None) => {}
            }
        }
        if let Some((start, 2..)) = begin {
            ends.push((start, lower.len()));
        }
        for (start, end) in ends.iter() {
            each(&lower[*start..*end]);
        }
        for length in 2..=longest {
            for run in ends.windows(length) {
                joined.clear();
                for (start, end) in run {
                    if !joined.is_empty() {
                        joined.push(' ');
                    }
                    joined.push_str(&lower[*start..*end]);
                }
                each(joined);
            }
        }
    }
}

/// How often a word occurs, in how many rows, and the last of them.
#[derive(Clone, Copy)]
struct Tally {
    times: u64,
    rows: u64,
    last: usize,
}

fn longest(step: &TextVectors) -> Result<usize, DataError> {
    match step.ngrams {
        1..=10 => Ok(step.ngrams as usize),
        other => {
            let what = format!("runs of {other} words cannot be columns");
            Err(DataError::refused(what, Some(&step.column), "Choose 1 to 10 words"))
        }
    }
}

impl Operation for TextVectors {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let cells = text_cells(frame, &self.column)?;
        let longest = longest(self)?;
        let each = rows.watch.each(cells.len());
        let tallies: Vec<PlHashMap<String, Tally>> = blocks(cells.len())
            .into_par_iter()
            .map(|(start, length)| {
                each.more(length)?;
                let block = cells.slice(start as i64, length);
                let mut seen: PlHashMap<String, Tally> = PlHashMap::default();
                let mut words = Words::default();
                for (row, text) in block.iter().enumerate().filter(|(row, _)| rows.has(start + row)) {
                    words.of(text.unwrap_or_default(), longest, |word| match seen.get_mut(word) {
                        Some(tally) => {
                            tally.times += 1;
                            tally.rows += u64::from(tally.last != row);
                            tally.last = row;
                        }
                        None => {
                            seen.insert(word.to_owned(), Tally { times: 1, rows: 1, last: row });
                        }
                    });
                }
                Ok(seen)
            })
            .collect::<Result<_, DataError>>()?;
        let mut all: PlHashMap<String, Tally> = PlHashMap::default();
        for tally in tallies {
            for (word, more) in tally {
                let sum = all.entry(word).or_insert(Tally { times: 0, rows: 0, last: 0 });
                sum.times += more.times;
                sum.rows += more.rows;
            }
        }
        let found = all.len();
        let mut words: Vec<(String, Tally)> =
            all.into_iter().filter(|(_, tally)| tally.rows >= u64::from(self.min_rows)).collect();
        words.sort_unstable_by(|a, b| b.1.times.cmp(&a.1.times).then_with(|| a.0.cmp(&b.0)));
        words.truncate(self.max_features as usize);
        words.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        if words.is_empty() {
            let what = if found == 0 {
                format!("{} holds no word in the {}", self.column, rows.name())
            } else {
                format!("no word of {} stands in {} rows", self.column, count(self.min_rows.into()))
            };
            let hint = "Choose a column with words of two letters or more, or ask for fewer rows";
            return Err(DataError::refused(what, Some(&self.column), hint));
        }
        check_width(words.len(), frame.height().saturating_mul(cell_bytes(self)), &self.column)?;
        let stays = |name: &&str| self.keep_source || *name != self.column;
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
        let words = words
            .into_iter()
            .map(|(word, tally)| {
                let name = names.take(&format!("{}_{word}", self.column));
                FittedWord { word, name, rows: tally.rows }
            })
            .collect();
        let fitted = (0..cells.len()).filter(|row| rows.has(*row)).count() as u64;
        let vocabulary = Vocabulary { column: self.column.clone(), rows: fitted, words };
        Ok((Learned::Words { columns: vec![vocabulary] }, names.warnings))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let vocabulary = match learned {
            Learned::Words { columns } => columns.iter().find(|one| one.column == self.column),
            _ => None,
        };
        let Some(vocabulary) = vocabulary else {
            return Err(not_what_it_learns(&StepOp::TextVectors(self.clone())));
        };
        let series = column(frame, &self.column)?;
        let cells = text_cells(frame, &self.column)?;
        let columns = vectors(self, &cells, vocabulary, stage.watch)?;
        let source = self.keep_source.then(|| series.clone().into_column());
        let replaced = vec![(self.column.clone(), source.into_iter().chain(columns).collect())];
        Ok(Change { replaced, ..Change::default() })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Words { columns } = learned else { return Vec::new() };
        columns
            .iter()
            .map(|one| {
                let words = some(one.words.iter().map(|word| word.word.as_str()));
                format!("{} → {} words: {words}", one.column, count(one.words.len() as u64))
            })
            .collect()
    }
}

fn cell_bytes(step: &TextVectors) -> usize {
    match step.kind {
        VectorKind::Count => 4,
        VectorKind::Tfidf => 8,
        VectorKind::Binary => 1,
    }
}

/// The columns of the words: each row's entries first, then column by column.
fn vectors(
    step: &TextVectors,
    cells: &StringChunked,
    vocabulary: &Vocabulary,
    watch: Watch<'_>,
) -> Result<Vec<Column>, DataError> {
    let longest = longest(step)?;
    let known: PlHashMap<&str, u32> =
        vocabulary.words.iter().enumerate().map(|(at, word)| (word.word.as_str(), at as u32)).collect();
    let idf: Vec<f64> = vocabulary
        .words
        .iter()
        .map(|word| ((1.0 + vocabulary.rows as f64) / (1.0 + word.rows as f64)).ln() + 1.0)
        .collect();
    let width = vocabulary.words.len();
    // For each block and each column (row in the block, value).
    let reading = watch.part(0.0, 0.7).each(cells.len());
    let entries: Vec<Vec<Vec<(u32, f64)>>> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            reading.more(length)?;
            let block = cells.slice(start as i64, length);
            let mut out: Vec<Vec<(u32, f64)>> = vec![Vec::new(); width];
            let mut words = Words::default();
            let mut counts = vec![0u32; width];
            let mut held: Vec<u32> = Vec::new();
            for (row, text) in block.iter().enumerate() {
                held.clear();
                words.of(text.unwrap_or_default(), longest, |word| {
                    if let Some(&at) = known.get(word) {
                        if counts[at as usize] == 0 {
                            held.push(at);
                        }
                        counts[at as usize] += 1;
                    }
                });
                // In the order of the columns, so that the length of a row does not depend on that of its words.
                held.sort_unstable();
                let value = |at: u32| f64::from(counts[at as usize]) * idf[at as usize];
                let length = held.iter().map(|at| value(*at).powi(2)).sum::<f64>().sqrt();
                for at in &held {
                    let entry = match step.kind {
                        VectorKind::Count => f64::from(counts[*at as usize]),
                        VectorKind::Tfidf => value(*at) / length,
                        VectorKind::Binary => 1.0,
                    };
                    out[*at as usize].push((row as u32, entry));
                }
                for at in &held {
                    counts[*at as usize] = 0;
                }
            }
            Ok(out)
        })
        .collect::<Result<_, DataError>>()?;
    let starts = blocks(cells.len());
    let each = |at: usize| {
        starts.iter().zip(&entries).flat_map(move |((start, _), block)| {
            block[at].iter().map(move |(row, value)| (start + *row as usize, *value))
        })
    };
    let rows = cells.len();
    let making = watch.part(0.7, 1.0).each(width);
    let column = |at: usize, word: &FittedWord| match step.kind {
        VectorKind::Tfidf => {
            let mut values = vec![0.0; rows];
            each(at).for_each(|(row, value)| values[row] = value);
            Float64Chunked::from_vec(word.name.as_str().into(), values).into_series().into_column()
        }
        VectorKind::Count => {
            let mut values = vec![0u32; rows];
            each(at).for_each(|(row, value)| values[row] = value as u32);
            UInt32Chunked::from_vec(word.name.as_str().into(), values).into_series().into_column()
        }
        VectorKind::Binary => {
            let mut values = vec![0u8; rows];
            each(at).for_each(|(row, _)| values[row] = 1);
            flags(&word.name, values, None)
        }
    };
    let made = vocabulary.words.par_iter().enumerate().map(|(at, word)| {
        making.next()?;
        Ok(column(at, word))
    });
    made.collect()
}
