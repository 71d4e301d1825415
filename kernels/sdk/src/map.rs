//! Maps a file into memory as an Arrow buffer. The only place here that needs `unsafe`.
#![expect(
    unsafe_code,
    reason = "mapping a file and lending its pages to Arrow without a copy cannot be said in safe Rust"
)]

use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::Buffer;
use memmap2::Mmap;

/// The file's pages as a buffer; they stay mapped until the last array over them is dropped.
///
/// Tables are written under another name and renamed, so a mapped file is never changed or cut.
pub(crate) fn map_file(path: &Path) -> io::Result<Buffer> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Buffer::default());
    }
    // SAFETY: the host replaces tables by renaming and never writes into one, so the pages do not change under us.
    let pages = Arc::new(unsafe { Mmap::map(&file)? });
    let start = NonNull::from(&pages[..]).cast::<u8>();
    // SAFETY: `start` is valid for `pages.len()` bytes for as long as `pages` lives, and the buffer owns `pages`.
    Ok(unsafe { Buffer::from_custom_allocation(start, pages.len(), pages) })
}
