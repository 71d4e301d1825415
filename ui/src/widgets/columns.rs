//! Columns of a table: the glyph of a type, and a field of chips to pick some.

use cairn_protocol::table::ColumnType;
use egui::{CornerRadius, Frame, Margin, Popup, PopupCloseBehavior, Stroke, Ui, vec2};

use super::{
    Button, ChipTone, button,
    chips::{chip_handle, reordered},
    glyph, labels, menus, text_field,
};
use crate::theme::{Theme, size};

/// The glyph of a type.
#[must_use]
pub fn type_glyph(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Bool => glyph::TOGGLE,
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal => glyph::HASH,
        ColumnType::Date | ColumnType::Datetime => glyph::CALENDAR,
        ColumnType::Time | ColumnType::Duration => glyph::CLOCK,
        ColumnType::Category => glyph::TAG,
        ColumnType::Text => glyph::TEXT_AA,
        ColumnType::List => glyph::LIST,
        ColumnType::Struct => glyph::BRACKETS_CURLY,
    }
}

/// Chosen columns as chips that a click takes away, and «Add…» with a list to search. True when the choice changed.
pub fn columns_picker(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    chosen: &mut Vec<String>,
    all: &[(String, ColumnType)],
) -> bool {
    let mut changed = false;
    let id = ui.make_persistent_id(name);
    Frame::new()
        .fill(theme.card)
        .stroke(Stroke::new(1.0, theme.border))
        .corner_radius(CornerRadius::same(size::RADIUS - 1))
        .inner_margin(Margin::symmetric(3, 2))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 3.0);
                let mut removed = None;
                let mut chips = Vec::with_capacity(chosen.len());
                for (index, column) in chosen.iter().enumerate() {
                    let known = all.iter().find(|(name, _)| name == column);
                    // Before the table above has run nothing is known of its columns, so nothing is wrong with these.
                    let tone = if known.is_some() || all.is_empty() { ChipTone::Accent } else { ChipTone::Fault };
                    let unknown = if all.is_empty() { glyph::COLUMNS } else { glyph::WARNING };
                    let mark = known.map_or(unknown, |(_, column_type)| type_glyph(*column_type));
                    let response = chip_handle(ui, theme, tone, Some(mark), format!("{column}  ×"));
                    let response = response.on_hover_text(if known.is_some() || all.is_empty() {
                        format!("Remove {column}")
                    } else {
                        format!("{column} is not a column of the input: remove it")
                    });
                    if response.clicked() {
                        removed = Some(index);
                    }
                    chips.push(response);
                }
                if let Some((from, to)) = reordered(ui, theme, &chips) {
                    let column = chosen.remove(from);
                    chosen.insert(to, column);
                    changed = true;
                } else if let Some(index) = removed {
                    chosen.remove(index);
                    changed = true;
                }
                let add = Button::quiet("Add…").small().name(format!("{name}: add"));
                let opener = button(ui, theme, add);
                changed |= add_list(ui, theme, name, id, &opener, chosen, all);
            });
        });
    changed
}

fn add_list(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    id: egui::Id,
    opener: &egui::Response,
    chosen: &mut Vec<String>,
    all: &[(String, ColumnType)],
) -> bool {
    let mut changed = false;
    let search_key = id.with("search");
    let mut search: String = ui.data(|data| data.get_temp(search_key)).unwrap_or_default();
    Popup::menu(opener)
        .width(220.0)
        .gap(2.0)
        .frame(menus::floating_frame(theme))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(220.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            let field = text_field(ui, theme, &format!("{name}: search"), &mut search, "Search columns", 220.0);
            if opener.clicked() {
                field.request_focus();
            }
            ui.add_space(4.0);
            let wanted = search.to_lowercase();
            let left: Vec<_> = all
                .iter()
                .filter(|(column, _)| !chosen.contains(column) && column.to_lowercase().contains(&wanted))
                .collect();
            if left.is_empty() {
                labels::small(ui, theme, if search.is_empty() { "All columns are chosen" } else { "No such column" });
            }
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            egui::ScrollArea::vertical().max_height(260.0).show_rows(ui, 26.0, left.len(), |ui, rows| {
                for (column, column_type) in &left[rows] {
                    let mark = type_glyph(*column_type);
                    if menus::menu_item(ui, theme, Some(mark), column, column_type.as_str(), true).clicked() {
                        chosen.push(column.clone());
                        changed = true;
                    }
                }
            });
            if enter && let Some((column, _)) = left.first() {
                chosen.push(column.clone());
                changed = true;
                field.request_focus();
            }
            if changed {
                search.clear();
            }
        });
    ui.data_mut(|data| data.insert_temp(search_key, search));
    changed
}
