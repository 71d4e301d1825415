//! Parquet and Arrow files of other writers, with types that polars itself does not write; and how long ones are read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cairn_protocol::notebook::ImportOptions;

use crate::{DataError, NoProgress, Progress, export, import, page, profile};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/formats/types").join(name)
}

/// What a file says of its first column: its type and its two values, or why it cannot be read.
fn shown(name: &str) -> String {
    match import(&fixture(name), &ImportOptions::default(), &NoProgress) {
        Ok(imported) => {
            let cells = page(&imported.frame, None, 0, 2, 0, 1).columns.remove(0).cells;
            let cell = |at: usize| cells.get(at).cloned().flatten().unwrap_or_else(|| "∅".into());
            // Whatever is read can be looked at and written.
            assert_eq!(profile(&imported.frame).columns.len(), imported.frame.width());
            let folder = tempfile::tempdir().unwrap();
            for ending in ["csv", "ndjson", "parquet", "arrow"] {
                export(&imported.frame, &folder.path().join(format!("t.{ending}"))).unwrap();
            }
            format!("{} {}|{}", imported.report.columns[0].column_type.as_str(), cell(0), cell(1))
        }
        Err(error) => {
            assert!(matches!(error, DataError::Format { .. }) && !error.hint().is_empty(), "{error}");
            format!("error: {error}")
        }
    }
}

#[test]
fn types_of_other_writers() {
    let mut wrong = Vec::new();
    for (name, expected) in [
        ("half", "error"),
        ("dec256", "error"),
        ("dec128", "decimal 1.50|∅"),
        ("dict", "category a|∅"),
        ("dict_int", "int 7|∅"),
        ("large_list", "list [1,null]|∅"),
        ("fixed_list", "struct [1,2]|∅"),
        ("nested", "struct {\"a\":[{\"b\":1}]}|∅"),
        ("map", "list [{\"key\":\"k\",\"value\":1}]|∅"),
        ("berlin", "datetime 2024-02-29 13:45:30Z|∅"),
        ("offset", "datetime 2024-02-29 13:45:30Z|∅"),
        ("nanos", "datetime 2024-02-29 13:45:30|∅"),
        ("seconds", "datetime 2024-02-29 13:45:30|∅"),
        ("time32", "time 07:30:00|∅"),
        ("binary", "text b\"\\x00\\xff\"|∅"),
        ("fixed", "text b\"ab\"|∅"),
        ("view", "text x|∅"),
        ("u64", "int 18446744073709551615|∅"),
        ("null", "text ∅|∅"),
        ("bool", "bool true|∅"),
    ] {
        for ending in ["parquet", "arrow"] {
            let name = format!("{name}.{ending}");
            let found = shown(&name);
            if !(found == expected || (expected == "error" && found.starts_with("error: "))) {
                wrong.push(format!("{name}: {found} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_without_rows_or_columns() {
    let empty = import(&fixture("no-rows.parquet"), &ImportOptions::default(), &NoProgress).unwrap();
    assert_eq!((empty.report.rows, empty.frame.width()), (0, 2));
    for (name, said) in
        [("no-columns.parquet", "no columns"), ("twice.parquet", "«a»"), ("twice.arrow", "could not be read")]
    {
        let found = shown(name);
        assert!(found.starts_with("error: ") && found.contains(said), "{name}: {found}");
    }
}

/// Cancels after some looks, and counts them.
struct After(AtomicU32, u32);

impl Progress for After {
    fn set(&self, _: f64) {}

    fn cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= self.1
    }
}

#[test]
fn row_groups_are_joined_and_reading_them_can_be_stopped() {
    let path = fixture("groups.parquet");
    let imported = import(&path, &ImportOptions::default(), &NoProgress).unwrap();
    let n = imported.frame.column("n").unwrap().i64().unwrap().clone();
    assert!(n.len() == 1000 && n.iter().enumerate().all(|(row, n)| n == Some(row as i64)));
    let bytes = std::fs::read(&path).unwrap();
    // One group at a time: ten looks.
    let one_by_one = crate::import::binary::parquet_in_turns(&path, &bytes, &After(AtomicU32::new(0), 100), 1).unwrap();
    assert!(one_by_one.equals(&imported.frame));
    let stop = After(AtomicU32::new(0), 3);
    let stopped = crate::import::binary::parquet_in_turns(&path, &bytes, &stop, 1).unwrap_err();
    assert!(matches!(stopped, DataError::Cancelled), "{stopped}");
    assert_eq!(stop.0.load(Ordering::Relaxed), 4);
}

#[test]
fn damaged_ones_say_so() {
    for name in ["groups.parquet", "dict.parquet", "nested.parquet", "dict.arrow", "large_list.arrow"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        for cut in [8, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let error = import(&path, &ImportOptions::default(), &NoProgress).unwrap_err();
            assert!(matches!(error, DataError::Format { .. }), "{name} cut at {cut}: {error}");
            assert!(!error.hint().is_empty());
        }
    }
}
