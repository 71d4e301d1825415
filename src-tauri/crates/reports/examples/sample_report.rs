//! Writes the sample report: `sample_report PATH [digits]`.

#[path = "../tests/sample/mod.rs"]
mod sample;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("a path is needed")?;
    let content = if arguments.next().as_deref() == Some("digits") { sample::digits() } else { sample::content() };
    std::fs::write(path, cairn_reports::html(&content)?)?;
    Ok(())
}
