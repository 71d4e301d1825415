//! A column of typed cells: what JSON, workbooks and databases are made of.
//!
//! The type follows from all rows: the column remembers which kinds it met and keeps the values in the narrowest
//! type so far. It widens in place where that loses nothing (whole numbers to floats or text, dates to points in
//! time); where it does, it only remembers kinds from there on, and its reader reads again with the type known.

use polars::prelude::{
    BooleanChunked, DataType, Float64Chunked, Int32Chunked, Int64Chunked, IntoSeries, PlSmallStr, Series,
    StringChunked, TimeUnit,
};
use polars_arrow::array::{BooleanArray, MutableBinaryViewArray, PrimitiveArray};
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_arrow::datatypes::ArrowDataType;

use crate::format;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond 64 bits, as spelled.
    Big(&'a str),
    /// A number, with its spelling where the file has one.
    Float(f64, Option<&'a str>),
    Text(&'a str),
    /// An object or an array, as JSON.
    Nested(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00.
    Datetime(i64),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Microseconds.
    Duration(i64),
}

/// A set of kinds, as bits.
pub(crate) type Kinds = u16;

const BOOL: Kinds = 1;
const INT: Kinds = 1 << 1;
const BIG: Kinds = 1 << 2;
const FLOAT: Kinds = 1 << 3;
const TEXT: Kinds = 1 << 4;
const NESTED: Kinds = 1 << 5;
const DATE: Kinds = 1 << 6;
const DATETIME: Kinds = 1 << 7;
const TIME: Kinds = 1 << 8;
const DURATION: Kinds = 1 << 9;
/// A word for a missing value, which is text where the column is text.
const WORD: Kinds = 1 << 10;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// No cell had content.
    Nothing,
    Bool,
    Int,
    Float,
    Text,
    Date,
    Datetime,
    Time,
    Duration,
}

impl Target {
    fn dtype(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text | Self::Nothing => DataType::String,
            Self::Date => DataType::Date,
            Self::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
            Self::Time => DataType::Time,
            Self::Duration => DataType::Duration(TimeUnit::Microseconds),
        }
    }
}

/// The narrowest type that holds every kind of a set.
pub(crate) fn resolve(kinds: Kinds) -> Target {
    let known = kinds & !WORD;
    let within = |allowed: Kinds| known & !allowed == 0;
    if kinds == 0 {
        Target::Nothing
    } else if known == 0 {
        Target::Text
    } else if within(BOOL) {
        Target::Bool
    } else if within(INT) {
        Target::Int
    } else if within(INT | BIG | FLOAT) && known & FLOAT != 0 {
        Target::Float
    } else if within(DATE) {
        Target::Date
    } else if within(DATE | DATETIME) {
        Target::Datetime
    } else if within(TIME) {
        Target::Time
    } else if within(TIME | DURATION) {
        Target::Duration
    } else {
        Target::Text
    }
}

/// Whether objects or arrays are among the kinds.
pub(crate) fn holds_nested(kinds: Kinds) -> bool {
    kinds & NESTED != 0
}

/// Words that stand for a missing value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Missing<'a> {
    /// The usual ones, where the rest of the column is no text.
    Usual,
    /// Those that the person named, everywhere.
    Named(&'a [String]),
}

impl Cell<'_> {
    fn kind(&self, missing: Missing<'_>) -> Kinds {
        match self {
            Cell::Null => 0,
            Cell::Bool(_) => BOOL,
            Cell::Int(value) => match missing {
                Missing::Named(words) if words.iter().any(|word| word.parse() == Ok(*value)) => 0,
                _ => INT,
            },
            Cell::Big(_) => BIG,
            Cell::Float(value, _) => match missing {
                Missing::Named(words) if words.iter().any(|word| word.parse() == Ok(*value)) => 0,
                _ => FLOAT,
            },
            Cell::Text(text) => match missing {
                Missing::Usual if is_word_for_missing(text) => WORD,
                Missing::Named(words) if words.iter().any(|word| word == text) => 0,
                _ => TEXT,
            },
            Cell::Nested(_) => NESTED,
            Cell::Date(_) => DATE,
            Cell::Datetime(_) => DATETIME,
            Cell::Time(_) => TIME,
            Cell::Duration(_) => DURATION,
        }
    }
}

/// The words that mean «missing» in a column of something else than text.
pub(crate) fn is_word_for_missing(text: &str) -> bool {
    matches!(text, "NA" | "N/A" | "#N/A" | "NaN" | "nan" | "null" | "NULL" | "Null" | "None" | "-" | "n/a")
}

enum Store {
    Nothing,
    Bool(MutableBitmap),
    /// Whole numbers, points in time, times, durations.
    Int(Vec<i64>),
    Float(Vec<f64>),
    Date(Vec<i32>),
    Text(MutableBinaryViewArray<str>),
    /// Only kinds are gathered.
    Late,
}

/// A column, growing.
pub(crate) struct CellColumn {
    /// Kinds met.
    pub kinds: Kinds,
    /// Words for missing values met.
    pub words: u64,
    target: Target,
    pinned: bool,
    store: Store,
    rows: usize,
    validity: MutableBitmap,
}

impl CellColumn {
    /// A column whose type is not known yet.
    pub fn new() -> Self {
        Self {
            kinds: 0,
            words: 0,
            target: Target::Nothing,
            pinned: false,
            store: Store::Nothing,
            rows: 0,
            validity: MutableBitmap::new(),
        }
    }

    /// A column whose type is settled.
    pub fn pinned(target: Target) -> Self {
        let target = if target == Target::Nothing { Target::Text } else { target };
        Self { target, pinned: true, store: empty(target, 0), ..Self::new() }
    }

    /// Adds the cell of a row; rows left out before it are missing.
    pub fn push(&mut self, row: usize, cell: Cell<'_>, missing: Missing<'_>) {
        let kind = cell.kind(missing);
        if kind == 0 {
            return;
        }
        self.pad(row);
        if !self.pinned {
            let known = self.kinds | kind;
            if known != self.kinds {
                self.kinds = known;
                let target = resolve(known);
                // A word alone decides nothing yet.
                if kind != WORD || !matches!(self.store, Store::Nothing) {
                    self.widen(target);
                }
            }
        }
        let null = kind == WORD && self.target != Target::Text;
        if kind == WORD {
            self.words += 1;
        }
        self.put(if null { Cell::Null } else { cell });
    }

    fn widen(&mut self, target: Target) {
        if target == self.target && !matches!(self.store, Store::Nothing) {
            return;
        }
        let old = std::mem::replace(&mut self.store, Store::Late);
        let lost_words = self.words > 0 && target == Target::Text;
        self.store = match (old, self.target, target) {
            _ if lost_words => Store::Late,
            (Store::Nothing, _, target) => {
                self.validity.extend_constant(self.rows, false);
                empty(target, self.rows)
            }
            (Store::Int(list), Target::Int, Target::Float) => Store::Float(list.iter().map(|v| *v as f64).collect()),
            (Store::Int(list), Target::Int, Target::Text) => {
                let mut texts = MutableBinaryViewArray::with_capacity(list.len());
                for (row, value) in list.iter().enumerate() {
                    if self.validity.get(row) { texts.push_value(value.to_string()) } else { texts.push_null() }
                }
                Store::Text(texts)
            }
            (Store::Date(days), _, Target::Datetime) => {
                Store::Int(days.iter().map(|day| i64::from(*day) * 86_400_000_000).collect())
            }
            _ => Store::Late,
        };
        self.target = target;
    }

    /// Makes the column as long as the rows before `row`.
    pub fn pad(&mut self, row: usize) {
        let Some(more) = row.checked_sub(self.rows).filter(|more| *more > 0) else { return };
        self.rows = row;
        match &mut self.store {
            Store::Nothing | Store::Late => return,
            Store::Bool(list) => list.extend_constant(more, false),
            Store::Int(list) => list.resize(row, 0),
            Store::Float(list) => list.resize(row, 0.0),
            Store::Date(list) => list.resize(row, 0),
            Store::Text(list) => list.extend_null(more),
        }
        self.validity.extend_constant(more, false);
    }

    fn put(&mut self, cell: Cell<'_>) {
        self.rows += 1;
        let valid = match (&mut self.store, cell) {
            (Store::Nothing | Store::Late, _) => return,
            (Store::Bool(list), cell) => {
                let value = if let Cell::Bool(value) = cell { Some(value) } else { None };
                list.push(value.unwrap_or_default());
                value.is_some()
            }
            (Store::Int(list), cell) => {
                let value = match (cell, self.target) {
                    (Cell::Int(value) | Cell::Datetime(value) | Cell::Time(value) | Cell::Duration(value), target) => {
                        let of_day = matches!(cell, Cell::Time(_)) && target == Target::Duration;
                        Some(if of_day { value / 1000 } else { value })
                    }
                    (Cell::Date(day), _) => Some(i64::from(day) * 86_400_000_000),
                    _ => None,
                };
                list.push(value.unwrap_or_default());
                value.is_some()
            }
            (Store::Float(list), cell) => {
                let value = match cell {
                    Cell::Float(value, _) => Some(value),
                    Cell::Int(value) => Some(value as f64),
                    Cell::Big(text) => text.parse().ok(),
                    _ => None,
                };
                list.push(value.unwrap_or_default());
                value.is_some()
            }
            (Store::Date(list), cell) => {
                let value = if let Cell::Date(value) = cell { Some(value) } else { None };
                list.push(value.unwrap_or_default());
                value.is_some()
            }
            (Store::Text(list), cell) => {
                match cell {
                    Cell::Null => list.push_null(),
                    Cell::Text(text) | Cell::Big(text) | Cell::Nested(text) | Cell::Float(_, Some(text)) => {
                        list.push_value(text);
                    }
                    other => list.push_value(as_text(other)),
                }
                cell != Cell::Null
            }
        };
        self.validity.push(valid);
    }

    /// Whether the values can be had as this type without reading again.
    pub fn settles_for(&self, target: Target) -> bool {
        match (&self.store, self.target, target) {
            (Store::Nothing, _, target) => self.words == 0 || !matches!(target, Target::Text | Target::Nothing),
            (Store::Late, ..) => false,
            (_, Target::Int, Target::Float) | (_, Target::Date, Target::Datetime) => true,
            (_, own, target) => own == target,
        }
    }

    /// The values as a series of the final type, `rows` long; nothing when they cannot be had (see `settles_for`).
    pub fn finish(mut self, name: &str, target: Target, rows: usize) -> Option<Series> {
        self.pad(rows);
        let name = PlSmallStr::from_str(name);
        let validity = (self.validity.unset_bits() > 0).then(|| Bitmap::from(self.validity));
        let ints = |list: Vec<i64>, validity| {
            let array = PrimitiveArray::new(ArrowDataType::Int64, list.into(), validity);
            Int64Chunked::with_chunk(name.clone(), array)
        };
        let micros = TimeUnit::Microseconds;
        Some(match (self.store, self.target, target) {
            (Store::Nothing, _, target) => Series::full_null(name, rows, &target.dtype()),
            (Store::Int(list), Target::Int, Target::Float) => {
                let list: Vec<f64> = list.into_iter().map(|value| value as f64).collect();
                let array = PrimitiveArray::new(ArrowDataType::Float64, list.into(), validity);
                Float64Chunked::with_chunk(name, array).into_series()
            }
            (Store::Date(days), _, Target::Datetime) => {
                let ticks = days.into_iter().map(|day| i64::from(day) * 86_400_000_000).collect();
                ints(ticks, validity).into_datetime(micros, None).into_series()
            }
            (_, own, target) if own != target => return None,
            (Store::Int(list), _, Target::Datetime) => ints(list, validity).into_datetime(micros, None).into_series(),
            (Store::Int(list), _, Target::Time) => ints(list, validity).into_time().into_series(),
            (Store::Int(list), _, Target::Duration) => ints(list, validity).into_duration(micros).into_series(),
            (Store::Int(list), ..) => ints(list, validity).into_series(),
            (Store::Float(list), ..) => {
                let array = PrimitiveArray::new(ArrowDataType::Float64, list.into(), validity);
                Float64Chunked::with_chunk(name, array).into_series()
            }
            (Store::Date(list), ..) => {
                let array = PrimitiveArray::new(ArrowDataType::Int32, list.into(), validity);
                Int32Chunked::with_chunk(name, array).into_date().into_series()
            }
            (Store::Bool(list), ..) => {
                let array = BooleanArray::new(ArrowDataType::Boolean, list.into(), validity);
                BooleanChunked::with_chunk(name, array).into_series()
            }
            (Store::Text(list), ..) => StringChunked::with_chunk(name, list.freeze()).into_series(),
            (Store::Late, ..) => return None,
        })
    }
}

fn empty(target: Target, missing: usize) -> Store {
    match target {
        Target::Nothing => Store::Nothing,
        Target::Bool => Store::Bool(MutableBitmap::from_len_zeroed(missing)),
        Target::Int | Target::Datetime | Target::Time | Target::Duration => Store::Int(vec![0; missing]),
        Target::Float => Store::Float(vec![0.0; missing]),
        Target::Date => Store::Date(vec![0; missing]),
        Target::Text => {
            let mut texts = MutableBinaryViewArray::with_capacity(missing);
            texts.extend_null(missing);
            Store::Text(texts)
        }
    }
}

/// A cell as a person would write it.
pub(crate) fn as_text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(yes) => yes.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(_, Some(text)) | Cell::Big(text) | Cell::Text(text) | Cell::Nested(text) => text.to_owned(),
        Cell::Float(value, None) => format::float(value),
        Cell::Date(day) => format::date(i64::from(day)),
        Cell::Datetime(ticks) => format::datetime(ticks, TimeUnit::Microseconds),
        Cell::Time(nanos) => format::clock(nanos),
        Cell::Duration(micros) => {
            let sign = if micros < 0 { "-" } else { "" };
            let (seconds, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
            let fraction = if rest == 0 { String::new() } else { format!(".{rest:06}") };
            format!(
                "{sign}{}:{:02}:{:02}{}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                fraction.trim_end_matches('0')
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[Cell<'_>]) -> (Target, Vec<String>) {
        let fill = |mut column: CellColumn| {
            for (row, cell) in cells.iter().enumerate() {
                column.push(row, *cell, Missing::Usual);
            }
            column
        };
        let first = fill(CellColumn::new());
        let target = match resolve(first.kinds) {
            Target::Nothing => Target::Text,
            target => target,
        };
        let again = !first.settles_for(target);
        let column = if again { fill(CellColumn::pinned(target)) } else { first };
        let series = column.finish("x", target, cells.len()).expect("it settles");
        assert_eq!(series.dtype(), &target.dtype());
        let text = |row| crate::format::text_of(&series.get(row).unwrap()).unwrap_or_else(|| "∅".into());
        (target, (0..cells.len()).map(text).collect())
    }

    #[track_caller]
    fn check(cells: &[Cell<'_>], target: Target, expected: &str) {
        let (found, texts) = read(cells);
        assert_eq!((found, texts.join(" ").as_str()), (target, expected), "{cells:?}");
    }

    #[test]
    fn the_type_rests_on_all_rows() {
        use Cell::*;
        check(&[Null, Int(1), Null, Int(-2)], Target::Int, "∅ 1 ∅ -2");
        check(&[Int(1), Float(2.5, None), Null], Target::Float, "1 2.5 ∅");
        check(&[Int(1), Float(2.5, Some("2.50")), Text("x")], Target::Text, "1 2.50 x");
        check(&[Int(7), Text("x"), Null, Int(8)], Target::Text, "7 x ∅ 8");
        check(&[Int(1), Big("99999999999999999999")], Target::Text, "1 99999999999999999999");
        check(&[Bool(true), Null, Bool(false)], Target::Bool, "true ∅ false");
        check(&[Bool(true), Int(0)], Target::Text, "true 0");
        check(&[Date(0), Null, Datetime(1_000_000)], Target::Datetime, "1970-01-01 00:00:00 ∅ 1970-01-01 00:00:01");
        check(&[Datetime(1_000_000), Date(1)], Target::Datetime, "1970-01-01 00:00:01 1970-01-02 00:00:00");
        check(&[Date(0), Text("soon")], Target::Text, "1970-01-01 soon");
        check(&[Time(3_600_000_000_000), Null], Target::Time, "01:00:00 ∅");
        check(&[Null, Nested("{\"a\":1}"), Int(3)], Target::Text, "∅ {\"a\":1} 3");
        check(&[Null, Null], Target::Text, "∅ ∅");
    }

    #[test]
    fn a_word_for_missing_is_text_among_text() {
        use Cell::*;
        check(&[Text("NA"), Int(1), Text("N/A")], Target::Int, "∅ 1 ∅");
        check(&[Int(1), Text("NA"), Text("x")], Target::Text, "1 NA x");
        check(&[Text("NA"), Text("NA")], Target::Text, "NA NA");
        check(&[Text("NA"), Int(1), Text("x")], Target::Text, "NA 1 x");
        let mut column = CellColumn::new();
        let words = ["gone", "-99"].map(str::to_owned);
        for (row, cell) in [Text("gone"), Text("NA"), Int(-99), Float(-99.0, None)].into_iter().enumerate() {
            column.push(row, cell, Missing::Named(&words));
        }
        assert_eq!(column.finish("x", Target::Text, 4).unwrap().null_count(), 3);
    }
}
