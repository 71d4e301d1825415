//! The built-in samples: real projects that are copied into a folder of the person's.

use std::path::Path;

use cairn_protocol::{ErrorInfo, door::SampleInfo};

use crate::files::write_whole;

struct Sample {
    name: &'static str,
    title: &'static str,
    shape: &'static str,
    task: &'static str,
    about: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

const SAMPLES: &[Sample] = &[
    Sample {
        name: "stroke",
        title: "Stroke risk",
        shape: "20,000 patients × 12 columns",
        task: "two classes",
        about: "8 cells, from a table with gaps to a report",
        files: &[
            ("data/patients.csv", include_bytes!("../../../../assets/samples/stroke/data/patients.csv")),
            ("stroke.cairn", include_bytes!("../../../../assets/samples/stroke/stroke.cairn")),
            ("README.md", include_bytes!("../../../../assets/samples/stroke/README.md")),
        ],
    },
    Sample {
        name: "digits",
        title: "Handwritten digits",
        shape: "1,797 digits × 65 columns",
        task: "ten classes",
        about: "8 cells, 64 pixels a digit",
        files: &[
            ("data/digits.csv", include_bytes!("../../../../assets/samples/digits/data/digits.csv")),
            ("digits.cairn", include_bytes!("../../../../assets/samples/digits/digits.cairn")),
            ("README.md", include_bytes!("../../../../assets/samples/digits/README.md")),
        ],
    },
];

/// All samples.
pub fn list() -> Vec<SampleInfo> {
    SAMPLES
        .iter()
        .map(|sample| SampleInfo {
            name: sample.name.into(),
            title: sample.title.into(),
            shape: sample.shape.into(),
            task: sample.task.into(),
            about: sample.about.into(),
        })
        .collect()
}

/// Whether there is a sample of this name.
///
/// # Errors
/// There is none; the hint names those there are.
pub fn check(name: &str) -> Result<(), ErrorInfo> {
    if SAMPLES.iter().any(|sample| sample.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = SAMPLES.iter().map(|sample| sample.name).collect();
    Err(ErrorInfo::usage(format!("there is no sample {name:?}")).hint(format!("samples are {}", names.join(", "))))
}

/// Copies a sample's files into a folder.
///
/// # Errors
/// There is no such sample, or the folder cannot be written.
pub fn copy(name: &str, folder: &Path) -> Result<(), ErrorInfo> {
    check(name)?;
    let Some(sample) = SAMPLES.iter().find(|sample| sample.name == name) else { return Ok(()) };
    for (path, bytes) in sample.files {
        write_whole(&folder.join(path), bytes)?;
    }
    Ok(())
}
