//! The arguments of `cairn wrangle` and `cairn split`.

use std::path::PathBuf;

use super::How;

/// What `cairn wrangle --help` shows below the options.
pub const WRANGLE_HELP: &str = "\
A step is an operation and its options: OP option=value …
  bare words   one_hot columns=city,smoker nulls=all_zeros keep_source
  TOML         filter conditions=[{column='age', test='greater', value=50}]
cairn steps lists the operations, cairn steps OP shows the options of one.

Examples:
  cairn wrangle patients.csv --step 'impute columns=bmi strategy=median' --step 'one_hot columns=smoker' --out ready.parquet
  cairn wrangle patients.csv --step 'scale columns=age,bmi' --split 'stratified by=stroke seed=1' --out '{part}.csv'
  cairn wrangle a.csv --step 'join with=towns on=city=town' --with towns=towns.csv --preview
  cairn wrangle jan.csv --recipe steps.toml --out jan.parquet --save-recipe fitted.json
  cairn apply fitted.json --in feb.csv --out feb.parquet

With --json: {\"out\":[paths],\"recipe\",\"rows\",\"columns\":[[name, type]],\"rows_read\",\"columns_read\",\"rejects_total\",
\"steps\":[{\"title\",\"added\":[],\"removed\":[],\"changed_cells\",\"rows_removed\",\"rows_added\",\"fit_rows\",\"fits_on_all\",
\"learned\":[],\"warnings\":[],\"notes\":[],\"unfit\":[{\"row\",\"column\",\"value\"}],\"prediction\":{\"rows\",\"columns\",\"bytes\"}}],
\"split\":as of cairn split,\"warnings\":[],\"preview\":{\"columns\":[{\"name\",\"type\",\"cells\":[],\"change\",\"changed\":[]}]},\"elapsed_secs\"}";

/// What `cairn wrangle` takes.
#[derive(Debug, clap::Args)]
pub struct Wrangle {
    /// The file
    pub file: PathBuf,
    /// A step; may be given again, steps run in order
    #[arg(long = "step", value_name = "STEP")]
    pub steps: Vec<String>,
    /// Steps that run before those of --step: a list of steps (.toml, .json), a recipe of cairn code --to recipe
    /// (.json), or a notebook. They are fitted on this file; cairn apply replays what was fitted on another
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// The wrangle cell of the notebook; default: the last one
    #[arg(long, value_name = "NAME", requires = "recipe")]
    pub cell: Option<String>,
    /// How rows are split before the first step, which then fits on the training part: METHOD option=value …, with the
    /// options of cairn split
    #[arg(long, value_name = "SPLIT")]
    pub split: Option<String>,
    /// Another table that a join, a concatenation or a query reads; may be given again
    #[arg(long = "with", value_name = "NAME=FILE")]
    pub with: Vec<String>,
    /// Show the first rows before and after the last step
    #[arg(long, value_name = "ROWS", num_args = 0..=1, default_missing_value = "10", require_equals = true)]
    pub preview: Option<u64>,
    /// Write the table: .csv, .tsv, .ndjson (each also .gz, .zst), .parquet, .arrow; with {part} in its name one file a
    /// part of the split
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Add a column that names the part of each row
    #[arg(long, value_name = "NAME", requires = "out")]
    pub part_column: Option<String>,
    /// Put an apostrophe before text that a spreadsheet would run as a formula (text formats)
    #[arg(long)]
    pub guard_formulas: bool,
    /// Write what the steps learned, for cairn apply
    #[arg(long, value_name = "FILE.json")]
    pub save_recipe: Option<PathBuf>,
    /// How to read the file
    #[command(flatten)]
    pub how: How,
}

/// What `cairn split --help` shows below the options.
pub const SPLIT_HELP: &str = "\
Methods:
  random, stratified, group, stratified_group, chronological (or time), ordered, column; with --folds cross-validation.
  kfold, stratified_kfold, group_kfold, stratified_group_kfold and time_kfold are the same with five folds.

Examples:
  cairn split patients.csv --method stratified --by stroke --seed 1 --out parts --format parquet
  cairn split visits.csv --method stratified_group --by stroke --group patient_id --train 0.8 --test 0.2 --out parts
  cairn split sales.csv --method time --by day --cut 2025-07-01 --cut 2025-10-01 --gap 7d --out parts
  cairn split patients.csv --method kfold --folds 10 --repeats 3 --column fold --out folds.csv
  cairn split patients.csv --method random                    # only the certificate

Exit code 1 where a check of the certificate is a fault; what was asked for is written all the same.
With --json: {\"out\":[paths],\"certificate_file\",\"rows\",\"rejects_total\",\"certificate\":{\"schema\":1,\"cairn\",\"file\",\"file_digest\",
\"split\":{as in a notebook},\"method\",\"seed\",\"parts\":[names],\"counts\":[],\"left_out\",\"by\",\"classes\":[{\"class\",\"counts\":[]}],
\"checks\":[{\"name\",\"outcome\":\"pass|warning|fault\",\"figure\",\"sentence\"}],\"drift\":[{\"column\",\"part\",\"psi\",\"ks\",\"p\"}],
\"digest\",\"digests\":[],\"folds\":[{\"name\",\"counts\":[],\"classes\":[],\"checks\":[],\"digest\"}],\"fold\"},\"elapsed_secs\"}";

/// What `cairn split` takes.
#[derive(Debug, clap::Args)]
pub struct Split {
    /// The file
    pub file: PathBuf,
    /// How rows are drawn; the methods are below
    #[arg(long, default_value = "random")]
    pub method: String,
    /// The column that the method is about: whose shares are kept, whose values stay together, that orders the rows or
    /// says their part. May be given again, or several with commas, where shares are kept
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub by: Vec<String>,
    /// The column whose values stay together in one part
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// The column that orders the rows (chronological)
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Share of the training part; default: what the others leave, or 0.7 of three parts
    #[arg(long, value_name = "SHARE")]
    pub train: Option<f64>,
    /// Share of the validation part
    #[arg(long, value_name = "SHARE")]
    pub valid: Option<f64>,
    /// Share of the test part
    #[arg(long, value_name = "SHARE")]
    pub test: Option<f64>,
    /// A further part; may be given again
    #[arg(long = "part", value_name = "NAME=SHARE")]
    pub parts: Vec<String>,
    /// Seed of the drawing
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Quantile bins of a number whose shares are kept
    #[arg(long, value_name = "N")]
    pub bins: Option<u32>,
    /// Where a later part begins (chronological), instead of shares; may be given again
    #[arg(long = "cut", value_name = "MOMENT", allow_hyphen_values = true)]
    pub cuts: Vec<String>,
    /// Left out before each later part: rows, or a duration such as 7d
    #[arg(long)]
    pub gap: Option<String>,
    /// Deal rows out as they stand
    #[arg(long)]
    pub no_shuffle: bool,
    /// The part of a value of the column (method column); may be given again
    #[arg(long = "value", value_name = "VALUE=PART")]
    pub values: Vec<String>,
    /// Folds of cross-validation
    #[arg(long, value_name = "K")]
    pub folds: Option<u32>,
    /// How often the folds are drawn anew
    #[arg(long, value_name = "R")]
    pub repeats: Option<u32>,
    /// Folds within each fold (nested)
    #[arg(long, value_name = "K")]
    pub inner: Option<u32>,
    /// Rows of the training part at most (chronological folds): a window that slides
    #[arg(long, value_name = "ROWS")]
    pub window: Option<u64>,
    /// The folder for one file a part (folds: a folder each), or, with --column, the file
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Ending of the files in the folder: csv, parquet, arrow, ndjson, csv.gz, …
    #[arg(long)]
    pub format: Option<String>,
    /// Write one file with a column that names the part of each row; with folds, the fold that validates on it
    #[arg(long, value_name = "NAME", requires = "out", conflicts_with = "format")]
    pub column: Option<String>,
    /// Where the certificate goes; default: beside what is written
    #[arg(long, value_name = "FILE.json")]
    pub certificate: Option<PathBuf>,
    /// Put an apostrophe before text that a spreadsheet would run as a formula (text formats)
    #[arg(long)]
    pub guard_formulas: bool,
    /// How to read the file
    #[command(flatten)]
    pub how: How,
}
