//! What is made of dates and times: parts, cyclic parts, differences, local times of other zones.
//!
//! Points in time are whole microseconds since 1970, on the clock of their own column: of a column with a zone the
//! local time there. The calendar is the proleptic Gregorian one, without leap seconds.

use std::f64::consts::TAU;

use cairn_protocol::{
    steps::{DateCyclic, DateDifference, DatePart, DateParts, TimeUnit as Unit, TimeZone as ChangeZone},
    table::ColumnType,
};
use jiff::{Unit as Calendar, civil};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{canonical_time, column, floats, wholes},
    fitted::Learned,
    names::count,
    operation::{Change, Operation, Stage},
    text::each_column,
    text_cells::cells_of,
};
use crate::{error::DataError, frame_types::column_type, import::values};

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Year, month and day of a number of days since 1970-01-01 (Hinnant 2013, «days to civil»).
pub(super) fn civil_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of a date that exists (Hinnant 2013, «days from civil»).
pub(super) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Days of a month.
pub(super) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 1 (Monday) to 7: 1970-01-01 was a Thursday.
pub(super) fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// ISO 8601: the week of a date is that of its Thursday, counted within the Thursday's year.
fn iso_week(days: i64) -> i64 {
    let thursday = days - weekday(days) + 4;
    let (year, ..) = civil_of(thursday);
    (thursday - days_of(year, 1, 1)) / 7 + 1
}

/// The points in time of a column in microseconds, and what they are. Local where the column has a zone, unless `utc`.
pub(super) fn moments(series: &Series, utc: bool) -> Result<(Vec<Option<i64>>, ColumnType), DataError> {
    let kind = column_type(series.dtype());
    let name = series.name();
    let times = match kind {
        ColumnType::Date => wholes(series)?.into_iter().map(|days| days.map(|days| days * DAY)).collect(),
        ColumnType::Time => wholes(series)?.into_iter().map(|nanos| nanos.map(|nanos| nanos / 1_000)).collect(),
        ColumnType::Datetime => {
            let micros = canonical_time(series)?;
            let micros = if utc { micros } else { naive(&micros)? };
            wholes(&micros)?
        }
        other => {
            let what = format!("{name} holds {}s, not dates", other.as_str());
            return Err(DataError::refused(what, Some(name), "Parse it as a date first"));
        }
    };
    Ok((times, kind))
}

/// The local time of a column with a zone; others as they are.
fn naive(series: &Series) -> Result<Series, DataError> {
    if !matches!(series.dtype(), DataType::Datetime(_, Some(_))) {
        return Ok(series.clone());
    }
    let doing = || DataError::table(format!("reading the local time of {}", series.name()));
    let raise: StringChunked = std::iter::once(Some("raise")).collect();
    let times = series.datetime().map_err(doing())?;
    Ok(replace_time_zone(times, None, &raise, NonExistent::Raise).map_err(doing())?.into_series())
}

fn part_name(part: DatePart) -> &'static str {
    match part {
        DatePart::Year => "year",
        DatePart::Quarter => "quarter",
        DatePart::Month => "month",
        DatePart::Week => "week",
        DatePart::Day => "day",
        DatePart::Weekday => "weekday",
        DatePart::DayOfYear => "day_of_year",
        DatePart::Hour => "hour",
        DatePart::Minute => "minute",
        DatePart::Second => "second",
        DatePart::Weekend => "weekend",
        DatePart::MonthStart => "month_start",
        DatePart::MonthEnd => "month_end",
        DatePart::Epoch => "epoch",
    }
}

/// A part of a point in time.
fn part_of(micros: i64, part: DatePart) -> i64 {
    let days = micros.div_euclid(DAY);
    let seconds = micros.rem_euclid(DAY) / SECOND;
    match part {
        DatePart::Hour => seconds / 3_600,
        DatePart::Minute => seconds / 60 % 60,
        DatePart::Second => seconds % 60,
        DatePart::Epoch => micros.div_euclid(SECOND),
        DatePart::Weekday => weekday(days),
        DatePart::Weekend => i64::from(weekday(days) > 5),
        DatePart::Week => iso_week(days),
        DatePart::Year => civil_of(days).0,
        DatePart::Quarter => (civil_of(days).1 - 1) / 3 + 1,
        DatePart::Month => civil_of(days).1,
        DatePart::Day => civil_of(days).2,
        DatePart::DayOfYear => days - days_of(civil_of(days).0, 1, 1) + 1,
        DatePart::MonthStart => i64::from(civil_of(days).2 == 1),
        DatePart::MonthEnd => {
            let (year, month, day) = civil_of(days);
            i64::from(day == month_length(year, month))
        }
    }
}

/// Refuses what a column does not have: hours of a date, days of a time.
fn check_part(name: &str, kind: ColumnType, part: DatePart) -> Result<(), DataError> {
    let of_clock = matches!(part, DatePart::Hour | DatePart::Minute | DatePart::Second);
    let what = match kind {
        ColumnType::Date if of_clock => format!("{name} holds dates without a time, so no {}", part_name(part)),
        ColumnType::Time if !of_clock => {
            format!("{name} holds times of day, so no {}", part_name(part).replace('_', " "))
        }
        _ => return Ok(()),
    };
    Err(DataError::refused(what, Some(name), "Leave that part out, or choose another column"))
}

fn distinct(parts: &[DatePart]) -> Vec<DatePart> {
    let mut out: Vec<DatePart> = Vec::new();
    for part in parts {
        if !out.contains(part) {
            out.push(*part);
        }
    }
    out
}

impl Operation for DateParts {
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let parts = distinct(&self.parts);
        each_column(&self.columns, |name| {
            let series = column(frame, name)?;
            let (times, kind) = moments(series, false)?;
            parts.iter().try_for_each(|part| check_part(name, kind, *part))?;
            let made: Vec<Result<Column, DataError>> = parts
                .par_iter()
                .map(|part| {
                    let cells: Int64Chunked =
                        times.iter().map(|time| time.map(|micros| part_of(micros, *part))).collect();
                    let dtype = match part {
                        DatePart::Epoch => DataType::Int64,
                        DatePart::Year => DataType::Int32,
                        DatePart::Weekend | DatePart::MonthStart | DatePart::MonthEnd => DataType::UInt8,
                        _ => DataType::Int16,
                    };
                    let cells = cells.into_series().with_name(format!("{name}_{}", part_name(*part)).into());
                    Ok(cells.cast(&dtype).map_err(DataError::table("reading parts of dates"))?.into_column())
                })
                .collect();
            let source = self.keep_source.then(|| Ok(series.clone().into_column()));
            Ok((source.into_iter().chain(made).collect::<Result<_, DataError>>()?, 0, Vec::new()))
        })
    }
}

/// The value and the length of its circle; none for a part that does not go round.
fn turn(micros: i64, part: DatePart) -> Option<(f64, f64)> {
    let value = part_of(micros, part) as f64;
    let period = match part {
        DatePart::Month => 12.0,
        DatePart::Weekday => 7.0,
        DatePart::DayOfYear => 365.25,
        DatePart::Hour => 24.0,
        DatePart::Minute | DatePart::Second => 60.0,
        DatePart::Day => {
            let (year, month, _) = civil_of(micros.div_euclid(DAY));
            month_length(year, month) as f64
        }
        _ => return None,
    };
    Some((value, period))
}

impl Operation for DateCyclic {
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let parts = distinct(&self.parts);
        each_column(&self.columns, |name| {
            let series = column(frame, name)?;
            let (times, kind) = moments(series, false)?;
            for part in &parts {
                check_part(name, kind, *part)?;
                if turn(0, *part).is_none() {
                    let what = format!("{} does not go round", part_name(*part).replace('_', " "));
                    let hint = "Choose month, weekday, day of year, day, hour, minute or second";
                    return Err(DataError::refused(what, Some(name), hint));
                }
            }
            let pairs: Vec<[Column; 2]> = parts
                .par_iter()
                .map(|part| {
                    let angles: Vec<f64> = times
                        .iter()
                        .map(|time| {
                            let turn = time.and_then(|micros| turn(micros, *part));
                            turn.map_or(f64::NAN, |(value, period)| TAU * value / period)
                        })
                        .collect();
                    let part = part_name(*part);
                    let sin = angles.iter().map(|angle| angle.sin()).collect();
                    let cos = angles.iter().map(|angle| angle.cos()).collect();
                    [floats(&format!("{name}_{part}_sin"), sin), floats(&format!("{name}_{part}_cos"), cos)]
                })
                .collect();
            let source = self.keep_source.then(|| series.clone().into_column());
            Ok((source.into_iter().chain(pairs.into_iter().flatten()).collect(), 0, Vec::new()))
        })
    }
}

fn civil_time(micros: i64) -> Option<civil::DateTime> {
    let (year, month, day) = civil_of(micros.div_euclid(DAY));
    let of_day = micros.rem_euclid(DAY);
    let (seconds, nanos) = (of_day / SECOND, of_day % SECOND * 1_000);
    civil::DateTime::new(
        i16::try_from(year).ok()?,
        month as i8,
        day as i8,
        (seconds / 3_600) as i8,
        (seconds / 60 % 60) as i8,
        (seconds % 60) as i8,
        nanos as i32,
    )
    .ok()
}

/// Whole months or years from one point to another, as `jiff` (and Temporal) count them.
fn calendar(from: i64, to: i64, unit: Calendar) -> Option<i64> {
    let span = civil_time(from)?.until((unit, civil_time(to)?)).ok()?;
    Some(if unit == Calendar::Year { i64::from(span.get_years()) } else { i64::from(span.get_months()) })
}

impl Operation for DateDifference {
    /// Whole numbers for months, years, and days between two columns of dates; otherwise numbers.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let from = column(frame, &self.from)?;
        let to = self.to.as_deref().filter(|name| !name.is_empty()).map(|name| column(frame, name)).transpose()?;
        if self.name.trim().is_empty() {
            return Err(DataError::refused("the new column has no name", None, "Give it a name"));
        }
        let zoned = |series: &Series| matches!(series.dtype(), DataType::Datetime(_, Some(_)));
        let fixed = !matches!(self.unit, Unit::Months | Unit::Years);
        let utc = fixed && zoned(from) && to.is_none_or(zoned);
        let (begin, kind) = moments(from, utc)?;
        let (end, end_kind) = match (to, self.until.as_deref().filter(|until| !until.trim().is_empty())) {
            (Some(to), _) => moments(to, utc)?,
            (None, Some(until)) => (vec![fixed_point(until.trim(), &self.from)?], kind),
            (None, None) => {
                let what = "there is no end to measure to";
                return Err(DataError::refused(what, Some(&self.from), "Choose a second column, or give a date"));
            }
        };
        if (kind == ColumnType::Time) != (end_kind == ColumnType::Time) {
            let what = format!("{} and the end are not both times of day, or both dates", self.from);
            return Err(DataError::refused(what, Some(&self.from), "Choose two columns of one kind"));
        }
        if kind == ColumnType::Time && (!fixed || to.is_none()) {
            let what = format!("{} holds times of day", self.from);
            return Err(DataError::refused(
                what,
                Some(&self.from),
                "Choose dates, or hours between two columns of times",
            ));
        }
        let ends = |row: usize| if to.is_some() { end[row] } else { end[0] };
        let pairs = begin.par_iter().enumerate().map(|(row, begin)| begin.zip(ends(row)));
        let unit = match self.unit {
            Unit::Weeks => 7 * DAY,
            Unit::Days => DAY,
            Unit::Hours => 3_600 * SECOND,
            Unit::Minutes => 60 * SECOND,
            Unit::Seconds => SECOND,
            Unit::Months | Unit::Years => 0,
        };
        let mut change = Change::default();
        let made = if unit == 0 {
            let largest = if self.unit == Unit::Years { Calendar::Year } else { Calendar::Month };
            let cells: Vec<Option<i64>> =
                pairs.map(|pair| pair.and_then(|(from, to)| calendar(from, to, largest))).collect();
            let there = begin.iter().enumerate().filter(|(row, begin)| begin.is_some() && ends(*row).is_some()).count();
            let beyond = there - cells.iter().flatten().count();
            if beyond > 0 {
                change.warnings.push(format!("{} lie outside the years −9,999 to 9,999", cells_of(beyond as u64)));
            }
            Int64Chunked::from_iter_options(self.name.as_str().into(), cells.into_iter()).into_series().into_column()
        } else if self.unit == Unit::Days && kind == ColumnType::Date && to.is_some() && end_kind == kind {
            let cells: Vec<Option<i64>> = pairs.map(|pair| pair.map(|(from, to)| (to - from) / DAY)).collect();
            Int64Chunked::from_iter_options(self.name.as_str().into(), cells.into_iter()).into_series().into_column()
        } else {
            let far = |from: i64, to: i64| (i128::from(to) - i128::from(from)) as f64;
            floats(&self.name, pairs.map(|pair| pair.map_or(f64::NAN, |(a, b)| far(a, b) / unit as f64)).collect())
        };
        change.added.push(made);
        Ok(change)
    }
}

/// Microseconds of an ISO 8601 date or date and time.
fn fixed_point(text: &str, column: &str) -> Result<Option<i64>, DataError> {
    let day = values::date(text.as_bytes(), crate::import::kinds::DateOrder::YearMonthDay);
    let found = match day {
        Some(days) => Some(i64::from(days) * DAY),
        None => values::datetime(text.as_bytes()).map(values::Moment::in_micros),
    };
    if found.is_none() {
        let what = format!("«{text}» is no date");
        return Err(DataError::refused(what, Some(column), "Write it as 2024-12-31 or 2024-12-31 18:30"));
    }
    Ok(found)
}

impl Operation for ChangeZone {
    /// The zone database is the one compiled in (IANA, by `chrono-tz`), the same on every machine. A local time that
    /// occurs twice (clocks go back) is the earlier; one that does not occur (clocks go forward) is read with the
    /// offset before the change, so it moves on by the gap. Both are counted in a warning. A column that knows its
    /// zone keeps to it, and `from` does not count.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let zone = |name: &str| {
            let unknown = || {
                let what = format!("there is no time zone «{name}»");
                DataError::refused(what, None, "Write it as Europe/Berlin, America/New_York or UTC")
            };
            let name = name.trim();
            polars::prelude::TimeZone::opt_try_new(Some(name)).ok().flatten().ok_or_else(unknown)
        };
        let (from, to) = (zone(&self.from)?, zone(&self.to)?);
        each_column(&self.columns, |name| {
            let series = column(frame, name)?;
            if column_type(series.dtype()) != ColumnType::Datetime {
                let kind = column_type(series.dtype());
                let what = format!("{name} holds {}s, not dates with a time", kind.as_str());
                return Err(DataError::refused(what, Some(name), "Parse it as a date and time first"));
            }
            let doing = || DataError::table(format!("changing the time zone of {name}"));
            let mut warnings = Vec::new();
            let times = canonical_time(series)?;
            let (mut instants, zoned) = (wholes(&times)?, matches!(times.dtype(), DataType::Datetime(_, Some(_))));
            if zoned {
                warnings.push(format!("{name} knows its own zone, «{}» was not used", self.from));
            } else {
                let local = times.datetime().map_err(doing())?;
                let read = |ambiguous: &str, local: &DatetimeChunked| {
                    let ambiguous: StringChunked = std::iter::once(Some(ambiguous)).collect();
                    let made = replace_time_zone(local, Some(&from), &ambiguous, NonExistent::Null).map_err(doing())?;
                    wholes(&made.into_series())
                };
                let (earlier, later) = rayon::join(|| read("earliest", local), || read("latest", local));
                let (earlier, later) = (earlier?, later?);
                let twice = earlier.iter().zip(&later).filter(|(a, b)| a != b).count();
                let gaps: Vec<usize> =
                    (0..earlier.len()).filter(|row| instants[*row].is_some() && earlier[*row].is_none()).collect();
                // The offset before a gap is that of the day before.
                let before: Int64Chunked = gaps.iter().map(|row| instants[*row].map(|time| time - DAY)).collect();
                let before = before.into_datetime(TimeUnit::Microseconds, None);
                let moved = read("earliest", &before)?;
                instants = earlier;
                for (row, time) in gaps.iter().zip(moved) {
                    instants[*row] = time.map(|time| time + DAY);
                }
                if twice > 0 {
                    let what = cells_of(twice as u64);
                    warnings
                        .push(format!("{name}: {what} stand for two moments in {}, read as the earlier", self.from));
                }
                if !gaps.is_empty() {
                    let what = count(gaps.len() as u64);
                    warnings
                        .push(format!("{name}: {what} local times do not exist in {}, moved on by the gap", self.from));
                }
            }
            let instants: Int64Chunked = instants.into_iter().collect();
            let there = instants.into_datetime(TimeUnit::Microseconds, Some(to.clone())).into_series();
            let made = naive(&there)?.with_name(name.into());
            let changed = match naive(&times)?.not_equal_missing(&made) {
                Ok(differs) => differs.sum().unwrap_or_default().into(),
                Err(_) => made.len() as u64,
            };
            Ok((vec![made.into_column()], changed, warnings))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_agrees_with_jiff() {
        for days in (-800_000..800_000).step_by(37).chain(-3_000..60_000) {
            let (year, month, day) = civil_of(days);
            assert_eq!(days_of(year, month, day), days);
            let date = civil::Date::new(year as i16, month as i8, day as i8).unwrap();
            assert_eq!(i64::from(date.weekday().to_monday_one_offset()), weekday(days));
            assert_eq!(i64::from(date.iso_week_date().week()), iso_week(days), "{date}");
            assert_eq!(i64::from(date.days_in_month()), month_length(year, month));
        }
    }

    #[test]
    fn months_and_ages_are_whole() {
        let check = |from: (i64, i64, i64), to: (i64, i64, i64), months: i64, years: i64| {
            let (from, to) = (days_of(from.0, from.1, from.2) * DAY, days_of(to.0, to.1, to.2) * DAY);
            assert_eq!(calendar(from, to, Calendar::Month), Some(months));
            assert_eq!(calendar(from, to, Calendar::Year), Some(years));
        };
        check((1980, 5, 17), (2026, 5, 16), 551, 45);
        check((1980, 5, 17), (2026, 5, 17), 552, 46);
        check((2024, 2, 29), (2025, 2, 28), 11, 0);
        check((2024, 1, 1), (2023, 12, 1), -1, 0);
        assert_eq!(calendar(i64::MAX, 0, Calendar::Month), None);
    }
}
