//! Columns kept, moved, copied and given tidy names.

use cairn_protocol::steps::{CleanNames, Duplicate, Keep, Move, MoveTo, NameStyle};
use polars::prelude::*;

use super::{
    columns::column,
    fitted::Learned,
    names::Names,
    operation::{Change, Operation, Stage},
};
use crate::error::DataError;

fn names_of(frame: &DataFrame) -> Vec<String> {
    frame.get_column_names().into_iter().map(ToString::to_string).collect()
}

impl Operation for Keep {
    fn transform(&self, _frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.columns.is_empty() {
            let what = "no column is named, and a table needs one";
            return Err(DataError::refused(what, None, "Name the columns that stay"));
        }
        Ok(Change { order: Some(self.columns.clone()), ..Change::default() })
    }
}

impl Operation for Move {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let mut order: Vec<String> = names_of(frame);
        order.retain(|name| !self.columns.contains(name));
        let anchor = || {
            let missing = || DataError::refused("no column says where to", None, "Name the column to move them beside");
            let anchor = self.anchor.as_ref().filter(|anchor| !anchor.is_empty()).ok_or_else(missing)?;
            order.iter().position(|name| name == anchor).ok_or_else(|| {
                let what = format!("{anchor} cannot be moved beside itself");
                DataError::refused(what, Some(anchor), "Name a column that is not moved")
            })
        };
        let at = match self.to {
            MoveTo::First => 0,
            MoveTo::Last => order.len(),
            MoveTo::Before => anchor()?,
            MoveTo::After => anchor()? + 1,
        };
        order.splice(at..at, self.columns.iter().cloned());
        Ok(Change { order: Some(order), ..Change::default() })
    }
}

impl Operation for Duplicate {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let source = column(frame, &self.column)?;
        let name = if self.name.is_empty() { format!("{}_copy", self.column) } else { self.name.clone() };
        let copy = source.clone().with_name(name.as_str().into());
        let pair = vec![source.clone().into_column(), copy.into_column()];
        Ok(Change { replaced: vec![(self.column.clone(), pair)], ..Change::default() })
    }
}

impl Operation for CleanNames {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let mut names = Names::new([]);
        let mut change = Change::default();
        for column in frame.columns() {
            let name = names.take(&cleaned(column.name(), self.style));
            if name != column.name().as_str() {
                change.notes.push(format!("{} → {name}", column.name()));
            }
            change.replaced.push((column.name().to_string(), vec![column.clone().with_name(name.into())]));
        }
        change.warnings = names.warnings;
        Ok(change)
    }
}

/// A name in a style; one that nothing is left of becomes `column`.
pub(super) fn cleaned(name: &str, style: NameStyle) -> String {
    let trimmed = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = match style {
        NameStyle::Trim => trimmed,
        NameStyle::Lower => trimmed.to_lowercase(),
        NameStyle::Upper => trimmed.to_uppercase(),
        NameStyle::SnakeCase => snake_case(&trimmed),
    };
    if clean.is_empty() { "column".into() } else { clean }
}

/// Letters and digits in lower case, one `_` in place of whatever stands between them.
fn snake_case(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_people_expect() {
        let check = |name: &str, style, expected: &str| assert_eq!(cleaned(name, style), expected);
        check("Blood Pressure (mmHg)", NameStyle::SnakeCase, "blood_pressure_mmhg");
        check("patient-ID", NameStyle::SnakeCase, "patient_id");
        check("  Größe % ", NameStyle::SnakeCase, "größe");
        check("---", NameStyle::SnakeCase, "column");
        check("  A  b ", NameStyle::Trim, "A b");
        check(" A B", NameStyle::Lower, "a b");
    }
}
