//! One hyperparameter in a form: its value, checked against its range; and, when it is to be searched, low · now ·
//! high in the same place.

use cairn_protocol::{Hyperparameter, HyperparameterKind, ParamValue, sweeps::Domain};
use egui::{
    CornerRadius, FontId, Frame, Margin, Rect, Response, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, pos2, vec2,
};

use super::{field, prefill};
use crate::{
    fonts,
    theme::{Theme, size},
    widgets,
};

/// Width of a value.
pub const VALUE_WIDTH: f32 = 112.0;

/// A value as one types it.
#[must_use]
pub fn value_text(value: &ParamValue) -> String {
    match value {
        ParamValue::Float(real) => field::plain(*real),
        other => other.to_string(),
    }
}

/// The value that a text means for a hyperparameter.
///
/// # Errors
/// A sentence that says what is needed.
pub fn parse(param: &Hyperparameter, text: &str) -> Result<ParamValue, String> {
    let plain = text.trim().replace('_', "");
    let value = match &param.kind {
        HyperparameterKind::Float { .. } => plain.replace(',', "").parse().map(ParamValue::Float).ok(),
        HyperparameterKind::Int { .. } => {
            let grouped = plain.replace(',', "");
            let whole = grouped.parse::<i64>().ok();
            whole.or_else(|| ParamValue::Float(grouped.parse().ok()?).as_i64()).map(ParamValue::Int)
        }
        HyperparameterKind::Categorical { .. } => Some(ParamValue::Text(plain.clone())),
        HyperparameterKind::Bool => plain.parse().map(ParamValue::Bool).ok(),
    };
    match value {
        Some(value) if param.check(&value).is_ok() => Ok(value),
        _ => Err(format!("{} needs {}", param.title, range_text(param))),
    }
}

/// What is allowed: «a number from 0.001 to 1».
#[must_use]
pub fn range_text(param: &Hyperparameter) -> String {
    match &param.kind {
        HyperparameterKind::Float { low, high, .. } => {
            format!("a number from {} to {}", field::plain(*low), field::plain(*high))
        }
        HyperparameterKind::Int { low, high, .. } => format!("a whole number from {low} to {high}"),
        HyperparameterKind::Categorical { choices } => format!("one of {}", choices.join(", ")),
        HyperparameterKind::Bool => "yes or no".into(),
    }
}

/// Whether a search goes by the logarithm.
#[must_use]
pub fn is_log(param: &Hyperparameter) -> bool {
    matches!(param.kind, HyperparameterKind::Float { log: true, .. } | HyperparameterKind::Int { log: true, .. })
}

/// A field of a value; gives the new one.
pub fn value_ui(
    ui: &mut Ui,
    theme: &Theme,
    param: &Hyperparameter,
    current: &ParamValue,
    width: f32,
) -> Option<ParamValue> {
    match &param.kind {
        HyperparameterKind::Categorical { choices } => {
            let chosen = field::name_choice(ui, theme, &param.title, &value_text(current), choices, width)?;
            Some(ParamValue::Text(chosen))
        }
        HyperparameterKind::Bool => {
            let on = matches!(current, ParamValue::Bool(true));
            field::choice(ui, theme, &param.title, on, &[(true, "Yes"), (false, "No")], width).map(ParamValue::Bool)
        }
        _ if param.unit.is_empty() => {
            field::checked(ui, theme, &param.title, &value_text(current), width, |text| parse(param, text))
        }
        _ => {
            let unit =
                ui.painter().layout_no_wrap(param.unit.clone(), fonts::body(crate::theme::text::SMALL), theme.dim);
            let room = (width - unit.size().x - 6.0).max(48.0);
            let given = ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let given =
                    field::checked(ui, theme, &param.title, &value_text(current), room, |text| parse(param, text));
                widgets::small(ui, theme, param.unit.as_str());
                given
            });
            given.inner
        }
    }
}

/// The range a search over a value starts with: what the kernel proposes, widened to hold the value.
#[must_use]
pub fn start_range(param: &Hyperparameter, now: &ParamValue) -> Domain {
    let mut domain = prefill::default_domain(&param.kind);
    match (&mut domain, &param.kind, now) {
        (Domain::Float { low, high, .. }, _, now) => {
            if let Some(value) = now.as_f64() {
                *low = low.min(value);
                *high = high.max(value);
            }
        }
        (Domain::Int { low, high, .. }, _, now) => {
            if let Some(value) = now.as_i64() {
                *low = (*low).min(value);
                *high = (*high).max(value);
            }
        }
        _ => {}
    }
    domain
}

/// What came of a searched value.
pub enum RangeChange {
    /// Another range.
    Domain(Domain),
    /// Another value for now.
    Now(ParamValue),
}

/// Low · now · high in one field, or the values of a choice.
pub fn range_ui(
    ui: &mut Ui,
    theme: &Theme,
    param: &Hyperparameter,
    now: &ParamValue,
    domain: &Domain,
    width: f32,
) -> Option<RangeChange> {
    let (low, high) = match domain {
        Domain::Float { low, high, .. } => (field::plain(*low), field::plain(*high)),
        Domain::Int { low, high, .. } => (low.to_string(), high.to_string()),
        Domain::Choice { choices, .. } => {
            let words: Vec<String> = choices.iter().map(value_text).collect();
            let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), egui::Sense::hover());
            frame(ui, theme, rect);
            let job = widgets::buttons::elided(ui, &words.join(", "), fonts::body(11.0), width - 12.0);
            ui.painter().galley(pos2(rect.left() + 6.0, rect.center().y - job.size().y / 2.0), job, theme.accent);
            response.on_hover_text(format!("Searched: {}", words.join(", ")));
            return None;
        }
        Domain::Distribution { .. } => return None,
    };
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), egui::Sense::hover());
    frame(ui, theme, rect);
    let third = rect.width() / 3.0;
    let part =
        |index: f32| Rect::from_min_size(pos2(rect.left() + third * index, rect.top()), vec2(third, rect.height()));
    let name = |which: &str| format!("{} {which}", param.title);
    let low_text = small_field(ui, theme, part(0.0), &name("lowest"), &low, theme.accent, |text| parse(param, text));
    let now_text =
        small_field(ui, theme, part(1.0), &name("now"), &value_text(now), theme.text, |text| parse(param, text));
    let high_text = small_field(ui, theme, part(2.0), &name("highest"), &high, theme.accent, |text| parse(param, text));
    if let Some(value) = now_text {
        return Some(RangeChange::Now(value));
    }
    if low_text.is_none() && high_text.is_none() {
        return None;
    }
    let changed = with_ends(domain, low_text.as_ref(), high_text.as_ref())?;
    Some(RangeChange::Domain(changed))
}

/// A range with other ends; none where the lowest would not lie below the highest.
#[must_use]
pub fn with_ends(domain: &Domain, new_low: Option<&ParamValue>, new_high: Option<&ParamValue>) -> Option<Domain> {
    match domain {
        Domain::Float { low, high, log, step } => {
            let low = new_low.and_then(ParamValue::as_f64).unwrap_or(*low);
            let high = new_high.and_then(ParamValue::as_f64).unwrap_or(*high);
            (low < high).then_some(Domain::Float { low, high, log: *log && low > 0.0, step: *step })
        }
        Domain::Int { low, high, log } => {
            let low = new_low.and_then(ParamValue::as_i64).unwrap_or(*low);
            let high = new_high.and_then(ParamValue::as_i64).unwrap_or(*high);
            (low < high).then_some(Domain::Int { low, high, log: *log && low > 0 })
        }
        _ => None,
    }
}

fn frame(ui: &Ui, theme: &Theme, rect: Rect) {
    let stroke = Stroke::new(1.0, theme.accent.gamma_multiply(0.5));
    ui.painter().rect(rect, CornerRadius::same(size::RADIUS - 1), theme.selection, stroke, StrokeKind::Inside);
}

/// A third of a range field.
fn small_field(
    ui: &mut Ui,
    theme: &Theme,
    rect: Rect,
    name: &str,
    current: &str,
    color: egui::Color32,
    check: impl Fn(&str) -> Result<ParamValue, String>,
) -> Option<ParamValue> {
    let inner = rect.shrink2(vec2(3.0, 2.0));
    let mut child = ui.new_child(UiBuilder::new().id_salt(name).max_rect(inner));
    child.shrink_clip_rect(rect);
    child.spacing_mut().interact_size.y = 0.0;
    let id = child.scope_id().with(name);
    let typed = field::typed(&mut child, id, current, |ui, text| -> Response {
        let editor = TextEdit::singleline(text)
            .id(id.with("edit"))
            .font(FontId::clone(&fonts::mono(11.0)))
            .text_color(color)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_width(inner.width())
            .min_size(inner.size())
            .align(egui::Align2::CENTER_CENTER);
        editor.show(ui).response.response.accessible_name(name)
    });
    if typed.response.has_focus() {
        let wrong = check(typed.text.trim()).err();
        let color = if wrong.is_some() { theme.fault.mark } else { theme.accent };
        ui.painter().hline(inner.x_range(), inner.bottom() + 1.0, Stroke::new(1.5, color));
        if let Some(why) = wrong {
            typed.response.show_tooltip_text(why);
        }
    }
    check(typed.committed?.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(kind: HyperparameterKind) -> Hyperparameter {
        Hyperparameter {
            name: "p".into(),
            title: "Rate".into(),
            kind,
            default: ParamValue::Int(1),
            help: String::new(),
            unit: String::new(),
        }
    }

    #[test]
    fn what_is_out_of_range_is_said_in_words() {
        let rate = param(HyperparameterKind::Float { low: 0.001, high: 1.0, log: true, search: None });
        assert_eq!(parse(&rate, "0.05"), Ok(ParamValue::Float(0.05)));
        assert_eq!(parse(&rate, "2").unwrap_err(), "Rate needs a number from 0.001 to 1");
        assert!(parse(&rate, "fast").is_err());
        let trees = param(HyperparameterKind::Int { low: 1, high: 10_000, log: false, search: None });
        assert_eq!(parse(&trees, "1,500"), Ok(ParamValue::Int(1500)));
        assert_eq!(parse(&trees, "300.0"), Ok(ParamValue::Int(300)));
        assert!(parse(&trees, "2.5").is_err());
    }

    #[test]
    fn a_range_holds_the_value_and_stays_a_range() {
        let rate = param(HyperparameterKind::Float { low: 0.001, high: 1.0, log: true, search: Some((0.01, 0.2)) });
        let range = start_range(&rate, &ParamValue::Float(0.5));
        assert_eq!(range, Domain::Float { low: 0.01, high: 0.5, log: true, step: None });
        assert_eq!(with_ends(&range, Some(&ParamValue::Float(0.7)), None), None);
        let wider = with_ends(&range, None, Some(&ParamValue::Float(0.9)));
        assert_eq!(wider, Some(Domain::Float { low: 0.01, high: 0.9, log: true, step: None }));
    }
}
