//! The mirror in the page: one element over the canvas for each node, changed only where the node changed. The mouse goes
//! through to the canvas; screen readers and browser tests find, read and press the elements.

use std::{cell::RefCell, collections::HashMap};

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

use super::repaint;
use crate::aria::{AriaNode, Deed, Deeds};

/// Id of the element that `index.html` has for the mirror.
const ROOT: &str = "mirror";

#[derive(Default)]
struct Shown {
    elements: HashMap<u64, (AriaNode, HtmlElement)>,
    order: Vec<u64>,
}

thread_local! {
    static SHOWN: RefCell<Shown> = RefCell::default();
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Hears what is done to the elements.
pub fn listen(deeds: &Deeds) {
    let Some(root) = document().and_then(|document| document.get_element_by_id(ROOT)) else { return };
    let hear = |event: &str, deed: fn(u64, &Element) -> Option<Deed>| {
        let deeds = deeds.clone();
        let heard = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let Some(id) = element.get_attribute("data-node").and_then(|id| id.parse().ok()) else { return };
            if let Some(deed) = deed(id, &element) {
                deeds.push(deed);
                repaint();
            }
        });
        // Heard as long as the page lives; a failure leaves the mouse and the keyboard as they are.
        root.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref()).unwrap_or_default();
        heard.forget();
    };
    hear("click", |id, _| Some(Deed::Click(id)));
    hear("focusin", |id, _| Some(Deed::Focus(id)));
    hear("input", |id, element| value_of(element).map(|value| Deed::SetValue(id, value)));
}

fn value_of(element: &Element) -> Option<String> {
    element
        .dyn_ref::<HtmlInputElement>()
        .map(HtmlInputElement::value)
        .or_else(|| element.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value))
}

/// Brings the elements up to date.
pub fn show(nodes: &[AriaNode]) {
    let Some(document) = document() else { return };
    let Some(root) = document.get_element_by_id(ROOT) else { return };
    let scale = super::EGUI.with_borrow(|egui| egui.as_ref().map_or(1.0, egui::Context::zoom_factor));
    SHOWN.with_borrow_mut(|shown| {
        let present: std::collections::HashSet<u64> = nodes.iter().map(|node| node.id).collect();
        shown.elements.retain(|id, (_, element)| {
            let stays = present.contains(id);
            if !stays {
                element.remove();
            }
            stays
        });
        for node in nodes {
            let known = shown.elements.get(&node.id).is_some_and(|(old, _)| tag(old) == tag(node));
            if !known {
                if let Some((_, old)) = shown.elements.remove(&node.id) {
                    old.remove();
                }
                let Some(element) = make(&document, node) else { continue };
                root.append_child(&element).map(drop).unwrap_or_default();
                update(&element, node, None, scale);
                shown.elements.insert(node.id, (node.clone(), element));
            } else if let Some((old, element)) = shown.elements.get_mut(&node.id)
                && old != node
            {
                update(element, node, Some(old), scale);
                *old = node.clone();
            }
        }
        let order: Vec<u64> = nodes.iter().map(|node| node.id).collect();
        if order != shown.order {
            // Reading order is the order in the page; an element that is in place already stays untouched.
            let mut previous: Option<HtmlElement> = None;
            for id in &order {
                let Some((_, element)) = shown.elements.get(id) else { continue };
                let wanted = previous.as_ref().map_or_else(|| root.first_child(), |before| before.next_sibling());
                if wanted.as_ref() != Some(element.as_ref()) {
                    root.insert_before(element, wanted.as_ref()).map(drop).unwrap_or_default();
                }
                previous = Some(element.clone());
            }
            shown.order = order;
        }
    });
}

fn tag(node: &AriaNode) -> &'static str {
    match node.role {
        "button" => "button",
        "textbox" if node.multiline => "textarea",
        "textbox" => "input",
        "text" => "span",
        _ => "div",
    }
}

fn make(document: &web_sys::Document, node: &AriaNode) -> Option<HtmlElement> {
    let element = document.create_element(tag(node)).ok()?.dyn_into::<HtmlElement>().ok()?;
    element.set_attribute("data-node", &node.id.to_string()).ok()?;
    Some(element)
}

fn update(element: &HtmlElement, node: &AriaNode, old: Option<&AriaNode>, scale: f32) {
    let set = |name: &str, value: Option<&str>| match value {
        Some(value) => element.set_attribute(name, value).unwrap_or_default(),
        None => element.remove_attribute(name).unwrap_or_default(),
    };
    let word = |yes: bool| if yes { "true" } else { "false" };
    if old.is_none_or(|old| old.role != node.role) && !matches!(tag(node), "button" | "input" | "textarea" | "span") {
        set("role", Some(node.role));
        set("tabindex", Some("-1"));
    }
    if old.is_none_or(|old| old.name != node.name) {
        if node.role == "text" {
            element.set_text_content(Some(&node.name));
        } else {
            set("aria-label", Some(&node.name));
        }
    }
    if old.is_none_or(|old| old.value != node.value)
        && let Some(value) = &node.value
    {
        if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            input.set_value(value);
        } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
            area.set_value(value);
        } else {
            set("aria-valuetext", Some(value));
        }
    }
    if old.is_none_or(|old| old.disabled != node.disabled) {
        set("disabled", node.disabled.then_some(""));
        set("aria-disabled", node.disabled.then_some("true"));
    }
    if old.is_none_or(|old| old.checked != node.checked) {
        set(if node.role == "button" { "aria-pressed" } else { "aria-checked" }, node.checked.map(word));
    }
    if old.is_none_or(|old| old.selected != node.selected) {
        set("aria-selected", node.selected.map(word));
    }
    if old.is_none_or(|old| old.bounds != node.bounds) {
        let [left, top, width, height] = node.bounds.map(|side| side * scale);
        set("style", Some(&format!("left:{left}px;top:{top}px;width:{width}px;height:{height}px")));
    }
}
