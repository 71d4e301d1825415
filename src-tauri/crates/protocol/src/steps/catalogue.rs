//! What a person sees of each operation: title, group, the fields of its form. One flat table, from which the forms,
//! the search for a step, its help and the documentation come.

use serde_json::Value;

use super::{Step, StepOp};
use crate::{
    ErrorInfo,
    reading::{Misread, Node, closest},
};

/// Groups in the order in which they are listed.
pub const GROUPS: [&str; 11] = [
    "Columns",
    "Rows",
    "Missing values",
    "Encode",
    "Numbers",
    "Text",
    "Dates",
    "Series",
    "Tables",
    "Sampling",
    "Privacy",
];

/// An operation as a person meets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSpec {
    /// Name in files.
    pub op: &'static str,
    /// Title: a verb.
    pub title: &'static str,
    /// One of [`GROUPS`].
    pub group: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Other words that people look for.
    pub words: &'static str,
    /// The fields of its form.
    pub fields: &'static [FieldSpec],
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSpec {
    /// Name in files.
    pub key: &'static str,
    /// Label.
    pub label: &'static str,
    /// What is entered.
    pub kind: FieldKind,
    /// More, shown below or on hover.
    pub help: &'static str,
    /// Shown only when another field has one of these values: `method=quantile|bounds`; empty: always.
    pub when: &'static str,
}

/// Which columns a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Any.
    Any,
    /// Numbers.
    Numbers,
    /// Text and categories.
    Text,
    /// What has levels: all but floats, lists and structs.
    Levels,
    /// Dates and times.
    Times,
}

/// What is entered in a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// Names of columns.
    Columns(Accepts),
    /// Name of a column.
    Column(Accepts),
    /// Name of a column, or none.
    OptionalColumn(Accepts),
    /// One of several: value and title; the first is the default.
    Choice(&'static [(&'static str, &'static str)]),
    /// Some of several.
    Choices(&'static [(&'static str, &'static str)]),
    /// Text.
    Text {
        /// Shown while it is empty.
        hint: &'static str,
    },
    /// Text, or none when empty.
    OptionalText {
        /// Shown while it is empty.
        hint: &'static str,
    },
    /// A list of texts, in order.
    Texts,
    /// A number within limits.
    Number {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// A number, or none when empty.
    OptionalNumber {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// A list of numbers.
    Numbers,
    /// A whole number within limits.
    Whole {
        /// Smallest.
        low: i64,
        /// Largest.
        high: i64,
    },
    /// A whole number, or none when empty.
    OptionalWhole {
        /// Smallest.
        low: i64,
        /// Largest.
        high: i64,
    },
    /// On or off.
    Switch,
    /// A value of the type of the columns.
    Value,
    /// Columns and their new names.
    Renamings,
    /// Old and new values.
    Pairs,
    /// Conditions joined by all, any and not; `combine` stands beside them.
    Conditions,
    /// Columns and directions.
    SortKeys,
    /// Columns, functions and names.
    Aggregations,
    /// Pairs of columns of two tables.
    JoinKeys,
    /// Name of another cell with a table.
    Cell,
    /// Names of other cells with tables.
    Cells,
    /// A scalar expression, with completion of columns and functions.
    Expression,
    /// A query, with completion of tables, columns and functions.
    Sql,
    /// Changes of single cells.
    CellEdits,
    /// The rows it learns from.
    Fit,
}

impl FieldSpec {
    /// Whether the field is shown for a step in its file form.
    #[must_use]
    pub fn is_shown(&self, step: &Value) -> bool {
        let Some((key, values)) = self.when.split_once('=') else { return true };
        let now = match step.get(key) {
            Some(Value::String(now)) => now.clone(),
            _ => spec_of(step.get("op").and_then(Value::as_str).unwrap_or_default())
                .and_then(|spec| spec.fields.iter().find(|field| field.key == key))
                .and_then(|field| match field.kind {
                    FieldKind::Choice(options) => options.first().map(|(value, _)| (*value).to_owned()),
                    _ => None,
                })
                .unwrap_or_default(),
        };
        values.split('|').any(|value| value == now)
    }
}

/// The spec of an operation by its name in files.
#[must_use]
pub fn spec_of(op: &str) -> Option<&'static StepSpec> {
    STEPS.iter().find(|spec| spec.op == op)
}

/// The keys that a step of an operation may have in files beside `op` and `enabled`; none where there is no such
/// operation. They are those that serde reads, asked of serde itself: no list beside the structs can fall behind them.
#[must_use]
pub fn keys_of(op: &str) -> Option<&'static [&'static str]> {
    spec_of(op)?;
    // No struct has a field of this name.
    let asked = Node::Map(vec![("op".into(), Node::Text(op.into())), ("?".into(), Node::Null)]);
    match asked.read::<StepOp>() {
        Err(Misread::UnknownKey { known, .. }) => Some(known),
        _ => None,
    }
}

/// Why a step of a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong and what is known, without the place of the step.
    pub info: ErrorInfo,
    /// The word that is not known, so that its line can be found.
    pub word: Option<String>,
}

/// Reads a step of a document.
///
/// # Errors
/// An operation, a key or a name that is not known, a key that is missing, or a value that does not fit.
pub fn read_step(node: &Node) -> Result<Step, Unreadable> {
    let op = node.get("op").and_then(Node::as_str);
    let Some(spec) = op.and_then(spec_of) else {
        let info = match op {
            None => ErrorInfo::bad_input("the step has no key «op»").hint("it names the operation: op = \"drop\""),
            Some(op) => {
                let known = closest(op, STEPS.iter().map(|spec| spec.op));
                let hint = match known.as_slice() {
                    [] => "a newer Cairn may know it".to_owned(),
                    near => format!("did you mean «{}»?", near.join("», «")),
                };
                ErrorInfo::bad_input(format!("there is no operation «{op}»")).hint(hint)
            }
        };
        return Err(Unreadable { info, word: op.map(str::to_owned) });
    };
    node.read::<Step>().map_err(|misread| {
        let what = match &misread {
            Misread::UnknownKey { key, .. } => format!("«{}» ({}) has no option «{key}»", spec.title, spec.op),
            other => format!("«{}» ({}) cannot be read: {other}", spec.title, spec.op),
        };
        let info = ErrorInfo::bad_input(what).hint(misread.hint());
        Unreadable { info, word: misread.word().map(str::to_owned) }
    })
}

/// An operation with its defaults.
#[must_use]
pub fn default_of(op: &str) -> Option<StepOp> {
    serde_json::from_value(serde_json::json!({ "op": op })).ok()
}

/// The keys of an operation's options in files, in the order of its form.
#[must_use]
pub fn options_of(op: &str) -> Vec<String> {
    let Some(spec) = spec_of(op) else { return Vec::new() };
    let mut keys: Vec<String> = spec.fields.iter().map(|field| field.key.to_owned()).collect();
    // Options that stand beside a field of the form (`combine` beside the conditions) are in the file form alone.
    let written = default_of(op).and_then(|op| serde_json::to_value(op).ok());
    for key in written.iter().filter_map(Value::as_object).flat_map(|options| options.keys()) {
        if key != "op" && !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

/// A field without help that is always shown.
const fn field(key: &'static str, label: &'static str, kind: FieldKind) -> FieldSpec {
    FieldSpec { key, label, kind, help: "", when: "" }
}

/// A field with help.
const fn helped(key: &'static str, label: &'static str, kind: FieldKind, help: &'static str) -> FieldSpec {
    FieldSpec { key, label, kind, help, when: "" }
}

/// A field that is shown in some cases.
const fn shown_when(
    key: &'static str,
    label: &'static str,
    kind: FieldKind,
    when: &'static str,
    help: &'static str,
) -> FieldSpec {
    FieldSpec { key, label, kind, help, when }
}

/// The name of an operation in files.
pub(super) fn name_of(op: &StepOp) -> &'static str {
    match op {
        StepOp::Drop { .. } => "drop",
        StepOp::Keep(_) => "keep",
        StepOp::Rename { .. } => "rename",
        StepOp::CleanNames(_) => "clean_names",
        StepOp::Move(_) => "move",
        StepOp::Duplicate(_) => "duplicate",
        StepOp::Cast { .. } => "cast",
        StepOp::Filter { .. } => "filter",
        StepOp::Sort(_) => "sort",
        StepOp::Sample(_) => "sample",
        StepOp::Shuffle(_) => "shuffle",
        StepOp::Deduplicate(_) => "deduplicate",
        StepOp::DropMissing(_) => "drop_missing",
        StepOp::EditCells(_) => "edit_cells",
        StepOp::Impute(_) => "impute",
        StepOp::OneHot(_) => "one_hot",
        StepOp::OneHotInverse(_) => "one_hot_inverse",
        StepOp::Ordinal(_) => "ordinal",
        StepOp::TargetEncode(_) => "target_encode",
        StepOp::FrequencyEncode(_) => "frequency_encode",
        StepOp::HashEncode(_) => "hash_encode",
        StepOp::BinaryEncode(_) => "binary_encode",
        StepOp::SplitFlags { .. } => "split_flags",
        StepOp::GroupRare(_) => "group_rare",
        StepOp::Scale(_) => "scale",
        StepOp::Bin(_) => "bin",
        StepOp::Outliers(_) => "outliers",
        StepOp::Pca(_) => "pca",
        StepOp::Formula(_) => "formula",
        StepOp::Text(_) => "text",
        StepOp::SplitText(_) => "split_text",
        StepOp::ExtractText(_) => "extract_text",
        StepOp::ReplaceText(_) => "replace_text",
        StepOp::ReplaceValues(_) => "replace_values",
        StepOp::TextMeasures(_) => "text_measures",
        StepOp::TextVectors(_) => "text_vectors",
        StepOp::ParseDate(_) => "parse_date",
        StepOp::DateParts(_) => "date_parts",
        StepOp::DateCyclic(_) => "date_cyclic",
        StepOp::DateDifference(_) => "date_difference",
        StepOp::TimeZone(_) => "time_zone",
        StepOp::Lag(_) => "lag",
        StepOp::Rolling(_) => "rolling",
        StepOp::Resample(_) => "resample",
        StepOp::FillGaps(_) => "fill_gaps",
        StepOp::Join(_) => "join",
        StepOp::Concat(_) => "concat",
        StepOp::Sql(_) => "sql",
        StepOp::GroupBy(_) => "group_by",
        StepOp::Pivot(_) => "pivot",
        StepOp::Unpivot(_) => "unpivot",
        StepOp::Transpose(_) => "transpose",
        StepOp::Explode(_) => "explode",
        StepOp::FlattenJson(_) => "flatten_json",
        StepOp::Balance(_) => "balance",
        StepOp::Anonymise(_) => "anonymise",
    }
}

/// All operations, in the order in which they are listed.
pub const STEPS: &[StepSpec] = &[
    StepSpec {
        op: "drop",
        title: "Drop columns",
        group: "Columns",
        about: "Removes columns",
        words: "remove delete select",
        fields: &[field("columns", "Columns", FieldKind::Columns(Accepts::Any))],
    },
    StepSpec {
        op: "keep",
        title: "Keep columns",
        group: "Columns",
        about: "Keeps only the named columns, in the order given",
        words: "select order",
        fields: &[field("columns", "Columns", FieldKind::Columns(Accepts::Any))],
    },
    StepSpec {
        op: "rename",
        title: "Rename columns",
        group: "Columns",
        about: "Gives columns new names",
        words: "name header",
        fields: &[field("names", "Old and new name", FieldKind::Renamings)],
    },
    StepSpec {
        op: "clean_names",
        title: "Clean names",
        group: "Columns",
        about: "Gives all columns names of one style",
        words: "snake case lower header",
        fields: &[field(
            "style",
            "Style",
            FieldKind::Choice(&[
                ("snake_case", "snake_case"),
                ("lower", "lower case"),
                ("upper", "UPPER CASE"),
                ("trim", "Trim spaces"),
            ]),
        )],
    },
    StepSpec {
        op: "move",
        title: "Move columns",
        group: "Columns",
        about: "Changes the order of columns",
        words: "reorder first last",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            field(
                "to",
                "Where to",
                FieldKind::Choice(&[("first", "First"), ("last", "Last"), ("before", "Before"), ("after", "After")]),
            ),
            shown_when("anchor", "Column", FieldKind::OptionalColumn(Accepts::Any), "to=before|after", ""),
        ],
    },
    StepSpec {
        op: "duplicate",
        title: "Duplicate column",
        group: "Columns",
        about: "Copies a column",
        words: "copy clone",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Any)),
            field("name", "New name", FieldKind::Text { hint: "copy" }),
        ],
    },
    StepSpec {
        op: "cast",
        title: "Set type",
        group: "Columns",
        about: "Changes the type of columns",
        words: "convert type number text date",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            field(
                "to",
                "New type",
                FieldKind::Choice(&[
                    ("text", "Text"),
                    ("bool", "Yes or no"),
                    ("int", "Whole number"),
                    ("float", "Number"),
                    ("decimal", "Decimal"),
                    ("date", "Date"),
                    ("datetime", "Date and time"),
                    ("time", "Time"),
                    ("category", "Category"),
                ]),
            ),
            field(
                "unfit",
                "What does not fit",
                FieldKind::Choice(&[("error", "Is an error"), ("null", "Becomes null")]),
            ),
        ],
    },
    StepSpec {
        op: "filter",
        title: "Filter rows",
        group: "Rows",
        about: "Keeps or deletes rows that meet conditions",
        words: "where select condition regex",
        fields: &[
            field("conditions", "Conditions", FieldKind::Conditions),
            field("action", "Rows that meet them", FieldKind::Choice(&[("keep", "Stay"), ("delete", "Go")])),
        ],
    },
    StepSpec {
        op: "sort",
        title: "Sort rows",
        group: "Rows",
        about: "Sorts rows, stably",
        words: "order arrange",
        fields: &[
            field("by", "Sort by", FieldKind::SortKeys),
            field("nulls_first", "Missing values first", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "sample",
        title: "Sample rows",
        group: "Rows",
        about: "Keeps some of the rows; not replayed on new rows",
        words: "head tail random stratified limit",
        fields: &[
            field(
                "method",
                "Which",
                FieldKind::Choice(&[
                    ("first", "First"),
                    ("last", "Last"),
                    ("random", "Random"),
                    ("stratified", "Stratified"),
                    ("every_nth", "Every n-th"),
                ]),
            ),
            helped("rows", "Rows", FieldKind::OptionalWhole { low: 1, high: i64::MAX }, "With «every n-th» the n"),
            shown_when(
                "percent",
                "Percent",
                FieldKind::OptionalNumber { low: 0.0, high: 100.0 },
                "method=first|last|random|stratified",
                "",
            ),
            shown_when("by", "Within", FieldKind::OptionalColumn(Accepts::Any), "method=stratified", ""),
            shown_when(
                "seed",
                "Seed",
                FieldKind::Whole { low: 0, high: u32::MAX as i64 },
                "method=random|stratified",
                "",
            ),
        ],
    },
    StepSpec {
        op: "shuffle",
        title: "Shuffle rows",
        group: "Rows",
        about: "Puts rows in random order; not replayed on new rows",
        words: "random permute",
        fields: &[field("seed", "Seed", FieldKind::Whole { low: 0, high: u32::MAX as i64 })],
    },
    StepSpec {
        op: "deduplicate",
        title: "Remove duplicates",
        group: "Rows",
        about: "Removes rows that are equal in the named columns",
        words: "unique distinct duplicates",
        fields: &[
            helped("columns", "Columns", FieldKind::Columns(Accepts::Any), "None chosen: all columns"),
            field(
                "keep",
                "Which row stays",
                FieldKind::Choice(&[
                    ("first", "First"),
                    ("last", "Last"),
                    ("none", "None"),
                    ("min", "Smallest of"),
                    ("max", "Largest of"),
                ]),
            ),
            shown_when("by", "Column", FieldKind::OptionalColumn(Accepts::Any), "keep=min|max", ""),
        ],
    },
    StepSpec {
        op: "drop_missing",
        title: "Drop missing",
        group: "Rows",
        about: "Drops rows or columns with too many missing values",
        words: "null na dropna threshold",
        fields: &[
            field("axis", "Drop", FieldKind::Choice(&[("rows", "Rows"), ("columns", "Columns")])),
            helped("columns", "Columns", FieldKind::Columns(Accepts::Any), "None chosen: all columns"),
            helped(
                "above_percent",
                "Missing above, %",
                FieldKind::Number { low: 0.0, high: 100.0 },
                "0: when any value is missing",
            ),
            shown_when("fit", "Fit on", FieldKind::Fit, "axis=columns", ""),
        ],
    },
    StepSpec {
        op: "edit_cells",
        title: "Edit cells",
        group: "Rows",
        about: "Changes single cells by hand; not replayed on new rows",
        words: "cell value fix",
        fields: &[field("edits", "Cells", FieldKind::CellEdits)],
    },
    StepSpec {
        op: "impute",
        title: "Fill missing",
        group: "Missing values",
        about: "Fills missing values",
        words: "impute null na mean median knn forward interpolate",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            field(
                "strategy",
                "Fill with",
                FieldKind::Choice(&[
                    ("mean", "Mean"),
                    ("median", "Median"),
                    ("mode", "Most frequent"),
                    ("constant", "A value"),
                    ("forward", "Value before"),
                    ("backward", "Value behind"),
                    ("linear", "On the line"),
                    ("knn", "Nearest rows"),
                ]),
            ),
            shown_when("value", "Value", FieldKind::Value, "strategy=constant", ""),
            shown_when(
                "by",
                "Within groups of",
                FieldKind::Columns(Accepts::Any),
                "strategy=mean|median|mode|forward|backward|linear",
                "None: over all rows",
            ),
            shown_when(
                "order",
                "In the order of",
                FieldKind::OptionalColumn(Accepts::Any),
                "strategy=forward|backward|linear",
                "",
            ),
            shown_when("neighbours", "Neighbours", FieldKind::Whole { low: 1, high: 1000 }, "strategy=knn", ""),
            field("indicator", "Add a column that marks what was missing", FieldKind::Switch),
            shown_when("fit", "Fit on", FieldKind::Fit, "strategy=mean|median|mode|knn", ""),
        ],
    },
    StepSpec {
        op: "one_hot",
        title: "One-hot encode",
        group: "Encode",
        about: "One 0/1 column for each level",
        words: "dummies encode category",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            field(
                "parity",
                "As in",
                FieldKind::Choice(&[
                    ("none", "Cairn (options below)"),
                    ("scikit_learn", "scikit-learn"),
                    ("pandas", "pandas"),
                    ("spark", "Spark"),
                ]),
            ),
            shown_when(
                "drop",
                "Drop a level",
                FieldKind::Choice(&[
                    ("none", "None"),
                    ("first", "First"),
                    ("last", "Last"),
                    ("most_frequent", "Most frequent"),
                    ("if_two", "If two"),
                ]),
                "parity=none",
                "",
            ),
            shown_when(
                "nulls",
                "Missing values",
                FieldKind::Choice(&[
                    ("own_column", "Own column"),
                    ("all_zeros", "All zeros"),
                    ("null", "Null"),
                    ("error", "Error"),
                ]),
                "parity=none",
                "",
            ),
            shown_when(
                "unseen",
                "Unseen levels",
                FieldKind::Choice(&[("all_zeros", "All zeros"), ("other", "Into other"), ("error", "Error")]),
                "parity=none",
                "",
            ),
            helped(
                "rare_below_percent",
                "Rare below, %",
                FieldKind::Number { low: 0.0, high: 100.0 },
                "Share of the fitted rows; folded into «other»",
            ),
            field("rare_below_count", "Rare below, rows", FieldKind::Whole { low: 0, high: i64::MAX }),
            field("max_categories", "Levels at most", FieldKind::OptionalWhole { low: 1, high: 100000 }),
            shown_when("name_pattern", "Name pattern", FieldKind::Text { hint: "{column}_{value}" }, "parity=none", ""),
            field("keep_source", "Keep source column", FieldKind::Switch),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "one_hot_inverse",
        title: "Undo one-hot",
        group: "Encode",
        about: "Makes a category of 0/1 columns again",
        words: "from dummies inverse decode",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            field("name", "New column", FieldKind::Text { hint: "category" }),
            field("prefix", "Names begin with", FieldKind::Text { hint: "color_" }),
            field("when_none", "Where no column is 1", FieldKind::OptionalText { hint: "missing" }),
            field("keep_source", "Keep the 0/1 columns", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "ordinal",
        title: "Ordinal encode",
        group: "Encode",
        about: "Levels become whole numbers in your order",
        words: "label encode order codes",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            helped(
                "order",
                "Order of the levels",
                FieldKind::Texts,
                "Levels not named follow in the order of their values",
            ),
            field(
                "unseen",
                "Unseen levels",
                FieldKind::Choice(&[("null", "Null"), ("minus_one", "−1"), ("error", "Error")]),
            ),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "target_encode",
        title: "Target encode",
        group: "Encode",
        about: "Levels become the mean of the target, cross-fitted",
        words: "mean encode bayes",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            field("target", "Target", FieldKind::Column(Accepts::Any)),
            helped(
                "smoothing",
                "Smoothing, rows",
                FieldKind::OptionalNumber { low: 0.0, high: 1e308 },
                "Empty: from the variances",
            ),
            field("folds", "Folds", FieldKind::Whole { low: 2, high: 100 }),
            field("seed", "Seed", FieldKind::Whole { low: 0, high: u32::MAX as i64 }),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "frequency_encode",
        title: "Frequency encode",
        group: "Encode",
        about: "Levels become how often they occur",
        words: "count encode",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            field("unit", "As", FieldKind::Choice(&[("share", "Share"), ("count", "Rows")])),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "hash_encode",
        title: "Hash encode",
        group: "Encode",
        about: "Levels are hashed into a fixed number of columns",
        words: "hashing trick feature hasher",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            field("buckets", "Columns of each", FieldKind::Whole { low: 1, high: 4096 }),
            field("signed", "Signed, so that collisions cancel", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "binary_encode",
        title: "Binary encode",
        group: "Encode",
        about: "Levels become binary digits of their number",
        words: "bits",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "split_flags",
        title: "Split into flags",
        group: "Encode",
        about: "One 0/1 column for each of several values in a cell",
        words: "multi-label tags multilabel binarizer",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Text)),
            field("separator", "Separator", FieldKind::Text { hint: ";" }),
            field("rare_below_percent", "Rare below, %", FieldKind::Number { low: 0.0, high: 100.0 }),
            field("keep_source", "Keep source column", FieldKind::Switch),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "group_rare",
        title: "Group rare levels",
        group: "Encode",
        about: "Folds rare levels into one",
        words: "other rare long tail",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Levels)),
            helped(
                "below_percent",
                "Below, %",
                FieldKind::Number { low: 0.0, high: 100.0 },
                "Share of the fitted rows",
            ),
            field("below_count", "Below, rows", FieldKind::Whole { low: 0, high: i64::MAX }),
            field("max_categories", "Levels at most", FieldKind::OptionalWhole { low: 1, high: 1000000 }),
            field("label", "Into", FieldKind::Text { hint: "other" }),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "scale",
        title: "Scale",
        group: "Numbers",
        about: "Brings numbers to a common scale",
        words: "normalise standardise minmax yeo johnson box cox log quantile",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            field(
                "method",
                "Method",
                FieldKind::Choice(&[
                    ("standard", "Standard: (x − mean) / standard deviation"),
                    ("min_max", "Min–max: to an interval"),
                    ("robust", "Robust: (x − median) / middle half"),
                    ("max_abs", "Max-abs: x / largest |x|"),
                    ("quantile", "Quantile: share of rows below"),
                    ("yeo_johnson", "Yeo–Johnson"),
                    ("box_cox", "Box–Cox: positive values"),
                    ("log", "Logarithm: ln x"),
                    ("log1p", "Logarithm: ln(1 + x)"),
                ]),
            ),
            shown_when("low", "From", FieldKind::Number { low: -1e308, high: 1e308 }, "method=min_max", ""),
            shown_when("high", "To", FieldKind::Number { low: -1e308, high: 1e308 }, "method=min_max", ""),
            shown_when(
                "shape",
                "Shape",
                FieldKind::Choice(&[("uniform", "0 to 1"), ("normal", "Normal")]),
                "method=quantile",
                "",
            ),
            shown_when(
                "fit",
                "Fit on",
                FieldKind::Fit,
                "method=standard|min_max|robust|max_abs|quantile|yeo_johnson|box_cox",
                "",
            ),
        ],
    },
    StepSpec {
        op: "bin",
        title: "Bin",
        group: "Numbers",
        about: "Cuts numbers into intervals",
        words: "discretise cut quantile tree",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            field(
                "method",
                "How",
                FieldKind::Choice(&[
                    ("width", "Equal width"),
                    ("quantile", "Equal rows"),
                    ("edges", "Own edges"),
                    ("supervised", "By a target"),
                ]),
            ),
            shown_when("bins", "Bins", FieldKind::Whole { low: 2, high: 1000 }, "method=width|quantile|supervised", ""),
            shown_when("edges", "Edges", FieldKind::Numbers, "method=edges", "Ascending, the outer ones too"),
            shown_when("target", "Target", FieldKind::OptionalColumn(Accepts::Any), "method=supervised", ""),
            field(
                "label",
                "Label",
                FieldKind::Choice(&[("interval", "Interval"), ("number", "Number"), ("midpoint", "Midpoint")]),
            ),
            field("keep_source", "Keep source column", FieldKind::Switch),
            shown_when("fit", "Fit on", FieldKind::Fit, "method=width|quantile|supervised", ""),
        ],
    },
    StepSpec {
        op: "outliers",
        title: "Treat outliers",
        group: "Numbers",
        about: "Clips, removes, nulls or flags values that lie far out",
        words: "clip winsorise iqr mad",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            field(
                "method",
                "Beyond",
                FieldKind::Choice(&[
                    ("std", "Mean ± factor · deviation"),
                    ("robust", "Median ± factor · robust deviation"),
                    ("iqr", "Quartiles ± factor · middle half"),
                    ("quantile", "Quantiles"),
                    ("bounds", "Bounds"),
                ]),
            ),
            shown_when("factor", "Factor", FieldKind::Number { low: 0.0, high: 1000.0 }, "method=std|robust|iqr", ""),
            shown_when(
                "low",
                "Lower",
                FieldKind::OptionalNumber { low: -1e308, high: 1e308 },
                "method=quantile|bounds",
                "",
            ),
            shown_when(
                "high",
                "Upper",
                FieldKind::OptionalNumber { low: -1e308, high: 1e308 },
                "method=quantile|bounds",
                "",
            ),
            field(
                "action",
                "What becomes of them",
                FieldKind::Choice(&[("clip", "Clip"), ("remove", "Remove row"), ("null", "Null"), ("flag", "Flag")]),
            ),
            shown_when("fit", "Fit on", FieldKind::Fit, "method=std|robust|iqr|quantile", ""),
        ],
    },
    StepSpec {
        op: "pca",
        title: "Principal components",
        group: "Numbers",
        about: "Few columns that hold most of the variance",
        words: "pca reduce dimension",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            helped(
                "components",
                "Components",
                FieldKind::OptionalWhole { low: 1, high: 10000 },
                "Empty: by share of variance",
            ),
            field("variance_percent", "Variance, %", FieldKind::Number { low: 0.0, high: 100.0 }),
            field("standardise", "Unit variance first", FieldKind::Switch),
            field("keep_source", "Keep source column", FieldKind::Switch),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "formula",
        title: "Formula column",
        group: "Numbers",
        about: "Computes a column with an expression",
        words: "compute calculate expression case when",
        fields: &[
            field("name", "Column", FieldKind::Text { hint: "ratio" }),
            helped(
                "expression",
                "Expression",
                FieldKind::Expression,
                "Scalar SQL: price * 1.19, case when age >= 65 then 1 else 0 end",
            ),
        ],
    },
    StepSpec {
        op: "text",
        title: "Change text",
        group: "Text",
        about: "Trims, changes case, pads, strips accents",
        words: "trim lower upper pad clean",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Text)),
            field(
                "action",
                "How",
                FieldKind::Choice(&[
                    ("trim", "Trim spaces"),
                    ("collapse", "Trim and collapse spaces"),
                    ("lower", "lower case"),
                    ("upper", "UPPER CASE"),
                    ("title", "Title Case"),
                    ("sentence", "Sentence case"),
                    ("strip_accents", "Strip accents"),
                    ("normalise", "Unicode NFC"),
                    ("remove_punctuation", "Remove punctuation"),
                    ("remove_digits", "Remove digits"),
                    ("pad_start", "Pad at the start"),
                    ("pad_end", "Pad at the end"),
                    ("left", "First characters"),
                    ("right", "Last characters"),
                    ("empty_to_null", "Empty becomes null"),
                ]),
            ),
            shown_when(
                "width",
                "Characters",
                FieldKind::Whole { low: 1, high: 10000 },
                "action=pad_start|pad_end|left|right",
                "",
            ),
            shown_when("fill", "Pad with", FieldKind::Text { hint: "0" }, "action=pad_start|pad_end", ""),
        ],
    },
    StepSpec {
        op: "split_text",
        title: "Split text",
        group: "Text",
        about: "Splits text at a separator into columns or a list",
        words: "separate delimiter columns",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Text)),
            field("separator", "Separator", FieldKind::Text { hint: "," }),
            field("regex", "Regular expression", FieldKind::Switch),
            field("into", "Into", FieldKind::Choice(&[("columns", "Columns"), ("list", "A list")])),
            field("limit", "Parts at most", FieldKind::OptionalWhole { low: 2, high: 1000 }),
            shown_when("names", "Names of the new columns", FieldKind::Texts, "into=columns", ""),
            field("keep_source", "Keep source column", FieldKind::Switch),
            shown_when("fit", "Fit on", FieldKind::Fit, "into=columns", ""),
        ],
    },
    StepSpec {
        op: "extract_text",
        title: "Extract from text",
        group: "Text",
        about: "Groups of a regular expression become columns",
        words: "regex pattern capture",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Text)),
            field("pattern", "Expression", FieldKind::Text { hint: "(\\d+)" }),
            field("names", "Names of the new columns", FieldKind::Texts),
            field("keep_source", "Keep source column", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "replace_text",
        title: "Replace in text",
        group: "Text",
        about: "Replaces within text",
        words: "find regex substitute",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Text)),
            field("find", "Find", FieldKind::Text { hint: "" }),
            field("replace", "Replace with", FieldKind::Text { hint: "" }),
            field("regex", "Regular expression", FieldKind::Switch),
            field("ignore_case", "Ignore case", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "replace_values",
        title: "Replace values",
        group: "Text",
        about: "Replaces whole values",
        words: "map recode merge spelling",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            helped("pairs", "Old and new value", FieldKind::Pairs, "An empty new value: missing"),
        ],
    },
    StepSpec {
        op: "text_measures",
        title: "Measure text",
        group: "Text",
        about: "Length and shares of characters become columns",
        words: "length words digits",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Text)),
            field(
                "measures",
                "Which",
                FieldKind::Choices(&[
                    ("length", "Length"),
                    ("words", "Words"),
                    ("letters", "Letters"),
                    ("digits", "Digits"),
                    ("capitals", "Capitals"),
                    ("spaces", "Spaces"),
                    ("punctuation", "Punctuation"),
                ]),
            ),
        ],
    },
    StepSpec {
        op: "text_vectors",
        title: "Words to columns",
        group: "Text",
        about: "Counts or TF-IDF weights of words",
        words: "count tfidf bag of words ngram",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Text)),
            field(
                "kind",
                "Values",
                FieldKind::Choice(&[("count", "Counts"), ("tfidf", "TF-IDF"), ("binary", "0 or 1")]),
            ),
            field("max_features", "Columns at most", FieldKind::Whole { low: 1, high: 100000 }),
            field("min_rows", "In at least, rows", FieldKind::Whole { low: 1, high: i64::MAX }),
            field("ngrams", "Words in a run", FieldKind::Whole { low: 1, high: 5 }),
            field("keep_source", "Keep source column", FieldKind::Switch),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "parse_date",
        title: "Parse dates",
        group: "Dates",
        about: "Reads text as dates or times",
        words: "date format strptime",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Text)),
            field(
                "kind",
                "As",
                FieldKind::Choice(&[("date", "Date"), ("datetime", "Date and time"), ("time", "Time")]),
            ),
            helped("format", "Format", FieldKind::Text { hint: "%d/%m/%Y" }, "Several between |; empty: detected"),
            field(
                "unfit",
                "What cannot be read",
                FieldKind::Choice(&[("error", "Is an error"), ("null", "Becomes null")]),
            ),
        ],
    },
    StepSpec {
        op: "date_parts",
        title: "Parts of dates",
        group: "Dates",
        about: "Year, month, weekday … become columns",
        words: "year month day extract",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Times)),
            field(
                "parts",
                "Which",
                FieldKind::Choices(&[
                    ("year", "Year"),
                    ("quarter", "Quarter"),
                    ("month", "Month"),
                    ("week", "Week"),
                    ("day", "Day"),
                    ("weekday", "Weekday"),
                    ("day_of_year", "Day of year"),
                    ("hour", "Hour"),
                    ("minute", "Minute"),
                    ("second", "Second"),
                    ("weekend", "Weekend"),
                    ("month_start", "Month start"),
                    ("month_end", "Month end"),
                    ("epoch", "Seconds since 1970"),
                ]),
            ),
            field("keep_source", "Keep source column", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "date_cyclic",
        title: "Cyclic dates",
        group: "Dates",
        about: "Sine and cosine of month, weekday, hour …",
        words: "sin cos seasonal",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Times)),
            field(
                "parts",
                "Which",
                FieldKind::Choices(&[
                    ("month", "Month"),
                    ("day", "Day"),
                    ("weekday", "Weekday"),
                    ("day_of_year", "Day of year"),
                    ("hour", "Hour"),
                    ("minute", "Minute"),
                    ("second", "Second"),
                ]),
            ),
            field("keep_source", "Keep source column", FieldKind::Switch),
        ],
    },
    StepSpec {
        op: "date_difference",
        title: "Time between dates",
        group: "Dates",
        about: "Time from one column to another or to a fixed day",
        words: "age duration days",
        fields: &[
            field("from", "From", FieldKind::Column(Accepts::Times)),
            field("to", "To", FieldKind::OptionalColumn(Accepts::Times)),
            field("until", "Or to the day", FieldKind::OptionalText { hint: "2024-12-31" }),
            field(
                "unit",
                "Unit",
                FieldKind::Choice(&[
                    ("days", "Days"),
                    ("hours", "Hours"),
                    ("minutes", "Minutes"),
                    ("seconds", "Seconds"),
                    ("weeks", "Weeks"),
                    ("months", "Months"),
                    ("years", "Years"),
                ]),
            ),
            field("name", "New column", FieldKind::Text { hint: "difference" }),
        ],
    },
    StepSpec {
        op: "time_zone",
        title: "Change time zone",
        group: "Dates",
        about: "Moves times from one zone to another",
        words: "timezone utc local",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Times)),
            field("from", "From", FieldKind::Text { hint: "UTC" }),
            field("to", "To", FieldKind::Text { hint: "Europe/Berlin" }),
        ],
    },
    StepSpec {
        op: "lag",
        title: "Lag",
        group: "Series",
        about: "Values of earlier rows become columns",
        words: "shift lead difference change",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            helped("offsets", "Rows back", FieldKind::Numbers, "Negative: ahead"),
            field(
                "output",
                "Output",
                FieldKind::Choice(&[("value", "Value"), ("difference", "Difference"), ("change_percent", "Change, %")]),
            ),
            field("order", "In the order of", FieldKind::OptionalColumn(Accepts::Any)),
            field("by", "Within groups of", FieldKind::Columns(Accepts::Any)),
        ],
    },
    StepSpec {
        op: "rolling",
        title: "Rolling window",
        group: "Series",
        about: "Mean, sum … over a window of rows",
        words: "moving average window",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Numbers)),
            field(
                "function",
                "Figure",
                FieldKind::Choice(&[
                    ("mean", "Mean"),
                    ("sum", "Sum"),
                    ("min", "Smallest"),
                    ("max", "Largest"),
                    ("std", "Standard deviation"),
                    ("median", "Median"),
                    ("count", "Count"),
                ]),
            ),
            field("window", "Rows of the window", FieldKind::Whole { low: 1, high: 1000000 }),
            helped("min_rows", "Values needed", FieldKind::Whole { low: 0, high: 1000000 }, "0: the whole window"),
            field("exclude_current", "Leave the row itself out", FieldKind::Switch),
            field("order", "In the order of", FieldKind::OptionalColumn(Accepts::Any)),
            field("by", "Within groups of", FieldKind::Columns(Accepts::Any)),
        ],
    },
    StepSpec {
        op: "resample",
        title: "Resample",
        group: "Series",
        about: "One row for each stretch of time",
        words: "downsample hourly daily",
        fields: &[
            field("column", "Time", FieldKind::Column(Accepts::Times)),
            helped("every", "Every", FieldKind::Text { hint: "1d" }, "15m, 1h, 1d, 1w, 1mo, 1q, 1y"),
            field("aggregations", "Compute", FieldKind::Aggregations),
            field("by", "Within groups of", FieldKind::Columns(Accepts::Any)),
        ],
    },
    StepSpec {
        op: "fill_gaps",
        title: "Fill gaps in time",
        group: "Series",
        about: "Adds rows for points in time that are missing",
        words: "upsample missing rows",
        fields: &[
            field("column", "Time", FieldKind::Column(Accepts::Times)),
            helped("every", "Every", FieldKind::Text { hint: "1d" }, "15m, 1h, 1d, 1w, 1mo, 1q, 1y"),
            field(
                "fill",
                "New rows hold",
                FieldKind::Choice(&[
                    ("null", "Null"),
                    ("forward", "Value before"),
                    ("linear", "On the line"),
                    ("zero", "0"),
                ]),
            ),
            field("by", "Within groups of", FieldKind::Columns(Accepts::Any)),
        ],
    },
    StepSpec {
        op: "join",
        title: "Join",
        group: "Tables",
        about: "Joins another cell's table",
        words: "merge lookup vlookup",
        fields: &[
            field("with", "Table", FieldKind::Cell),
            field(
                "how",
                "Keep",
                FieldKind::Choice(&[
                    ("left", "All of this table (left)"),
                    ("inner", "What matches (inner)"),
                    ("right", "All of the other (right)"),
                    ("full", "All of both (full)"),
                    ("semi", "This table's rows with a match (semi)"),
                    ("anti", "This table's rows without (anti)"),
                    ("cross", "Every pair (cross)"),
                ]),
            ),
            shown_when("on", "Where equal", FieldKind::JoinKeys, "how=left|inner|right|full|semi|anti", ""),
            field("suffix", "Added to taken names", FieldKind::Text { hint: "_right" }),
            field(
                "expect",
                "Matches allowed",
                FieldKind::Choice(&[
                    ("any", "Any"),
                    ("many_to_one", "One of the other table"),
                    ("one_to_many", "One of this table"),
                    ("one_to_one", "One of each"),
                ]),
            ),
        ],
    },
    StepSpec {
        op: "concat",
        title: "Add rows of other tables",
        group: "Tables",
        about: "Puts the rows of other tables below",
        words: "union append stack",
        fields: &[
            field("with", "Tables", FieldKind::Cells),
            field(
                "columns",
                "Columns",
                FieldKind::Choice(&[
                    ("union", "Of any table"),
                    ("common", "Of all tables"),
                    ("same", "Must be the same"),
                ]),
            ),
            field("source", "Column with the table's name", FieldKind::OptionalText { hint: "source" }),
        ],
    },
    StepSpec {
        op: "sql",
        title: "SQL query",
        group: "Tables",
        about: "A query over this and other tables",
        words: "select sql query",
        fields: &[
            helped("query", "Query", FieldKind::Sql, "The table of the steps above is input"),
            field("tables", "Other tables", FieldKind::Cells),
        ],
    },
    StepSpec {
        op: "group_by",
        title: "Group and aggregate",
        group: "Tables",
        about: "One row for each group",
        words: "aggregate sum mean count",
        fields: &[
            field("by", "Group by", FieldKind::Columns(Accepts::Any)),
            field("aggregations", "Compute", FieldKind::Aggregations),
        ],
    },
    StepSpec {
        op: "pivot",
        title: "Pivot",
        group: "Tables",
        about: "Values of a column become columns",
        words: "wide crosstab spread",
        fields: &[
            field("index", "Rows", FieldKind::Columns(Accepts::Any)),
            field("on", "Columns from", FieldKind::Column(Accepts::Any)),
            field("values", "Values from", FieldKind::Column(Accepts::Any)),
            field(
                "function",
                "Of several",
                FieldKind::Choice(&[
                    ("first", "First"),
                    ("count", "Count"),
                    ("rows", "Rows"),
                    ("distinct", "Distinct"),
                    ("sum", "Sum"),
                    ("mean", "Mean"),
                    ("median", "Median"),
                    ("std", "Standard deviation"),
                    ("min", "Smallest"),
                    ("max", "Largest"),
                    ("last", "Last"),
                    ("mode", "Most frequent"),
                ]),
            ),
        ],
    },
    StepSpec {
        op: "unpivot",
        title: "Unpivot",
        group: "Tables",
        about: "Columns become rows",
        words: "melt long gather",
        fields: &[
            field("index", "Columns that stay", FieldKind::Columns(Accepts::Any)),
            helped("columns", "Columns that become rows", FieldKind::Columns(Accepts::Any), "None chosen: all columns"),
            field("variable_name", "Column of names", FieldKind::Text { hint: "variable" }),
            field("value_name", "Column of values", FieldKind::Text { hint: "value" }),
        ],
    },
    StepSpec {
        op: "transpose",
        title: "Transpose",
        group: "Tables",
        about: "Rows become columns",
        words: "turn flip",
        fields: &[
            field("header", "New names from", FieldKind::OptionalColumn(Accepts::Any)),
            field("name", "Column of old names", FieldKind::Text { hint: "column" }),
        ],
    },
    StepSpec {
        op: "explode",
        title: "Explode",
        group: "Tables",
        about: "One row for each value of a list",
        words: "unnest list array rows",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Any)),
            field("separator", "Separator", FieldKind::Text { hint: "; (empty: a list)" }),
        ],
    },
    StepSpec {
        op: "flatten_json",
        title: "Flatten JSON",
        group: "Tables",
        about: "Fields of JSON objects become columns",
        words: "json struct unnest normalise",
        fields: &[
            field("column", "Column", FieldKind::Column(Accepts::Any)),
            field("depth", "Levels", FieldKind::Whole { low: 1, high: 20 }),
            field("keep_source", "Keep source column", FieldKind::Switch),
            field("fit", "Fit on", FieldKind::Fit),
        ],
    },
    StepSpec {
        op: "balance",
        title: "Balance classes",
        group: "Sampling",
        about: "Balances the classes of the training part",
        words: "smote over under weights imbalance",
        fields: &[
            field("target", "Classes", FieldKind::Column(Accepts::Any)),
            field(
                "method",
                "How",
                FieldKind::Choice(&[
                    ("weights", "Column of weights"),
                    ("over", "Draw small classes again"),
                    ("under", "Leave out of large classes"),
                    ("smote", "New rows (SMOTE, numbers)"),
                    ("smote_nc", "New rows (SMOTE-NC)"),
                ]),
            ),
            shown_when(
                "ratio_percent",
                "Small classes, % of the largest",
                FieldKind::Number { low: 1.0, high: 100.0 },
                "method=over|under|smote|smote_nc",
                "",
            ),
            shown_when(
                "neighbours",
                "Neighbours",
                FieldKind::Whole { low: 1, high: 1000 },
                "method=smote|smote_nc",
                "",
            ),
            shown_when("weight_name", "Column", FieldKind::Text { hint: "weight" }, "method=weights", ""),
            shown_when(
                "seed",
                "Seed",
                FieldKind::Whole { low: 0, high: u32::MAX as i64 },
                "method=over|under|smote|smote_nc",
                "",
            ),
        ],
    },
    StepSpec {
        op: "anonymise",
        title: "Anonymise",
        group: "Privacy",
        about: "Hashes, masks, drops or coarsens personal data",
        words: "mask hash pseudonym gdpr privacy",
        fields: &[
            field("columns", "Columns", FieldKind::Columns(Accepts::Any)),
            field(
                "method",
                "How",
                FieldKind::Choice(&[
                    ("hash", "Hash with the project's salt"),
                    ("mask", "Mask"),
                    ("drop", "Drop"),
                    ("year", "Date to year"),
                    ("range", "Number to range"),
                ]),
            ),
            shown_when("show", "Characters left", FieldKind::Whole { low: 0, high: 100 }, "method=mask", ""),
            shown_when("width", "Width of a range", FieldKind::Number { low: 1e-300, high: 1e308 }, "method=range", ""),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_listed_once_and_loads_from_its_name_alone() {
        for (at, spec) in STEPS.iter().enumerate() {
            let op = default_of(spec.op).unwrap_or_else(|| panic!("{} does not load", spec.op));
            assert_eq!(op.name(), spec.op);
            assert!(GROUPS.contains(&spec.group), "{}", spec.op);
            assert!(!STEPS[..at].iter().any(|other| other.op == spec.op), "{} is listed twice", spec.op);
        }
    }

    #[test]
    fn every_field_is_one_of_its_operation_and_every_choice_loads() {
        for spec in STEPS {
            for field in spec.fields {
                let values: Vec<Value> = match field.kind {
                    FieldKind::Choice(options) => options.iter().map(|(value, _)| Value::from(*value)).collect(),
                    FieldKind::Choices(options) => {
                        options.iter().map(|(value, _)| serde_json::json!([value])).collect()
                    }
                    FieldKind::Switch => vec![Value::Bool(true)],
                    FieldKind::Columns(_) | FieldKind::Texts | FieldKind::Cells => vec![serde_json::json!(["abc"])],
                    FieldKind::Column(_) | FieldKind::OptionalColumn(_) | FieldKind::Cell => vec![Value::from("abc")],
                    FieldKind::Text { .. } | FieldKind::OptionalText { .. } => vec![Value::from("abc")],
                    FieldKind::Expression | FieldKind::Sql | FieldKind::Value => vec![Value::from("abc")],
                    FieldKind::Number { high, .. } | FieldKind::OptionalNumber { high, .. } => {
                        vec![Value::from(high.min(0.5))]
                    }
                    FieldKind::Whole { .. } | FieldKind::OptionalWhole { .. } => vec![Value::from(7)],
                    FieldKind::Numbers => vec![serde_json::json!([3])],
                    FieldKind::Fit => vec![Value::from("all")],
                    _ => continue,
                };
                for value in values {
                    let step = serde_json::json!({ "op": spec.op, field.key: value });
                    let op: StepOp = serde_json::from_value(step)
                        .unwrap_or_else(|error| panic!("{}.{}: {error}", spec.op, field.key));
                    let written = serde_json::to_value(&op).unwrap();
                    let same = |kept: &Value| {
                        *kept == value
                            || kept.as_array().is_some_and(|kept| kept.len() == 1 && kept[0].as_f64() == Some(3.0))
                    };
                    let kept = written.get(field.key).is_some_and(same);
                    let default = default_of(spec.op).is_some_and(|default| default == op);
                    assert!(kept || default, "{}.{} = {value} was not kept: {written}", spec.op, field.key);
                }
                if let Some((key, values)) = field.when.split_once('=') {
                    let other = spec.fields.iter().find(|other| other.key == key).unwrap();
                    let FieldKind::Choice(options) = other.kind else { panic!("{}.{key} is no choice", spec.op) };
                    assert!(values.split('|').all(|value| options.iter().any(|(known, _)| *known == value)));
                }
            }
        }
    }

    #[test]
    fn the_catalogue_and_what_files_may_hold_are_the_same() {
        for spec in STEPS {
            let keys = keys_of(spec.op).unwrap_or_else(|| panic!("{} takes any key", spec.op));
            let mut read: Vec<&str> = keys.to_vec();
            // `combine` stands beside the conditions, in the same field of the form.
            let beside = spec.fields.iter().filter(|field| field.kind == FieldKind::Conditions).map(|_| "combine");
            let mut listed: Vec<&str> = spec.fields.iter().map(|field| field.key).chain(beside).collect();
            read.sort_unstable();
            listed.sort_unstable();
            assert_eq!(listed, read, "{}", spec.op);
            for key in keys {
                let misspelt = format!("{key}x");
                let written = [("op", spec.op), (misspelt.as_str(), "1")]
                    .map(|(key, value)| (key.into(), Node::Text(value.into())));
                let error = read_step(&Node::Map(written.to_vec())).unwrap_err().info;
                assert_eq!(error.message, format!("«{}» ({}) has no option «{misspelt}»", spec.title, spec.op));
                assert!(error.hint.ends_with(&format!("known keys are {}", keys.join(", "))), "{}", error.hint);
                assert!(error.hint.starts_with("did you mean «"), "{}", error.hint);
            }
            // Every door is as strict: text in either format, straight into the type.
            assert!(serde_json::from_str::<Step>(&format!(r#"{{"op": "{}", "extra": 1}}"#, spec.op)).is_err());
            assert!(toml::from_str::<Step>(&format!("op = \"{}\"\nextra = 1", spec.op)).is_err());
        }
        assert_eq!(keys_of("no_such_step"), None);
    }

    #[test]
    fn what_is_wrong_with_a_step_is_said() {
        let read = |text: &str| read_step(&toml::from_str::<Node>(text).unwrap()).unwrap_err().info;
        let check = |text: &str, message: &str, hint: &str| {
            let error = read(text);
            assert!(error.message.contains(message), "{}", error.message);
            assert!(error.hint.contains(hint), "{}", error.hint);
        };
        check("op = \"one_hoot\"", "there is no operation «one_hoot»", "did you mean «one_hot»");
        check("columns = []", "has no key «op»", "op = ");
        check(
            "op = \"impute\"\nstrategy = \"meen\"",
            "(impute) cannot be read: there is no «meen»",
            "did you mean «mean»?",
        );
        check("op = \"impute\"\nenabled = 3", "(impute) cannot be read", "");
        check("op = \"one_hot\"\ncolumns = \"a\"", "(one_hot) cannot be read: invalid type", "");
        check("op = \"drop\"\nenabeld = false", "has no option «enabeld»", "known keys are columns");
        let condition = |text: &str| format!("op = \"filter\"\nconditions = [{{ {text} }}]");
        check(
            &condition("column = \"a\", test = \"less\", vlaue = 3"),
            "has no option «vlaue»",
            "did you mean «value»?",
        );
        check(&condition("column = \"a\", test = \"lesser\""), "there is no «lesser»", "did you mean «less»?");
        check(&condition("column = \"a\""), "«test» is missing", "");
        check(&condition("test = \"is_null\""), "«column» is missing", "");
        check(&condition("combine = \"any\""), "«rules» is missing", "");
        check(&condition("rules = [], column = \"a\""), "has rules, and no column", "");
        check(
            "op = \"sort\"\nby = [{ column = \"a\", decending = true }]",
            "«decending»",
            "did you mean «descending»?",
        );
        check("op = \"rename\"\nnames = [{ form = \"a\", to = \"b\" }]", "«form»", "did you mean «from»?");
        check("op = \"join\"\non = [{ letf = \"a\" }]", "«letf»", "did you mean «left»?");
        check("op = \"group_by\"\naggregations = [{ colum = \"a\" }]", "«colum»", "did you mean «column»?");
        check("op = \"edit_cells\"\nedits = [{ rwo = 1, column = \"a\" }]", "«rwo»", "did you mean «row»?");
    }

    #[test]
    fn conditions_keep_their_form() {
        let text = r#"{"op":"filter","conditions":[{"column":"a","test":"less","value":3},{"combine":"any","negate":true,
            "rules":[{"column":"b","test":"is_null"},{"rules":[]}]}],"combine":"all"}"#;
        let step: Step = serde_json::from_str(text).unwrap();
        let again: Step = serde_json::from_value(serde_json::to_value(&step).unwrap()).unwrap();
        assert_eq!(again, step);
        let StepOp::Filter { conditions, .. } = &step.op else { panic!("a filter") };
        assert_eq!(conditions.iter().flat_map(super::super::Rule::columns).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn options_stand_in_the_order_of_the_form() {
        assert_eq!(options_of("filter"), ["conditions", "action", "combine"]);
    }

    #[test]
    fn steps_keep_their_form_in_a_notebook() {
        for spec in STEPS {
            let step = Step { op: default_of(spec.op).unwrap(), enabled: true };
            let text = toml::to_string(&step).unwrap_or_else(|error| panic!("{}: {error}", spec.op));
            let again: Step = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", spec.op));
            assert_eq!(again, step, "{text}");
        }
    }
}
