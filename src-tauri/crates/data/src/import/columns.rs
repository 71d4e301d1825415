//! One column of one stretch of text, growing block by block.
//!
//! A column starts with the type its sample suggests. When a field does not fit, it widens in place where that
//! is exact (whole numbers to floats, dates to points in time); otherwise it only remembers the kinds it meets,
//! and the stretch is read again for this column once the type over all rows is known.

use polars::prelude::{
    BooleanChunked, Column, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn, IntoSeries, PlSmallStr,
    StringChunked, TimeUnit,
};
use polars_arrow::array::{BooleanArray, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray, View};
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_arrow::datatypes::ArrowDataType;

use super::dialect::{Dialect, unquote};
use super::kinds::{self, DateOrder, Form, Hints, Kinds, Target, classify_with, is_settled_text, resolve};
use super::scan::Block;
use super::values;
use super::words::Tokens;

/// How fields are read besides their type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub dialect: &'a Dialect,
    /// Words for missing values.
    pub tokens: &'a Tokens,
}

/// The values read so far.
enum Values {
    /// No field had content.
    Nothing,
    Int(Vec<i64>),
    Float(Vec<f64>),
    Bool(MutableBitmap),
    Date(Vec<i32>),
    /// Points in time, and times of day in nanoseconds.
    Datetime(Vec<i64>),
    Text(MutableBinaryViewArray<str>),
    /// The type cannot be told yet: only kinds are gathered.
    Undecided,
    /// It is text, which was learned too late: nothing more is gathered.
    Late,
}

/// A column of a stretch.
pub(crate) struct ColumnBuild {
    target: Target,
    /// Kinds met (with those of the sample).
    pub kinds: Kinds,
    /// Words for missing values that were met and taken as such, as bits.
    pub words: u64,
    hints: Hints,
    values: Values,
    rows: usize,
    /// Built when the first field is missing.
    validity: Option<MutableBitmap>,
    /// The type is final: a field that does not fit is a fault of ours.
    last_pass: bool,
    /// Whether the last pass met a field that does not fit.
    pub misfit: bool,
}

impl ColumnBuild {
    /// A column whose sample holds these kinds.
    pub fn new(sample: Kinds, hints: Hints, capacity: usize) -> Self {
        Self::with_target(resolve(sample, hints), sample, hints, capacity, false)
    }

    /// A column whose type is known to be final.
    pub fn last_pass(target: Target, kinds: Kinds, hints: Hints, capacity: usize) -> Self {
        Self::with_target(target, kinds, hints, capacity, true)
    }

    fn with_target(target: Target, kinds: Kinds, hints: Hints, capacity: usize, last_pass: bool) -> Self {
        let values = match target {
            Target::Text if last_pass || is_settled_text(kinds) => {
                Values::Text(MutableBinaryViewArray::with_capacity(capacity))
            }
            Target::Text => Values::Undecided,
            other => new_values(other, capacity),
        };
        Self { target, kinds, words: 0, hints, values, rows: 0, validity: None, last_pass, misfit: false }
    }

    /// Adds a column of a block; `text` is the block's.
    pub fn extend(&mut self, block: &Block, text: &str, column: usize, reading: Reading<'_>) {
        let bytes = text.as_bytes();
        let mut row = 0;
        // Each turn reads rows as one type until the block ends or the type changes.
        while row < block.rows() {
            let fields = Fields { block, bytes, column, reading };
            row = match &mut self.values {
                Values::Text(_) => self.text(block, text, column, row, reading),
                Values::Int(_) => match self.target {
                    Target::Number(form) => {
                        self.ints(&fields, row, |_, _, _| None, |field| values::formed_int(field, form))
                    }
                    _ => self.ints(&fields, row, values::quick_int, values::int),
                },
                Values::Float(_) => match self.target {
                    Target::Number(form) => {
                        self.floats(&fields, row, |_, _, _| None, |field| values::formed_float(field, form))
                    }
                    Target::Float { comma: true } => self.floats(&fields, row, |_, _, _| None, values::float_comma),
                    _ => self.floats(&fields, row, values::quick_float, values::float),
                },
                Values::Nothing | Values::Undecided | Values::Bool(_) | Values::Date(_) | Values::Datetime(_) => {
                    self.others(&fields, row)
                }
                Values::Late => block.rows(),
            };
        }
        self.rows += block.rows();
    }

    fn ints(
        &mut self,
        fields: &Fields<'_>,
        from: usize,
        quick: impl Fn(&[u8], usize, usize) -> Option<i64>,
        parse: impl Fn(&[u8]) -> Option<i64>,
    ) -> usize {
        let Values::Int(list) = &mut self.values else { return from };
        let rows = fields.block.rows();
        list.reserve(rows - from);
        for row in from..rows {
            let (start, end) = fields.block.span(row, fields.column);
            if let Some(value) = quick(fields.bytes, start, end) {
                push(list, &mut self.validity, Some(value));
                continue;
            }
            let field = fields.get(row);
            let value = match parse(field) {
                Some(value) => Some(value),
                None if field.is_empty() => None,
                None => match fields.second_look(row, (&mut self.kinds, &mut self.words), &parse) {
                    Look::Value(value) => Some(value),
                    Look::Missing => None,
                    Look::Misfit => return self.widen(row),
                },
            };
            push(list, &mut self.validity, value);
        }
        rows
    }

    fn floats(
        &mut self,
        fields: &Fields<'_>,
        from: usize,
        quick: impl Fn(&[u8], usize, usize) -> Option<f64>,
        parse: impl Fn(&[u8]) -> Option<f64>,
    ) -> usize {
        let Values::Float(list) = &mut self.values else { return from };
        let rows = fields.block.rows();
        list.reserve(rows - from);
        for row in from..rows {
            let (start, end) = fields.block.span(row, fields.column);
            if let Some(value) = quick(fields.bytes, start, end) {
                push(list, &mut self.validity, Some(value));
                continue;
            }
            let field = fields.get(row);
            let value = match parse(field) {
                Some(value) => Some(value),
                None if field.is_empty() => None,
                None => match fields.second_look(row, (&mut self.kinds, &mut self.words), &parse) {
                    Look::Value(value) => Some(value),
                    Look::Missing => None,
                    Look::Misfit => return self.widen(row),
                },
            };
            push(list, &mut self.validity, value);
        }
        rows
    }

    /// The rarer types, and the states without values.
    fn others(&mut self, fields: &Fields<'_>, from: usize) -> usize {
        for row in from..fields.block.rows() {
            let field = fields.get(row);
            if field.is_empty() {
                self.push_missing();
                continue;
            }
            if self.usual(field) {
                continue;
            }
            let text = fields.unquoted(field);
            let bytes = text.as_bytes().trim_ascii();
            let kinds = classify_with(bytes, fields.reading.tokens);
            if kinds == kinds::WORD_FOR_MISSING {
                self.words |= fields.reading.tokens.find(bytes).map_or(0, |word| 1 << word);
            }
            let known = self.kinds | kinds;
            if known != self.kinds {
                self.kinds = known;
                if text_for_nothing(resolve(known, self.hints)) != self.target || matches!(self.values, Values::Nothing)
                {
                    if kinds == kinds::WORD_FOR_MISSING && matches!(self.values, Values::Nothing) {
                        self.push_missing();
                        continue;
                    }
                    return self.widen(row);
                }
            }
            if bytes.is_empty() || kinds == kinds::WORD_FOR_MISSING {
                self.push_missing();
                continue;
            }
            let read = match (&mut self.values, self.target) {
                (Values::Bool(list), Target::Bool(words)) => {
                    values::bool_word(bytes, words).map(|value| list.push(value))
                }
                (Values::Date(list), Target::Date(order)) => values::date(bytes, order).map(|value| list.push(value)),
                (Values::Datetime(list), Target::Datetime { nanos, order }) => {
                    moment(bytes, nanos, order).map(|value| list.push(value))
                }
                (Values::Datetime(list), Target::Time) => values::any_time(bytes).map(|value| list.push(value)),
                _ => continue,
            };
            match read {
                Some(()) => {
                    if let Some(validity) = &mut self.validity {
                        validity.push(true);
                    }
                }
                None => return self.widen(row),
            }
        }
        fields.block.rows()
    }

    /// Takes a field of the very kind that the column is known to hold; false when it needs a closer look.
    #[inline]
    fn usual(&mut self, field: &[u8]) -> bool {
        let taken = match (&mut self.values, self.target) {
            (Values::Bool(list), Target::Bool(words)) => values::bool_word(field, words).map(|value| list.push(value)),
            (Values::Date(list), Target::Date(order @ DateOrder::YearMonthDay)) => {
                values::date(field, order).map(|value| list.push(value))
            }
            (Values::Datetime(list), Target::Time) if self.kinds & kinds::TIME != 0 => {
                values::time(field).map(|value| list.push(value))
            }
            (Values::Datetime(list), Target::Datetime { nanos: false, order: DateOrder::YearMonthDay }) => {
                values::datetime(field)
                    .filter(|moment| {
                        let known = if moment.utc { kinds::TIMED_UTC } else { kinds::TIMED };
                        self.kinds & known != 0 && moment.nanos % 1000 == 0 && moment.in_nanos().is_some()
                    })
                    .map(|moment| list.push(moment.in_micros()))
            }
            _ => None,
        };
        if taken.is_some()
            && let Some(validity) = &mut self.validity
        {
            validity.push(true);
        }
        taken.is_some()
    }

    fn text(&mut self, block: &Block, text: &str, column: usize, from: usize, reading: Reading<'_>) -> usize {
        let Values::Text(list) = &mut self.values else { return from };
        let rows = block.rows();
        list.reserve(rows - from);
        let quote = reading.dialect.quote.unwrap_or(b'\n');
        let plain_quotes = reading.dialect.is_plain();
        let given = reading.tokens.everywhere();
        let mut unescaped = String::new();
        if given || !plain_quotes {
            for row in from..rows {
                let (start, end) = block.span(row, column);
                let Some(raw) = text.get(start..end).filter(|raw| !raw.is_empty()) else {
                    list.push_null();
                    continue;
                };
                let (value, quoted) = unquote(raw, reading.dialect);
                let empty = value.is_empty() && !quoted;
                if empty || (given && reading.tokens.find(value.trim_ascii().as_bytes()).is_some()) {
                    list.push_null();
                } else {
                    list.push_value(value);
                }
            }
            return rows;
        }
        for row in from..rows {
            let (start, end) = block.span(row, column);
            let Some(raw) = text.get(start..end) else {
                list.push_null();
                continue;
            };
            match raw.as_bytes() {
                [] => list.push_null(),
                [first, .., last] if *first == quote && *last == quote => {
                    let inner = &raw[1..raw.len() - 1];
                    match memchr::memchr(quote, inner.as_bytes()) {
                        None => list.push_value(inner),
                        Some(at) => {
                            halve_doubled(inner, quote, at, &mut unescaped);
                            list.push_value(&unescaped);
                        }
                    }
                }
                [first, ..] if *first == quote || matches!(first, b' ' | b'=') => {
                    list.push_value(unquote(raw, reading.dialect).0)
                }
                _ => match short_view(text.as_bytes(), start, end) {
                    Some(view) => list.push_view(view, &[]),
                    None => list.push_value(raw),
                },
            }
        }
        rows
    }

    fn push_missing(&mut self) {
        let length = match &mut self.values {
            Values::Int(list) | Values::Datetime(list) => grow(list),
            Values::Float(list) => grow(list),
            Values::Date(list) => grow(list),
            Values::Bool(list) => {
                list.push(false);
                list.len()
            }
            _ => return,
        };
        set_missing(&mut self.validity, length);
    }

    /// A field at `row` does not fit: the column takes a wider type or stops; reading goes on at the same row.
    fn widen(&mut self, row: usize) -> usize {
        if self.last_pass {
            self.misfit = true;
            self.values = if is_settled_text(self.kinds) { Values::Late } else { Values::Undecided };
            return row;
        }
        let old = std::mem::replace(&mut self.values, Values::Late);
        let mut target = text_for_nothing(resolve(self.kinds, self.hints));
        if target == self.target && !matches!(old, Values::Nothing) {
            // Of the right kind, and yet it cannot be read: only text holds it.
            self.kinds |= kinds::TEXT;
            target = Target::Text;
        }
        self.values = match old {
            Values::Nothing if target == Target::Text => Values::Undecided,
            Values::Nothing => {
                // All rows so far were missing.
                let missing = self.rows + row;
                if missing > 0 {
                    self.validity = Some(MutableBitmap::from_len_zeroed(missing));
                }
                nothing_as(target, missing)
            }
            old if holds(self.target, target) => converted(old, target),
            _ => Values::Undecided,
        };
        if is_settled_text(self.kinds) {
            self.values = Values::Late;
        }
        self.target = target;
        row
    }

    /// Whether the values can be had as the final type without reading the stretch again.
    pub fn settles_for(&self, target: Target) -> bool {
        match &self.values {
            // A word for a missing value is text in a column of text.
            Values::Nothing => {
                !matches!(target, Target::Text | Target::Nothing) || self.kinds & kinds::WORD_FOR_MISSING == 0
            }
            Values::Undecided | Values::Late => false,
            _ => holds(self.target, target),
        }
    }

    /// The values as an array of the final type.
    fn finish(self, target: Target) -> Option<Piece> {
        let rows = self.rows;
        let validity = self.validity.map(Bitmap::from);
        if let Values::Nothing = self.values {
            return Some(missing_piece(target, rows));
        }
        Some(match converted(self.values, target) {
            Values::Int(list) => Piece::Int(PrimitiveArray::new(ArrowDataType::Int64, list.into(), validity)),
            Values::Datetime(list) => Piece::Int(PrimitiveArray::new(ArrowDataType::Int64, list.into(), validity)),
            Values::Float(list) => Piece::Float(PrimitiveArray::new(ArrowDataType::Float64, list.into(), validity)),
            Values::Bool(list) => Piece::Bool(BooleanArray::new(ArrowDataType::Boolean, list.into(), validity)),
            Values::Date(list) => Piece::Date(PrimitiveArray::new(ArrowDataType::Int32, list.into(), validity)),
            Values::Text(list) => Piece::Text(list.freeze()),
            Values::Nothing | Values::Undecided | Values::Late => return None,
        })
    }
}

/// Whether values that were read as one type are right as another.
fn holds(from: Target, to: Target) -> bool {
    match (from, to) {
        (Target::Int, Target::Int | Target::Float { .. } | Target::Number(Form { affix: None, .. })) => true,
        (Target::Float { comma }, Target::Number(Form { affix: None, comma: other, float: true, .. })) => {
            comma == other
        }
        (Target::Number(from), Target::Number(to)) => {
            from.affix == to.affix
                && (from.group.is_none() || from.group == to.group)
                && (from.comma == to.comma || !from.float)
                && (to.float || !from.float)
        }
        (Target::Date(from), Target::Datetime { nanos: false, order }) => from == order,
        (from, to) => from == to,
    }
}

/// Values in the form that a type keeps them in, where [`holds`] allows it.
fn converted(values: Values, target: Target) -> Values {
    match (values, target) {
        (Values::Int(list), Target::Float { .. } | Target::Number(Form { float: true, .. })) => {
            Values::Float(list.into_iter().map(|value| value as f64).collect())
        }
        (Values::Date(days), Target::Datetime { .. }) => {
            Values::Datetime(days.into_iter().map(|day| i64::from(day) * 86_400_000_000).collect())
        }
        (values, _) => values,
    }
}

/// A column without any content is text.
pub(crate) fn text_for_nothing(target: Target) -> Target {
    if target == Target::Nothing { Target::Text } else { target }
}

fn new_values(target: Target, capacity: usize) -> Values {
    match target {
        Target::Nothing => Values::Nothing,
        Target::Int => Values::Int(Vec::with_capacity(capacity)),
        Target::Number(Form { float: false, .. }) => Values::Int(Vec::with_capacity(capacity)),
        Target::Float { .. } | Target::Number(_) => Values::Float(Vec::with_capacity(capacity)),
        Target::Bool(_) => Values::Bool(MutableBitmap::with_capacity(capacity)),
        Target::Date(_) => Values::Date(Vec::with_capacity(capacity)),
        Target::Datetime { .. } | Target::Time => Values::Datetime(Vec::with_capacity(capacity)),
        Target::Text => Values::Text(MutableBinaryViewArray::with_capacity(capacity)),
    }
}

fn nothing_as(target: Target, missing: usize) -> Values {
    match target {
        Target::Int | Target::Number(Form { float: false, .. }) => Values::Int(vec![0; missing]),
        Target::Float { .. } | Target::Number(_) => Values::Float(vec![0.0; missing]),
        Target::Bool(_) => Values::Bool(MutableBitmap::from_len_zeroed(missing)),
        Target::Date(_) => Values::Date(vec![0; missing]),
        Target::Datetime { .. } | Target::Time => Values::Datetime(vec![0; missing]),
        Target::Text | Target::Nothing => Values::Undecided,
    }
}

/// A field of up to twelve bytes as the view that holds it, read in one go with what stands behind it. Nothing where the
/// field is longer, or the text ends too soon.
#[inline(always)]
fn short_view(text: &[u8], start: usize, end: usize) -> Option<View> {
    let length = end - start;
    if length > View::MAX_INLINE_SIZE as usize {
        return None;
    }
    let bytes = text.get(start..)?.first_chunk::<16>()?;
    let own = u128::from_le_bytes(*bytes) & !(u128::MAX << (length * 8));
    let [prefix, buffer_idx, offset] = [own as u32, (own >> 32) as u32, (own >> 64) as u32];
    Some(View { length: length as u32, prefix, buffer_idx, offset })
}

/// Writes a text with its doubled quotes halved; the first quote stands at `at`.
fn halve_doubled(text: &str, quote: u8, mut at: usize, out: &mut String) {
    out.clear();
    let mut rest = text;
    loop {
        out.push_str(&rest[..=at]);
        let doubled = usize::from(rest.as_bytes().get(at + 1) == Some(&quote));
        rest = &rest[at + 1 + doubled..];
        match memchr::memchr(quote, rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
}

pub(crate) fn moment(field: &[u8], nanos: bool, order: DateOrder) -> Option<i64> {
    let read = match order {
        DateOrder::YearMonthDay => values::datetime(field),
        _ => values::local_datetime(field, order),
    };
    // A date among points in time is its midnight.
    let moment = read.or_else(|| {
        let day = values::date(field, order)?;
        Some(values::Moment { seconds: i64::from(day) * 86_400, nanos: 0, utc: false })
    })?;
    if nanos { moment.in_nanos() } else { Some(moment.in_micros()) }
}

#[inline(always)]
fn push<T: Default>(list: &mut Vec<T>, validity: &mut Option<MutableBitmap>, value: Option<T>) {
    match value {
        Some(value) => {
            list.push(value);
            if let Some(validity) = validity {
                validity.push(true);
            }
        }
        None => {
            let length = grow(list);
            set_missing(validity, length);
        }
    }
}

fn grow<T: Default>(list: &mut Vec<T>) -> usize {
    list.push(T::default());
    list.len()
}

/// Marks the last of `length` values as missing.
fn set_missing(validity: &mut Option<MutableBitmap>, length: usize) {
    match validity {
        Some(validity) => validity.push(false),
        None => {
            let mut bits = MutableBitmap::with_capacity(length + 1024);
            bits.extend_constant(length - 1, true);
            bits.push(false);
            *validity = Some(bits);
        }
    }
}

enum Look<T> {
    Value(T),
    Missing,
    Misfit,
}

/// The raw fields of a column in a block.
struct Fields<'a> {
    block: &'a Block,
    bytes: &'a [u8],
    column: usize,
    reading: Reading<'a>,
}

impl Fields<'_> {
    #[inline(always)]
    fn get(&self, row: usize) -> &[u8] {
        let (start, end) = self.block.span(row, self.column);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn unquoted<'a>(&self, raw: &'a [u8]) -> std::borrow::Cow<'a, str> {
        match std::str::from_utf8(raw) {
            Ok(raw) => unquote(raw, self.reading.dialect).0,
            Err(_) => String::from_utf8_lossy(raw),
        }
    }

    /// A field that does not parse as it stands: quotes and spaces around it are taken away; words for missing
    /// values are recognised; else its kinds are remembered.
    #[cold]
    #[inline(never)]
    fn second_look<T>(
        &self,
        row: usize,
        (known, words): (&mut Kinds, &mut u64),
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Look<T> {
        let text = self.unquoted(self.get(row));
        let field = text.as_bytes().trim_ascii();
        if field.is_empty() {
            return Look::Missing;
        }
        if let Some(value) = parse(field) {
            return Look::Value(value);
        }
        let kinds = classify_with(field, self.reading.tokens);
        *known |= kinds;
        if kinds == kinds::WORD_FOR_MISSING {
            *words |= self.reading.tokens.find(field).map_or(0, |word| 1 << word);
            return Look::Missing;
        }
        Look::Misfit
    }
}

/// An array of one stretch.
enum Piece {
    Int(PrimitiveArray<i64>),
    Float(PrimitiveArray<f64>),
    Bool(BooleanArray),
    Date(PrimitiveArray<i32>),
    Text(Utf8ViewArray),
}

fn missing_piece(target: Target, rows: usize) -> Piece {
    match target {
        Target::Int | Target::Datetime { .. } | Target::Time | Target::Number(Form { float: false, .. }) => {
            Piece::Int(PrimitiveArray::new_null(ArrowDataType::Int64, rows))
        }
        Target::Float { .. } | Target::Number(_) => {
            Piece::Float(PrimitiveArray::new_null(ArrowDataType::Float64, rows))
        }
        Target::Bool(_) => Piece::Bool(BooleanArray::new_null(ArrowDataType::Boolean, rows)),
        Target::Date(_) => Piece::Date(PrimitiveArray::new_null(ArrowDataType::Int32, rows)),
        Target::Text | Target::Nothing => Piece::Text(Utf8ViewArray::new_null(ArrowDataType::Utf8View, rows)),
    }
}

/// Joins the stretches of a column; nothing when one does not have the final type (a fault of ours).
pub(crate) fn join(name: &str, target: Target, parts: Vec<ColumnBuild>) -> Option<Column> {
    let name = PlSmallStr::from_str(name);
    let mut pieces: Vec<Piece> =
        parts.into_iter().filter(|part| part.rows > 0).map(|part| part.finish(target)).collect::<Option<_>>()?;
    if pieces.is_empty() {
        pieces.push(missing_piece(target, 0));
    }
    macro_rules! chunks {
        ($variant:ident) => {
            pieces.into_iter().filter_map(|piece| if let Piece::$variant(array) = piece { Some(array) } else { None })
        };
    }
    Some(match target {
        Target::Int | Target::Number(Form { float: false, .. }) => {
            Int64Chunked::from_chunk_iter(name, chunks!(Int)).into_series().into_column()
        }
        Target::Float { .. } | Target::Number(_) => {
            Float64Chunked::from_chunk_iter(name, chunks!(Float)).into_series().into_column()
        }
        Target::Bool(_) => BooleanChunked::from_chunk_iter(name, chunks!(Bool)).into_series().into_column(),
        Target::Date(_) => Int32Chunked::from_chunk_iter(name, chunks!(Date)).into_date().into_series().into_column(),
        Target::Time => Int64Chunked::from_chunk_iter(name, chunks!(Int)).into_time().into_series().into_column(),
        Target::Datetime { nanos, .. } => {
            let unit = if nanos { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds };
            Int64Chunked::from_chunk_iter(name, chunks!(Int)).into_datetime(unit, None).into_series().into_column()
        }
        Target::Text | Target::Nothing => {
            StringChunked::from_chunk_iter(name, chunks!(Text)).into_series().into_column()
        }
    })
}
