//! All about one node: what it comes from, what came of it, its identity.

use cairn_protocol::{
    Request, Response,
    runs::{LineageNode, NodeKind},
};
use egui::{Align, Layout, Ui};

use super::{
    draw, open_node,
    view::{self, Choice, Shown},
};
use crate::{
    ctx::{Action, Ctx, Selection, Tab},
    widgets::{self, Button, ChipTone, button, format, glyph},
};

/// Draws the inspector of a node.
pub fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, id: &str) {
    let request = Request::Lineage { id: Some(id.to_owned()) };
    let fetched = ctx.read(&request);
    let Some(answer) = fetched.value else {
        match fetched.error {
            Some(error) => {
                if widgets::error_card(ui, ctx.theme, &error, true) {
                    ctx.store.retry(&request);
                }
            }
            None => widgets::loading(ui, ctx.theme, "Reading the node"),
        }
        return;
    };
    let Response::Lineage(graph) = answer.as_ref() else { return };
    let all = view::shown(graph, &Choice { collapse: false, ..Choice::default() });
    let Some(index) = all.index_of(id) else {
        widgets::dim(ui, ctx.theme, "This node is gone");
        return;
    };
    let node = &all.nodes[index];
    head_ui(ui, ctx, node);
    let around = |direction| {
        let choice = Choice { focus: Some(node.id.clone()), direction, collapse: true, ..Choice::default() };
        view::shown(graph, &choice)
    };
    list_ui(ui, ctx, "Comes from", node, &around(view::Direction::Upstream));
    list_ui(ui, ctx, "Used in", node, &around(view::Direction::Downstream));
    identity_ui(ui, ctx, node);
}

fn head_ui(ui: &mut Ui, ctx: &Ctx<'_>, node: &LineageNode) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        widgets::icon(ui, theme, draw::kind_glyph(node.kind), draw::kind_color(theme, node.kind), 18.0);
        widgets::heading(ui, theme, &node.name);
        if node.version > 0 && node.kind != NodeKind::Run {
            widgets::dim(ui, theme, format!("v{}", node.version));
        }
    });
    ui.horizontal_wrapped(|ui| {
        widgets::small(ui, theme, draw::kind_title(node.kind));
        if !node.figure.is_empty() {
            widgets::small(ui, theme, format!("· {}", node.figure));
        }
        if !node.created_at.is_empty() {
            let when = widgets::small(ui, theme, format!("· {}", format::ago(&node.created_at, ctx.now_secs)));
            when.on_hover_text(&node.created_at);
        }
    });
    if node.stale {
        widgets::chip(ui, theme, ChipTone::Warning, Some(glyph::WARNING), "stale: something it comes from has changed");
    }
    if node.missing {
        widgets::chip(ui, theme, ChipTone::Fault, Some(glyph::X_CIRCLE), "its file is gone");
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        if button(ui, theme, Button::primary("Open").glyph(glyph::ARROW_SQUARE_OUT)).clicked() {
            open_node(ctx, node);
        }
        if button(ui, theme, Button::plain("Show around it").glyph(glyph::SPLIT)).clicked() {
            ctx.push(Action::Open(Tab::Lineage(Some(node.id.clone()))));
        }
    });
    ui.add_space(8.0);
}

fn list_ui(ui: &mut Ui, ctx: &Ctx<'_>, title: &str, of: &LineageNode, around: &Shown) {
    let theme = ctx.theme;
    let others: Vec<usize> = (0..around.nodes.len()).filter(|i| around.nodes[*i].id != of.id).collect();
    if others.is_empty() {
        return;
    }
    widgets::hairline(ui, theme);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        widgets::strong(ui, theme, title);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::small(ui, theme, format::plural(others.len() as u64, "node", "nodes"));
        });
    });
    let mut order = others;
    order.sort_by_key(|i| around.nodes[*i].kind);
    for index in order.into_iter().take(24) {
        let node = &around.nodes[index];
        ui.horizontal(|ui| {
            widgets::icon(ui, theme, draw::kind_glyph(node.kind), draw::kind_color(theme, node.kind), 13.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                widgets::small(ui, theme, draw::figure(node, around.trials[index]));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    if widgets::link(ui, theme, &node.name).clicked() {
                        ctx.push(Action::Select(Selection::Node(node.id.clone())));
                    }
                });
            });
        });
    }
    ui.add_space(8.0);
}

fn identity_ui(ui: &mut Ui, ctx: &Ctx<'_>, node: &LineageNode) {
    let theme = ctx.theme;
    widgets::hairline(ui, theme);
    ui.add_space(6.0);
    widgets::strong(ui, theme, "Identity");
    let content: String = node.digest.chars().take(16).collect();
    let mut facts = vec![(if node.kind == NodeKind::Run { "Run" } else { "Content" }.to_owned(), content)];
    facts.extend(node.details.iter().map(|(name, value)| (name.replace('_', " "), value.clone())));
    for (name, value) in facts {
        ui.horizontal(|ui| {
            widgets::small(ui, theme, name);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let mut short: String = value.chars().take(28).collect();
                if short.len() < value.len() {
                    short.push('…');
                }
                widgets::small(ui, theme, short).on_hover_text(value);
            });
        });
    }
}
