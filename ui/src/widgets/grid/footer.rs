//! The footer: rows, conditions, figures of the selection, and on what the figures of the header rest.

use cairn_protocol::{
    ParamValue,
    steps::{Condition, Test},
    table::ColumnProfile,
};
use egui::{Align, CornerRadius, Layout, Rect, Stroke, Ui, UiBuilder, pos2};

use super::{
    Frame, GridOutput, GridSource, GridState, body,
    cells::{Blocks, Cell, MAX_SELECTED},
    set_sort, sort,
};
use crate::{
    theme::{Theme, size},
    widgets::{self, ChipTone, chip_button, format, glyph, inputs, labels},
};

pub(super) fn draw(
    ui: &mut Ui,
    theme: &Theme,
    frame: &Frame<'_>,
    state: &mut GridState,
    blocks: &Blocks,
    source: &dyn GridSource,
    output: &mut GridOutput,
) {
    let scope = source.scope();
    let area = Rect::from_min_max(pos2(frame.rect.left(), frame.rect.bottom() - size::CARD_FOOTER), frame.rect.max);
    ui.painter().rect_filled(area, CornerRadius::ZERO, theme.panel);
    ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, theme.border));
    let inner = area.shrink2(egui::vec2(10.0, 1.0));
    let mut child = ui.new_child(
        UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("grid footer"),
    );
    child.spacing_mut().item_spacing.x = 12.0;
    if !scope.is_empty() && inner.width() > 420.0 {
        labels::small(&mut child, theme, scope.as_str());
    }
    child.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let (first, last) = body::visible_rows(frame, state);
        let total = format::count(frame.total);
        labels::small(ui, theme, format!("{}–{} of {total} rows", format::count(first), format::count(last)));
        if !state.query.sort.is_empty() {
            let words = format!("{}  ×", sort::words(&state.query.sort));
            let chip = chip_button(ui, theme, ChipTone::Accent, Some(glyph::ARROWS_DOWN_UP), words);
            if chip.on_hover_text("Sorted by these columns; a click goes back to the table's own order").clicked() {
                set_sort(state, output, Vec::new());
            }
        }
        let mut removed = None;
        for (index, condition) in state.query.conditions.iter().enumerate() {
            let words = format!("{}  ×", condition_text(condition));
            if chip_button(ui, theme, ChipTone::Accent, None, words).on_hover_text("Remove this condition").clicked() {
                removed = Some(index);
            }
        }
        if let Some(index) = removed {
            state.query.conditions.remove(index);
            state.show_row(0);
        }
        if source.can_keep() && (!state.query.sort.is_empty() || !state.query.conditions.is_empty()) {
            let keep = widgets::link(ui, theme, "Make this a step");
            if keep
                .on_hover_text("Conditions and order become steps of a recipe, which what comes after reads")
                .clicked()
            {
                output.steps = Some(sort::steps_of(&state.query));
            }
        }
        let statistics = selection(frame, state, blocks).or_else(|| {
            let name = state.column.as_deref()?;
            let column = frame.columns.iter().find(|column| column.name == name)?;
            Some(column_facts(column.profile?, column.profile_rows))
        });
        if let Some(statistics) = statistics {
            labels::small(ui, theme, statistics);
        }
    });
}

/// A condition in words.
#[must_use]
pub(super) fn condition_text(condition: &Condition) -> String {
    let sign = match condition.test {
        Test::Equal => "=",
        Test::NotEqual => "≠",
        Test::Less => "<",
        Test::LessOrEqual => "≤",
        Test::Greater => ">",
        Test::GreaterOrEqual => "≥",
        Test::Contains => "contains",
        Test::OneOf => "is one of",
        Test::IsNull => "is missing",
        Test::NotNull => "is not missing",
        Test::NotContains => "does not contain",
        Test::StartsWith => "starts with",
        Test::EndsWith => "ends with",
        Test::Matches => "matches",
        Test::NotOneOf => "is none of",
        Test::Between => "is between",
        Test::IsDuplicate => "occurs twice",
    };
    let value = match &condition.value {
        None => String::new(),
        Some(ParamValue::Float(real)) => format!(" {}", format::figure(*real)),
        Some(value) => format!(" {value}"),
    };
    format!("{} {sign}{value}", condition.column)
}

/// The figures of a selected column: «smoking: 19,287 values · 713 null · 6 distinct · mode never».
fn column_facts(profile: &ColumnProfile, rows: u64) -> String {
    let mut parts = vec![format!("{}: {} values", profile.name, format::count(rows.saturating_sub(profile.nulls)))];
    if profile.nulls > 0 {
        parts.push(format!("{} null", format::count(profile.nulls)));
    }
    match (profile.mean, &profile.min, &profile.max) {
        (Some(mean), Some(min), Some(max)) if profile.column_type.is_numeric() => {
            parts.push(format!("mean {}", format::figure(mean.0)));
            let bound = |value: &cairn_protocol::table::Scalar| {
                inputs::parse_number(&value.to_string()).map_or_else(|| value.to_string(), format::figure)
            };
            parts.push(format!("min {}", bound(min)));
            parts.push(format!("max {}", bound(max)));
        }
        _ => {
            parts.push(format!("{} distinct", format::count(profile.distinct)));
            if let Some(first) = profile.top.first() {
                parts.push(format!("mode {}", first.value));
            }
        }
    }
    parts.join(" · ")
}

/// The figures of several selected rows.
fn selection(frame: &Frame<'_>, state: &GridState, blocks: &Blocks) -> Option<String> {
    let (first, last) = state.selected_rows().filter(|(first, last)| first != last)?;
    let (_, name) = state.cursor.as_ref()?;
    let index = frame.columns.iter().position(|column| column.name == name)?;
    let rows = last - first + 1;
    if rows > MAX_SELECTED {
        return Some(format!("{} rows selected", format::count(rows)));
    }
    let (mut known, mut count, mut sum, mut min, mut max) = (true, 0_u64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    let mut values = 0_u64;
    for row in first..=last {
        match blocks.cell(row, index, name) {
            Cell::Unknown => known = false,
            Cell::Null { .. } => {}
            Cell::Value { text, .. } => {
                values += 1;
                if frame.columns[index].column_type.is_numeric()
                    && let Some(value) = inputs::parse_number(text)
                {
                    count += 1;
                    sum += value;
                    min = min.min(value);
                    max = max.max(value);
                }
            }
        }
    }
    if !known {
        return Some(format!("{} rows selected", format::count(rows)));
    }
    Some(if count == 0 {
        format!("{name}: {} selected · {} values", format::count(rows), format::count(values))
    } else {
        format!(
            "{name}: count {} · sum {} · mean {} · min {} · max {}",
            format::count(count),
            format::figure(sum),
            format::figure(sum / count as f64),
            format::figure(min),
            format::figure(max)
        )
    })
}
