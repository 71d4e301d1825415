//! From a table to what a kernel trains on: features and target as `Float64`, missing features as NaN, the part as
//! `UInt8`, in one Arrow IPC file that kernels map.
//!
//! Columns of text, categories and dates are no features. They are refused by name rather than left out silently;
//! only where nobody has built a recipe (`cairn train FILE`) they may be encoded here, fitted on the training part.

use std::path::Path;

use cairn_protocol::{
    Task,
    steps::{DropLevel, FitScope, NullLevel, Step, StepOp, UnseenLevel},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use crate::{
    error::DataError,
    frame_types::column_type,
    progress::NoProgress,
    steps::{
        Around, FittedRecipe, Parts, Table, apply,
        columns::{Codes, LevelValue, MISSING, codes, column, numbers},
        count, run_recipe, some,
    },
};

/// Distinct whole numbers up to which a target holds classes rather than amounts.
const MOST_CLASSES: usize = 20;
/// Levels up to which a text column is encoded where nobody built a recipe.
const MOST_LEVELS: usize = 50;

/// What a kernel trains on.
#[derive(Debug, Clone)]
pub struct TrainingFrame {
    /// The features, the target, the part: in this order, without nulls.
    pub frame: DataFrame,
    /// Names of the features.
    pub features: Vec<String>,
    /// Name of the target column.
    pub target: String,
    /// Name of the part column.
    pub part: String,
    /// Names of the classes by index; empty for regression.
    pub classes: Vec<String>,
    /// What is predicted.
    pub task: Task,
    /// Columns that are no features, and why.
    pub dropped: Vec<(String, String)>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// How text columns were encoded, where that was asked for: apply it to rows before scoring them.
    pub encoding: Option<FittedRecipe>,
    /// Names of the parts by number. In the part column of the frame all parts beyond training and validation are 2,
    /// since kernels know no more.
    pub part_names: Vec<String>,
    parts: Vec<u8>,
}

impl TrainingFrame {
    /// The target of each row: class index or number.
    pub fn targets(&self) -> Result<Vec<f64>, DataError> {
        numbers(column(&self.frame, &self.target)?)
    }

    /// The part of each row, as the split numbers it.
    pub fn parts(&self) -> Result<Vec<u8>, DataError> {
        Ok(self.parts.clone())
    }

    /// Writes the frame where kernels map it: complete under a temporary name, then renamed.
    pub fn write_ipc(&self, path: &Path) -> Result<(), DataError> {
        write_ipc(&self.frame, path)
    }
}

/// Makes the training table of a table. Columns in `ignore` are no features; with `encode_text`, columns of text
/// with few levels are one-hot encoded and other columns that are no numbers are left out with a warning. Rows in no part
/// of the split are left away.
pub fn training_table(
    table: &Table,
    target: &str,
    ignore: &[String],
    task: Option<Task>,
    encode_text: bool,
) -> Result<TrainingFrame, DataError> {
    if table.rows() == 0 {
        return Err(DataError::refused("the table has no rows to train on", None, "Look at the filters above"));
    }
    for name in ignore {
        column(&table.frame, name)?;
    }
    let kept;
    let table = match &table.parts {
        Some(parts) if parts.left_out() > 0 => {
            let keep: Vec<bool> = parts.as_slice().iter().map(|part| *part != Parts::LEFT_OUT).collect();
            kept = table.filter(&keep)?;
            &kept
        }
        _ => table,
    };
    let parts = table.parts.as_ref().map_or_else(|| vec![0; table.rows()], |parts| parts.as_slice().to_vec());
    let part_names =
        table.parts.as_ref().map_or_else(|| Parts::FIRST.map(str::to_owned).to_vec(), |p| p.names().to_vec());
    let mut warnings = Vec::new();
    let labels = labels(column(&table.frame, target)?, task, &parts, &mut warnings)?;
    let mut dropped: Vec<(String, String)> =
        ignore.iter().filter(|name| *name != target).map(|name| (name.clone(), "ignored".to_owned())).collect();
    let gone = |name: &str| name == target || ignore.iter().any(|ignored| ignored == name);
    let kept = table.frame.columns().iter().filter(|column| !gone(column.name())).cloned().collect();
    let kept = DataFrame::new(table.rows(), kept).map_err(DataError::table("choosing the features"))?;
    let (kept, encoding) = if encode_text {
        encode(kept, table.parts.clone(), &mut dropped, &mut warnings)?
    } else {
        refuse_unusable(&kept)?;
        (kept, None)
    };
    let features: Vec<String> = kept.get_column_names().into_iter().map(ToString::to_string).collect();
    if features.is_empty() {
        let what = format!("no column is left to predict {target} from");
        return Err(DataError::refused(what, None, "Ignore fewer columns"));
    }
    let mut columns = feature_columns(&kept, &features)?;
    for (name, column) in features.iter().zip(&columns) {
        let all_missing = column.f64().is_ok_and(|cells| cells.iter().all(|cell| cell.is_none_or(f64::is_nan)));
        if all_missing {
            warnings.push(format!("{name} has no value at all"));
        }
    }
    let taken = |name: &str| name == target || features.iter().any(|feature| feature == name);
    let part = std::iter::successors(Some("part".to_owned()), |name| Some(format!("{name}_")))
        .find(|name| !taken(name))
        .unwrap_or_default();
    columns.push(Float64Chunked::from_vec(target.into(), labels.values).into_series().into_column());
    let known = parts.iter().map(|part| (*part).min(2)).collect();
    columns.push(UInt8Chunked::from_vec(part.as_str().into(), known).into_series().into_column());
    let frame = DataFrame::new(table.rows(), columns).map_err(DataError::table("building the training table"))?;
    Ok(TrainingFrame {
        frame,
        features,
        target: target.to_owned(),
        part,
        classes: labels.classes,
        task: labels.task,
        dropped,
        warnings,
        encoding,
        part_names,
        parts,
    })
}

/// What would be predicted of a column, told as [`training_table`] tells it.
pub fn task_of(table: &Table, target: &str, task: Option<Task>) -> Result<Task, DataError> {
    let parts = vec![0; table.rows()];
    labels(column(&table.frame, target)?, task, &parts, &mut Vec::new()).map(|labels| labels.task)
}

/// The features of rows that are to be scored, in the order of the model, as a kernel reads them.
///
/// `encoding` is [`TrainingFrame::encoding`]; a recipe of the notebook has been applied before.
pub fn scoring_frame(
    frame: &DataFrame,
    features: &[String],
    encoding: Option<&FittedRecipe>,
) -> Result<DataFrame, DataError> {
    let encoded =
        encoding.map(|recipe| apply(recipe, frame, &[], &Around::default())).transpose()?.map(|applied| applied.frame);
    let frame = encoded.as_ref().unwrap_or(frame);
    let absent: Vec<&String> = features.iter().filter(|name| frame.get_column_index(name).is_none()).collect();
    if let Some(first) = absent.first() {
        let what = format!("{} of {} features are not there: {}", absent.len(), features.len(), some(&absent));
        return Err(DataError::refused(what, Some(first), "Give the file the columns the model was trained on"));
    }
    let names: Vec<&str> = features.iter().map(String::as_str).collect();
    let chosen = frame.select(names).map_err(DataError::table("choosing the features"))?;
    refuse_unusable(&chosen)?;
    let columns = feature_columns(&chosen, features)?;
    DataFrame::new(frame.height(), columns).map_err(DataError::table("building the scoring table"))
}

/// Writes a frame as one Arrow IPC file with one record batch, uncompressed, so that it can be mapped: under a
/// temporary name, then renamed. It is not forced to the disk (that takes longer than everything else): these files
/// hold what can be made again, and a reader takes one that a power cut tore for absent.
pub fn write_ipc(frame: &DataFrame, path: &Path) -> Result<(), DataError> {
    let written = |source| DataError::io(path, "written", source);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(written)?;
    let mut frame = frame.clone();
    frame.rechunk_mut_par();
    let rows = frame.height().max(1);
    let mut out = std::io::BufWriter::with_capacity(1 << 20, file.as_file_mut());
    IpcWriter::new(&mut out)
        .with_compression(None)
        .with_record_batch_size(Some(rows))
        .finish(&mut frame)
        .map_err(DataError::table(format!("writing {}", path.display())))?;
    // A writer that is dropped swallows the error of a full disk.
    std::io::Write::flush(&mut out).map_err(written)?;
    drop(out);
    file.persist(path).map_err(|error| written(error.error))?;
    Ok(())
}

/// The columns of a predictions file as a kernel wrote it: `p0, p1, …` or `prediction`, in the file's order.
pub fn read_predictions(path: &Path) -> Result<Vec<Vec<f64>>, DataError> {
    let file = std::fs::File::open(path).map_err(|source| DataError::io(path, "read", source))?;
    let frame = IpcReader::new(file).finish().map_err(|error| DataError::Format {
        path: path.to_owned(),
        format: "arrow",
        message: error.to_string(),
    })?;
    frame.columns().iter().map(|column| numbers(column.as_materialized_series())).collect()
}

fn is_usable(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::Bool | ColumnType::Int | ColumnType::Float | ColumnType::Decimal)
}

fn refuse_unusable(frame: &DataFrame) -> Result<(), DataError> {
    let unusable: Vec<String> = frame
        .columns()
        .iter()
        .map(|column| (column.name(), column_type(column.dtype())))
        .filter(|(_, kind)| !is_usable(*kind))
        .map(|(name, kind)| format!("{name} ({})", kind.as_str()))
        .collect();
    let Some(first) = unusable.first() else { return Ok(()) };
    let what = if unusable.len() == 1 {
        format!("{first} is no number, which models need")
    } else {
        format!("{} columns are no numbers, which models need: {}", unusable.len(), some(&unusable))
    };
    let column = first.rsplit_once(" (").map(|(name, _)| name.to_owned());
    let hint = "One-hot encode or drop them in a wrangle cell above, or ignore them in this one";
    Err(DataError::refused(what, column.as_deref(), hint))
}

fn feature_columns(frame: &DataFrame, features: &[String]) -> Result<Vec<Column>, DataError> {
    features
        .par_iter()
        .map(|name| {
            let cells = numbers(column(frame, name)?)?;
            Ok(Float64Chunked::from_vec(name.as_str().into(), cells).into_series().into_column())
        })
        .collect()
}

/// One-hot encodes texts with few levels, and leaves out what cannot be a feature.
fn encode(
    frame: DataFrame,
    parts: Option<Parts>,
    dropped: &mut Vec<(String, String)>,
    warnings: &mut Vec<String>,
) -> Result<(DataFrame, Option<FittedRecipe>), DataError> {
    let mut columns = Vec::new();
    let mut out = Vec::new();
    for cells in frame.columns() {
        let kind = column_type(cells.dtype());
        if is_usable(kind) {
            continue;
        }
        let reason = if matches!(kind, ColumnType::Text | ColumnType::Category) {
            let levels = codes(cells.as_materialized_series())?.levels.len();
            match levels {
                0 => "has no value".to_owned(),
                1..=MOST_LEVELS => {
                    columns.push(cells.name().to_string());
                    continue;
                }
                _ => format!("text with {} levels", count(levels as u64)),
            }
        } else {
            format!("{}s are no features", kind.as_str())
        };
        warnings.push(format!("{} is left out: {reason}", cells.name()));
        dropped.push((cells.name().to_string(), reason));
        out.push(cells.name().to_string());
    }
    let mut steps = Vec::new();
    if !out.is_empty() {
        steps.push(Step { op: StepOp::Drop { columns: out }, enabled: true });
    }
    if !columns.is_empty() {
        let fit = if parts.is_some() { FitScope::Train } else { FitScope::All };
        let op = StepOp::OneHot(cairn_protocol::steps::OneHot {
            columns,
            drop: DropLevel::None,
            nulls: NullLevel::OwnColumn,
            unseen: UnseenLevel::AllZeros,
            rare_below_percent: 0.0,
            max_categories: None,
            name_pattern: "{column}_{value}".into(),
            keep_source: false,
            fit,
            ..Default::default()
        });
        steps.push(Step { op, enabled: true });
    }
    if steps.is_empty() {
        return Ok((frame, None));
    }
    let run = run_recipe(&Table::with_parts(frame, parts)?, &steps, &Around::default(), &NoProgress)?;
    warnings.extend(run.outcomes.into_iter().flat_map(|outcome| outcome.warnings));
    Ok((run.table.frame, Some(run.fitted)))
}

/// The target as a kernel reads it.
struct Labels {
    values: Vec<f64>,
    classes: Vec<String>,
    task: Task,
}

fn labels(series: &Series, task: Option<Task>, parts: &[u8], warnings: &mut Vec<String>) -> Result<Labels, DataError> {
    let name = series.name().as_str();
    let kind = column_type(series.dtype());
    let codes = codes(series)?;
    let missing = codes.rows.iter().filter(|code| **code == MISSING).count();
    if missing > 0 {
        let row = codes.rows.iter().position(|code| *code == MISSING).unwrap_or(0) as u64 + 1;
        let what = format!(
            "the target {name} is missing in {} of {} rows, the first row {}",
            count(missing as u64),
            count(codes.rows.len() as u64),
            count(row)
        );
        return Err(DataError::refused(what, Some(name), "Filter rows without a target out in a wrangle cell above"));
    }
    if codes.levels.len() < 2 {
        let value = codes.levels.first().map_or("nothing", |level| &level.label);
        let what = format!("the target {name} is {value} in every row, which leaves nothing to predict");
        return Err(DataError::refused(what, Some(name), "Choose another target, or look at the filters above"));
    }
    let task = match task {
        Some(task) => task,
        None => match kind {
            ColumnType::Float | ColumnType::Decimal => Task::Regression,
            ColumnType::Int if codes.levels.len() > MOST_CLASSES => Task::Regression,
            ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
                let what = format!("the target {name} holds {}s", kind.as_str());
                return Err(DataError::refused(what, Some(name), "Choose a number or a class as the target"));
            }
            _ if codes.levels.len() == 2 => Task::Binary,
            _ => Task::Multiclass,
        },
    };
    if task == Task::Regression {
        return amounts(series, kind, &codes, warnings);
    }
    if task == Task::Binary && codes.levels.len() != 2 {
        let what = format!("the target {name} has {} classes, not two", count(codes.levels.len() as u64));
        return Err(DataError::refused(
            what,
            Some(name),
            "Choose the task «multiclass», or let it be told from the target",
        ));
    }
    if codes.levels.len() > 1_000 {
        let what = format!("the target {name} has {} classes", count(codes.levels.len() as u64));
        return Err(DataError::refused(
            what,
            Some(name),
            "Choose a target with fewer classes, or predict it as a number",
        ));
    }
    let (in_training, _) = codes.counts(Some(parts));
    let absent: Vec<&str> = codes
        .levels
        .iter()
        .zip(in_training)
        .filter(|(_, rows)| *rows == 0)
        .map(|(level, _)| level.label.as_str())
        .collect();
    if codes.levels.len() - absent.len() < 2 {
        let what = format!("the training part has one class of {name} only");
        return Err(DataError::refused(
            what,
            Some(name),
            "Stratify the split by the target, or give training more rows",
        ));
    }
    if !absent.is_empty() {
        warnings.push(format!("{name}: no training row has {}, so no model can predict it", some(&absent)));
    }
    Ok(Labels {
        values: codes.rows.iter().map(|code| f64::from(*code)).collect(),
        classes: codes.levels.into_iter().map(|level| level.label).collect(),
        task,
    })
}

fn amounts(series: &Series, kind: ColumnType, codes: &Codes, warnings: &mut Vec<String>) -> Result<Labels, DataError> {
    let name = series.name().as_str();
    if !is_usable(kind) {
        let what = format!("the target {name} holds {}s, which have no amounts to predict", kind.as_str());
        return Err(DataError::refused(what, Some(name), "Set its type to a number, or predict classes"));
    }
    let values = numbers(series)?;
    if let Some(row) = values.iter().position(|value| value.is_infinite()) {
        let what = format!("row {}: the target {name} is {}", count(row as u64 + 1), values[row]);
        return Err(DataError::refused(what, Some(name), "Filter that row out in a wrangle cell above"));
    }
    let whole = |level: &LevelValue| matches!(level, LevelValue::Real(value) if value.fract() == 0.0);
    if kind == ColumnType::Float && codes.levels.len() <= 2 && codes.levels.iter().all(|level| whole(&level.value)) {
        warnings.push(format!("{name} has two values and is predicted as a number; set its type to int for classes"));
    }
    Ok(Labels { values, classes: Vec::new(), task: Task::Regression })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let frame = df!(
            "x" => [Some(1i64), None, Some(3), Some(4)],
            "b" => [true, false, true, false],
            "colour" => ["red", "blue", "red", "green"],
            "y" => [10i64, 9, 10, 9],
        )
        .unwrap();
        Table::with_parts(frame, Some(Parts::new(vec![0, 0, 0, 1]).unwrap())).unwrap()
    }

    #[test]
    fn text_is_refused_by_name_or_ignored_or_encoded() {
        let error = training_table(&table(), "y", &[], None, false).unwrap_err();
        assert!(error.to_string().contains("colour (text)"), "{error}");
        assert!(error.hint().contains("One-hot"));
        let ignored = training_table(&table(), "y", &["colour".into()], None, false).unwrap();
        assert_eq!(ignored.features, ["x", "b"]);
        assert_eq!(ignored.dropped, [("colour".to_owned(), "ignored".to_owned())]);
        assert_eq!((ignored.task, ignored.classes.as_slice()), (Task::Binary, &["9".to_owned(), "10".to_owned()][..]));
        assert_eq!(ignored.targets().unwrap(), [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(ignored.parts().unwrap(), [0, 0, 0, 1]);
        assert!(numbers(column(&ignored.frame, "x").unwrap()).unwrap()[1].is_nan());
        assert_eq!(ignored.frame.column("x").unwrap().null_count(), 0, "missing is NaN, never null");

        let encoded = training_table(&table(), "y", &[], None, true).unwrap();
        assert_eq!(encoded.features, ["x", "b", "colour_blue", "colour_red"], "green is no training level");
        let again = scoring_frame(&table().frame, &encoded.features, encoded.encoding.as_ref()).unwrap();
        for name in &encoded.features {
            assert!(again.column(name).unwrap().equals_missing(encoded.frame.column(name).unwrap()), "{name}");
        }
        let part = table().frame.drop("b").unwrap();
        let error = scoring_frame(&part, &["x".into(), "b".into()], None).unwrap_err();
        assert_eq!(error.to_string(), "1 of 2 features are not there: b");
    }

    #[test]
    fn further_parts_are_not_trained_on_and_rows_in_no_part_are_left_away() {
        let names = ["train", "valid", "test", "calibration"].map(str::to_owned).to_vec();
        let frame = df!("x" => [1.0, 2.0, 3.0, 4.0, 5.0], "y" => [0i64, 1, 0, 1, 0]).unwrap();
        let parts = Parts::with_names(vec![0, 0, 3, Parts::LEFT_OUT, 1], names.clone()).unwrap();
        let made = training_table(&Table::with_parts(frame, Some(parts)).unwrap(), "y", &[], None, false).unwrap();
        assert_eq!(made.parts().unwrap(), [0, 0, 3, 1]);
        assert_eq!(made.part_names, names);
        let told: Vec<Option<u8>> = made.frame.column("part").unwrap().u8().unwrap().iter().collect();
        assert_eq!(told, [Some(0), Some(0), Some(2), Some(1)], "kernels know three parts");
        assert!(Parts::with_names(vec![4], names).is_err());
    }

    #[test]
    fn the_task_is_told_from_the_target() {
        let task = |target: Series| {
            let rows = target.len() as i64;
            let x = Series::new("x".into(), (0..rows).collect::<Vec<_>>());
            let frame = DataFrame::new(target.len(), vec![x.into_column(), target.into_column()]).unwrap();
            training_table(&Table::new(frame), "y", &[], None, false).map(|made| (made.task, made.classes.len()))
        };
        let name = || "y".into();
        assert_eq!(
            task(Series::new(name(), (0..40i64).map(|i| i % 20).collect::<Vec<_>>())).unwrap(),
            (Task::Multiclass, 20)
        );
        assert_eq!(
            task(Series::new(name(), (0..40i64).map(|i| i % 21).collect::<Vec<_>>())).unwrap(),
            (Task::Regression, 0)
        );
        assert_eq!(task(Series::new(name(), [0.5, 1.5])).unwrap(), (Task::Regression, 0));
        assert_eq!(task(Series::new(name(), [true, false])).unwrap(), (Task::Binary, 2));
        assert_eq!(task(Series::new(name(), ["a", "b", "c"])).unwrap(), (Task::Multiclass, 3));
        let error = task(Series::new(name(), ["a", "a"])).unwrap_err();
        assert_eq!(error.to_string(), "the target y is a in every row, which leaves nothing to predict");
        let error = task(Series::new(name(), [Some("a"), None, Some("b"), None])).unwrap_err();
        assert_eq!(error.to_string(), "the target y is missing in 2 of 4 rows, the first row 2");
    }

    #[test]
    fn what_is_written_is_read_back_and_a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.arrow");
        let made = training_table(&table(), "y", &["colour".into()], None, false).unwrap();
        made.write_ipc(&path).unwrap();
        let columns = read_predictions(&path).unwrap();
        assert_eq!(columns.len(), 4);
        assert_eq!(columns[2], [1.0, 0.0, 1.0, 0.0]);
        assert!(made.write_ipc(&folder.path().join("no/such/folder.arrow")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
