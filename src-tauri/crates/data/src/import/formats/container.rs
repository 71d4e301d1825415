//! Packed files: gzip (several members), zstd (several frames), zip. Told by content, unpacked into memory.
//!
//! What unpacks to more than [`MOST_BYTES`], or beyond [`MOST_RATIO`] times its size once past [`FREE_BYTES`], is
//! refused: such a file is a trap or a mistake. Of a damaged gzip or zstd stream, what can be read is read, and
//! [`Unpacked::damage`] says so; an archive whose file is damaged is an error, since its checksum is known.

use std::io::{self, Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::names;
use crate::{DataError, Progress};

/// Unpacked bytes at most.
pub(crate) const MOST_BYTES: u64 = 64 << 30;
/// Unpacked bytes for each packed one at most …
pub(crate) const MOST_RATIO: u64 = 250;
/// … where the whole is larger than this.
pub(crate) const FREE_BYTES: u64 = 1 << 30;
/// Bytes unpacked between two looks at whether to go on.
const PIECE: usize = 1 << 20;

/// A way of packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
    Zip,
}

impl Packing {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }
}

/// What was inside.
#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    pub bytes: Vec<u8>,
    /// The file's name in its archive.
    pub name: String,
    /// All files of the archive, where there are several.
    pub names: Vec<String>,
    /// What is left of the person's choice of a table, for the file itself.
    pub table: Option<String>,
    /// Why the stream ended before its end.
    pub damage: Option<String>,
    pub notes: Vec<String>,
}

/// Tells by the first bytes.
pub(crate) fn recognise(bytes: &[u8]) -> Option<Packing> {
    match bytes {
        [0x1f, 0x8b, 8, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packing::Zip),
        _ => None,
    }
}

/// Unpacks a file; `limit` bytes of it where only its beginning matters.
pub(crate) fn unpack(
    path: &Path,
    packing: Packing,
    bytes: &[u8],
    table: Option<&str>,
    limit: Option<usize>,
    progress: &dyn Progress,
) -> Result<Unpacked, DataError> {
    let job = Job { path, packing, packed: bytes.len(), limit, progress };
    match packing {
        Packing::Gzip => Ok(Unpacked { table: table.map(str::to_owned), ..job.gzip(bytes)? }),
        Packing::Zstd => Ok(Unpacked { table: table.map(str::to_owned), ..job.zstd(bytes)? }),
        Packing::Zip => job.zip(bytes, table),
    }
}

struct Job<'a> {
    path: &'a Path,
    packing: Packing,
    packed: usize,
    limit: Option<usize>,
    progress: &'a dyn Progress,
}

/// How reading a stream ended.
enum End {
    Whole,
    Enough,
    Broken(io::Error),
}

impl Job<'_> {
    /// Reads a stream to its end, within the bounds.
    fn fill(
        &self,
        mut reader: impl Read,
        out: &mut Vec<u8>,
        consumed: impl Fn(usize) -> usize,
    ) -> Result<End, DataError> {
        loop {
            if self.progress.cancelled() {
                return Err(DataError::Cancelled);
            }
            let piece = PIECE.min(self.limit.unwrap_or(usize::MAX).saturating_sub(out.len()));
            if piece == 0 {
                return Ok(End::Enough);
            }
            let before = out.len();
            // What came before a fault stays in `out`.
            let read = reader.by_ref().take(piece as u64).read_to_end(out);
            self.check_size(out.len() as u64)?;
            self.progress.set((consumed(out.len()) as f64 / self.packed.max(1) as f64).min(1.0));
            match read {
                Ok(_) if out.len() == before => return Ok(End::Whole),
                Ok(_) => {}
                Err(error) => return Ok(End::Broken(error)),
            }
        }
    }

    fn check_size(&self, unpacked: u64) -> Result<(), DataError> {
        let allowed = FREE_BYTES.max((self.packed as u64).saturating_mul(MOST_RATIO)).min(MOST_BYTES);
        if unpacked <= allowed {
            return Ok(());
        }
        Err(DataError::refused(
            format!(
                "{} unpacks to more than {} GiB, {} times its size or more: it was not read",
                self.path.display(),
                allowed >> 30,
                allowed / (self.packed as u64).max(1)
            ),
            None,
            "Unpack it yourself if it is what you expect, and read the file inside",
        ))
    }

    fn gzip(&self, bytes: &[u8]) -> Result<Unpacked, DataError> {
        let mut unpacked = Unpacked::default();
        // The last four bytes say how long the last member is: true for most files, a hint for all.
        if let (None, Some((_, length))) = (self.limit, bytes.split_last_chunk::<4>()) {
            let length = u32::from_le_bytes(*length) as usize;
            unpacked.bytes.reserve(length.min(bytes.len().saturating_mul(12)).min(4 << 30) + 64);
        }
        let mut rest = bytes;
        loop {
            let at = bytes.len() - rest.len();
            let mut decoder = flate2::bufread::GzDecoder::new(rest);
            // A member's own progress is not seen from outside: members done, and what was unpacked against a guess.
            let end = self.fill(&mut decoder, &mut unpacked.bytes, |out| at.max(out / 5))?;
            match end {
                End::Enough => return Ok(unpacked),
                End::Broken(error) => {
                    unpacked.damage = Some(self.damage(&error, unpacked.bytes.len())?);
                    return Ok(unpacked);
                }
                End::Whole => {}
            }
            rest = decoder.into_inner();
            if rest.is_empty() {
                return Ok(unpacked);
            }
            if !rest.starts_with(&[0x1f, 0x8b]) {
                // Tapes and some tools fill up with zeros.
                if rest.iter().any(|byte| *byte != 0) {
                    unpacked.notes.push(format!("{} bytes after the gzip data were passed over", rest.len()));
                }
                return Ok(unpacked);
            }
        }
    }

    fn zstd(&self, bytes: &[u8]) -> Result<Unpacked, DataError> {
        let mut unpacked = Unpacked::default();
        let fault = |error: io::Error| DataError::Format {
            path: self.path.to_owned(),
            format: "zstd",
            message: error.to_string(),
        };
        let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(fault)?;
        decoder.window_log_max(30).map_err(fault)?;
        let end = self.fill(&mut decoder, &mut unpacked.bytes, |out| out / 5)?;
        if let End::Broken(error) = end {
            unpacked.damage = Some(self.damage(&error, unpacked.bytes.len())?);
        }
        Ok(unpacked)
    }

    /// What to say of a stream that broke; an error when nothing could be read.
    fn damage(&self, error: &io::Error, unpacked: usize) -> Result<String, DataError> {
        let name = self.packing.as_str();
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends too early".to_owned(),
            _ => format!("is damaged ({error})"),
        };
        if unpacked == 0 {
            return Err(DataError::Format {
                path: self.path.to_owned(),
                format: name,
                message: format!("the {name} data {why}, and nothing of it could be unpacked"),
            });
        }
        Ok(format!(
            "the file is not complete: its {name} data {why}; what could be unpacked ({unpacked} bytes) was read"
        ))
    }

    fn zip(&self, bytes: &[u8], table: Option<&str>) -> Result<Unpacked, DataError> {
        let fault = |error: ZipError| self.zip_fault(&error);
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(fault)?;
        let mut files: Vec<(usize, String)> = Vec::new();
        for index in 0..archive.len() {
            let file = archive.by_index_data(index).map_err(fault)?;
            let name = file.name().map_err(fault)?.into_owned();
            if file.is_file() && !is_hidden(&name) {
                files.push((index, name));
            }
        }
        if files.is_empty() {
            return Err(DataError::refused(
                format!("{} is an archive without files", self.path.display()),
                None,
                "Put a table into it, or choose another file",
            ));
        }
        let all: Vec<String> = files.iter().map(|(_, name)| name.clone()).collect();
        let data = all.iter().position(|name| super::is_data_name(name)).unwrap_or(0);
        let data_files = all.iter().filter(|name| super::is_data_name(name)).count();
        let (chosen, inner) = match table {
            None => (data, None),
            Some(wanted) => match all.iter().position(|name| name == wanted) {
                Some(at) => (at, None),
                None => {
                    let prefixed = all
                        .iter()
                        .position(|name| wanted.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/')));
                    match prefixed {
                        Some(at) => (at, Some(wanted[all[at].len() + 1..].to_owned())),
                        // One table file: the choice is one inside it.
                        None if data_files <= 1 => (data, Some(wanted.to_owned())),
                        None => (names::choose(&all, wanted)?, None),
                    }
                }
            },
        };
        let mut unpacked = Unpacked { name: all[chosen].clone(), table: inner, ..Unpacked::default() };
        let mut file = archive.by_index(files[chosen].0).map_err(fault)?;
        self.check_size(file.size())?;
        unpacked.bytes.reserve((file.size() as usize).min(self.packed.saturating_mul(12)));
        match self.fill(&mut file, &mut unpacked.bytes, |out| out / 5)? {
            End::Broken(error) => {
                return Err(DataError::Format {
                    path: self.path.join(&unpacked.name),
                    format: "zip",
                    message: format!("the packed file is damaged: {error}"),
                });
            }
            End::Whole | End::Enough => {}
        }
        if all.len() > 1 {
            if table.is_none() {
                unpacked.notes.push(format!(
                    "the archive holds {} files: «{}» was read, another can be chosen",
                    all.len(),
                    unpacked.name
                ));
            }
            unpacked.names = all;
        }
        Ok(unpacked)
    }

    fn zip_fault(&self, error: &ZipError) -> DataError {
        let text = error.to_string();
        if matches!(error, ZipError::InvalidPassword) || text.to_lowercase().contains("password") {
            return DataError::refused(
                format!("{} is protected by a password", self.path.display()),
                None,
                "Unpack it with the password, and read the file inside",
            );
        }
        let message = match error {
            ZipError::CompressionMethodNotSupported(method) => {
                format!("it is packed by a method that is not known here (number {method}); pack it again as usual")
            }
            _ => text,
        };
        DataError::Format { path: self.path.to_owned(), format: "zip", message }
    }
}

/// Files that programs put into archives for themselves.
fn is_hidden(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part.starts_with('.') || part == "__MACOSX" || part == "Thumbs.db")
}

/// Refuses an archive that is read in place (a workbook) when its files together are beyond the bounds.
pub(crate) fn check_archive(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let job = Job { path, packing: Packing::Zip, packed: bytes.len(), limit: None, progress: &crate::NoProgress };
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| job.zip_fault(&error))?;
    let sizes = (0..archive.len()).filter_map(|index| archive.by_index_data(index).ok());
    job.check_size(sizes.fold(0, |sum, file| sum.saturating_add(file.size())))
}

/// Whether an archive has a file of this name, whatever its case.
pub(crate) fn zip_has(bytes: &[u8], wanted: &str) -> bool {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return false };
    archive
        .file_names()
        .flatten()
        .any(|name| name.replace('\\', "/").trim_start_matches('/').eq_ignore_ascii_case(wanted))
}
