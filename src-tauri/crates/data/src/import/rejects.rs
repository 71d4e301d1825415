//! Every rejected record of a file, written to a file of its own.
//!
//! An import lists the first [`REJECTS_LISTED`] only, so that a report stays small whatever the file. Here the file is
//! scanned once more and each refused record goes to the disk as it is met, in full: memory does not grow with their
//! number.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use cairn_protocol::notebook::ImportOptions;

use super::formats;
use crate::export::{ExportOptions, runs_as_formula, whole_file};
use crate::{DataError, Progress};

/// A rejected record on its way to a file.
pub(crate) struct Rejected<'a> {
    /// Line in the file, from 1.
    pub line: u64,
    pub byte_offset: u64,
    pub reason: Cow<'a, str>,
    /// The record in full.
    pub text: Cow<'a, str>,
}

/// Takes rejected records one after the other.
pub(crate) type Take<'t> = dyn FnMut(Rejected<'_>) -> Result<(), DataError> + Send + 't;

/// Writes every record that [`super::import`] rejects of a file or a folder, in full and in order: `line`, `byte_offset`,
/// `reason`, `text`, as CSV (`.csv`) or tab-separated (`.tsv`). Of records that share a reason of the whole file (a
/// footer, another table) each has a line. Gives their number.
///
/// # Errors
/// When the file cannot be read as a table, or `out` cannot be written; when it was cancelled.
pub fn export_rejects(
    path: &Path,
    options: &ImportOptions,
    out: &Path,
    how: ExportOptions,
    progress: &dyn Progress,
) -> Result<u64, DataError> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let separator = match ending.as_deref() {
        Some("csv" | "txt") => b',',
        Some("tsv") => b'\t',
        _ => return Err(DataError::RejectsFormat { path: out.to_owned() }),
    };
    let mut written = 0;
    whole_file(out, |file| {
        let io = |source| DataError::io(out, "written", source);
        let mut line = Line { separator, guard: how.guard_formulas, buffer: Vec::new() };
        line.take(["line", "byte_offset", "reason", "text"]);
        file.write_all(&line.buffer).map_err(io)?;
        rejected(path, options, progress, &mut |reject| {
            line.buffer.clear();
            let (number, offset) = (reject.line.to_string(), reject.byte_offset.to_string());
            line.take([number.as_str(), &offset, &reject.reason, &reject.text]);
            written += 1;
            file.write_all(&line.buffer).map_err(io)
        })
    })?;
    progress.set(1.0);
    Ok(written)
}

/// Hands on every rejected record of a file, or of the files of a folder.
fn rejected(
    path: &Path,
    options: &ImportOptions,
    progress: &dyn Progress,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    if !path.is_dir() {
        return formats::rejected(path, &super::map::open(path)?, options, progress, 0, take);
    }
    for (name, file) in formats::folder::folder_files(path)? {
        rejected(&file, options, progress, &mut |reject| {
            take(Rejected { reason: format!("{name}: {}", reject.reason).into(), ..reject })
        })?;
    }
    Ok(())
}

/// A line of the file being put together.
struct Line {
    separator: u8,
    guard: bool,
    buffer: Vec<u8>,
}

impl Line {
    fn take(&mut self, fields: [&str; 4]) {
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                self.buffer.push(self.separator);
            }
            let guarded = self.guard && runs_as_formula(field);
            let quoted = field.bytes().any(|byte| byte == self.separator || matches!(byte, b'"' | b'\n' | b'\r'));
            if quoted {
                self.buffer.push(b'"');
            }
            if guarded {
                self.buffer.push(b'\'');
            }
            if quoted {
                self.buffer.extend(field.replace('"', "\"\"").into_bytes());
                self.buffer.push(b'"');
            } else {
                self.buffer.extend(field.as_bytes());
            }
        }
        self.buffer.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Imported, NoProgress, import};
    use cairn_protocol::table::Reject;

    /// Imports a file of that name, exports its rejects, and reads them back.
    fn exported(name: &str, bytes: &[u8], guard_formulas: bool) -> (Imported, Vec<Reject>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_back(&path, guard_formulas)
    }

    fn read_back(path: &Path, guard_formulas: bool) -> (Imported, Vec<Reject>) {
        let options = ImportOptions::default();
        let imported = import(path, &options, &NoProgress).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("rejects.csv");
        let count = export_rejects(path, &options, &out, ExportOptions { guard_formulas }, &NoProgress).unwrap();
        assert_eq!(count, imported.report.rejects_total, "as many as the import rejects");
        let text = std::fs::read_to_string(&out).unwrap();
        let rejects = parse(&text);
        assert_eq!(rejects.len() as u64, count);
        (imported, rejects)
    }

    /// RFC 4180, read without any of our readers.
    fn parse(text: &str) -> Vec<Reject> {
        let mut lines = vec![vec![String::new()]];
        let mut quoted = false;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let line = lines.last_mut().unwrap();
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    line.last_mut().unwrap().push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => line.push(String::new()),
                '\n' if !quoted => lines.push(vec![String::new()]),
                letter => line.last_mut().unwrap().push(letter),
            }
        }
        assert_eq!(lines.pop(), Some(vec![String::new()]), "the last line is ended");
        assert_eq!(lines.remove(0), ["line", "byte_offset", "reason", "text"]);
        let reject = |line: Vec<String>| {
            let [number, offset, reason, text] = <[String; 4]>::try_from(line).unwrap();
            Reject { line: number.parse().unwrap(), byte_offset: offset.parse().unwrap(), reason, text }
        };
        lines.into_iter().map(reject).collect()
    }

    /// The import's list is the beginning of the export, its texts the beginnings of the exported ones.
    fn continues(imported: &Imported, rejects: &[Reject]) {
        for (listed, exported) in imported.report.rejects.iter().zip(rejects) {
            let place = |of: &Reject| (of.line, of.byte_offset, of.reason.clone());
            assert_eq!(place(listed), place(exported));
            assert!(exported.text.starts_with(&listed.text), "{:?} {:?}", listed.text, exported.text);
        }
    }

    #[test]
    fn all_rejects_are_written_beyond_those_listed() {
        let mut text = String::from("a,b,c\n");
        let mut wanted = Vec::new();
        for row in 0..40_000 {
            if row % 3 == 1 {
                wanted.push((row + 2, text.len() as u64));
                text.push_str(&format!("{row},\"x, y\",z,one too many\n"));
            } else {
                text.push_str(&format!("{row},some text of a row,{}\n", row * 7));
            }
        }
        let (imported, rejects) = exported("many.csv", text.as_bytes(), false);
        assert_eq!((imported.report.rejects.len(), rejects.len()), (1000, wanted.len()));
        let places: Vec<(u64, u64)> = rejects.iter().map(|of| (of.line, of.byte_offset)).collect();
        assert_eq!(places, wanted);
        assert_eq!(rejects[12_000].text, "36001,\"x, y\",z,one too many");
        assert_eq!(rejects[12_000].reason, "4 fields instead of 3");
        continues(&imported, &rejects);
    }

    #[test]
    fn texts_are_whole_and_formulas_guarded() {
        let long = "=HYPERLINK(\"x\")".to_owned() + &"é".repeat(900);
        let text = format!("a,b\n1,2\n3,4\n{long},5,6\n7,8\n9,10\n");
        let (imported, rejects) = exported("long.csv", text.as_bytes(), false);
        assert_eq!(imported.report.rejects[0].text, format!("{long},5,6"));
        assert_eq!(rejects[0].text, format!("{long},5,6"));
        continues(&imported, &rejects);
        let (_, guarded) = exported("long.csv", text.as_bytes(), true);
        assert_eq!(guarded[0].text, format!("'{long},5,6"));
    }

    #[test]
    fn footers_other_encodings_and_lines_of_json_count_too() {
        let footer = "day;amount\n2026-01-01;3\n2026-01-02;4\n2026-01-03;5\n\nSource: the till\n";
        let (imported, rejects) = exported("till.csv", footer.as_bytes(), true);
        continues(&imported, &rejects);
        let latin: Vec<u8> = "name,town\nJos\u{e9},Li\u{e8}ge\nAnn,Ghent\nZo\u{eb},Spa,one,more\nBob,Mons\n"
            .chars()
            .map(|letter| letter as u8)
            .collect();
        let (imported, rejects) = exported("latin.csv", &latin, true);
        assert_eq!((rejects.len(), rejects[0].text.as_str()), (1, "Zo\u{eb},Spa,one,more"));
        continues(&imported, &rejects);
        let mut json = String::new();
        for row in 0..5000 {
            json.push_str(&if row % 2 == 1 { format!("{{\"a\": {row},,}}\n") } else { format!("{{\"a\": {row}}}\n") });
        }
        let (imported, rejects) = exported("lines.ndjson", json.as_bytes(), true);
        assert_eq!((imported.report.rejects.len(), rejects.len()), (1000, 2500));
        continues(&imported, &rejects);
    }

    #[test]
    fn files_of_a_folder_name_themselves_and_other_formats_reject_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "b.csv"] {
            std::fs::write(folder.path().join(name), "x,y\n1,2\n3,4\n5,6,7\n8,9\n").unwrap();
        }
        let (imported, rejects) = read_back(folder.path(), true);
        assert_eq!(rejects.len(), 2);
        assert!(rejects[1].reason.starts_with("b.csv: "), "{:?}", rejects[1]);
        continues(&imported, &rejects);
        let table = folder.path().join("t.parquet");
        crate::export(&imported.frame, &table).unwrap();
        assert!(read_back(&table, true).1.is_empty());
        let refused = export_rejects(
            &table,
            &ImportOptions::default(),
            &folder.path().join("r.parquet"),
            ExportOptions::default(),
            &NoProgress,
        );
        assert!(matches!(refused, Err(DataError::RejectsFormat { .. })));
    }
}
