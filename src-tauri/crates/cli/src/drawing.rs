//! A split in the words of the command line, and the split cell that a notebook would hold for it.

use cairn_protocol::{
    ErrorInfo,
    notebook::{NamedPart, SplitCell, SplitMethod},
};
use serde::Deserialize;
use serde_json::Value;

/// Folds of a method that names them and no number.
const FOLDS: u32 = 5;
/// Methods, as they are listed in an error.
const METHODS: &str = "random, stratified, group, stratified_group, chronological (or time), ordered, column, kfold, \
                       stratified_kfold, group_kfold, stratified_group_kfold, time_kfold";

/// A split as a person says it. Names are those of a split cell, but that `by` is the column of any method.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drawing {
    pub method: String,
    pub by: Vec<String>,
    pub group: Option<String>,
    pub time: Option<String>,
    pub column: Option<String>,
    pub train: Option<f64>,
    pub valid: Option<f64>,
    pub test: Option<f64>,
    /// Further parts: names and shares.
    #[serde(alias = "part")]
    pub parts: std::collections::BTreeMap<String, f64>,
    pub seed: u64,
    pub bins: Option<u32>,
    pub cuts: Vec<String>,
    pub gap: Option<Value>,
    pub shuffle: Option<bool>,
    /// Values of the column and the parts they name.
    pub values: std::collections::BTreeMap<String, String>,
    pub folds: Option<u32>,
    pub repeats: Option<u32>,
    pub inner: Option<u32>,
    pub fold: Option<u32>,
    pub window: Option<u64>,
}

impl Drawing {
    /// From `METHOD option=value …`.
    ///
    /// # Errors
    /// There is no such method or option.
    pub fn parse(text: &str) -> Result<SplitCell, ErrorInfo> {
        let mut fields = crate::grammar::split(text)?;
        for key in ["by", "cuts"] {
            if let Some(one) = fields.get_mut(key).filter(|value| !value.is_array()) {
                let text = one.as_str().map_or_else(|| one.to_string(), str::to_owned);
                *one = Value::Array(vec![text.into()]);
            }
        }
        // Names of columns and dates may look like numbers.
        for key in ["group", "time", "column"] {
            if let Some(other) = fields.get_mut(key).filter(|value| !value.is_string()) {
                *other = Value::from(other.to_string());
            }
        }
        let drawing: Self = serde_json::from_value(Value::Object(fields)).map_err(|error| {
            ErrorInfo::usage(format!("the split cannot be read: {error}"))
                .hint("write METHOD option=value …, e.g. stratified by=stroke train=0.8 test=0.2 seed=1")
        })?;
        drawing.cell()
    }

    /// The split cell.
    ///
    /// # Errors
    /// There is no such method, or columns are named that it cannot use.
    pub fn cell(self) -> Result<SplitCell, ErrorInfo> {
        let (method, folded) = method(&self.method)?;
        let mut cell = SplitCell { method, seed: self.seed, ..SplitCell::default() };
        cell.folds = self.folds.unwrap_or(if folded { FOLDS } else { 0 });
        cell.repeats = self.repeats.unwrap_or(0);
        cell.inner = self.inner.unwrap_or(0);
        cell.fold = self.fold.unwrap_or(0);
        self.name_columns(&mut cell)?;
        self.share_out(&mut cell);
        cell.bins = self.bins;
        cell.cuts = self.cuts;
        cell.gap = self.gap.map(|gap| gap.as_str().map_or_else(|| gap.to_string(), str::to_owned));
        cell.shuffle = self.shuffle.unwrap_or(true);
        cell.window = self.window;
        cell.values = self.values;
        Ok(cell)
    }

    /// What `by` means is up to the method; the named columns go before.
    fn name_columns(&self, cell: &mut SplitCell) -> Result<(), ErrorInfo> {
        cell.group = self.group.clone();
        cell.time = self.time.clone();
        cell.column = self.column.clone();
        let mut by = self.by.iter().cloned();
        let place = match cell.method {
            SplitMethod::Group => Some(&mut cell.group),
            SplitMethod::Chronological => Some(&mut cell.time),
            SplitMethod::Column => Some(&mut cell.column),
            _ => None,
        };
        if let Some(place) = place
            && place.is_none()
        {
            *place = by.next();
        }
        cell.by = by.next();
        cell.also_by = by.collect();
        let one = !matches!(cell.method, SplitMethod::Stratified | SplitMethod::StratifiedGroup);
        if one && !cell.also_by.is_empty() {
            return Err(ErrorInfo::usage(format!("{} takes one column, not {}", self.method, self.by.join(", ")))
                .hint("several columns are for stratified and stratified_group"));
        }
        Ok(())
    }

    /// Shares that are not given: the training part has what the others leave, and parts that nobody named have none.
    fn share_out(&self, cell: &mut SplitCell) {
        cell.more = self.parts.iter().map(|(name, share)| NamedPart { name: name.clone(), share: *share }).collect();
        let rest = |others: f64| ((1.0 - others) * 1e9).round() / 1e9;
        let further: f64 = self.parts.values().sum();
        match (self.train, self.valid, self.test) {
            (None, None, None) if self.parts.is_empty() => {
                if cell.folds > 1 {
                    // All rows go round the folds.
                    (cell.train, cell.valid, cell.test) = (0.8, 0.2, 0.0);
                }
            }
            (train, valid, test) => {
                cell.valid = valid.unwrap_or(0.0);
                cell.test = test.unwrap_or(0.0);
                cell.train = train.unwrap_or_else(|| rest(cell.valid + cell.test + further));
            }
        }
    }
}

/// The method of a name, and whether it means folds.
fn method(name: &str) -> Result<(SplitMethod, bool), ErrorInfo> {
    let plain = name.to_lowercase().replace('-', "_");
    let (plain, folded) = match plain.strip_suffix("kfold") {
        Some("") => ("random", true),
        Some(kind) => (kind.trim_end_matches('_'), true),
        None => (plain.as_str(), false),
    };
    Ok((
        match plain {
            "random" => SplitMethod::Random,
            "stratified" => SplitMethod::Stratified,
            "group" => SplitMethod::Group,
            "stratified_group" => SplitMethod::StratifiedGroup,
            "chronological" | "time" => SplitMethod::Chronological,
            "ordered" => SplitMethod::Ordered,
            "column" if !folded => SplitMethod::Column,
            _ => {
                return Err(ErrorInfo::usage(format!("there is no way of splitting {name:?}"))
                    .hint(format!("methods are {METHODS}")));
            }
        },
        folded,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_is_the_column_of_the_method() {
        let cell = |text: &str| Drawing::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let stratified = cell("stratified by=stroke,sex seed=7");
        assert_eq!(
            (stratified.by.as_deref(), stratified.also_by.as_slice()),
            (Some("stroke"), &["sex".to_owned()][..])
        );
        assert_eq!((stratified.seed, stratified.train, stratified.valid), (7, 0.7, 0.15));
        let both = cell("stratified_group by=stroke group=patient");
        assert_eq!((both.by.as_deref(), both.group.as_deref()), (Some("stroke"), Some("patient")));
        assert_eq!(cell("group by=patient").group.as_deref(), Some("patient"));
        let time = cell("time by=day cuts=['2024-05-01'] gap=7d");
        assert_eq!((time.time.as_deref(), time.gap.as_deref()), (Some("day"), Some("7d")));
        assert_eq!(cell("ordered gap=3").gap.as_deref(), Some("3"));
        assert_eq!(cell("column by=part values={a='train', b='test'}").values["b"], "test");
    }

    #[test]
    fn shares_that_are_not_given_follow() {
        let shares = |text: &str| {
            let cell = Drawing::parse(text).unwrap();
            (cell.train, cell.valid, cell.test, cell.folds)
        };
        assert_eq!(shares("random"), (0.7, 0.15, 0.15, 0));
        assert_eq!(shares("random test=.2"), (0.8, 0.0, 0.2, 0));
        assert_eq!(shares("random train=.6 valid=.2 test=.2"), (0.6, 0.2, 0.2, 0));
        assert_eq!(shares("random test=.2 parts={calibration=0.1}"), (0.7, 0.0, 0.2, 0));
        assert_eq!(shares("kfold"), (0.8, 0.2, 0.0, 5));
        assert_eq!(shares("stratified_kfold by=a folds=3 test=.1"), (0.9, 0.0, 0.1, 3));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let said = |text: &str| {
            let error = Drawing::parse(text).unwrap_err();
            format!("{error} {}", error.hint)
        };
        assert!(said("stratify by=a").contains("methods are random"), "{}", said("stratify by=a"));
        assert!(said("random sed=1").contains("sed"), "{}", said("random sed=1"));
        assert!(said("group by=a,b,c").contains("one column"), "{}", said("group by=a,b,c"));
        assert!(said("column_kfold by=a").contains("no way"), "{}", said("column_kfold by=a"));
    }
}
