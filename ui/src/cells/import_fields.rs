//! The fields of the import dialog: what was detected, what the person says instead, and what differs from the saved
//! options.

use cairn_protocol::{notebook::ImportOptions, table::ImportReport};
use egui::{Ui, vec2};

use super::{data, field};
use crate::{
    theme::Theme,
    widgets::{self, Button, glyph},
};

/// What the fields are drawn from.
pub(super) struct Seen<'a> {
    pub theme: &'a Theme,
    /// The file as the options read it.
    pub report: Option<&'a ImportReport>,
    /// The file without options.
    pub detected: Option<&'a ImportReport>,
    /// The options that the cell has.
    pub saved: &'a ImportOptions,
}

/// WHATWG names and how people call them.
const ENCODINGS: [(&str, &str); 20] = [
    ("utf-8", "UTF-8"),
    ("windows-1252", "Windows-1252 (Western)"),
    ("iso-8859-15", "ISO-8859-15 (Western, €)"),
    ("macintosh", "Mac Roman"),
    ("iso-8859-2", "ISO-8859-2 (Central European)"),
    ("windows-1250", "Windows-1250 (Central European)"),
    ("windows-1251", "Windows-1251 (Cyrillic)"),
    ("koi8-r", "KOI8-R (Cyrillic)"),
    ("windows-1253", "Windows-1253 (Greek)"),
    ("windows-1254", "Windows-1254 (Turkish)"),
    ("windows-1255", "Windows-1255 (Hebrew)"),
    ("windows-1256", "Windows-1256 (Arabic)"),
    ("utf-16le", "UTF-16 LE"),
    ("utf-16be", "UTF-16 BE"),
    ("shift_jis", "Shift JIS"),
    ("euc-jp", "EUC-JP"),
    ("gb18030", "GB 18030"),
    ("big5", "Big5"),
    ("euc-kr", "EUC-KR"),
    ("ibm866", "IBM 866 (Cyrillic)"),
];

/// How many options differ.
#[must_use]
pub(super) fn changes(a: &ImportOptions, b: &ImportOptions) -> usize {
    [
        a.delimiter != b.delimiter,
        a.encoding != b.encoding,
        (a.header, a.header_rows) != (b.header, b.header_rows),
        a.text_only != b.text_only,
        a.quote != b.quote,
        a.escape != b.escape,
        a.skip_lines != b.skip_lines,
        a.null_tokens != b.null_tokens,
        a.decimal != b.decimal,
        a.thousands != b.thousands,
        a.day_first != b.day_first,
        a.table != b.table,
        a.types != b.types,
    ]
    .into_iter()
    .filter(|differs| *differs)
    .count()
}

/// Draws a field: its name, a mark where it differs from what is saved, its control, and below it what was detected
/// with a way back.
fn row<T: Clone + PartialEq>(
    ui: &mut Ui,
    seen: &Seen<'_>,
    title: &str,
    value: &mut Option<T>,
    saved: &Option<T>,
    detected: Option<String>,
    control: impl FnOnce(&mut Ui, &mut Option<T>),
) {
    let theme = seen.theme;
    ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
    let differs = value != saved;
    let mut reset = false;
    widgets::frames::row_of_two(
        ui,
        20.0,
        |ui| {
            widgets::field_label(ui, theme, title);
            if differs {
                widgets::icon(ui, theme, glyph::PENCIL, theme.accent, 11.0).on_hover_text("Differs from what is saved");
            }
        },
        |ui| {
            if value.is_some() {
                let name = format!("{title}: reset to detected");
                reset = widgets::button(ui, theme, Button::quiet("Reset").small().name(name)).clicked();
            }
            let words = detected.map_or_else(|| "detected: …".to_owned(), |word| format!("detected: {word}"));
            // The title keeps its room; what was detected may be a long list.
            let font = crate::fonts::body(crate::theme::text::SMALL);
            let title = ui.painter().layout_no_wrap(title.to_owned(), font, theme.dim).size().x;
            let mark = if differs { 18.0 } else { 0.0 };
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - title - mark - 12.0).max(60.0));
                widgets::small(ui, theme, words.as_str()).on_hover_text(words);
            });
        },
    );
    if reset {
        *value = None;
    }
    control(ui, value);
    ui.add_space(5.0);
}

fn mark_word(mark: &str) -> String {
    match mark {
        "" => "none".into(),
        " " => "space".into(),
        "." => "point".into(),
        "," => "comma".into(),
        "'" => "apostrophe".into(),
        "\"" => "double quote".into(),
        "\\" => "backslash".into(),
        "\u{a0}" | "\u{202f}" => "narrow space".into(),
        other => format!("«{other}»"),
    }
}

/// One of a list of texts. `None` stands for what is detected.
fn choose(
    ui: &mut Ui,
    seen: &Seen<'_>,
    name: &str,
    value: &mut Option<String>,
    current: &str,
    options: &[(&str, &str)],
) {
    let mut chosen = value.clone().unwrap_or_else(|| current.to_owned());
    if widgets::select(ui, seen.theme, name, &mut chosen, options, f32::INFINITY) {
        *value = Some(chosen);
    }
}

/// Draws all fields.
pub(super) fn fields_ui(ui: &mut Ui, seen: &Seen<'_>, options: &mut ImportOptions) {
    let (theme, saved) = (seen.theme, seen.saved);
    let report = seen.report.or(seen.detected);
    let is_text = report.is_none_or(|report| report.format == "csv" || !report.delimiter.is_empty());
    if let Some(report) = report.filter(|report| report.tables.len() > 1) {
        let detected = seen.detected.map(|report| report.table.clone());
        row(ui, seen, "Table or sheet", &mut options.table, &saved.table, detected, |ui, value| {
            let tables: Vec<_> = report.tables.iter().map(|table| (table.as_str(), table.as_str())).collect();
            choose(ui, seen, "Table or sheet", value, &report.table, &tables);
        });
    }
    if is_text {
        text_ui(ui, seen, options);
    }
    null_tokens_ui(ui, seen, options);
    if is_text {
        let found = |pick: fn(&ImportReport) -> &str| seen.detected.map(|report| mark_word(pick(report)));
        let now = |pick: fn(&ImportReport) -> &str| report.map_or("", pick).to_owned();
        let marks = [(".", "Point"), (",", "Comma")];
        let detected = found(|report| &report.decimal);
        row(ui, seen, "Decimal mark", &mut options.decimal, &saved.decimal, detected, |ui, value| {
            choose(ui, seen, "Decimal mark", value, &now(|report| &report.decimal), &marks);
        });
        let marks = [("", "None"), (",", "Comma"), (".", "Point"), (" ", "Space"), ("'", "Apostrophe")];
        let detected = found(|report| &report.thousands);
        row(ui, seen, "Thousands mark", &mut options.thousands, &saved.thousands, detected, |ui, value| {
            choose(ui, seen, "Thousands mark", value, &now(|report| &report.thousands), &marks);
        });
        row(ui, seen, "Dates such as 03/04/2024", &mut options.day_first, &saved.day_first, days(seen), |ui, value| {
            let choices = [(None, "Detect"), (Some(true), "3 April: day first"), (Some(false), "4 March: month first")];
            if let Some(day_first) =
                field::choice(ui, theme, "Dates such as 03/04/2024", *value, &choices, f32::INFINITY)
            {
                *value = day_first;
            }
        });
    }
    ui.horizontal(|ui| {
        widgets::checkbox(ui, theme, "Leave every field as text", &mut options.text_only);
        if options.text_only != saved.text_only {
            widgets::icon(ui, theme, glyph::PENCIL, theme.accent, 11.0).on_hover_text("Differs from what is saved");
        }
    });
    if !options.types.is_empty() {
        ui.horizontal(|ui| {
            let words = crate::widgets::format::plural(options.types.len() as u64, "type chosen", "types chosen");
            widgets::small(ui, theme, words);
            let reset = Button::quiet("Reset").small().name("Types: reset to detected");
            if widgets::button(ui, theme, reset).clicked() {
                options.types.clear();
            }
        });
    }
}

/// How dates were read, where a column has any.
fn days(seen: &Seen<'_>) -> Option<String> {
    let report = seen.detected?;
    let formats: Vec<&str> =
        report.columns.iter().map(|column| column.read_as.as_str()).filter(|of| of.contains('%')).collect();
    Some(match formats.first() {
        Some(format) if format.starts_with("%d") => "day first".into(),
        Some(format) if format.starts_with("%m") => "month first".into(),
        _ => "not needed".into(),
    })
}

/// What concerns files of delimited text alone.
fn text_ui(ui: &mut Ui, seen: &Seen<'_>, options: &mut ImportOptions) {
    let (theme, saved) = (seen.theme, seen.saved);
    let report = seen.report.or(seen.detected);
    let detected = |pick: fn(&ImportReport) -> String| seen.detected.map(pick);
    let encoding = detected(|report| report.encoding.to_uppercase());
    row(ui, seen, "Encoding", &mut options.encoding, &saved.encoding, encoding, |ui, value| {
        let now = report.map_or("", |report| &report.encoding);
        choose(ui, seen, "Encoding", value, now, &ENCODINGS);
    });
    let delimiter = detected(|report| data::delimiter_word(&report.delimiter));
    row(ui, seen, "Delimiter", &mut options.delimiter, &saved.delimiter, delimiter, |ui, value| {
        let known = [
            (",", "Comma"),
            (";", "Semicolon"),
            ("\\t", "Tab"),
            ("|", "Bar"),
            (" ", "Space"),
            (":", "Colon"),
            ("~", "Tilde"),
        ];
        let now =
            report.map_or("", |report| if report.delimiter == "\t" { "\\t" } else { &report.delimiter }).to_owned();
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 92.0).max(80.0);
            let mut chosen = value.clone().unwrap_or_else(|| now.clone());
            if widgets::select(ui, theme, "Delimiter", &mut chosen, &known, width) {
                *value = Some(chosen.clone());
            }
            let own = if known.iter().any(|(of, _)| *of == chosen) { "" } else { chosen.as_str() };
            if let Some(own) = field::mono(ui, theme, "Own delimiter", own, "own: ||", 86.0)
                && !own.is_empty()
            {
                *value = Some(own);
            }
        });
    });
    let quote = detected(|report| mark_word(&report.quote));
    row(ui, seen, "Quote", &mut options.quote, &saved.quote, quote, |ui, value| {
        let marks = [("\"", "Double quote"), ("'", "Single quote"), ("", "None")];
        choose(ui, seen, "Quote", value, report.map_or("", |report| &report.quote), &marks);
    });
    let escape = detected(|report| match report.escape.as_str() {
        "" => "none".into(),
        "\\" => "backslash".into(),
        _ => "doubled quote".into(),
    });
    row(ui, seen, "Quotes inside quotes", &mut options.escape, &saved.escape, escape, |ui, value| {
        let marks = [("\"", "Doubled"), ("\\", "Backslash"), ("", "None")];
        choose(ui, seen, "Quotes inside quotes", value, report.map_or("", |report| &report.escape), &marks);
    });
    let lines = detected(|report| crate::widgets::format::count(report.preamble_lines));
    row(ui, seen, "Lines before the table", &mut options.skip_lines, &saved.skip_lines, lines, |ui, value| {
        let now = value.unwrap_or_else(|| report.map_or(0, |report| report.preamble_lines));
        if let Some(lines) = field::number(ui, theme, "Lines before the table", now as f64, 0.0..=1e9, f32::INFINITY) {
            *value = Some(lines as u64);
        }
    });
    // An older notebook may say `header` alone.
    let mut rows = options.header_rows.or(options.header.map(u32::from));
    let saved_rows = saved.header_rows.or(saved.header.map(u32::from));
    let headers = detected(|report| match report.header_rows.max(u32::from(report.header)) {
        0 => "no names".into(),
        1 => "one row of names".into(),
        many => format!("{many} rows of names"),
    });
    row(ui, seen, "Rows that hold the names", &mut rows, &saved_rows, headers, |ui, value| {
        let now = value.or(report.map(|report| report.header_rows.max(u32::from(report.header)))).unwrap_or(1);
        let mut chosen = now.to_string();
        let choices = [
            ("0", "0: the columns are numbered"),
            ("1", "1"),
            ("2", "2: joined"),
            ("3", "3: joined"),
            ("4", "4: joined"),
        ];
        if widgets::select(ui, theme, "Rows that hold the names", &mut chosen, &choices, f32::INFINITY) {
            *value = chosen.parse().ok();
        }
    });
    if rows != options.header_rows.or(options.header.map(u32::from)) {
        options.header_rows = rows;
        options.header = rows.map(|rows| rows > 0);
    }
}

/// The words that stand for a missing value, as tags.
fn null_tokens_ui(ui: &mut Ui, seen: &Seen<'_>, options: &mut ImportOptions) {
    let theme = seen.theme;
    let quoted = |tokens: &[String]| match tokens {
        [] => "the empty field alone".to_owned(),
        tokens => tokens.join(", "),
    };
    let detected = seen.detected.map(|report| quoted(&report.null_tokens));
    let now = seen.report.map(|report| report.null_tokens.clone()).unwrap_or_default();
    row(
        ui,
        seen,
        "Words for a missing value",
        &mut options.null_tokens,
        &seen.saved.null_tokens,
        detected,
        |ui, value| {
            let mut tokens = value.clone().unwrap_or(now);
            let before = tokens.clone();
            if !tokens.is_empty() {
                tags_ui(ui, theme, &mut tokens);
            }
            let width = ui.available_width();
            if let Some(added) =
                field::mono(ui, theme, "Add a word for a missing value", "", "such as -999 or n/a", width)
            {
                let added = added.trim();
                if !added.is_empty() && !tokens.iter().any(|token| token == added) {
                    tokens.push(added.to_owned());
                }
            }
            if tokens != before {
                *value = Some(tokens);
            }
        },
    );
}

/// Words as tags; a click takes one away.
fn tags_ui(ui: &mut Ui, theme: &Theme, tokens: &mut Vec<String>) {
    let mut removed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 3.0);
        for (index, token) in tokens.iter().enumerate() {
            let words = format!("{token}  ×");
            let chip = widgets::chip_button(ui, theme, widgets::ChipTone::Accent, None, words);
            if chip.on_hover_text(format!("{token} is a value like any other")).clicked() {
                removed = Some(index);
            }
        }
    });
    if let Some(index) = removed {
        tokens.remove(index);
    }
}
