//! The command line. One table, from which help and errors come.

use std::path::PathBuf;

mod tables;

use clap::{Parser, Subcommand, ValueEnum};

pub use tables::{Split, Wrangle};

/// Clean, split, train, sweep, trace and report on tables, from a terminal.
#[derive(Debug, Parser)]
#[command(name = "cairn", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Args {
    /// The project folder; default: this folder or the nearest one above with .cairn/
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Exactly one JSON document on standard output, nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress
    #[arg(long, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 the job ran and failed · 2 wrong usage · 3 bad input · \
4 something else holds the project · 130 interrupted";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a project
    #[command(after_help = "Example: cairn new stroke --sample stroke")]
    New {
        /// The folder; must not exist or be empty
        dir: PathBuf,
        /// With the files of a built-in sample: stroke, digits
        #[arg(long, value_name = "NAME")]
        sample: Option<String>,
    },
    /// Read a table and say what was found
    #[command(
        after_help = "Examples:\n  cairn import dirty.csv --out clean.parquet --json\n  cairn import dirty.csv --rejects rejects.csv\n  cairn import book.xlsx --table Costs\n  cairn import logs.zip --table 2024/events.ndjson\n  cairn import shop.sqlite --table orders --out orders.csv.gz\n  cairn import parts/ --type zip=text --null NA --null -99\n  cairn import old.csv --skip-lines 3 --decimal , --thousands . --day-first yes"
    )]
    Import {
        /// The file (delimited text, JSON, NDJSON, Parquet, Arrow, .xlsx .xls .xlsb .ods, SQLite; also .gz .zst .zip),
        /// or a folder of files with the same columns
        file: PathBuf,
        /// How to read it
        #[command(flatten)]
        how: How,
        /// Write the table: .csv (RFC 4180, UTF-8), .tsv, .ndjson (each also .gz, .zst), .parquet, .arrow
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write every rejected record, in full: .csv or .tsv with line, byte_offset, reason, text. Text that a
        /// spreadsheet would run as a formula gets an apostrophe
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
    },
    /// Figures of every column, on all rows; with --target or --quality also what is odd and what hangs together
    #[command(
        after_help = "Examples:\n  cairn profile patients.csv --json\n  cairn profile patients.csv --target stroke"
    )]
    Profile {
        /// The file
        file: PathBuf,
        /// How to read it
        #[command(flatten)]
        how: How,
        /// The column to predict: adds the data-quality report (leakage, predictive power) and the associations
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
        /// Add the data-quality report and the associations
        #[arg(long)]
        quality: bool,
    },
    /// How two tables differ: columns, rows, drift
    #[command(after_help = "Example: cairn compare last.csv this.csv --key patient_id --json")]
    Compare {
        /// The first file
        a: PathBuf,
        /// The second file
        b: PathBuf,
        /// A column that names a row; may be given again. Without one, whole rows are compared
        #[arg(long = "key", value_name = "COLUMN")]
        keys: Vec<String>,
        /// How to read both
        #[command(flatten)]
        how: How,
    },
    /// List the operations that steps are made of, or show the options of one
    #[command(
        after_help = "Examples:\n  cairn steps\n  cairn steps one_hot\n  cairn steps --json\n\nWith --json: {\"schema\":1,\"groups\":[names],\"tests\":[of conditions],\"functions\":[of aggregations],\"operations\":[{\"op\",\"title\",\"group\",\n\"about\",\"words\":[],\"fits\":bool,\"only_here\":bool,\"options\":[{\"key\",\"label\",\"type\",\"optional\":bool,\"accepts\",\"choices\":[{\"value\",\"title\"}],\n\"low\",\"high\",\"default\",\"help\",\"when\":{\"key\",\"values\":[]},\"item\"}],\"example\":{\"toml\",\"step\"}}]}; what does not apply is absent.\ntype is one of columns, column, choice, choices, text, texts, number, numbers, integer, boolean, value, renamings, pairs,\nconditions, sort_keys, aggregations, join_keys, table, tables, expression, sql, cell_edits; item is the form of an entry"
    )]
    Steps {
        /// Name of an operation, e.g. one_hot
        op: Option<String>,
    },
    /// Run steps on a file, without a notebook
    #[command(after_help = tables::WRANGLE_HELP)]
    Wrangle(Box<Wrangle>),
    /// Split a file into parts or folds, with a certificate
    #[command(after_help = tables::SPLIT_HELP)]
    Split(Box<Split>),
    /// Run what is stale in a notebook, in the order of what reads what
    #[command(after_help = "Example: cairn run stroke.cairn --cell 'Boosted trees' --set 'Boosted trees.max_depth=4'")]
    Run {
        /// The notebook
        notebook: PathBuf,
        /// Only this cell and what it reads; may be given again
        #[arg(long, value_name = "NAME")]
        cell: Vec<String>,
        /// For this run only; may be given again
        #[arg(long, value_name = "CELL.PARAM=VALUE")]
        set: Vec<String>,
    },
    /// Replay a fitted recipe on a new file
    #[command(
        after_help = "Examples:\n  cairn apply stroke.cairn --cell Encode --in new.csv --out ready.parquet\n  cairn apply recipe.json --in new.csv --out ready.csv\n  cairn apply stroke.cairn --cell Encode --in ready.parquet --out as_before.csv --inverse"
    )]
    Apply {
        /// The notebook, or a recipe file written by the window or by cairn code --to recipe
        #[arg(value_name = "NOTEBOOK")]
        recipe: PathBuf,
        /// The wrangle cell whose recipe is replayed; default: the last one
        #[arg(long, value_name = "NAME")]
        cell: Option<String>,
        /// The file to read
        #[arg(long = "in", value_name = "FILE")]
        input: PathBuf,
        /// The file to write: .csv, .parquet, .arrow
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Undo the recipe: the file holds what it made (scaled numbers, 0/1 columns, components)
        #[arg(long)]
        inverse: bool,
        /// How to read it
        #[command(flatten)]
        how: How,
    },
    /// Write a wrangle cell's recipe as code that runs without Cairn
    #[command(
        after_help = "Examples:\n  cairn code stroke.cairn --cell Encode --to pandas -o clean.py\n  cairn code stroke.cairn --to sql\n  cairn code stroke.cairn --to recipe -o recipe.json"
    )]
    Code {
        /// The notebook
        notebook: PathBuf,
        /// The wrangle cell; default: the last one
        #[arg(long, value_name = "NAME")]
        cell: Option<String>,
        /// polars or pandas (a Python script), sql (a query), recipe (a file for cairn apply)
        #[arg(long, value_enum)]
        to: CodeTo,
        /// The file to write; default: standard output
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Split, train, evaluate and record, without a notebook
    #[command(after_help = "Example: cairn train patients.csv --target stroke --param max_depth=3")]
    Train {
        /// The table
        file: PathBuf,
        /// The column to predict
        #[arg(long, value_name = "COLUMN")]
        target: String,
        /// Name of a kernel
        #[arg(long)]
        kernel: Option<String>,
        /// Name of an algorithm
        #[arg(long)]
        algorithm: Option<String>,
        /// A hyperparameter; may be given again
        #[arg(long = "param", value_name = "NAME=VALUE")]
        params: Vec<String>,
        /// The metric shown first
        #[arg(long)]
        metric: Option<String>,
        /// Seed of split and training
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Run, check or plan a W&B sweep file here
    #[command(
        after_help = "Examples:\n  cairn sweep --check sweep.yaml --json\n  cairn sweep --plan sweep.yaml --count 10 --seed 1\n  cairn sweep sweep.yaml --data patients.csv --target stroke --jobs 2"
    )]
    Sweep {
        /// The sweep file
        file: PathBuf,
        /// Only say whether it can run
        #[arg(long, conflicts_with = "plan")]
        check: bool,
        /// Only list its trials
        #[arg(long)]
        plan: bool,
        /// The table
        #[arg(long, value_name = "FILE")]
        data: Option<PathBuf>,
        /// The column to predict
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
        /// Trials at once
        #[arg(long)]
        jobs: Option<usize>,
        /// Trials at most
        #[arg(long)]
        count: Option<usize>,
        /// Seed of the sampler
        #[arg(long)]
        seed: Option<u64>,
        /// A sweep to go on with
        #[arg(long, value_name = "ID")]
        resume: Option<String>,
    },
    /// The tracker
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Example: cairn runs --where \"metrics.valid.auc > 0.8\" --sort -metrics.valid.auc"
    )]
    Runs {
        /// One run, or two compared
        #[command(subcommand)]
        of: Option<RunsVerb>,
        /// A filter: metrics.valid.auc > 0.8 and params.max_depth = 3
        #[arg(long = "where", value_name = "EXPR")]
        filter: Option<String>,
        /// A key; a leading - for descending
        #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
        sort: Option<String>,
    },
    /// Ancestry and descendants of a run, model, dataset or report
    #[command(after_help = "Example: cairn lineage run:01HX --format dot | dot -Tsvg > lineage.svg")]
    Lineage {
        /// Its id; without one, everything
        id: Option<String>,
        /// How to print it
        #[arg(long, value_enum)]
        format: Option<LineageFormat>,
    },
    /// Write a report of a run or a notebook
    #[command(after_help = "Example: cairn report stroke.cairn -o review.html")]
    Report {
        /// Id of a run, or a notebook (NOTEBOOK#CELL for one of several)
        of: String,
        /// Where to: .html
        #[arg(short, long = "out", value_name = "FILE")]
        out: PathBuf,
    },
    /// Which kernels are there, and what they train
    #[command(args_conflicts_with_subcommands = true, after_help = "Example: cairn kernels check mine/kernel.toml")]
    Kernels {
        /// Conformance of one
        #[command(subcommand)]
        of: Option<KernelsVerb>,
    },
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  cairn completions bash > ~/.local/share/bash-completion/completions/cairn\n  cairn completions zsh > \"${fpath[1]}/_cairn\"\n  cairn completions fish > ~/.config/fish/completions/cairn.fish\n  cairn completions powershell >> $PROFILE"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a page of the manual, or write all of them
    #[command(after_help = "Examples:\n  cairn man wrangle | man -l -\n  cairn man --out ~/.local/share/man/man1")]
    Man {
        /// The verb; default: cairn itself
        verb: Option<String>,
        /// Write cairn.1 and a page for each verb into this folder
        #[arg(long, value_name = "DIR", conflicts_with = "verb")]
        out: Option<PathBuf>,
    },
    /// The same window in a browser; prints its address with the token
    #[command(after_help = "Example: cairn serve --project stroke --listen 127.0.0.1:0")]
    Serve {
        /// Address and port; port 0 takes a free one. Beyond this machine only when you say so
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7227")]
        listen: String,
    },
}

/// How to read a file; what is absent is detected.
#[derive(Debug, clap::Args)]
pub struct How {
    /// Field delimiter
    #[arg(long, value_name = "C")]
    pub delimiter: Option<String>,
    /// Encoding, e.g. utf-8, windows-1252
    #[arg(long, value_name = "E")]
    pub encoding: Option<String>,
    /// Whether the first record holds the names
    #[arg(long, value_enum)]
    pub header: Option<YesNo>,
    /// text keeps every field as it stood in the file
    #[arg(long, value_enum, default_value_t = Types::Auto)]
    pub types: Types,
    /// Which of several tables: a sheet, a database table, a file of an archive; the report lists them
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Quote character; '' for none
    #[arg(long, value_name = "C")]
    pub quote: Option<String>,
    /// What escapes a quote inside quotes: the quote itself, \\, or '' for nothing
    #[arg(long, value_name = "C")]
    pub escape: Option<String>,
    /// Lines (or rows of a sheet) before the table
    #[arg(long, value_name = "N")]
    pub skip_lines: Option<u64>,
    /// Records that together hold the names
    #[arg(long, value_name = "N")]
    pub header_rows: Option<u32>,
    /// A word that stands for a missing value; may be given again; '' alone: no word does
    #[arg(long = "null", value_name = "TOKEN", allow_hyphen_values = true)]
    pub null_tokens: Vec<String>,
    /// Decimal mark: . or ,
    #[arg(long, value_name = "C")]
    pub decimal: Option<String>,
    /// Thousands mark: , . ' or a space; '' for none
    #[arg(long, value_name = "C")]
    pub thousands: Option<String>,
    /// Whether 03/04/2024 is the third of April
    #[arg(long, value_enum)]
    pub day_first: Option<YesNo>,
    /// The type of a column (bool, int, float, date, datetime, time, category, text); may be given again
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    pub column_types: Vec<String>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// It does
    Yes,
    /// It does not
    No,
}

/// How columns get their types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Types {
    /// From all rows
    Auto,
    /// None: text
    Text,
}

/// What recipes are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CodeTo {
    /// Python on polars
    Polars,
    /// Python on pandas and scikit-learn
    Pandas,
    /// A query for DuckDB and PostgreSQL
    Sql,
    /// A file for cairn apply
    Recipe,
}

/// How lineage is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LineageFormat {
    /// Nodes and edges
    Json,
    /// Graphviz
    Dot,
    /// OpenLineage 2-0-2 events
    Openlineage,
}

/// What of the kernels.
#[derive(Debug, Subcommand)]
pub enum KernelsVerb {
    /// Start a kernel and take it once through the protocol
    Check {
        /// Its manifest
        manifest: PathBuf,
    },
}

/// What of the tracker.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// One run
    Show {
        /// Its id, a unique beginning of it, or its name
        id: String,
    },
    /// How two runs differ
    Diff {
        /// The first
        a: String,
        /// The second
        b: String,
    },
}
