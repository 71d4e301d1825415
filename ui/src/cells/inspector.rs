//! The inspector of a cell: how it stands, when and how long it ran, what it reads and who reads it, its columns.

use cairn_protocol::{Response, notebook::CellKind, table::TableRef};
use egui::{Ui, vec2};

use super::{
    card::{Card, kind_glyph},
    draft, prefill,
};
use crate::{
    ctx::{Action, Ctx, Selection},
    widgets::{self, Button, ChipTone, format, glyph},
};

/// Draws the inspector of a cell.
pub fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, notebook: &str, cell: &str) {
    let theme = ctx.theme;
    let answer = ctx.value(&cairn_protocol::Request::OpenNotebook { path: notebook.to_owned() });
    let Some(Response::Notebook(view)) = answer.as_deref() else { return };
    let Some(index) = prefill::index_of(view, cell) else {
        widgets::dim(ui, theme, format!("There is no cell {cell} any more"));
        return;
    };
    let body = draft::shown(ui.ctx(), ctx, view, index);
    let card = Card { ctx, view, index, body: &body };
    let state = card.state();
    ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
    ui.horizontal(|ui| {
        widgets::icon(ui, theme, kind_glyph(body.kind()), theme.accent, 16.0);
        widgets::title(ui, theme, cell);
    });
    let kind = prefill::kind_title(body.kind());
    if body.kind() == CellKind::Note {
        fact(ui, card, "Kind", kind);
        return;
    }
    ui.horizontal(|ui| {
        widgets::state_chip(ui, theme, state.state, card.running_secs(), &state.why);
    });
    if !state.why.is_empty() {
        widgets::paragraph(ui, state.why.as_str(), theme.dim);
    }
    widgets::hairline(ui, theme);
    fact(ui, card, "Kind", kind);
    if !state.summary.is_empty() {
        fact(ui, card, "Result", &state.summary);
    }
    if let (Some(rows), Some(columns)) = (state.rows, state.columns) {
        fact(ui, card, "Rows", &format::count(rows));
        fact(ui, card, "Columns", &format::count(columns));
    }
    if !state.ran_at.is_empty() {
        fact(ui, card, "Ran", &format::ago(&state.ran_at, ctx.now_secs));
        fact(ui, card, "Took", &format::secs(state.elapsed_secs));
    }
    for warning in &state.warnings {
        ui.horizontal_top(|ui| {
            widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
            widgets::paragraph(ui, warning.as_str(), theme.warning.text);
        });
    }
    if let Some(error) = &state.error {
        widgets::error_card(ui, theme, error, false);
    }
    ui.add_space(2.0);
    let run = match card.is_busy() {
        true => Button::plain("Stop").glyph(glyph::STOP).name(format!("Stop {cell} from the inspector")),
        false => Button::plain("Run").glyph(glyph::PLAY).name(format!("Run {cell} from the inspector")),
    };
    if widgets::button(ui, theme, run).clicked() {
        if card.is_busy() { card.stop() } else { card.run() }
    }
    links(ui, card, "Reads", body.inputs().into_iter().map(str::to_owned).collect());
    let readers = view.notebook.cells.iter().filter(|other| other.body.inputs().contains(&cell));
    links(ui, card, "Read by", readers.map(|other| other.name.clone()).collect());
    if let Some(run) = &state.run_id {
        widgets::hairline(ui, theme);
        if widgets::link(ui, theme, "Show its run").on_hover_text(run).clicked() {
            ctx.push(Action::Select(Selection::Run(run.clone())));
            ctx.push(Action::Open(crate::ctx::Tab::Runs));
        }
    }
    schema_ui(ui, card);
}

fn fact(ui: &mut Ui, card: Card<'_>, name: &str, value: &str) {
    let theme = card.theme();
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, 18.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_max_width(width);
        let label = widgets::dim(ui, theme, name);
        let room = (width - label.rect.width() - 8.0).max(40.0);
        ui.allocate_ui_with_layout(vec2(room, 18.0), egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.set_max_width(room);
            widgets::text(ui, theme, value).on_hover_text(value);
        });
    });
}

fn links(ui: &mut Ui, card: Card<'_>, title: &str, names: Vec<String>) {
    if names.is_empty() {
        return;
    }
    widgets::hairline(ui, card.theme());
    widgets::small_strong(ui, card.theme(), title);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        for name in names {
            let found = prefill::index_of(card.view, &name);
            let mark = found.map_or(glyph::WARNING, |at| kind_glyph(card.view.notebook.cells[at].body.kind()));
            let tone = if found.is_some() { ChipTone::Neutral } else { ChipTone::Fault };
            if widgets::chip_button(ui, card.theme(), tone, Some(mark), &name).clicked() && found.is_some() {
                card.reveal(&name);
            }
        }
    });
}

fn schema_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let schema = &card.state().schema;
    if schema.is_empty() || !prefill::is_table(card.body.kind()) {
        return;
    }
    widgets::hairline(ui, theme);
    widgets::small_strong(ui, theme, format::plural(schema.len() as u64, "column", "columns"));
    ui.spacing_mut().item_spacing.y = 0.0;
    for (name, kind) in schema.iter().take(60) {
        widgets::frames::row_of_two(
            ui,
            22.0,
            |ui| {
                widgets::icon(ui, theme, widgets::type_glyph(*kind), theme.dim, 14.0);
                if widgets::link(ui, theme, name.as_str()).clicked() {
                    let table = TableRef::Cell { notebook: card.path().to_owned(), cell: card.name().to_owned() };
                    card.ctx.push(Action::Select(Selection::Column { table, column: name.clone() }));
                }
            },
            |ui| {
                widgets::small(ui, theme, kind.as_str());
            },
        );
    }
    if schema.len() > 60 {
        widgets::small(ui, theme, format!("and {} more", schema.len() - 60));
    }
}
