//! Editors of expressions and queries, in the mono face, with completion of columns, tables, functions and words: after
//! a letter or at Ctrl+Space; ↑ ↓ choose, Enter or Tab takes, Esc closes.

use cairn_protocol::table::ColumnType;
use egui::{
    CompletionPopup, CornerRadius, Frame, Key, Margin, Modifiers, RectAlign, RichText, Stroke, Suggestion, TextEdit, Ui,
};

use super::{
    FormContext, OtherTable,
    functions::{AGGREGATE, Function, QUERY_WORDS, SCALAR, WORDS},
};
use crate::{
    fonts,
    theme::{size, text},
    widgets,
};

/// Suggestions shown at most.
const MOST: usize = 40;

/// One thing that can be completed.
#[derive(Debug, Clone, PartialEq)]
struct Candidate {
    /// What is written.
    insert: String,
    /// What is shown.
    shown: String,
    /// What it is.
    about: String,
}

/// Draws an editor; true when its text changed.
pub(super) fn editor_ui(ui: &mut Ui, form: &FormContext<'_>, name: &str, query: bool, code: &mut String) -> bool {
    let theme = form.theme;
    let id = ui.make_persistent_id(("code", name));
    let focused = ui.memory(|memory| memory.has_focus(id));
    let asked_key = id.with("asked");
    if focused && ui.input_mut(|input| input.consume_key(Modifiers::CTRL, Key::Space)) {
        let text = code.clone();
        ui.data_mut(|data| data.insert_temp(asked_key, text));
    }
    // Ctrl+Space holds until the text changes or Esc.
    if focused && ui.input(|input| input.key_pressed(Key::Escape)) {
        ui.data_mut(|data| data.remove::<String>(asked_key));
    }
    let asked = ui.data(|data| data.get_temp::<String>(asked_key)).is_some_and(|text| text == *code);
    let before = code.clone();
    let stroke = if focused { Stroke::new(1.5, theme.accent) } else { Stroke::new(1.0, theme.border) };
    let width = ui.available_width();
    Frame::new()
        .fill(theme.card)
        .stroke(stroke)
        .corner_radius(CornerRadius::same(size::RADIUS - 1))
        .inner_margin(Margin::symmetric(7, 5))
        .show(ui, |ui| {
            let hint = if query { "select * from input" } else { "price * 1.19" };
            let editor = TextEdit::multiline(code)
                .font(fonts::mono(text::MONO))
                .text_color(theme.text)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .hint_text(RichText::new(hint).font(fonts::mono(text::MONO)).color(theme.dim))
                .desired_width(width - 18.0)
                .desired_rows(if query { 8 } else { 3 });
            let output = CompletionPopup::new(id)
                .word_boundary(|letter| !(letter.is_alphanumeric() || letter == '_'))
                .align(RectAlign::BOTTOM_START)
                .max_height(240.0)
                .show(ui, editor, |at| {
                    let before =
                        at.text.char_indices().nth(at.word_range.start.0).map_or(at.text.len(), |(byte, _)| byte);
                    let found = complete(form, query, &at.text[..before], at.word, asked);
                    let row = |one: Candidate| {
                        Suggestion::new(one.insert)
                            .content(RichText::new(one.shown).font(fonts::mono(text::MONO)))
                            .description(RichText::new(one.about).font(fonts::body(text::SMALL)))
                    };
                    found.into_iter().map(row).collect()
                });
            output.text_edit.response.response.accessible_name(name);
            if output.accepted.is_some() {
                ui.data_mut(|data| data.remove::<String>(asked_key));
            }
        });
    if focused && code.is_empty() {
        widgets::small(ui, theme, "Ctrl+Space lists columns and functions");
    }
    *code != before
}

/// What fits at a place: `before` is the text up to the word, `word` what stands of it, `asked` whether the list was
/// asked for by Ctrl+Space. What begins with the word comes before what contains it.
fn complete(form: &FormContext<'_>, query: bool, before: &str, word: &str, asked: bool) -> Vec<Candidate> {
    let in_text = before.matches('\'').count() % 2 == 1;
    let starts = word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if in_text || !(starts || asked && word.is_empty()) {
        return Vec::new();
    }
    let quoted = before.matches('"').count() % 2 == 1;
    let mut all = Vec::new();
    let column = |(name, kind): &(String, ColumnType), table: &str| Candidate {
        insert: if quoted { format!("{name}\"") } else { quote(name) },
        shown: name.clone(),
        about: if table.is_empty() { kind.as_str().to_owned() } else { format!("{} of {table}", kind.as_str()) },
    };
    all.extend(form.schema.iter().map(|of| column(of, "")));
    if query {
        let table = |name: &str, about: &str| Candidate {
            insert: if quoted { format!("{name}\"") } else { quote(name) },
            shown: name.to_owned(),
            about: about.to_owned(),
        };
        all.push(table("input", "the table of the steps above"));
        all.extend(form.tables.iter().map(|other| table(&other.name, "table")));
        let others =
            |other: &OtherTable| -> Vec<Candidate> { other.schema.iter().map(|of| column(of, &other.name)).collect() };
        let more: Vec<Candidate> = form.tables.iter().flat_map(others).collect();
        all.extend(more.into_iter().filter(|one| !form.schema.iter().any(|(name, _)| *name == one.shown)));
    }
    if !quoted {
        let function = |of: &Function| Candidate {
            insert: if of.signature.contains("()") { format!("{}()", of.name) } else { format!("{}(", of.name) },
            shown: of.signature.to_owned(),
            about: of.about.to_owned(),
        };
        all.extend(SCALAR.iter().map(function));
        let keyword =
            |words: &&str| Candidate { insert: (*words).to_owned(), shown: (*words).to_owned(), about: String::new() };
        if query {
            all.extend(AGGREGATE.iter().map(function));
            all.extend(QUERY_WORDS.iter().map(keyword));
        }
        all.extend(WORDS.iter().map(keyword));
    }
    let wanted = word.to_lowercase();
    let rank = |one: &Candidate| {
        let name = one.shown.to_lowercase();
        match () {
            () if name.starts_with(&wanted) => Some(0),
            () if name.split('_').any(|part| part.starts_with(&wanted)) => Some(1),
            () if wanted.len() > 1 && name.split('(').next().unwrap_or_default().contains(&wanted) => Some(2),
            () => None,
        }
    };
    let mut found: Vec<(u8, Candidate)> = all.into_iter().filter_map(|one| Some((rank(&one)?, one))).collect();
    // A word that is written out needs no list: Enter has to give a new line.
    if found.iter().any(|(_, one)| one.insert == word) {
        return Vec::new();
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.dedup_by(|a, b| a.1.insert == b.1.insert);
    found.into_iter().map(|(_, one)| one).take(MOST).collect()
}

/// A name as SQL takes it: in quotes unless it is a plain word.
fn quote(name: &str) -> String {
    let plain = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !WORDS.contains(&name)
        && !QUERY_WORDS.contains(&name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;

    fn inserts(query: bool, before: &str, word: &str, asked: bool) -> Vec<String> {
        let theme = Theme::light();
        let schema = [
            ("price".to_owned(), ColumnType::Float),
            ("Blood Pressure".to_owned(), ColumnType::Int),
            ("list_price".to_owned(), ColumnType::Float),
        ];
        let tables = [OtherTable { name: "Regions".into(), schema: vec![("prefix".into(), ColumnType::Text)] }];
        let form =
            FormContext { theme: &theme, schema: &schema, profile: &[], train_rows: None, tables: &tables, wide: true };
        complete(&form, query, before, word, asked).into_iter().map(|one| one.insert).collect()
    }

    #[test]
    fn columns_come_first_and_odd_names_are_quoted() {
        assert_eq!(inserts(false, "1 + ", "pri", false), ["price", "list_price"]);
        assert_eq!(inserts(false, "", "bl", false)[0], "\"Blood Pressure\"");
        assert_eq!(inserts(false, "\"", "bl", false), ["Blood Pressure\""]);
    }

    #[test]
    fn tables_and_their_columns_are_known_in_queries_only() {
        assert_eq!(inserts(true, "select * from ", "reg", false)[0], "Regions");
        assert!(inserts(true, "select ", "pre", false).contains(&"prefix".to_owned()));
        assert!(!inserts(false, "", "reg", false).contains(&"Regions".to_owned()));
        assert!(inserts(true, "select ", "co", false).contains(&"count(".to_owned()));
        assert!(!inserts(false, "", "co", false).contains(&"count(".to_owned()));
    }

    #[test]
    fn nothing_is_offered_within_text_or_before_a_letter() {
        assert!(inserts(true, "x = '", "pri", false).is_empty());
        assert!(inserts(true, "select ", "", false).is_empty());
        assert!(!inserts(true, "select ", "", true).is_empty());
        assert!(inserts(true, "", "select", false).is_empty(), "a word that is written out needs no list");
    }
}
