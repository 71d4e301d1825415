//! Writing tables: to a temporary name beside the place, flushed to the disk, then renamed over it, so that a file
//! is always whole. CSV as RFC 4180 says (UTF-8, `,`, `"` doubled, a header), JSON lines, Parquet, Arrow IPC.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use polars::prelude::{
    Column, CsvWriter, DataFrame, DataType, IntoColumn, IpcWriter, NewChunkedArray, ParquetWriter, PolarsError,
    PolarsResult, SerWriter, StringChunked,
};

use crate::{DataError, format};

/// How CSV is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Puts an apostrophe before text that a spreadsheet would run as a formula (`=`, `+`, `-`, `@`, tab). For files
    /// that people open in one; off for the exchange of data, which it changes.
    pub guard_formulas: bool,
}

/// Writes a table in the format that the ending of the name says: `.csv`, `.tsv`, `.ndjson` (also `.jsonl`), each
/// also packed as `.gz` or `.zst`; `.parquet`; `.arrow` (also `.ipc`, `.feather`).
///
/// # Errors
/// When the ending is unknown or the file cannot be written.
pub fn export(frame: &DataFrame, path: &Path) -> Result<(), DataError> {
    export_with(frame, path, ExportOptions::default())
}

/// [`export`] with options.
///
/// # Errors
/// As [`export`].
pub fn export_with(frame: &DataFrame, path: &Path, options: ExportOptions) -> Result<(), DataError> {
    let (ending, packing) = endings(path);
    match (ending.as_str(), packing) {
        ("csv" | "tsv" | "txt", packing) => {
            let separator = if ending == "tsv" { b'\t' } else { b',' };
            let mut plain = csv_ready(frame, options)?;
            write_whole(path, |file| {
                packed(file, packing, |out| CsvWriter::new(out).with_separator(separator).finish(&mut plain))
            })
        }
        ("ndjson" | "jsonl", packing) => {
            write_whole(path, |file| packed(file, packing, |out| crate::ndjson::write(frame, out)))
        }
        ("parquet", None) => write_whole(path, |file| ParquetWriter::new(file).finish(&mut frame.clone()).map(|_| ())),
        ("arrow" | "ipc" | "feather", None) => write_whole(path, |file| {
            let mut frame = frame.clone();
            frame.rechunk_mut_par();
            let rows = frame.height().max(1);
            IpcWriter::new(file).with_compression(None).with_record_batch_size(Some(rows)).finish(&mut frame)
        }),
        _ => Err(DataError::ExportFormat { path: path.to_owned() }),
    }
}

/// Whether a table can be written there, as far as can be told before there is one: the ending says a format, the
/// folder is there, and no folder stands in the file's place. Long work asks before it begins.
///
/// # Errors
/// As [`export`].
pub fn can_export(path: &Path) -> Result<(), DataError> {
    let (ending, packing) = endings(path);
    let known = match ending.as_str() {
        "csv" | "tsv" | "txt" | "ndjson" | "jsonl" => true,
        "parquet" | "arrow" | "ipc" | "feather" => packing.is_none(),
        _ => false,
    };
    if !known {
        return Err(DataError::ExportFormat { path: path.to_owned() });
    }
    let io =
        |kind: std::io::ErrorKind, what: &str| Err(DataError::io(path, "written", std::io::Error::new(kind, what)));
    if path.is_dir() {
        return io(std::io::ErrorKind::IsADirectory, "a folder has this name");
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => {
            io(std::io::ErrorKind::NotFound, &format!("there is no folder {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// How a text is packed while it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

/// The ending that says the format, and the one behind it that says how it is packed.
fn endings(path: &Path) -> (String, Option<Packing>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut parts: Vec<&str> = name.split('.').skip(1).collect();
    let packing = match parts.last() {
        Some(&"gz") => Some(Packing::Gzip),
        Some(&"zst") => Some(Packing::Zstd),
        _ => None,
    };
    if packing.is_some() {
        parts.pop();
    }
    (parts.pop().unwrap_or_default().to_owned(), packing)
}

fn packed(
    file: &mut BufWriter<&File>,
    packing: Option<Packing>,
    write: impl FnOnce(&mut dyn Write) -> PolarsResult<()>,
) -> PolarsResult<()> {
    match packing {
        None => write(file),
        Some(Packing::Gzip) => {
            // No name and no time in the header: the same table gives the same bytes.
            let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::default());
            write(&mut out)?;
            out.finish()?;
            Ok(())
        }
        Some(Packing::Zstd) => {
            let mut out = zstd::stream::write::Encoder::new(file, 3)?;
            write(&mut out)?;
            out.finish()?;
            Ok(())
        }
    }
}

fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> PolarsResult<()>) -> Result<(), DataError> {
    let io = |source| DataError::io(path, "written", source);
    whole_file(path, |file| {
        write(file).map_err(|error| match error {
            PolarsError::IO { error, .. } => io(std::io::Error::new(error.kind(), error.to_string())),
            // Some writers wrap what the system said into an error of their format.
            other if other.to_string().contains("os error") => io(std::io::Error::other(other.to_string())),
            other => DataError::Table { doing: format!("writing {}", path.display()), source: other },
        })
    })
}

/// Writes a file whole or not at all.
pub(crate) fn whole_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let io = |source| DataError::io(path, "written", source);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new().prefix(".cairn-").tempfile_in(folder).map_err(io)?;
    let mut buffered = BufWriter::with_capacity(1 << 20, temporary.as_file());
    write(&mut buffered)?;
    buffered.flush().map_err(io)?;
    drop(buffered);
    temporary.as_file().sync_all().map_err(io)?;
    share_as_usual(temporary.as_file()).map_err(io)?;
    temporary.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// Temporary files are for their owner alone; what is exported is not.
#[cfg(unix)]
fn share_as_usual(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share_as_usual(_file: &File) -> std::io::Result<()> {
    Ok(())
}

/// A copy whose columns CSV can hold: points in time as ISO 8601 without empty fractions, nested values as text.
fn csv_ready(frame: &DataFrame, options: ExportOptions) -> Result<DataFrame, DataError> {
    let columns = frame.columns().iter().map(|column| {
        let made = csv_column(column, options);
        // A name in the header is a cell like any other to a spreadsheet.
        let name = made.name().clone();
        if options.guard_formulas && runs_as_formula(&name) { made.with_name(format!("'{name}").into()) } else { made }
    });
    let columns = columns.collect();
    DataFrame::new(frame.height(), columns).map_err(DataError::table("preparing the columns"))
}

fn csv_column(column: &Column, options: ExportOptions) -> Column {
    let as_text = |guard: bool| {
        let texts = (0..column.len()).map(|row| {
            let text = column.get(row).ok().and_then(|value| format::text_of(&value));
            text.map(|text| if guard && runs_as_formula(&text) { format!("'{text}") } else { text })
        });
        StringChunked::from_iter_options(column.name().clone(), texts).into_column()
    };
    match column.dtype() {
        DataType::String => {
            let asks =
                options.guard_formulas && column.str().is_ok_and(|texts| texts.iter().flatten().any(runs_as_formula));
            if asks { as_text(true) } else { column.clone() }
        }
        DataType::Boolean | DataType::Float32 | DataType::Float64 | DataType::Date | DataType::Time => column.clone(),
        // The writer has none for these.
        DataType::Int128 | DataType::UInt128 => as_text(false),
        dtype if dtype.is_integer() => column.clone(),
        dtype if dtype.is_nested() || dtype.is_categorical() || dtype.is_enum() => as_text(options.guard_formulas),
        // Points in time, durations, decimals: as the grid shows them.
        _ => as_text(false),
    }
}

/// Whether a spreadsheet would run a text.
pub(crate) fn runs_as_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_ipc;
    use polars::prelude::*;

    fn frame() -> DataFrame {
        df!(
            "n" => [Some(1i64), None, Some(-3)],
            "x" => [0.1, 1.5, 2.0],
            "t" => [Some("a,\"b\"\nc"), Some(""), None],
            "f" => ["=1+1", "-2", "é"],
        )
        .unwrap()
    }

    #[test]
    fn csv_is_rfc_4180() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        export(&frame(), &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "n,x,t,f\n1,0.1,\"a,\"\"b\"\"\nc\",=1+1\n,1.5,\"\",-2\n-3,2.0,,é\n");
        export_with(&frame(), &path, ExportOptions { guard_formulas: true }).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(",'=1+1\n") && text.contains(",-2\n"), "{text}");
        let mut named = frame();
        named.rename("f", "=f".into()).unwrap();
        export_with(&named, &path, ExportOptions { guard_formulas: true }).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("n,x,t,'=f\n"), "{text}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn packed_text_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        // In CSV an empty text and a missing one are the same when read.
        let frame = frame().drop("t").unwrap();
        for name in ["t.csv.gz", "t.csv.zst", "t.tsv.gz", "t.ndjson", "t.jsonl.zst"] {
            let path = folder.path().join(name);
            export(&frame, &path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            export(&frame, &path).unwrap();
            assert_eq!(bytes, std::fs::read(&path).unwrap(), "{name}");
            let read = crate::import(&path, &Default::default(), &crate::NoProgress).unwrap();
            let texts = |frame: &DataFrame| format!("{:?}", crate::page(frame, None, 0, 9, 0, 9).columns);
            assert_eq!(texts(&read.frame), texts(&frame), "{name}");
        }
        let text = std::fs::read_to_string(folder.path().join("t.ndjson")).unwrap();
        assert_eq!(text.lines().nth(1), Some(r#"{"n":null,"x":1.5,"f":"-2"}"#));
    }

    #[test]
    fn binary_formats_read_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["t.parquet", "t.arrow"] {
            let path = folder.path().join(name);
            export(&frame(), &path).unwrap();
            let read =
                crate::import(&path, &cairn_protocol::notebook::ImportOptions::default(), &crate::NoProgress).unwrap();
            assert!(read.frame.equals_missing(&frame()), "{name}");
            assert_eq!((read.report.rows, read.report.records_counted), (3, 3));
        }
        assert!(read_ipc(&folder.path().join("t.arrow")).unwrap().equals_missing(&frame()));
        for name in ["t.doc", "t", "t.parquet.gz", "gz"] {
            let path = folder.path().join(name);
            for refused in [export(&frame(), &path), can_export(&path)] {
                assert!(matches!(refused, Err(DataError::ExportFormat { .. })), "{name}");
            }
        }
        for name in ["t.csv", "t.ndjson.zst", "t.parquet"] {
            can_export(&folder.path().join(name)).unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
        for name in ["folder.csv", "none/t.csv"] {
            assert!(matches!(can_export(&folder.path().join(name)), Err(DataError::Io { .. })), "{name}");
        }
        assert!(matches!(read_ipc(&folder.path().join("none.arrow")), Err(DataError::Missing { .. })));
    }
}
