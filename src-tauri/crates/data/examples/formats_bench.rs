//! Reads the files named on the command line and prints how long each took: rows, seconds, MB of the file a second,
//! cells a second; the best of three.

use std::io::Write as _;
use std::path::Path;

use cairn_data::{NoProgress, import};
use cairn_protocol::notebook::ImportOptions;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for file in std::env::args().skip(1) {
        let mut best = f64::INFINITY;
        let mut found = None;
        for _ in 0..3 {
            let imported = import(Path::new(&file), &ImportOptions::default(), &NoProgress)?;
            best = best.min(imported.report.elapsed_secs);
            found = Some(imported.report);
        }
        let Some(report) = found else { continue };
        let cells = report.rows as f64 * report.columns.len() as f64;
        writeln!(
            out,
            "{file}: {} rows, {best:.2} s, {:.0} MB/s, {:.2} M cells/s",
            report.rows,
            report.size_bytes as f64 / 1e6 / best,
            cells / 1e6 / best
        )?;
    }
    Ok(())
}
