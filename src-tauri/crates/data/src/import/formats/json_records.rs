//! Records of JSON, read in parallel: objects, arrays or bare values, each a row.
//!
//! ```text
//! spans ─ stretches ─ parse (serde_json, values as they stand) ─ typed columns ─ join by name
//! ```
//! A record that does not parse is refused and costs nothing else. Columns stand in the order in which their names
//! first appear in the file, whatever the stretches; a key that a record lacks is missing there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{DataType, PlSmallStr, Series};
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::cells::{Cell, CellColumn, Kinds, Missing, Target, resolve};
use super::json_scan::Span;
use crate::import::REJECTS_LISTED;
use crate::{DataError, Progress};

/// Bytes of a stretch, about.
const STRETCH: usize = 4 << 20;

/// What one record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Object,
    Array,
    Value,
}

/// Where the records are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spans<'a> {
    /// Each line with content is one.
    Lines,
    /// They are known.
    List(&'a [Span]),
}

/// What to read, and how.
pub(crate) struct Job<'a> {
    pub text: &'a str,
    pub spans: Spans<'a>,
    pub unit: Unit,
    /// Names known before; with [`Unit::Array`] no record may be longer.
    pub names: &'a [String],
    pub missing: Missing<'a>,
    pub text_only: bool,
    /// Takes every refused record, in order; without it the first of them are listed.
    pub refusals: Option<&'a Refusals<'a>>,
    pub progress: &'a dyn Progress,
}

/// What takes refused records: where each lies, and why.
pub(crate) type Refusals<'a> = dyn Fn(Span, &str) + Sync + 'a;

/// A record that was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub span: Span,
    pub reason: String,
}

/// Records as columns.
pub(crate) struct Records {
    pub names: Vec<String>,
    pub columns: Vec<Series>,
    pub rows: usize,
    /// Columns that hold objects or arrays, as JSON.
    pub nested: Vec<String>,
    /// Words for missing values, by column.
    pub words: Vec<(String, u64)>,
    /// The first refused records, and how many there are.
    pub refused: Vec<Refused>,
    pub refused_total: u64,
    /// Ordinals of all refused records.
    pub refused_ordinals: Vec<usize>,
    /// Records that name a key twice.
    pub doubled: u64,
    /// Arrays shorter than others.
    pub short: u64,
}

struct Stretch {
    range: Span,
    slots: Slots,
    columns: Vec<CellColumn>,
    rows: usize,
    records: usize,
    refused: Vec<Refused>,
    refused_ordinals: Vec<usize>,
    doubled: u64,
    short: u64,
    /// Up to where progress was told.
    said: usize,
}

/// Reads all records.
pub(crate) fn read(job: &Job<'_>) -> Result<Records, DataError> {
    let ranges = job.ranges();
    let done = AtomicUsize::new(0);
    let stretch = |range: &Span| job.stretch(*range, None, &done);
    let mut stretches: Vec<Stretch> = match job.refusals {
        // What is handed on stands in the order of the file.
        Some(_) => ranges.iter().map(stretch).collect::<Result<_, _>>()?,
        None => ranges.par_iter().map(stretch).collect::<Result<_, _>>()?,
    };
    let mut names: Vec<String> = job.names.to_vec();
    let mut index: HashMap<String, usize> =
        names.iter().enumerate().map(|(column, name)| (name.clone(), column)).collect();
    for name in stretches.iter().flat_map(|stretch| &stretch.slots.names) {
        if !index.contains_key(name) {
            index.insert(name.clone(), names.len());
            names.push(name.clone());
        }
    }
    let mut kinds: Vec<Kinds> = vec![0; names.len()];
    for stretch in &stretches {
        for (name, column) in stretch.slots.names.iter().zip(&stretch.columns) {
            kinds[index[name]] |= column.kinds;
        }
    }
    let target = |kinds: Kinds| match resolve(kinds) {
        Target::Nothing => Target::Text,
        _ if job.text_only => Target::Text,
        target => target,
    };
    let targets: Vec<Target> = kinds.iter().map(|kinds| target(*kinds)).collect();
    let known = Known { names: &names, targets: &targets };
    stretches.par_iter_mut().try_for_each(|stretch| {
        let settled = stretch
            .slots
            .names
            .iter()
            .zip(&stretch.columns)
            .all(|(name, column)| column.settles_for(targets[index[name]]));
        if !settled {
            *stretch = job.stretch(stretch.range, Some(known), &done)?;
        }
        Ok::<(), DataError>(())
    })?;
    join(names, &kinds, &targets, stretches)
}

fn join(
    names: Vec<String>,
    kinds: &[Kinds],
    targets: &[Target],
    stretches: Vec<Stretch>,
) -> Result<Records, DataError> {
    let mut records = Records {
        columns: Vec::new(),
        rows: 0,
        nested: Vec::new(),
        words: Vec::new(),
        refused: Vec::new(),
        refused_total: 0,
        refused_ordinals: Vec::new(),
        doubled: 0,
        short: 0,
        names,
    };
    let mut parts: Vec<Vec<(usize, Option<CellColumn>)>> = records.names.iter().map(|_| Vec::new()).collect();
    let mut words = vec![0u64; records.names.len()];
    let mut before = 0;
    for stretch in stretches {
        records.rows += stretch.rows;
        records.doubled += stretch.doubled;
        records.short += stretch.short;
        records.refused_total += stretch.refused_ordinals.len() as u64;
        records.refused_ordinals.extend(stretch.refused_ordinals.iter().map(|ordinal| ordinal + before));
        before += stretch.records;
        let room = REJECTS_LISTED.saturating_sub(records.refused.len());
        records.refused.extend(stretch.refused.into_iter().take(room));
        let mut columns: Vec<Option<CellColumn>> = stretch.columns.into_iter().map(Some).collect();
        for (column, name) in records.names.iter().enumerate() {
            let part = stretch.slots.index.get(name.as_str()).and_then(|at| columns.get_mut(*at)?.take());
            words[column] += part.as_ref().map_or(0, |part| part.words);
            parts[column].push((stretch.rows, part));
        }
    }
    records.columns = parts
        .into_par_iter()
        .enumerate()
        .map(|(column, parts)| {
            let (name, target) = (records.names[column].as_str(), targets[column]);
            let mut whole: Option<Series> = None;
            for (rows, part) in parts {
                let part = part.unwrap_or_else(|| CellColumn::pinned(target)).finish(name, target, rows)?;
                match &mut whole {
                    None => whole = Some(part),
                    Some(whole) => {
                        whole.append(&part).ok()?;
                    }
                }
            }
            Some(whole.unwrap_or_else(|| Series::new_empty(PlSmallStr::from_str(name), &DataType::String)))
        })
        .collect::<Option<Vec<Series>>>()
        .ok_or_else(|| DataError::Internal { what: "the parts of a column differ in type".into() })?;
    for (column, name) in records.names.iter().enumerate() {
        if super::cells::holds_nested(kinds[column]) {
            records.nested.push(name.clone());
        }
        if words[column] > 0 && targets[column] != Target::Text {
            records.words.push((name.clone(), words[column]));
        }
    }
    Ok(records)
}

/// Columns whose types are settled.
#[derive(Clone, Copy)]
struct Known<'a> {
    names: &'a [String],
    targets: &'a [Target],
}

impl Job<'_> {
    /// Ranges of the text (lines) or of the list of spans.
    fn ranges(&self) -> Vec<Span> {
        match self.spans {
            Spans::Lines => {
                let text = self.text.as_bytes();
                let mut ranges = Vec::new();
                let mut from = 0;
                while from < text.len() {
                    let guess = from + STRETCH;
                    let to = match text.get(guess..) {
                        Some(rest) => guess + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1),
                        None => text.len(),
                    };
                    ranges.push((from, to));
                    from = to;
                }
                ranges
            }
            Spans::List(spans) => {
                let mut ranges = Vec::new();
                let mut from = 0;
                for (index, (_, end)) in spans.iter().enumerate() {
                    if end - spans[from].0 >= STRETCH || index + 1 == spans.len() {
                        ranges.push((from, index + 1));
                        from = index + 1;
                    }
                }
                ranges
            }
        }
    }

    fn stretch(&self, range: Span, known: Option<Known<'_>>, done: &AtomicUsize) -> Result<Stretch, DataError> {
        let names = known.map_or(self.names, |known| known.names);
        let fixed = known.is_some() || (self.unit == Unit::Array && !self.names.is_empty());
        let mut stretch = Stretch {
            range,
            slots: Slots::new(names, fixed),
            columns: match known {
                Some(known) => known.targets.iter().map(|target| CellColumn::pinned(*target)).collect(),
                None => Vec::new(),
            },
            rows: 0,
            records: 0,
            refused: Vec::new(),
            refused_ordinals: Vec::new(),
            doubled: 0,
            short: 0,
            said: 0,
        };
        let mut scratch = String::new();
        let mut take = |stretch: &mut Stretch, span: Span| {
            if stretch.records.is_multiple_of(512) {
                if self.progress.cancelled() {
                    return Err(DataError::Cancelled);
                }
                let read = done.fetch_add(span.0.saturating_sub(stretch.said), Ordering::Relaxed);
                self.progress.set((read as f64 / self.text.len().max(1) as f64).min(0.99));
                stretch.said = span.0;
            }
            self.record(stretch, span, &mut scratch);
            Ok(())
        };
        match self.spans {
            Spans::Lines => {
                stretch.said = range.0;
                let text = &self.text.as_bytes()[range.0..range.1];
                let mut from = 0;
                while from < text.len() {
                    let end = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at);
                    let line = text[from..end].trim_ascii();
                    if !line.is_empty() {
                        let lead = text[from..end].len() - text[from..end].trim_ascii_start().len();
                        let start = range.0 + from + lead;
                        take(&mut stretch, (start, start + line.len()))?;
                    }
                    from = end + 1;
                }
            }
            Spans::List(spans) => {
                let spans = &spans[range.0..range.1];
                stretch.said = spans.first().map_or(0, |span| span.0);
                for span in spans {
                    take(&mut stretch, *span)?;
                }
            }
        }
        Ok(stretch)
    }

    fn record(&self, stretch: &mut Stretch, span: Span, scratch: &mut String) {
        let ordinal = stretch.records;
        stretch.records += 1;
        let Some(text) = self.text.get(span.0..span.1) else { return };
        let named = stretch.slots.names.len();
        let parsed = stretch.slots.parse(text, self.unit);
        let mended;
        let (text, parsed) = match parsed {
            Err(error) => match without_odd_numbers(text) {
                Some(plain) => {
                    stretch.slots.forget(named);
                    let parsed = stretch.slots.parse(&plain, self.unit);
                    mended = plain;
                    (mended.as_str(), parsed)
                }
                None => (text, Err(error)),
            },
            parsed => (text, parsed),
        };
        if let Err(reason) = parsed {
            stretch.slots.forget(named);
            stretch.refused_ordinals.push(ordinal);
            if let Some(refuse) = self.refusals {
                refuse(span, &reason);
            } else if stretch.refused.len() < REJECTS_LISTED {
                stretch.refused.push(Refused { span, reason });
            }
            return;
        }
        let fresh = if self.text_only { || CellColumn::pinned(Target::Text) } else { CellColumn::new };
        stretch.columns.resize_with(stretch.slots.names.len(), fresh);
        let row = stretch.rows;
        for column in &stretch.slots.touched {
            let (from, to) = stretch.slots.spans[*column];
            let cell = cell_of(&text[from..to], scratch);
            stretch.columns[*column].push(row, cell, self.missing);
        }
        stretch.rows += 1;
        stretch.doubled += u64::from(stretch.slots.doubled);
        stretch.short += u64::from(self.unit == Unit::Array && stretch.slots.touched.len() < stretch.slots.names.len());
    }
}

/// The values of one record, as spans of its text, by column.
struct Slots {
    names: Vec<String>,
    index: HashMap<String, usize>,
    fixed: bool,
    spans: Vec<Span>,
    touched: Vec<usize>,
    /// Address of the record's text.
    base: usize,
    /// The column expected next.
    next: usize,
    doubled: bool,
}

impl Slots {
    fn new(names: &[String], fixed: bool) -> Self {
        Self {
            names: names.to_vec(),
            index: names.iter().enumerate().map(|(column, name)| (name.clone(), column)).collect(),
            fixed,
            spans: vec![(0, 0); names.len()],
            touched: Vec::new(),
            base: 0,
            next: 0,
            doubled: false,
        }
    }

    fn parse(&mut self, text: &str, unit: Unit) -> Result<(), String> {
        for column in self.touched.drain(..) {
            self.spans[column] = (0, 0);
        }
        self.base = text.as_ptr() as usize;
        self.next = 0;
        self.doubled = false;
        let mut json = serde_json::Deserializer::from_str(text);
        let parsed = match (unit, text.as_bytes().first()) {
            (Unit::Object, Some(b'{')) => json.deserialize_map(InObject(self)),
            (Unit::Object, _) => return Err("no JSON object".into()),
            (Unit::Array, Some(b'[')) => json.deserialize_seq(InArray(self)),
            (Unit::Array, _) => return Err("no JSON array".into()),
            (Unit::Value, _) => <&RawValue>::deserialize(&mut json).map(|raw| {
                let column = self.column("value");
                self.set(column, raw.get());
            }),
        };
        parsed.and_then(|()| json.end()).map_err(|error| {
            let said = error.to_string();
            let what = said.split(" at line ").next().unwrap_or_default();
            if error.line() == 1 && error.column() > 0 {
                format!("{what} (at its character {})", error.column())
            } else {
                what.to_owned()
            }
        })
    }

    /// Takes back the columns that a refused record brought.
    fn forget(&mut self, named: usize) {
        for name in self.names.drain(named..) {
            self.index.remove(&name);
        }
        self.spans.truncate(named);
        self.touched.retain(|column| *column < named);
    }

    fn column(&mut self, name: &str) -> usize {
        if self.names.get(self.next).is_some_and(|expected| expected == name) {
            return self.next;
        }
        if let Some(column) = self.index.get(name) {
            return *column;
        }
        self.names.push(name.to_owned());
        self.spans.push((0, 0));
        self.index.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn set(&mut self, column: usize, raw: &str) {
        let from = (raw.as_ptr() as usize).wrapping_sub(self.base);
        if self.spans[column] == (0, 0) {
            self.touched.push(column);
        } else {
            self.doubled = true;
        }
        self.spans[column] = (from, from + raw.len());
        self.next = column + 1;
    }
}

struct InObject<'s>(&'s mut Slots);

impl<'de> Visitor<'de> for InObject<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(Key(self.0))? {
            let raw: &RawValue = map.next_value()?;
            self.0.set(column, raw.get());
        }
        Ok(())
    }
}

struct Key<'s>(&'s mut Slots);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<usize, E> {
        Ok(self.0.column(key))
    }
}

struct InArray<'s>(&'s mut Slots);

impl<'de> Visitor<'de> for InArray<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut column = 0;
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            if column == self.0.names.len() {
                if self.0.fixed {
                    let many = format!("more than {column} values");
                    return Err(serde::de::Error::custom(many));
                }
                self.0.column(&format!("column_{}", column + 1));
            }
            self.0.set(column, raw.get());
            column += 1;
        }
        Ok(())
    }
}

/// A value as it stands in JSON.
pub(crate) fn cell_of<'a>(raw: &'a str, scratch: &'a mut String) -> Cell<'a> {
    match raw.as_bytes() {
        [b'n', ..] | [] => Cell::Null,
        [b't', ..] => Cell::Bool(true),
        [b'f', ..] => Cell::Bool(false),
        [b'"', inner @ .., b'"'] => {
            let plain = &raw[1..raw.len() - 1];
            if memchr::memchr(b'\\', inner).is_none() {
                return Cell::Text(plain);
            }
            match serde_json::from_str::<String>(raw) {
                Ok(text) => {
                    *scratch = text;
                    Cell::Text(scratch)
                }
                // Half a surrogate pair means no character: the text stays as it is spelled.
                Err(_) => Cell::Text(plain),
            }
        }
        [b'{' | b'[', ..] => {
            if raw.contains(['\n', '\r']) {
                *scratch = on_one_line(raw);
                return Cell::Nested(scratch);
            }
            Cell::Nested(raw)
        }
        bytes => {
            if let Ok(value) = raw.parse::<i64>()
                && raw != "-0"
            {
                return Cell::Int(value);
            }
            let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
            if raw != "-0" && digits.iter().all(u8::is_ascii_digit) {
                return Cell::Big(raw);
            }
            match raw.parse::<f64>() {
                Ok(value) => Cell::Float(value, Some(raw)),
                Err(_) => Cell::Text(raw),
            }
        }
    }
}

/// JSON without the white space between its parts.
fn on_one_line(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut inside, mut escaped) = (false, false);
    for character in raw.chars() {
        if inside {
            out.push(character);
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
        } else if !character.is_ascii_whitespace() {
            inside = character == '"';
            out.push(character);
        }
    }
    out
}

/// A record with `NaN` and `Infinity`, which Python writes and JSON does not have, put so that they can be read: the
/// first is a missing value. Nothing when there is none.
pub(crate) fn without_odd_numbers(text: &str) -> Option<String> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while !rest.is_empty() {
        match rest.find(['"', 'N', 'I']) {
            None => {
                out.push_str(rest);
                break;
            }
            Some(at) => {
                out.push_str(&rest[..at]);
                rest = &rest[at..];
            }
        }
        if rest.starts_with('"') {
            let end = super::json_scan::value_end(rest.as_bytes(), 0)?;
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(after) = rest.strip_prefix("NaN") {
            out.push_str("null");
            (rest, found) = (after, true);
        } else if let Some(after) = rest.strip_prefix("Infinity") {
            out.push_str("1e999");
            (rest, found) = (after, true);
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    found.then_some(out)
}
