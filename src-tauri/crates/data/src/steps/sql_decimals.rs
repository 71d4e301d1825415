//! Decimals as keys of a query. The query engine groups, joins and compares by hash, and has no hash of decimals (of
//! 128-bit numbers) built in; it gives up. Then the query runs once more with the decimals of a column written as text
//! of one length whose order is that of the numbers, and what comes out of it is read back: groups, joins, duplicates,
//! windows, order, smallest and largest are exact. What computes with such a column, or treats it as text, is an error.

use polars::prelude::*;

/// What no text of a person's begins with.
const MARK: &str = "\u{1}decimal ";
/// Added to units, so that all are positive: 8 · 10³⁷. Larger ones are left alone.
const OFFSET: i128 = 80_000_000_000_000_000_000_000_000_000_000_000_000;
/// Columns of decimals that are tried one by one, beside all at once.
const MOST: usize = 12;
/// Functions that look into a text, or make one: they would meet the marks.
const TEXT_FUNCTIONS: [&str; 17] = [
    "cast",
    "concat",
    "concat_ws",
    "contains",
    "ends_with",
    "initcap",
    "left",
    "length",
    "lower",
    "regexp_like",
    "replace",
    "reverse",
    "right",
    "starts_with",
    "substr",
    "try_cast",
    "upper",
];
/// Words that do so without parentheses.
const TEXT_WORDS: [&str; 6] = ["char", "ilike", "like", "regexp", "rlike", "varchar"];

/// Whether a word of a query treats a column as text.
pub(super) fn is_of_text(word: &str, calls: bool) -> bool {
    TEXT_WORDS.contains(&word) || calls && TEXT_FUNCTIONS.contains(&word)
}

/// The columns of decimals to write as text: each alone, then all.
pub(super) fn attempts(tables: &[(String, DataFrame)]) -> Vec<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for column in tables.iter().flat_map(|(_, frame)| frame.columns()).filter(|column| column.dtype().is_decimal()) {
        if !names.iter().any(|name| name == column.name().as_str()) {
            names.push(column.name().to_string());
        }
    }
    let mut all: Vec<Vec<String>> = names.iter().take(MOST).map(|name| vec![name.clone()]).collect();
    if names.len() > 1 {
        all.push(names);
    }
    all
}

/// The tables with the decimals of some columns as text, all with as many places as one of them has; none where a
/// number has no room for them.
pub(super) fn written(tables: &[(String, DataFrame)], names: &[String]) -> Option<Vec<(String, DataFrame)>> {
    let is_one =
        |column: &Column| column.dtype().is_decimal() && names.iter().any(|name| name == column.name().as_str());
    let scales = tables.iter().flat_map(|(_, frame)| frame.columns()).filter(|column| is_one(column));
    let scale =
        scales.filter_map(|column| column.as_materialized_series().decimal().ok().map(|one| one.scale())).max()?;
    let mut made = Vec::with_capacity(tables.len());
    for (table, frame) in tables {
        let mut columns = Vec::with_capacity(frame.width());
        for column in frame.columns() {
            columns.push(if is_one(column) { text_of(column, scale)? } else { column.clone() });
        }
        made.push((table.clone(), DataFrame::new(frame.height(), columns).ok()?));
    }
    Some(made)
}

fn text_of(column: &Column, scale: usize) -> Option<Column> {
    let decimals = column.as_materialized_series().decimal().ok()?;
    let more = 10i128.checked_pow(u32::try_from(scale.checked_sub(decimals.scale())?).ok()?)?;
    let mut builder = StringChunkedBuilder::new(column.name().clone(), column.len());
    for units in decimals.physical().iter() {
        match units {
            None => builder.append_null(),
            Some(units) => {
                let units = units.checked_mul(more).filter(|units| units.abs() < OFFSET)?;
                builder.append_value(format!("{MARK}{scale:02} {:039}", units + OFFSET));
            }
        }
    }
    Some(builder.finish().into_series().into_column())
}

/// The table with the texts of [`written`] as decimals again; none where a column holds them among others.
pub(super) fn read(frame: &DataFrame) -> Option<DataFrame> {
    let mut columns = Vec::with_capacity(frame.width());
    for column in frame.columns() {
        let marked = column.str().is_ok_and(|texts| texts.iter().flatten().any(|text| text.contains(MARK)));
        columns.push(if marked { decimals_of(column)? } else { column.clone() });
    }
    DataFrame::new(frame.height(), columns).ok()
}

fn decimals_of(column: &Column) -> Option<Column> {
    let mut scale = None;
    let mut cells: Vec<Option<i128>> = Vec::with_capacity(column.len());
    for text in column.str().ok()?.iter() {
        let Some(text) = text else {
            cells.push(None);
            continue;
        };
        let (places, units) = text.strip_prefix(MARK)?.split_once(' ')?;
        let places: usize = places.parse().ok()?;
        if units.len() != 39 || scale.replace(places).is_some_and(|before| before != places) {
            return None;
        }
        cells.push(Some(units.parse::<i128>().ok()? - OFFSET));
    }
    let units: Int128Chunked = cells.into_iter().collect();
    let made = units.into_decimal(38, scale?).ok()?.into_series();
    Some(made.with_name(column.name().clone()).into_column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_values_and_order_as_text() {
        let units = [Some(-250i128), None, Some(0), Some(99), Some(100), Some(10i128.pow(35))];
        let decimals = |scale| {
            let cells: Int128Chunked = units.into_iter().collect();
            cells.into_decimal(38, scale).unwrap().into_series().with_name("d".into()).into_column()
        };
        let table = |scale| DataFrame::new(units.len(), vec![decimals(scale)]).unwrap();
        let tables = [("a".to_owned(), table(2)), ("b".to_owned(), table(0))];
        assert_eq!(attempts(&tables), [["d"]]);
        let made = written(&tables, &["d".to_owned()]).unwrap();
        let texts: Vec<String> = made[0].1.columns()[0].str().unwrap().iter().flatten().map(str::to_owned).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(read(&made[0].1).unwrap().columns()[0].equals_missing(&decimals(2)));
        let b = read(&made[1].1).unwrap();
        let found = b.columns()[0].as_materialized_series().decimal().unwrap();
        assert_eq!((found.scale(), found.physical().get(4)), (2, Some(10_000)));
        // No room for the places of the other table.
        let large: Int128Chunked = [Some(10i128.pow(37))].into_iter().collect();
        let large = large.into_decimal(38, 0).unwrap().into_series().with_name("d".into()).into_column();
        let large = [("a".to_owned(), table(2)), ("c".to_owned(), DataFrame::new(1, vec![large]).unwrap())];
        assert!(written(&large, &["d".to_owned()]).is_none());
    }
}
