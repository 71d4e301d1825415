//! Which delimiters are possible in a text, and whether its columns are aligned by spaces instead.

use std::collections::BTreeMap;

/// Lines looked at.
const LINES: usize = 120;
/// Characters that long delimiters are made of.
const JOINED: &[u8] = b",;:|~^*&!=<>`# \t";

/// Typographic quotes, opening and closing.
pub(crate) fn curly_quotes() -> impl Iterator<Item = (&'static str, &'static str)> {
    [("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("‘", "’"), ("‚", "‘"), ("”", "”"), ("「", "」")]
        .into_iter()
}

/// How much a delimiter is trusted before it is tried.
pub(crate) fn prior(delimiter: &[u8]) -> f64 {
    match delimiter {
        b"," | b";" | b"\t" | b"|" => 1.0,
        b":" | b": " => 0.7,
        b" " => 0.6,
        // Longer ones that hold win over their parts, which leave spaces or empty fields.
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|byte| byte == first) => 1.05,
        [_, _, ..] if delimiter.iter().any(|byte| b",;|\t~^".contains(byte)) => {
            if delimiter.contains(&b' ') {
                1.05
            } else {
                1.25
            }
        }
        b"/" => 0.25,
        [_, _, ..] => 0.9,
        _ => 0.5,
    }
}

/// Delimiters that occur, the usual ones first.
pub(crate) fn delimiters(sample: &[u8]) -> Vec<Vec<u8>> {
    let mut counts = [0usize; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    for byte in *b",;\t|: " {
        if counts[usize::from(byte)] == 0 {
            continue;
        }
        let twice = [byte, byte];
        if byte != b',' && byte != b' ' && only_doubled(sample, byte) {
            found.push(twice.to_vec());
            continue;
        }
        if matches!(byte, b',' | b';' | b'|') {
            for spaced in [vec![byte, b' '], vec![b' ', byte, b' ']] {
                if memchr::memmem::find(sample, &spaced).is_some() {
                    found.push(spaced);
                }
            }
        }
        found.push(vec![byte]);
    }
    let lines = memchr::memchr2_iter(b'\n', b'\r', sample).count().max(1);
    for byte in 1..=126u8 {
        let unusual = !byte.is_ascii_alphanumeric() && !b",;\t|: \"'\r\n.-+()[]{}".contains(&byte);
        if unusual && counts[usize::from(byte)] * 2 >= lines {
            found.push(vec![byte]);
        }
    }
    for other in rare(sample) {
        if !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// Whether a byte stands twice wherever it stands: in the first line that has it, and nearly so in all (it may stand alone
/// in a text).
fn only_doubled(sample: &[u8], byte: u8) -> bool {
    let doubled = |text: &[u8]| memchr::memmem::find_iter(text, &[byte, byte]).count() * 2;
    let single = |text: &[u8]| memchr::memchr_iter(byte, text).count();
    let first = sample.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| line.contains(&byte));
    first.is_some_and(|line| doubled(line) == single(line)) && doubled(sample) * 5 >= single(sample) * 4
}

/// Delimiters of several characters or of one outside ASCII that stand in nearly every line.
fn rare(sample: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = sample
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES)
        .collect();
    let mut possible: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    // What stands in nearly every line stands in one of the middle lines.
    for line in lines.iter().skip(lines.len() / 2).take(2).chain(lines.first()) {
        for run in line.split(|byte| !JOINED.contains(byte)).filter(|run| run.len() > 1) {
            for length in 2..=run.len().min(4) {
                for part in run.windows(length) {
                    let same = part.iter().all(|byte| *byte == part[0]);
                    let spaces = part.iter().all(|byte| matches!(byte, b' ' | b'\t'));
                    // A character twice is a delimiter only where it never stands alone.
                    let whole = || {
                        let alone = memchr::memchr_iter(part[0], sample).count();
                        !b",;\t|:".contains(&part[0])
                            && memchr::memmem::find_iter(sample, part).count() * length == alone
                    };
                    if !spaces && (!same || whole()) {
                        possible.insert(part.to_vec(), 0);
                    }
                }
            }
        }
        for character in String::from_utf8_lossy(line).chars() {
            if !character.is_ascii() && !character.is_alphanumeric() && !character.is_whitespace() {
                let quote = "“”„«»‘’‚–—…°€£¥\u{fffd}「」".contains(character);
                if !quote {
                    possible.insert(character.to_string().into_bytes(), 0);
                }
            }
        }
    }
    for (part, held) in &mut possible {
        *held = lines.iter().filter(|line| memchr::memmem::find(line, part).is_some()).count();
    }
    possible.retain(|_, held| *held * 5 >= lines.len() * 4);
    let all: Vec<Vec<u8>> = possible.into_keys().collect();
    let times = |part: &[u8]| memchr::memmem::find_iter(sample, part).count();
    // A part of a longer one that occurs as often is only its part.
    let mut kept: Vec<Vec<u8>> = all
        .iter()
        .filter(|part| {
            !all.iter().any(|long| {
                long.len() > part.len()
                    && memchr::memmem::find(long, part).is_some()
                    && times(long) * 10 >= times(part) * 9
            })
        })
        .cloned()
        .collect();
    kept.sort_by_key(|part| std::cmp::Reverse(part.len()));
    kept.truncate(12);
    kept
}

/// Where columns begin that are aligned by spaces, in characters; nothing where the lines do not leave the same
/// characters blank.
pub(crate) fn fixed_columns(sample: &[u8]) -> Option<Vec<usize>> {
    let lines: Vec<&[u8]> = sample
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES)
        .collect();
    let apart = |line: &&[u8]| memchr::memmem::find(line.trim_ascii(), b"  ").is_some();
    let aligned: Vec<Vec<char>> = lines
        .iter()
        .filter(|line| apart(line))
        .map(|line| String::from_utf8_lossy(line).trim_end().chars().collect())
        .collect();
    if aligned.len() < 3 || aligned.len() * 5 < lines.len() * 3 {
        return None;
    }
    let longest = aligned.iter().map(Vec::len).max().unwrap_or(0);
    let mut columns = Vec::new();
    let mut blank_before = true;
    for place in 0..longest {
        let blank = aligned.iter().all(|line| line.get(place).is_none_or(|character| *character == ' '));
        if !blank && blank_before {
            columns.push(place);
        }
        blank_before = blank;
    }
    if let Some(first) = columns.first_mut() {
        *first = 0;
    }
    (columns.len() > 1).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_spaces() {
        let text = b"id  name      value\n 1  New York    2.5\n12  Oslo       13.5\n 7  Rome\n";
        assert_eq!(fixed_columns(text), Some(vec![0, 4, 14]));
        assert_eq!(fixed_columns(b"a sentence\nand another  one\nand more\n"), None);
    }

    #[test]
    fn long_delimiters_occur_whole() {
        let text = "a~|~b~|~c\n1~|~-2~|~x y\n3~|~4~|~z\n".repeat(5);
        let found = delimiters(text.as_bytes());
        assert!(found.contains(&b"~|~".to_vec()) && !found.contains(&b"~|".to_vec()), "{found:?}");
        assert!(delimiters("a¦b\n1¦2\n".as_bytes()).contains(&"¦".as_bytes().to_vec()));
    }
}
