//! The bytes of a file: small ones are read, large ones are mapped.
#![expect(unsafe_code, reason = "mapping a file into memory; see `open`")]

use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::DataError;

/// Files up to this size are read into memory.
const READ_UP_TO: u64 = 8 << 20;

/// The bytes of a file.
pub(crate) enum FileBytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

/// Opens a file; folders, missing and empty files are errors.
pub(crate) fn open(path: &Path) -> Result<FileBytes, DataError> {
    let metadata = std::fs::metadata(path).map_err(|source| DataError::io(path, "read", source))?;
    if metadata.is_dir() {
        return Err(DataError::Folder { path: path.to_owned() });
    }
    let mut file = File::open(path).map_err(|source| DataError::io(path, "read", source))?;
    let bytes = if metadata.len() <= READ_UP_TO {
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.read_to_end(&mut bytes).map_err(|source| DataError::io(path, "read", source))?;
        FileBytes::Owned(bytes)
    } else {
        // SAFETY: the map is only read. Another program that writes into the file meanwhile may change what is
        // read: text is checked to be UTF-8 block by block and copied before it is kept, so a change gives odd
        // values, not invalid ones. One that cuts the file short ends this process, as with every mapped file.
        FileBytes::Mapped(unsafe { Mmap::map(&file) }.map_err(|source| DataError::io(path, "read", source))?)
    };
    if bytes.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    Ok(bytes)
}
