//! Columns whose type a person chose: read as text, then taken as that type; what does not fit becomes missing.

use cairn_protocol::table::ColumnType;
use polars::prelude::{
    BooleanChunked, Column, DataType, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn, IntoSeries, TimeUnit,
};

use super::dates;
use super::kinds::{self, DateOrder, Form, Hints, Kinds, Target, Words, classify_with, resolve};
use super::values;
use super::words::Tokens;
use crate::DataError;

/// A column taken as a type.
pub(crate) struct Forced {
    pub column: Column,
    /// Fields with content that did not fit.
    pub unfit: u64,
    pub read_as: String,
}

/// Takes a column of text as a type.
pub(crate) fn force(column: &Column, wanted: ColumnType, tokens: &Tokens, hints: Hints) -> Result<Forced, DataError> {
    let refused = |why: &str| DataError::Option {
        option: "types",
        value: format!("{}: {}", column.name(), wanted.as_str()),
        why: why.to_owned(),
    };
    let texts = column.str().map_err(DataError::table("taking a column as a type"))?;
    if matches!(wanted, ColumnType::Text | ColumnType::Category) {
        let column = match wanted {
            ColumnType::Text => column.clone(),
            _ => column
                .cast(&DataType::from_categories(polars::prelude::Categories::global()))
                .map_err(DataError::table("making categories"))?,
        };
        return Ok(Forced { column, unfit: 0, read_as: String::new() });
    }
    let family: Kinds = match wanted {
        ColumnType::Int | ColumnType::Float => kinds::NUMBERS,
        ColumnType::Date | ColumnType::Datetime => kinds::DATES,
        ColumnType::Time | ColumnType::Bool => 0,
        _ => return Err(refused("a text file holds no such values: choose text, and cast the column in a step")),
    };
    let met = texts.iter().flatten().fold(0, |met, field| met | classify_with(field.as_bytes(), tokens)) & family;
    let target = resolve(met, hints);
    let mut unfit = 0;
    let field = |text: Option<&str>| -> Option<String> {
        let text = text?.trim();
        (!text.is_empty() && tokens.find(text.as_bytes()).is_none()).then(|| text.to_owned())
    };
    let mut take = |text: Option<&str>, read: &dyn Fn(&[u8]) -> Option<Number>| {
        let text = field(text)?;
        let value = read(text.as_bytes());
        unfit += u64::from(value.is_none());
        value
    };
    let name = column.name().clone();
    let integer = |value: Option<Number>| if let Some(Number::Int(value)) = value { Some(value) } else { None };
    let real = |value: Option<Number>| if let Some(Number::Float(value)) = value { Some(value) } else { None };
    let order = match target {
        Target::Date(order) | Target::Datetime { order, .. } => order,
        _ if hints.day_first == Some(false) => DateOrder::MonthDayYear,
        _ => DateOrder::DayMonthYear,
    };
    let taken = match wanted {
        ColumnType::Int => {
            let read = |text: &[u8]| whole(text, target).map(Number::Int);
            let values: Int64Chunked = texts.iter().map(|text| integer(take(text, &read))).collect();
            values.with_name(name).into_series().into_column()
        }
        ColumnType::Float => {
            let read = |text: &[u8]| fraction(text, target).map(Number::Float);
            let values: Float64Chunked = texts.iter().map(|text| real(take(text, &read))).collect();
            values.with_name(name).into_series().into_column()
        }
        ColumnType::Bool => {
            let read = |text: &[u8]| truth(text).map(|value| Number::Int(i64::from(value)));
            let values: BooleanChunked =
                texts.iter().map(|text| integer(take(text, &read)).map(|value| value == 1)).collect();
            values.with_name(name).into_series().into_column()
        }
        ColumnType::Date => {
            let read = |text: &[u8]| day(text, order).map(|day| Number::Int(i64::from(day)));
            let values: Int32Chunked =
                texts.iter().map(|text| integer(take(text, &read)).map(|day| day as i32)).collect();
            values.with_name(name).into_date().into_series().into_column()
        }
        ColumnType::Datetime => {
            let read = |text: &[u8]| moment(text, order).map(Number::Int);
            let values: Int64Chunked = texts.iter().map(|text| integer(take(text, &read))).collect();
            values.with_name(name).into_datetime(TimeUnit::Microseconds, None).into_series().into_column()
        }
        _ => {
            let read = |text: &[u8]| values::any_time(text).map(Number::Int);
            let values: Int64Chunked = texts.iter().map(|text| integer(take(text, &read))).collect();
            values.with_name(name).into_time().into_series().into_column()
        }
    };
    let read_as = match wanted {
        ColumnType::Int | ColumnType::Float | ColumnType::Date | ColumnType::Datetime => target.read_as(met),
        _ => String::new(),
    };
    Ok(Forced { column: taken, unfit, read_as })
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

/// A whole number; leading zeros, a plus sign and a fraction of nothing but zeros are no hindrance to who asked for it.
fn whole(text: &[u8], target: Target) -> Option<i64> {
    if let Target::Number(form) = target
        && let Some(value) = values::formed_int(text, Form { float: false, ..form })
    {
        return Some(value);
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (digits, zeros) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &digits[..0]),
    };
    let start = digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len().saturating_sub(1));
    let value = values::int(&digits[start..])?;
    (value >= 0 && zeros.iter().all(|byte| *byte == b'0')).then_some(if negative { -value } else { value })
}

fn fraction(text: &[u8], target: Target) -> Option<f64> {
    let plain = match target {
        Target::Number(form) => values::formed_float(text, Form { float: true, ..form }),
        Target::Float { comma: true } => values::float_comma(text),
        _ => None,
    };
    plain.or_else(|| values::float(text)).or_else(|| values::float(text.strip_prefix(b"+")?)).or_else(|| {
        let value = whole(text, target)?;
        Some(value as f64)
    })
}

fn truth(text: &[u8]) -> Option<bool> {
    [Words::TrueFalse, Words::YesNo, Words::Tf, Words::Yn]
        .into_iter()
        .find_map(|words| values::bool_word(text, words))
        .or(match text {
            b"1" => Some(true),
            b"0" => Some(false),
            _ => None,
        })
}

fn day(text: &[u8], order: DateOrder) -> Option<i32> {
    any_day(text, order).or_else(|| moment(text, order).map(|micros| micros.div_euclid(86_400_000_000) as i32))
}

fn any_day(text: &[u8], order: DateOrder) -> Option<i32> {
    values::date(text, DateOrder::YearMonthDay)
        .or_else(|| values::date(text, order))
        .or_else(|| dates::any_day(text, order != DateOrder::MonthDayYear))
}

fn moment(text: &[u8], order: DateOrder) -> Option<i64> {
    let midnight = |day: i32| i64::from(day) * 86_400_000_000;
    if let Some(moment) = values::datetime(text) {
        return Some(moment.in_micros());
    }
    match values::split_clock(text) {
        Some((day, clock)) => Some(midnight(any_day(day, order)?) + clock.nanos / 1000),
        None => any_day(text, order).map(midnight),
    }
}
