//! Fields that are small tables: renamings, keys of a sort or a join, aggregations, changes of cells, other tables.

use cairn_protocol::{
    ParamValue,
    steps::{Aggregate, Aggregation, CellEdit, JoinKey, Renaming, SortKey, Test, catalogue::Accepts},
};
use egui::{Ui, vec2};

use super::{
    FormContext,
    fields::{column_choice, value_ui},
    rows::{Rows, halves, rows_ui},
    tags,
};
use crate::{
    cells::field,
    widgets::{self, Button, ChipTone, glyph},
};

const FUNCTIONS: [(Aggregate, &str); 12] = [
    (Aggregate::Count, "Count"),
    (Aggregate::Rows, "Rows"),
    (Aggregate::Distinct, "Distinct"),
    (Aggregate::Sum, "Sum"),
    (Aggregate::Mean, "Mean"),
    (Aggregate::Median, "Median"),
    (Aggregate::Std, "Standard deviation"),
    (Aggregate::Min, "Smallest"),
    (Aggregate::Max, "Largest"),
    (Aggregate::First, "First"),
    (Aggregate::Last, "Last"),
    (Aggregate::Mode, "Most frequent"),
];

fn put<T>(new: Option<T>, place: &mut T) -> bool {
    new.map(|new| *place = new).is_some()
}

/// The first column that is not named yet.
fn next_column<'n>(form: &FormContext<'_>, named: impl Iterator<Item = &'n String> + Clone) -> String {
    let fresh = form.schema.iter().find(|(column, _)| !named.clone().any(|name| name == column));
    fresh.or(form.schema.first()).map(|(column, _)| column.clone()).unwrap_or_default()
}

/// Old and new names of columns, or old and new values. Lines «old → new» can be pasted.
pub(super) fn pairs_ui(ui: &mut Ui, form: &FormContext<'_>, columns: bool, pairs: &mut Vec<Renaming>) -> bool {
    let theme = form.theme;
    let (one, old, new) =
        if columns { ("renaming", "Old name", "New name") } else { ("pair", "Old value", "New value") };
    let rows = Rows { one, add: if columns { "Add a column" } else { "Add a pair" }, ordered: false };
    let mut changed = rows_ui(
        ui,
        form,
        &rows,
        pairs,
        |ui, width, number, pair| {
            let mut changed = false;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                let each = ((width - 18.0) / 2.0).floor();
                let name = format!("{old} {number}");
                changed |= if columns {
                    let chosen = column_choice(ui, form, &name, &pair.from, Accepts::Any, false, each);
                    put(chosen, &mut pair.from)
                } else {
                    put(field::mono(ui, theme, &name, &pair.from, "Old", each), &mut pair.from)
                };
                ui.add_space(3.0);
                widgets::icon(ui, theme, glyph::ARROW_RIGHT, theme.dim, 12.0);
                ui.add_space(3.0);
                let name = format!("{new} {number}");
                let hint = if columns { "New name" } else { "missing" };
                changed |= put(field::mono(ui, theme, &name, &pair.to, hint, each), &mut pair.to);
            });
            changed
        },
        |pairs| {
            let from = if columns { next_column(form, pairs.iter().map(|pair| &pair.from)) } else { String::new() };
            Renaming { to: from.clone(), from }
        },
    );
    changed |= paste_ui(ui, form, pairs);
    changed
}

fn paste_ui(ui: &mut Ui, form: &FormContext<'_>, pairs: &mut Vec<Renaming>) -> bool {
    let theme = form.theme;
    let id = ui.make_persistent_id("pasted");
    let Some(mut pasted) = ui.data(|data| data.get_temp::<String>(id)) else {
        if widgets::button(ui, theme, Button::quiet("Paste lines…").small().glyph(glyph::CLIPBOARD)).clicked() {
            ui.data_mut(|data| data.insert_temp(id, String::new()));
        }
        return false;
    };
    widgets::text_area(ui, theme, "Lines to paste", &mut pasted, "old → new", 4);
    let found = parse_pairs(&pasted);
    let mut done = false;
    let mut changed = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let words = format!("Take {}", widgets::format::plural(found.len() as u64, "line", "lines"));
        if widgets::button(ui, theme, Button::plain(words).name("Take lines").enabled(!found.is_empty())).clicked() {
            for pair in found {
                pairs.retain(|had| had.from != pair.from);
                pairs.push(pair);
            }
            changed = true;
            done = true;
        }
        done |= widgets::button(ui, theme, Button::quiet("Cancel").name("Cancel pasting")).clicked();
    });
    if done {
        ui.data_mut(|data| data.remove::<String>(id));
    } else {
        ui.data_mut(|data| data.insert_temp(id, pasted));
    }
    changed
}

/// Pairs from lines: «old → new», with `->`, `=>`, a tab, `=`, `;` or a comma between them too.
fn parse_pairs(text: &str) -> Vec<Renaming> {
    let pair = |line: &str| {
        let (from, to) = ["→", "=>", "->", "\t", "=", ";", ","].iter().find_map(|mark| line.split_once(mark))?;
        let plain = |part: &str| part.trim().trim_matches('"').to_owned();
        Some(Renaming { from: plain(from), to: plain(to) }).filter(|pair| !pair.from.is_empty())
    };
    text.lines().filter_map(pair).collect()
}

/// Columns to sort by with their directions.
pub(super) fn sort_keys_ui(ui: &mut Ui, form: &FormContext<'_>, keys: &mut Vec<SortKey>) -> bool {
    let theme = form.theme;
    let rows = Rows { one: "sort key", add: "Add a column", ordered: true };
    rows_ui(
        ui,
        form,
        &rows,
        keys,
        |ui, width, number, key| {
            let mut changed = false;
            ui.horizontal(|ui| {
                let name = format!("Sort by {number}");
                let room = width - 28.0;
                changed |= put(column_choice(ui, form, &name, &key.column, Accepts::Any, false, room), &mut key.column);
                let (mark, words) = if key.descending {
                    (glyph::SORT_DESCENDING, "largest")
                } else {
                    (glyph::SORT_ASCENDING, "smallest")
                };
                let name = format!("Sort key {number}: {words} first");
                if widgets::icon_button(ui, theme, mark, &name).clicked() {
                    key.descending = !key.descending;
                    changed = true;
                }
            });
            changed
        },
        |keys| SortKey { column: next_column(form, keys.iter().map(|key| &key.column)), descending: false },
    )
}

/// Columns, what is made of them, and the names of the results.
pub(super) fn aggregations_ui(ui: &mut Ui, form: &FormContext<'_>, aggregations: &mut Vec<Aggregation>) -> bool {
    let theme = form.theme;
    let rows = Rows { one: "figure", add: "Add a figure", ordered: true };
    rows_ui(
        ui,
        form,
        &rows,
        aggregations,
        |ui, width, number, one| {
            let mut changed = false;
            halves(ui, width, |ui, each| {
                let name = format!("Function {number}");
                changed |= put(field::choice(ui, theme, &name, one.function, &FUNCTIONS, each), &mut one.function);
                let takes = match one.function {
                    Aggregate::Sum | Aggregate::Mean | Aggregate::Median | Aggregate::Std => Accepts::Numbers,
                    _ => Accepts::Any,
                };
                if one.function != Aggregate::Rows {
                    let name = format!("Column of figure {number}");
                    let chosen = column_choice(ui, form, &name, &one.column, takes, false, each);
                    changed |= put(chosen, &mut one.column);
                }
            });
            let hint = if one.function == Aggregate::Rows {
                "rows".to_owned()
            } else {
                let function = serde_json::to_value(one.function).unwrap_or_default();
                format!("{}_{}", one.column, function.as_str().unwrap_or_default())
            };
            let name = format!("Name of figure {number}");
            changed |= put(field::mono(ui, theme, &name, &one.name, &hint, width), &mut one.name);
            ui.add_space(2.0);
            changed
        },
        |_| {
            let number = form.schema.iter().find(|(_, kind)| kind.is_numeric());
            number.map_or_else(
                || Aggregation { function: Aggregate::Rows, ..Aggregation::default() },
                |(column, _)| Aggregation { column: column.clone(), function: Aggregate::Mean, name: String::new() },
            )
        },
    )
}

/// Pairs of columns of two tables.
pub(super) fn join_keys_ui(ui: &mut Ui, form: &FormContext<'_>, with: &str, keys: &mut Vec<JoinKey>) -> bool {
    let theme = form.theme;
    let other = form.tables.iter().find(|table| table.name == with).map_or(&[][..], |table| &table.schema);
    let rows = Rows { one: "key", add: "Add a key", ordered: false };
    rows_ui(
        ui,
        form,
        &rows,
        keys,
        |ui, width, number, key| {
            let mut changed = false;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                let each = ((width - 18.0) / 2.0).floor();
                let name = format!("Column of this table {number}");
                changed |= put(column_choice(ui, form, &name, &key.left, Accepts::Any, false, each), &mut key.left);
                ui.add_space(3.0);
                widgets::icon(ui, theme, glyph::EQUALS, theme.dim, 12.0);
                ui.add_space(3.0);
                let name = format!("Column of the other table {number}");
                let shown = if key.right.is_empty() { &key.left } else { &key.right };
                let chosen = if other.is_empty() {
                    field::mono(ui, theme, &name, shown, "same name", each)
                } else {
                    field::column(ui, theme, &name, shown, other, each)
                };
                if let Some(chosen) = chosen {
                    key.right = if chosen == key.left { String::new() } else { chosen };
                    changed = true;
                }
            });
            changed
        },
        |keys| {
            let shared = form.schema.iter().map(|(column, _)| column).find(|column| {
                other.iter().any(|(of, _)| of == *column) && !keys.iter().any(|key| key.left == **column)
            });
            let left = shared.cloned().unwrap_or_else(|| next_column(form, keys.iter().map(|key| &key.left)));
            JoinKey { left, right: String::new() }
        },
    )
}

/// Changes of single cells.
pub(super) fn cell_edits_ui(ui: &mut Ui, form: &FormContext<'_>, edits: &mut Vec<CellEdit>) -> bool {
    let theme = form.theme;
    if edits.is_empty() {
        widgets::small(ui, theme, "Add the cells to change");
    }
    let rows = Rows { one: "edit", add: "Add a cell", ordered: false };
    rows_ui(
        ui,
        form,
        &rows,
        edits,
        |ui, width, number, edit| {
            let mut changed = false;
            ui.horizontal(|ui| {
                let name = format!("Row of edit {number}");
                let row = field::whole(ui, theme, &name, edit.row + 1, 1..=u64::MAX, 64.0);
                changed |= put(row.map(|row| row - 1), &mut edit.row);
                let name = format!("Column of edit {number}");
                let room = width - 68.0;
                changed |=
                    put(column_choice(ui, form, &name, &edit.column, Accepts::Any, false, room), &mut edit.column);
            });
            ui.horizontal(|ui| {
                let missing = edit.value.is_none();
                let kind = form.type_of(&edit.column);
                let room = width - 54.0;
                ui.add_enabled_ui(!missing, |ui| {
                    let name = format!("Value of edit {number}");
                    if let Some(value) = value_ui(ui, form, &name, edit.value.as_ref(), kind, Test::Equal, room) {
                        edit.value = Some(value);
                        changed = true;
                    }
                });
                let button = Button::plain("null").small().selected(missing).name(format!("Edit {number} makes null"));
                if widgets::button(ui, theme, button).clicked() {
                    edit.value = missing.then(|| ParamValue::Text(String::new()));
                    changed = true;
                }
            });
            ui.add_space(2.0);
            changed
        },
        |edits| CellEdit {
            row: edits.last().map_or(0, |edit| edit.row),
            column: edits.last().map_or_else(|| next_column(form, std::iter::empty()), |edit| edit.column.clone()),
            value: None,
        },
    )
}

/// One of the other tables.
pub(super) fn cell_choice(ui: &mut Ui, form: &FormContext<'_>, name: &str, now: &str, width: f32) -> Option<String> {
    let names: Vec<String> = form.tables.iter().map(|table| table.name.clone()).collect();
    let chosen = field::name_choice(ui, form.theme, name, now, &names, width);
    no_tables(ui, form);
    chosen
}

/// Some of the other tables, in the order in which they were chosen.
pub(super) fn cells_ui(ui: &mut Ui, form: &FormContext<'_>, name: &str, chosen: &mut Vec<String>) -> bool {
    let theme = form.theme;
    let mut changed = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for table in form.tables {
            let place = chosen.iter().position(|of| *of == table.name);
            let button = Button::plain(table.name.as_str()).small().selected(place.is_some());
            let button = button.glyph(glyph::TABLE).name(format!("{name}: {}", table.name));
            if widgets::button(ui, theme, button).clicked() {
                match place {
                    Some(index) => drop(chosen.remove(index)),
                    None => chosen.push(table.name.clone()),
                }
                changed = true;
            }
        }
        let unknown = |of: &&String| !form.tables.iter().any(|table| table.name == **of);
        let mut removed = None;
        for gone in chosen.iter().filter(unknown) {
            let chip = widgets::chip_button(ui, theme, ChipTone::Fault, Some(glyph::WARNING), format!("{gone}  ×"));
            if chip.on_hover_text(format!("{gone} is no table above this cell: remove it")).clicked() {
                removed = Some(gone.clone());
            }
        }
        if let Some(gone) = removed {
            chosen.retain(|of| *of != gone);
            changed = true;
        }
    });
    no_tables(ui, form);
    changed
}

fn no_tables(ui: &mut Ui, form: &FormContext<'_>) {
    if form.tables.is_empty() {
        widgets::small(ui, form.theme, "There is no other table above this cell");
    }
}

/// A click takes a value away, Enter adds one: several values of a condition.
pub(super) fn values_ui(ui: &mut Ui, form: &FormContext<'_>, name: &str, values: &mut Vec<String>) -> bool {
    tags::tags_ui(ui, form, name, values, "Add a value…", |text| {
        if text.contains('|') { Err("A value cannot hold |".into()) } else { Ok(text.to_owned()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_from_lines_as_people_write_them() {
        let text = "a → b\nBlood Pressure -> bp\n\nx\ty\n\"k\", \"v\"\nno pair\n→ nothing\nold = ";
        let pairs: Vec<_> = parse_pairs(text).into_iter().map(|pair| (pair.from, pair.to)).collect();
        let wanted = [("a", "b"), ("Blood Pressure", "bp"), ("x", "y"), ("k", "v"), ("old", "")];
        assert_eq!(pairs, wanted.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }
}
