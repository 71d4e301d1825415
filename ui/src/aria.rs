//! What is on the canvas, for assistive technology and for tests: egui's AccessKit tree of each frame as a flat list of
//! nodes with role, name, value and place. A host lays elements over the canvas from it and sends back what is pressed.
//!
//! eframe drops the tree on the web; this plugin takes it before that.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use egui::accesskit::{Action, ActionData, ActionRequest, Node, NodeId, Role, Toggled, TreeId, TreeUpdate};

/// One control or text on the canvas.
#[derive(Debug, Clone, PartialEq)]
pub struct AriaNode {
    /// Same as long as the control is there.
    pub id: u64,
    /// ARIA role: `button`, `textbox`, …; `text` for plain text.
    pub role: &'static str,
    /// Accessible name.
    pub name: String,
    /// Value of a field.
    pub value: Option<String>,
    /// Left, top, width, height in points.
    pub bounds: [f32; 4],
    /// Whether it cannot be used now.
    pub disabled: bool,
    /// Of a check box or switch.
    pub checked: Option<bool>,
    /// Of a tab or an option.
    pub selected: Option<bool>,
    /// Whether a field takes several lines.
    pub multiline: bool,
    /// Whether it has the keyboard.
    pub focused: bool,
}

/// What a person did to a mirrored element.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Pressed it.
    Click(u64),
    /// Moved the keyboard to it.
    Focus(u64),
    /// Wrote into it.
    SetValue(u64, String),
}

/// Deeds on their way from a host into egui.
#[derive(Debug, Clone, Default)]
pub struct Deeds {
    waiting: Arc<Mutex<Vec<Deed>>>,
}

impl Deeds {
    /// Adds one; the host asks for a repaint afterwards.
    pub fn push(&self, deed: Deed) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(deed);
    }

    fn take(&self) -> Vec<Deed> {
        std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The plugin. `show` gets the nodes of a frame whenever they differ from those before.
pub struct Mirror {
    deeds: Deeds,
    show: fn(&[AriaNode]),
    shown: Vec<AriaNode>,
}

impl Mirror {
    /// A mirror that shows nodes by a function of the host.
    #[must_use]
    pub fn new(deeds: Deeds, show: fn(&[AriaNode])) -> Self {
        Self { deeds, show, shown: Vec::new() }
    }
}

impl egui::Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "aria mirror"
    }

    fn setup(&mut self, ctx: &egui::Context) {
        ctx.enable_accesskit();
    }

    fn input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        for deed in self.deeds.take() {
            let (id, action, data) = match deed {
                Deed::Click(id) => (id, Action::Click, None),
                Deed::Focus(id) => (id, Action::Focus, None),
                Deed::SetValue(id, text) => (id, Action::SetValue, Some(ActionData::Value(text.into()))),
            };
            let request = ActionRequest { action, target_tree: TreeId::ROOT, target_node: NodeId(id), data };
            input.events.push(egui::Event::AccessKitActionRequest(request));
        }
    }

    fn output_hook(&mut self, _ctx: &egui::Context, output: &mut egui::FullOutput) {
        let Some(update) = output.platform_output.accesskit_update.as_ref() else { return };
        let nodes = nodes(update);
        if nodes != self.shown {
            (self.show)(&nodes);
            self.shown = nodes;
        }
    }
}

/// The nodes of a frame that mean something, in reading order.
#[must_use]
pub fn nodes(update: &TreeUpdate) -> Vec<AriaNode> {
    let by_id: HashMap<NodeId, &Node> = update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let mut found = Vec::new();
    let root = update.tree.as_ref().map(|tree| tree.root).or_else(|| update.nodes.first().map(|(id, _)| *id));
    let mut open: Vec<NodeId> = root.into_iter().collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = open.pop() {
        let Some(node) = by_id.get(&id).copied().filter(|_| seen.insert(id)) else { continue };
        open.extend(node.children().iter().rev());
        if let Some(role) = role_of(node)
            && let Some(mirrored) = mirror(id, node, role, update.focus, &by_id)
        {
            found.push(mirrored);
        }
    }
    found
}

fn mirror(
    id: NodeId,
    node: &Node,
    role: &'static str,
    focus: NodeId,
    by_id: &HashMap<NodeId, &Node>,
) -> Option<AriaNode> {
    let bounds = node.bounds()?;
    let name = name_of(node, by_id);
    let is_field = matches!(role, "textbox" | "spinbutton" | "slider");
    // A container or a text without words says nothing.
    if name.is_empty() && !is_field {
        return None;
    }
    let value = is_field.then(|| {
        let number = node.numeric_value().map(|number| number.to_string());
        node.value().map(str::to_owned).or(number).unwrap_or_default()
    });
    let checked = node.toggled().map(|toggled| toggled == Toggled::True);
    Some(AriaNode {
        id: id.0,
        role,
        name,
        value,
        bounds: [
            bounds.x0 as f32,
            bounds.y0 as f32,
            (bounds.x1 - bounds.x0).max(1.0) as f32,
            (bounds.y1 - bounds.y0).max(1.0) as f32,
        ],
        disabled: node.is_disabled(),
        checked: checked.filter(|_| matches!(role, "checkbox" | "switch" | "radio" | "button")),
        selected: node.is_selected().filter(|_| matches!(role, "tab" | "option" | "row" | "treeitem")),
        multiline: node.role() == Role::MultilineTextInput,
        focused: id == focus,
    })
}

/// Its own name, the names of what labels it, or (of a text) what it says.
fn name_of(node: &Node, by_id: &HashMap<NodeId, &Node>) -> String {
    let words = |node: &Node| node.label().or_else(|| node.value()).unwrap_or_default().trim().to_owned();
    if let Some(label) = node.label() {
        return label.trim().to_owned();
    }
    let labels: Vec<String> =
        node.labelled_by().iter().filter_map(|id| by_id.get(id)).map(|node| words(node)).collect();
    if !labels.is_empty() {
        return labels.join(" ");
    }
    if matches!(node.role(), Role::Label) { words(node) } else { node.placeholder().unwrap_or_default().to_owned() }
}

fn role_of(node: &Node) -> Option<&'static str> {
    Some(match node.role() {
        Role::Button | Role::DefaultButton | Role::DisclosureTriangle => "button",
        Role::Link => "link",
        Role::CheckBox => "checkbox",
        Role::Switch => "switch",
        Role::RadioButton => "radio",
        Role::TextInput | Role::MultilineTextInput | Role::SearchInput | Role::PasswordInput => "textbox",
        Role::SpinButton | Role::NumberInput => "spinbutton",
        Role::Slider => "slider",
        Role::ComboBox | Role::EditableComboBox => "combobox",
        Role::Tab => "tab",
        Role::MenuItem | Role::MenuItemCheckBox | Role::MenuItemRadio => "menuitem",
        Role::ListBoxOption | Role::MenuListOption | Role::ListItem => "option",
        Role::Grid => "grid",
        Role::TreeItem => "treeitem",
        Role::Row => "row",
        Role::ColumnHeader => "columnheader",
        Role::Image | Role::Canvas | Role::Figure => "img",
        Role::ProgressIndicator => "progressbar",
        Role::Heading => "heading",
        Role::Alert => "alert",
        Role::Dialog | Role::AlertDialog => "dialog",
        Role::Label => "text",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ctx: &egui::Context, pressed: &mut u32, text: &mut String) {
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            if ui.button("Run all stale").clicked() {
                *pressed += 1;
            }
            let label = ui.label("Target");
            ui.text_edit_singleline(text).labelled_by(label.id);
            ui.add_enabled(false, egui::Button::new("Undo"));
        });
        output.textures_delta.clear();
        drop(output);
    }

    thread_local! {
        static SHOWN: std::cell::RefCell<Vec<AriaNode>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    #[test]
    fn controls_are_found_by_role_and_name_and_can_be_used() {
        let ctx = egui::Context::default();
        let deeds = Deeds::default();
        ctx.add_plugin(Mirror::new(deeds.clone(), |nodes| SHOWN.with_borrow_mut(|shown| *shown = nodes.to_vec())));
        let (mut pressed, mut text) = (0, "stroke".to_owned());
        frame(&ctx, &mut pressed, &mut text);
        frame(&ctx, &mut pressed, &mut text);
        let find = |role: &str, name: &str| {
            SHOWN.with_borrow(|shown| {
                shown
                    .iter()
                    .find(|node| node.role == role && node.name == name)
                    .cloned()
                    .unwrap_or_else(|| panic!("{role} {name} in {shown:?}"))
            })
        };
        let button = find("button", "Run all stale");
        assert!(button.bounds[2] > 20.0 && !button.disabled);
        assert!(find("button", "Undo").disabled);
        let field = find("textbox", "Target");
        assert_eq!(field.value.as_deref(), Some("stroke"));
        deeds.push(Deed::Click(button.id));
        deeds.push(Deed::SetValue(field.id, "age".into()));
        frame(&ctx, &mut pressed, &mut text);
        frame(&ctx, &mut pressed, &mut text);
        assert_eq!((pressed, text.as_str()), (1, "age"));
    }
}
