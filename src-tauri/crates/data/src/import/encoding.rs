//! Text in any encoding as UTF-8, with the way back to the file's byte offsets.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::DataError;

/// Bytes looked at to guess a legacy encoding.
const DETECT_BYTES: usize = 1 << 20;
/// Bytes decoded at a time; a point for the way back is kept after each.
const STEP: usize = 64 << 10;

/// A file's text in UTF-8.
pub(crate) struct Text<'a> {
    /// The text, byte order mark left out. In place when the file is UTF-8.
    pub bytes: Cow<'a, [u8]>,
    /// The encoding of the file.
    pub encoding: &'static Encoding,
    /// Sequences that mean nothing in the encoding and became U+FFFD.
    pub replaced: u64,
    /// Offsets in the text and in the file that belong together, ascending; between two of them the encoding says.
    points: Vec<(usize, usize)>,
}

impl Text<'_> {
    /// The offset in the file of an offset in the text.
    pub fn file_offset(&self, offset: usize) -> u64 {
        let index = self.points.partition_point(|(text, _)| *text <= offset).saturating_sub(1);
        let Some((text, file)) = self.points.get(index).copied() else { return offset as u64 };
        let between = String::from_utf8_lossy(self.bytes.get(text..offset).unwrap_or_default());
        let length = if self.encoding == UTF_8 {
            offset - text
        } else if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            between.encode_utf16().count() * 2
        } else {
            self.encoding.encode(&between).0.len()
        };
        (file + length) as u64
    }
}

/// Looks at the beginning and, where an encoding is named or marked, decodes by it. Text that may be UTF-8 is taken
/// as it is; where that turns out wrong while parsing, [`decode_detected`] follows.
pub(crate) fn decode<'a>(bytes: &'a [u8], wanted: Option<&str>) -> Result<Text<'a>, DataError> {
    if let Some(label) = wanted {
        let encoding = Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| DataError::Option {
            option: "encoding",
            value: label.to_owned(),
            why: "no such encoding (names are those of the web: utf-8, windows-1252, shift_jis, …)".into(),
        })?;
        // The mark belongs to the wanted encoding or is none.
        let mark = Encoding::for_bom(bytes).filter(|(marked, _)| *marked == encoding).map_or(0, |(_, length)| length);
        return Ok(decode_by(bytes, encoding, mark));
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(decode_by(bytes, encoding, mark));
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return Ok(decode_by(bytes, encoding, 0));
    }
    Ok(Text { bytes: Cow::Borrowed(bytes), encoding: UTF_8, replaced: 0, points: Vec::new() })
}

/// Decodes bytes that are not UTF-8 throughout: damaged UTF-8 keeps its good parts, other text is guessed.
pub(crate) fn decode_detected(bytes: &[u8]) -> Text<'_> {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes[..bytes.len().min(4 * DETECT_BYTES)].utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > 10 * bad.max(1) {
        return decode_by(bytes, UTF_8, 0);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // From where the text stops being plain ASCII.
    let from = Encoding::ascii_valid_up_to(bytes).saturating_sub(1024);
    let sample = &bytes[from..bytes.len().min(from + DETECT_BYTES)];
    detector.feed(sample, true);
    decode_by(bytes, detector.guess(None, Utf8Detection::Deny), 0)
}

/// UTF-16 without a mark: digits, delimiters and line ends have a NUL before or after them, always on the same side.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let (units, _) = bytes[..bytes.len().min(8192)].as_chunks::<2>();
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let count = |low: usize| units.iter().filter(|unit| unit[1 - low] == 0 && plain(unit[low])).count();
    // What would be a letter of a rare script and is rather a line end in text of eight bits.
    let odd =
        |low: usize| units.iter().filter(|unit| matches!(unit[1 - low], b'\n' | b'\r') && plain(unit[low])).count();
    let nuls = units.as_flattened().iter().filter(|byte| **byte == 0).count();
    // A tenth of a table is structure; text in eight bits has no NULs, or stray ones on either side.
    let enough = |low: usize| {
        let (most, least) = (count(low), count(1 - low));
        most >= 2 && most * 10 >= units.len() && least * 20 <= most && most * 5 >= nuls * 4 && odd(low) * 10 <= most
    };
    if enough(0) {
        Some(UTF_16LE)
    } else if enough(1) {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn decode_by<'a>(bytes: &'a [u8], encoding: &'static Encoding, mark: usize) -> Text<'a> {
    if encoding == UTF_8 {
        return decode_utf8(bytes, mark);
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut points = vec![(0, mark)];
    let mut at = mark;
    let mut replaced = 0;
    while at < bytes.len() {
        let mut end = (at + STEP).min(bytes.len());
        if end < bytes.len() && encoding != UTF_16LE && encoding != UTF_16BE {
            // A line feed is never a part of a longer character, so no character is cut.
            end = memchr::memrchr(b'\n', &bytes[at..end]).map_or(end, |line| at + line + 1);
        }
        let piece = &bytes[at..end];
        if let Some(length) = decoder.max_utf8_buffer_length(piece.len()) {
            out.reserve(length);
        }
        let before = out.len();
        let (_, read, damaged) = decoder.decode_to_string(piece, &mut out, end == bytes.len());
        if damaged {
            replaced += out[before..].matches('\u{fffd}').count() as u64;
        }
        at += read.max(1);
        points.push((out.len(), at));
    }
    Text { bytes: Cow::Owned(out.into_bytes()), encoding, replaced, points }
}

fn decode_utf8(bytes: &[u8], mark: usize) -> Text<'_> {
    let rest = &bytes[mark..];
    if Encoding::utf8_valid_up_to(rest) == rest.len() {
        return Text { bytes: Cow::Borrowed(rest), encoding: UTF_8, replaced: 0, points: vec![(0, mark)] };
    }
    let mut out = Vec::with_capacity(rest.len() + 64);
    let mut points = vec![(0, mark)];
    let (mut at, mut replaced) = (mark, 0);
    for chunk in rest.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        at += chunk.valid().len() + chunk.invalid().len();
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
            replaced += 1;
            points.push((out.len(), at));
        }
    }
    Text { bytes: Cow::Owned(out), encoding: UTF_8, replaced, points }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_the_file() {
        let text = "käse,größe\n".repeat(9000);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let decoded = decode(&utf16, None).unwrap();
        assert_eq!(decoded.encoding, UTF_16LE);
        assert_eq!(&*decoded.bytes, text.as_bytes());
        let line = "käse,größe\n".len();
        assert_eq!(decoded.file_offset(line * 8000), 2 + 8000 * 22);

        let latin: Vec<u8> = text.chars().map(|character| character as u8).collect();
        let decoded = decode_detected(&latin);
        assert_eq!(decoded.encoding.name(), "windows-1252");
        assert_eq!(decoded.file_offset(line * 8000), 8000 * 11);
    }

    #[test]
    fn damaged_utf8_keeps_its_good_parts() {
        let mut bytes = "größe,höhe\n".repeat(100).into_bytes();
        bytes.extend(b"a\xffb,c\n");
        let text = decode_detected(&bytes);
        assert_eq!((text.encoding, text.replaced), (UTF_8, 1));
        assert!(text.bytes.ends_with("a\u{fffd}b,c\n".as_bytes()));
        assert_eq!(text.file_offset(text.bytes.len()), bytes.len() as u64);
        let without_mark: Vec<u8> = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&without_mark, None).unwrap().encoding, UTF_16BE);
    }
}
