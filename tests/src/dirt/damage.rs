//! The ways in which files are damaged, or merely written otherwise than one expects.

use super::{Cell, Dice, Document, Fault, Item, Kind, Language, Quoting};

/// A kind of damage.
#[derive(Clone, Copy)]
pub struct Damage {
    /// What it is called.
    pub name: &'static str,
    /// Damages of one group exclude each other; `layout` excludes what needs delimiters.
    pub group: &'static str,
    /// Does it; false where it cannot be done to this document.
    pub apply: fn(&mut Document, &mut Dice) -> bool,
}

impl std::fmt::Debug for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! damages {
    ($($group:literal $name:literal => $apply:expr;)*) => {
        /// All kinds of damage.
        pub const DAMAGES: &[Damage] = &[$(Damage { name: $name, group: $group, apply: $apply }),*];
    };
}

damages! {
    "encoding" "UTF-8 with mark" => |d, _| encoded(d, "utf-8", true);
    "encoding" "UTF-16LE with mark" => |d, _| encoded(d, "utf-16le", true);
    "encoding" "UTF-16BE with mark" => |d, _| encoded(d, "utf-16be", true);
    "encoding" "UTF-16LE without mark" => |d, _| encoded(d, "utf-16le", false);
    "encoding" "UTF-16BE without mark" => |d, _| encoded(d, "utf-16be", false);
    "encoding" "legacy encoding" => legacy;
    "encoding" "other legacy encoding" => other_legacy;
    "delimiter" "semicolon" => |d, _| delimited(d, ";");
    "delimiter" "tab" => |d, _| delimited(d, "\t");
    "delimiter" "pipe" => |d, _| delimited(d, "|");
    "delimiter" "caret" => |d, _| delimited(d, "^");
    "delimiter" "tilde" => |d, _| delimited(d, "~");
    "delimiter" "unit separator" => |d, _| delimited(d, "\u{1f}");
    "delimiter" "start of heading" => |d, _| delimited(d, "\u{1}");
    "delimiter" "broken bar" => |d, _| delimited(d, "¦");
    "delimiter" "two pipes" => |d, _| delimited(d, "||");
    "delimiter" "two colons" => |d, _| delimited(d, "::");
    "delimiter" "two semicolons" => |d, _| delimited(d, ";;");
    "delimiter" "~|~" => |d, _| delimited(d, "~|~");
    "delimiter" "=>" => |d, _| delimited(d, "=>");
    "delimiter" "comma and space" => |d, _| delimited(d, ", ");
    "layout" "aligned by spaces" => aligned;
    "quote" "single quotes" => |d, _| quoted(d, Quoting::Single);
    "quote" "typographic quotes" => |d, _| quoted(d, Quoting::Curly);
    "quote" "backslash before quotes" => |d, _| quoted(d, Quoting::Backslash);
    "quote" "backslash before delimiters" => |d, _| quoted(d, Quoting::NoneButBackslash);
    "quote" "all quoted" => |d, _| { d.quote_all = true; true };
    "line end" "CRLF" => |d, _| ends(d, &["\r\n"]);
    "line end" "CR" => |d, _| ends(d, &["\r"]);
    "line end" "mixed line ends" => |d, _| ends(d, &["\n", "\r\n", "\n"]);
    "line end" "all three line ends" => |d, _| ends(d, &["\n", "\r\n", "\r"]);
    "line end" "no last line end" => |d, _| { d.ended = false; true };
    "head" "preamble" => preamble;
    "head" "comments" => comments;
    "head" "no header" => no_header;
    "head" "two header rows" => two_headers;
    "head" "units below the names" => units;
    "head" "grouped header" => grouped;
    "head" "blank name" => |d, _| { d.header[0][1] = String::new(); d.names[1] = None; true };
    "head" "name twice" => name_twice;
    "tail" "total row" => total;
    "tail" "source line" => |d, _| behind(d, &["", "Source: Statistical Office, 2024"]);
    "tail" "several notes" => |d, _| behind(d, &["", "Note: figures are provisional", "Source: own survey"]);
    "tail" "truncated last record" => cut;
    "tail" "blank lines at the end" => |d, _| { d.items.extend([Item::Blank, Item::Blank, Item::Blank]); true };
    "middle" "header again" => header_again;
    "middle" "metadata lines" => metadata;
    "middle" "blank lines" => blank_lines;
    "middle" "second table" => second_table;
    "middle" "delimiter changed" => delimiter_changed;
    "record" "stray quote" => |d, r| fault(d, r, Fault::StrayQuote, 1);
    "record" "unclosed quote" => |d, r| fault(d, r, Fault::Unclosed, 1);
    "record" "long records" => |d, r| fault(d, r, Fault::Long, 3);
    "record" "short records" => |d, r| fault(d, r, Fault::Short, 3);
    "record" "NUL byte" => |d, r| fault(d, r, Fault::Nul, 2);
    "record" "spare delimiters" => |d, r| fault(d, r, Fault::SpareDelimiters, 3);
    "field" "line ends in fields" => |d, r| texts(d, r, |text| format!("{text}\nand more\n\nof it"));
    "field" "quotes in fields" => |d, r| texts(d, r, |text| format!("the \"{text}\" of it"));
    "field" "delimiters in fields" => |d, r| { let by = d.delimiter.clone(); texts(d, r, |text| format!("{text}{by} and more")) };
    "field" "apostrophes in fields" => |d, r| texts(d, r, |text| format!("{text} o'clock"));
    "numbers" "decimal comma" => |d, _| numbers(d, |_, float| float.map(|f| f.replace('.', ",")));
    "numbers" "thousands by comma" => |d, _| grouped_numbers(d, ",", ".");
    "numbers" "thousands by point" => |d, _| grouped_numbers(d, ".", ",");
    "numbers" "thousands by space" => |d, _| grouped_numbers(d, " ", ",");
    "numbers" "thousands by no-break space" => |d, _| grouped_numbers(d, "\u{a0}", ",");
    "numbers" "thousands by apostrophe" => |d, _| grouped_numbers(d, "'", ".");
    "numbers" "percent" => |d, _| numbers(d, |_, float| float.map(|f| format!("{f}%")));
    "numbers" "dollars" => |d, _| numbers(d, |_, float| float.map(|f| format!("${f}")));
    "numbers" "leading zeros" => |d, r| column(d, Kind::Int, r, |n, _| Cell::same(format!("{:05}", n % 90_000)));
    "numbers" "beyond 64 bits" => |d, r| column(d, Kind::Int, r, |n, _| Cell::same(format!("123456789012345{n:08}")));
    "numbers" "text among numbers" => text_among_numbers;
    "missing" "NA in numbers" => |d, r| missing(d, r, "NA");
    "missing" "null in numbers" => |d, r| missing(d, r, "null");
    "missing" "dash in numbers" => |d, r| missing(d, r, "-");
    "missing" "N/A in numbers" => |d, r| missing(d, r, "#N/A");
    "missing" "empty fields" => |d, r| missing(d, r, "");
    "missing" "NA in text" => |d, _| first_text(d, "NA");
    "dates" "day first" => |d, r| dates(d, r, |_, m, day| (format!("{day:02}/{m:02}/2021"), format!("2021-{m:02}-{day:02}")));
    "dates" "month first" => |d, r| dates(d, r, |_, m, day| (format!("{m:02}/{day:02}/2021"), format!("2021-{m:02}-{day:02}")));
    "dates" "dotted" => |d, r| dates(d, r, |_, m, day| (format!("{day}.{m}.2021"), format!("2021-{m:02}-{day:02}")));
    "dates" "day first with time" => |d, r| dates(d, r, |n, m, day| {
        (format!("{day:02}/{m:02}/2021 {:02}:30", n % 24), format!("2021-{m:02}-{day:02} {:02}:30:00", n % 24))
    });
    "dates" "offsets" => |d, r| dates(d, r, |n, m, day| {
        (format!("2021-{m:02}-{day:02}T{:02}:30:00+02:00", 2 + n % 22), format!("2021-{m:02}-{day:02} {:02}:30:00", n % 22))
    });
    "dates" "hours and minutes" => |d, r| dates(d, r, |n, m, _| {
        (format!("{:02}:{:02}", n % 24, m * 4), format!("{:02}:{:02}:00", n % 24, m * 4))
    });
    "dates" "seconds" => |d, r| dates(d, r, |n, m, day| {
        let clock = format!("{:02}:{:02}:{:02}", n % 24, m * 4, day);
        (clock.clone(), clock)
    });
    "words" "yes and no" => |d, r| truths(d, r, "yes", "no");
    "words" "Y and N" => |d, r| truths(d, r, "Y", "N");
    "words" "T and F" => |d, r| truths(d, r, "T", "F");
    "words" "TRUE and FALSE" => |d, r| truths(d, r, "TRUE", "FALSE");
}

fn records(document: &mut Document) -> impl Iterator<Item = &mut Vec<Cell>> {
    document.items.iter_mut().filter_map(|item| if let Item::Record(cells, _) = item { Some(cells) } else { None })
}

fn place(document: &Document, dice: &mut Dice) -> usize {
    let length = document.items.len();
    length / 4 + dice.below(length / 2)
}

fn column_of(document: &Document, kind: Kind) -> Option<usize> {
    document.kinds.iter().position(|found| *found == kind)
}

fn encoded(document: &mut Document, name: &'static str, mark: bool) -> bool {
    document.encoding = (name, mark);
    true
}

fn holds(document: &Document, name: &str) -> bool {
    encoding_rs::Encoding::for_label(name.as_bytes()).is_some_and(|encoding| {
        let plain = Document { encoding: ("utf-8", false), ..document.clone() };
        let (bytes, _) = plain.write();
        !encoding.encode(&String::from_utf8_lossy(&bytes)).2
    })
}

fn legacy(document: &mut Document, _: &mut Dice) -> bool {
    let name = match document.language {
        Language::English => return false,
        Language::German => "windows-1252",
        Language::Polish => "windows-1250",
        Language::Russian => "windows-1251",
        Language::Greek => "windows-1253",
        Language::Japanese => "shift_jis",
        Language::Chinese => "gb18030",
        Language::Taiwanese => "big5",
        Language::Korean => "euc-kr",
    };
    holds(document, name) && encoded(document, name, false)
}

fn other_legacy(document: &mut Document, _: &mut Dice) -> bool {
    let name = match document.language {
        Language::Polish => "iso-8859-2",
        Language::Russian => "koi8-u",
        Language::Japanese => "euc-jp",
        Language::Greek => "iso-8859-7",
        _ => return false,
    };
    holds(document, name) && encoded(document, name, false)
}

fn delimited(document: &mut Document, delimiter: &str) -> bool {
    // A text with the old delimiter in it says the same with the new one.
    document.delimiter = delimiter.into();
    true
}

fn aligned(document: &mut Document, _: &mut Dice) -> bool {
    let plain = document.items.iter().all(|item| match item {
        Item::Record(cells, None) => cells.iter().all(|cell| !cell.written.contains(['\n', '"', '\''])),
        Item::Record(..) | Item::HeaderAgain => false,
        Item::Other(_) | Item::Blank => true,
    });
    document.delimiter = String::new();
    plain && document.header.len() == 1
}

fn quoted(document: &mut Document, quoting: Quoting) -> bool {
    let curly = quoting == Quoting::Curly;
    document.quoting = quoting;
    if curly {
        document.quote_all = true;
    }
    true
}

fn ends(document: &mut Document, ends: &[&'static str]) -> bool {
    document.line_ends = ends.to_vec();
    true
}

fn preamble(document: &mut Document, dice: &mut Dice) -> bool {
    let lines = ["Sales report 2023", "made on the first of May", ""];
    document.before = lines[dice.below(2)..].iter().map(|line| (*line).to_owned()).collect();
    true
}

fn comments(document: &mut Document, _: &mut Dice) -> bool {
    document.before = vec!["# exported by a program, version 2".into(), "# all rows".into()];
    true
}

fn no_header(document: &mut Document, _: &mut Dice) -> bool {
    document.header.clear();
    document.names = vec![None; document.kinds.len()];
    true
}

fn two_headers(document: &mut Document, _: &mut Dice) -> bool {
    let second: Vec<String> =
        (0..document.kinds.len()).map(|column| format!("part {}", (b'a' + column as u8) as char)).collect();
    document.names = document.header[0].iter().zip(&second).map(|(a, b)| Some(format!("{a} {b}"))).collect();
    document.header.push(second);
    // One word over one column of values might be a remark.
    document.kinds.iter().filter(|kind| **kind != Kind::Text).count() > 1
}

fn units(document: &mut Document, _: &mut Dice) -> bool {
    let second: Vec<String> =
        document.kinds.iter().map(|kind| if *kind == Kind::Text { "(-)" } else { "(unit)" }.to_owned()).collect();
    document.names = document.header[0].iter().zip(&second).map(|(a, b)| Some(format!("{a} {b}"))).collect();
    document.header.push(second);
    true
}

fn grouped(document: &mut Document, _: &mut Dice) -> bool {
    if document.kinds.len() < 5 {
        return false;
    }
    let mut over = vec![String::new(); document.kinds.len()];
    (over[1], over[3]) = ("first half".into(), "second half".into());
    let name = |column: usize| match column {
        0 => "",
        1 | 2 => "first half ",
        _ => "second half ",
    };
    document.names =
        document.header[0].iter().enumerate().map(|(column, own)| Some(format!("{}{own}", name(column)))).collect();
    document.header.insert(0, over);
    true
}

fn name_twice(document: &mut Document, _: &mut Dice) -> bool {
    let name = document.header[0][0].clone();
    document.header[0][1].clone_from(&name);
    document.names[1] = Some(format!("{name}_2"));
    true
}

fn total(document: &mut Document, _: &mut Dice) -> bool {
    let mut cells = vec![String::new(); document.kinds.len()];
    cells[0] = "Total".into();
    if let Some(last) = cells.last_mut() {
        *last = "123456".into();
    }
    let line = cells.join(&document.delimiter);
    document.items.push(Item::Other(line));
    !document.delimiter.is_empty()
}

fn behind(document: &mut Document, lines: &[&str]) -> bool {
    for line in lines {
        document.items.push(if line.is_empty() { Item::Blank } else { Item::Other((*line).to_owned()) });
    }
    // The line must not look like a row of this delimiter.
    !lines
        .iter()
        .any(|line| document.delimiter.len() == 1 && line.contains(&document.delimiter) && document.kinds.len() == 2)
}

fn cut(document: &mut Document, _: &mut Dice) -> bool {
    document.ended = false;
    match document.items.last_mut() {
        Some(Item::Record(_, fault @ None)) => {
            *fault = Some(Fault::Cut);
            true
        }
        _ => false,
    }
}

fn header_again(document: &mut Document, dice: &mut Dice) -> bool {
    for _ in 0..2 {
        let place = place(document, dice);
        document.items.insert(place, Item::HeaderAgain);
    }
    document.header.len() == 1
}

fn metadata(document: &mut Document, dice: &mut Dice) -> bool {
    for page in 2..4 {
        let place = place(document, dice);
        document.items.insert(place, Item::Other(format!("--- page {page} ---")));
    }
    true
}

fn blank_lines(document: &mut Document, dice: &mut Dice) -> bool {
    for _ in 0..4 {
        let place = place(document, dice);
        document.items.insert(place, Item::Blank);
    }
    true
}

fn second_table(document: &mut Document, _: &mut Dice) -> bool {
    if document.delimiter.is_empty() {
        return false;
    }
    document.items.push(Item::Blank);
    let wide = if document.kinds.len() == 3 { 4 } else { 3 };
    let names = ["code", "label", "share", "rank"];
    document.items.push(Item::Other(names[..wide].join(&document.delimiter)));
    for row in 0..6 {
        let cells = [format!("k{row}"), format!("label {row}"), format!("0.{}", row + 1), row.to_string()];
        document.items.push(Item::Other(cells[..wide].join(&document.delimiter)));
    }
    true
}

fn delimiter_changed(document: &mut Document, _: &mut Dice) -> bool {
    let half = document.items.len() / 2;
    let texts = document.kinds.iter().filter(|kind| **kind == Kind::Text).count();
    for item in &mut document.items[half..] {
        if let Item::Record(_, fault @ None) = item {
            *fault = Some(Fault::OtherDelimiter);
        }
    }
    document.delimiter.len() == 1 && ",;\t|".contains(&document.delimiter) && texts < document.kinds.len()
}

fn fault(document: &mut Document, dice: &mut Dice, fault: Fault, times: usize) -> bool {
    for _ in 0..times {
        let place = place(document, dice);
        if let Some(Item::Record(_, own @ None)) = document.items.get_mut(place) {
            *own = Some(fault);
        }
    }
    document.kinds.contains(&Kind::Text)
}

fn texts(document: &mut Document, dice: &mut Dice, change: impl Fn(&str) -> String) -> bool {
    let Some(text) = document.kinds.iter().rposition(|kind| *kind == Kind::Text) else { return false };
    let keep = dice.below(3);
    for (row, cells) in records(document).enumerate() {
        if row % 3 != keep {
            cells[text] = Cell::same(change(&cells[text].written));
        }
    }
    !document.delimiter.is_empty()
}

/// Writes floats otherwise; the value stays.
fn numbers(document: &mut Document, write: impl Fn(usize, Option<&str>) -> Option<String>) -> bool {
    let kinds = document.kinds.clone();
    let mut any = false;
    for (row, cells) in records(document).enumerate() {
        for (cell, kind) in cells.iter_mut().zip(&kinds) {
            if *kind == Kind::Float
                && !cell.shown.is_empty()
                && let Some(written) = write(row, Some(&cell.written))
            {
                cell.written = written;
                any = true;
            }
        }
    }
    any
}

fn grouped_numbers(document: &mut Document, group: &str, point: &str) -> bool {
    let mut long = false;
    let any = numbers(document, |_, float| {
        let (whole, fraction) = float?.split_once('.')?;
        let mut written = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                written.push_str(group);
            }
            written.push(digit);
        }
        Some(format!("{written}{point}{fraction}"))
    });
    for cells in records(document) {
        long |= cells.iter().any(|cell| cell.written != cell.shown && cell.written.contains(group));
    }
    any && long
}

fn column(document: &mut Document, kind: Kind, dice: &mut Dice, write: impl Fn(usize, &mut Dice) -> Cell) -> bool {
    let Some(place) = column_of(document, kind) else { return false };
    if kind == Kind::Int {
        document.kinds[place] = Kind::Code;
    }
    for (row, cells) in records(document).enumerate() {
        cells[place] = write(row + 1, dice);
    }
    true
}

fn text_among_numbers(document: &mut Document, _: &mut Dice) -> bool {
    let Some(place) = column_of(document, Kind::Int) else { return false };
    let last = records(document).count() - 3;
    document.kinds[place] = Kind::Code;
    for (row, cells) in records(document).enumerate() {
        if row == last {
            cells[place] = Cell::same("not measured");
        }
    }
    true
}

fn missing(document: &mut Document, dice: &mut Dice, word: &str) -> bool {
    let columns: Vec<usize> =
        (0..document.kinds.len()).filter(|c| matches!(document.kinds[*c], Kind::Int | Kind::Float)).collect();
    let keep = dice.below(4);
    for (row, cells) in records(document).enumerate() {
        if row % 4 == keep {
            let place = columns[row % columns.len()];
            cells[place] = Cell { written: word.into(), shown: String::new() };
        }
    }
    // A line of nothing but text and an empty field is hard to tell from one that is cut.
    document.kinds.len() > 2
}

fn first_text(document: &mut Document, word: &str) -> bool {
    let Some(place) = column_of(document, Kind::Text) else { return false };
    for (row, cells) in records(document).enumerate() {
        if row % 5 == 2 {
            cells[place] = Cell::same(word);
        }
    }
    true
}

fn dates(document: &mut Document, dice: &mut Dice, write: impl Fn(usize, usize, usize) -> (String, String)) -> bool {
    column(document, Kind::Date, dice, |row, dice| {
        // Days beyond the twelfth are the evidence.
        let (month, day) = (1 + dice.below(12), if row % 3 == 0 { 13 + dice.below(15) } else { 1 + dice.below(12) });
        let (written, shown) = write(row, month, day);
        Cell { written, shown }
    })
}

fn truths(document: &mut Document, dice: &mut Dice, yes: &str, no: &str) -> bool {
    if document.kinds.len() < 5 {
        return false;
    }
    let place = document.kinds.len() - 1;
    document.kinds[place] = Kind::Bool;
    for (row, cells) in records(document).enumerate() {
        let value = row < 2 && row == 0 || row >= 2 && dice.below(2) == 0;
        cells[place] = Cell { written: if value { yes } else { no }.into(), shown: value.to_string() };
    }
    true
}
