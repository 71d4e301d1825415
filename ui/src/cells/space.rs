//! A search space as a table: parameter, kind, range, scale, and a small picture of where values fall.

use cairn_protocol::{
    Algorithm, Hyperparameter, HyperparameterKind, ParamValue,
    sweeps::{Domain, SearchParam},
};
use egui::{Align, CornerRadius, Layout, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{field, parameter, prefill};
use crate::{
    theme::Theme,
    widgets::{self, Button, glyph},
};

/// Height of a row.
const ROW: f32 = 28.0;
/// Widths: parameter, kind, scale, picture, button.
const COLUMNS: [f32; 5] = [150.0, 92.0, 96.0, 84.0, 26.0];

/// Draws the table; gives the changed space.
pub fn space_ui(
    ui: &mut Ui,
    theme: &Theme,
    space: &[SearchParam],
    algorithm: Option<&Algorithm>,
) -> Option<Vec<SearchParam>> {
    let mut changed = space.to_vec();
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    let fixed: f32 = COLUMNS.iter().sum::<f32>() + 5.0 * 8.0;
    let range_width = (ui.available_width() - fixed).clamp(96.0, 260.0);
    row(ui, 22.0, |ui| {
        for (title, width) in [
            ("Parameter", COLUMNS[0]),
            ("Kind", COLUMNS[1]),
            ("Range or values", range_width),
            ("Scale", COLUMNS[2]),
            ("Draws", COLUMNS[3]),
        ] {
            cell(ui, width, |ui| {
                widgets::field_label(ui, theme, title);
            });
        }
    });
    widgets::hairline(ui, theme);
    let mut removed = None;
    for (index, param) in changed.iter_mut().enumerate() {
        let known = algorithm.and_then(|of| of.params.iter().find(|known| known.name == param.name));
        let name = param.name.clone();
        ui.push_id(name, |ui| {
            row(ui, ROW, |ui| {
                param_row(ui, theme, param, known, range_width);
                let title = known.map_or(param.name.as_str(), |known| known.title.as_str());
                if widgets::icon_button(ui, theme, glyph::X, &format!("Hold {title}")).clicked() {
                    removed = Some(index);
                }
            });
        });
    }
    if let Some(index) = removed {
        changed.remove(index);
    }
    if let Some(algorithm) = algorithm {
        add_row(ui, theme, &mut changed, algorithm);
    }
    (changed != space).then_some(changed)
}

fn row(ui: &mut Ui, height: f32, content: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(height);
        content(ui);
    });
}

fn cell<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, ui.available_height().min(ROW)), layout, |ui| {
        ui.set_min_width(width);
        content(ui)
    })
    .inner
}

fn param_row(ui: &mut Ui, theme: &Theme, param: &mut SearchParam, known: Option<&Hyperparameter>, range_width: f32) {
    let title = known.map_or(param.name.clone(), |known| known.title.clone());
    cell(ui, COLUMNS[0], |ui| {
        let label = if known.is_some() {
            widgets::text(ui, theme, title.as_str())
        } else {
            widgets::mono(ui, theme, param.name.as_str())
        };
        if let Some(known) = known {
            label.on_hover_text(&known.help);
        }
    });
    cell(ui, COLUMNS[1], |ui| {
        let kind = match &param.domain {
            Domain::Float { .. } => "Number",
            Domain::Int { .. } => "Whole number",
            Domain::Choice { .. } => "Choice",
            Domain::Distribution { distribution, .. } => distribution.as_str(),
        };
        widgets::dim(ui, theme, kind);
    });
    cell(ui, range_width, |ui| range_ui(ui, theme, &title, &mut param.domain, known, range_width));
    cell(ui, COLUMNS[2], |ui| scale_ui(ui, theme, &title, &mut param.domain));
    cell(ui, COLUMNS[3], |ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(COLUMNS[3], 20.0), Sense::hover());
        let words = domain_words(&param.domain);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Draws of {title}: {words}")));
        picture(ui, theme, rect, &param.domain);
        response.on_hover_text(words);
    });
}

fn range_ui(ui: &mut Ui, theme: &Theme, title: &str, domain: &mut Domain, known: Option<&Hyperparameter>, width: f32) {
    match domain.clone() {
        Domain::Float { .. } | Domain::Int { .. } => {
            let (low, high) = match &*domain {
                Domain::Float { low, high, .. } => (field::plain(*low), field::plain(*high)),
                Domain::Int { low, high, .. } => (low.to_string(), high.to_string()),
                _ => return,
            };
            let whole = matches!(domain, Domain::Int { .. });
            let each = (width - 16.0) / 2.0;
            ui.spacing_mut().item_spacing.x = 4.0;
            let current = domain.clone();
            let check = |text: &str, is_low: bool| -> Result<Domain, String> {
                let value = match known {
                    Some(known) => parameter::parse(known, text)?,
                    None => number(text, whole)?,
                };
                let ends = if is_low { (Some(&value), None) } else { (None, Some(&value)) };
                parameter::with_ends(&current, ends.0, ends.1)
                    .ok_or_else(|| "The lowest must lie below the highest".into())
            };
            let name = format!("{title} lowest");
            if let Some(new) = field::checked(ui, theme, &name, &low, each, |text| check(text, true)) {
                *domain = new;
            }
            widgets::dim(ui, theme, "–");
            let name = format!("{title} highest");
            if let Some(new) = field::checked(ui, theme, &name, &high, each, |text| check(text, false)) {
                *domain = new;
            }
        }
        Domain::Choice { choices, .. } => {
            let shown = choices.iter().map(parameter::value_text).collect::<Vec<_>>().join(", ");
            let name = format!("{title} values");
            let given = field::checked(ui, theme, &name, &shown, width, |text| {
                let values: Vec<&str> = text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
                if values.is_empty() {
                    return Err("At least one value is needed".to_owned());
                }
                values.into_iter().map(|value| choice_value(value, known)).collect::<Result<Vec<_>, _>>()
            });
            if let Some(choices) = given {
                *domain = Domain::Choice { choices, probabilities: None };
            }
        }
        Domain::Distribution { args, .. } => {
            let words = args.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
            widgets::mono(ui, theme, words);
        }
    }
}

fn choice_value(text: &str, known: Option<&Hyperparameter>) -> Result<ParamValue, String> {
    if let Some(known) = known {
        return parameter::parse(known, text);
    }
    Ok(serde_json::from_str(text).unwrap_or_else(|_| ParamValue::Text(text.to_owned())))
}

fn number(text: &str, whole: bool) -> Result<ParamValue, String> {
    let value = if whole { text.parse().map(ParamValue::Int).ok() } else { text.parse().map(ParamValue::Float).ok() };
    value.ok_or_else(|| "A number is needed".to_owned())
}

fn scale_ui(ui: &mut Ui, theme: &Theme, title: &str, domain: &mut Domain) {
    let (log, can_log) = match domain {
        Domain::Float { low, log, .. } => (*log, *low > 0.0),
        Domain::Int { low, log, .. } => (*log, *low > 0),
        _ => {
            widgets::dim(ui, theme, "–");
            return;
        }
    };
    let name = format!("{title} scale");
    let options: &[(bool, &str)] = if can_log { &[(false, "Linear"), (true, "Log")] } else { &[(false, "Linear")] };
    if let Some(new) = field::choice(ui, theme, &name, log, options, COLUMNS[2]) {
        match domain {
            Domain::Float { log, .. } | Domain::Int { log, .. } => *log = new,
            _ => {}
        }
    }
}

/// A domain in words.
#[must_use]
pub fn domain_words(domain: &Domain) -> String {
    let scale = |log: bool| if log { "uniform in the logarithm" } else { "uniform" };
    match domain {
        Domain::Float { low, high, log, step } => {
            let step = step.map(|step| format!(" in steps of {}", field::plain(step))).unwrap_or_default();
            format!("{} to {}, {}{step}", field::plain(*low), field::plain(*high), scale(*log))
        }
        Domain::Int { low, high, log } => format!("{low} to {high}, {}", scale(*log)),
        Domain::Choice { choices, .. } => {
            format!("one of {}", choices.iter().map(parameter::value_text).collect::<Vec<_>>().join(", "))
        }
        Domain::Distribution { distribution, .. } => distribution.clone(),
    }
}

/// How densely values fall over the range, on a linear axis.
fn picture(ui: &Ui, theme: &Theme, rect: Rect, domain: &Domain) {
    const BARS: usize = 14;
    let painter = ui.painter();
    let (low, high, log) = match domain {
        Domain::Float { low, high, log, .. } => (*low, *high, *log),
        Domain::Int { low, high, log } => (*low as f64, *high as f64, *log),
        Domain::Choice { choices, probabilities } => {
            let count = choices.len().clamp(1, BARS);
            let most = probabilities.as_ref().map_or(1.0, |all| all.iter().copied().fold(1e-9, f64::max));
            let step = rect.width() / count as f32;
            for index in 0..count {
                let share = probabilities.as_ref().and_then(|all| all.get(index)).map_or(1.0, |of| of / most);
                let height = (rect.height() * share as f32).max(2.0);
                let left = rect.left() + step * index as f32;
                let bar = Rect::from_min_max(
                    pos2(left + 1.0, rect.bottom() - height),
                    pos2(left + step - 1.0, rect.bottom()),
                );
                painter.rect_filled(bar, CornerRadius::same(1), theme.accent.gamma_multiply(0.55));
            }
            return;
        }
        Domain::Distribution { .. } => return,
    };
    // The density of a uniform logarithm is 1/x.
    let density = |share: f64| if log && low > 0.0 { 1.0 / (low + (high - low) * share) } else { 1.0 };
    let weights: Vec<f64> = (0..BARS).map(|index| density((index as f64 + 0.5) / BARS as f64)).collect();
    let most = weights.iter().copied().fold(1e-300, f64::max);
    let step = rect.width() / BARS as f32;
    for (index, weight) in weights.iter().enumerate() {
        let height = (rect.height() * if log { (weight / most) as f32 } else { 0.6 }).max(1.5);
        let left = rect.left() + step * index as f32;
        let bar = Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + step - 1.0, rect.bottom()));
        painter.rect_filled(bar, CornerRadius::ZERO, theme.accent.gamma_multiply(0.55));
    }
}

fn add_row(ui: &mut Ui, theme: &Theme, space: &mut Vec<SearchParam>, algorithm: &Algorithm) {
    let left: Vec<&Hyperparameter> =
        algorithm.params.iter().filter(|param| space.iter().all(|searched| searched.name != param.name)).collect();
    if left.is_empty() {
        return;
    }
    ui.add_space(4.0);
    let opener = widgets::button(ui, theme, Button::quiet("Add a parameter").glyph(glyph::PLUS));
    widgets::menu_popup(theme, &opener, 260.0, |ui| {
        for param in left {
            let after = match &param.kind {
                HyperparameterKind::Float { .. } => "number",
                HyperparameterKind::Int { .. } => "whole number",
                HyperparameterKind::Categorical { .. } => "choice",
                HyperparameterKind::Bool => "yes or no",
            };
            if widgets::menu_item(ui, theme, None, &param.title, after, true).clicked() {
                space.push(SearchParam { name: param.name.clone(), domain: prefill::default_domain(&param.kind) });
            }
        }
    });
}

/// How many combinations a grid over the space has; none where a range has no steps.
#[must_use]
pub fn grid_size(space: &[SearchParam]) -> Option<u64> {
    space.iter().try_fold(1_u64, |product, param| {
        let values = match &param.domain {
            Domain::Float { low, high, step: Some(step), .. } if *step > 0.0 => {
                ((high - low) / step).floor() as u64 + 1
            }
            Domain::Float { .. } | Domain::Distribution { .. } => return None,
            Domain::Int { low, high, .. } => high.checked_sub(*low)?.unsigned_abs() + 1,
            Domain::Choice { choices, .. } => choices.len() as u64,
        };
        product.checked_mul(values)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_multiplies_and_needs_steps() {
        let int = SearchParam { name: "a".into(), domain: Domain::Int { low: 2, high: 5, log: false } };
        let choice = SearchParam {
            name: "b".into(),
            domain: Domain::Choice {
                choices: vec![ParamValue::Bool(true), ParamValue::Bool(false)],
                probabilities: None,
            },
        };
        assert_eq!(grid_size(&[int.clone(), choice.clone()]), Some(8));
        let float = SearchParam {
            name: "c".into(),
            domain: Domain::Float { low: 0.0, high: 1.0, log: false, step: Some(0.25) },
        };
        assert_eq!(grid_size(&[int.clone(), choice, float.clone()]), Some(40));
        let open =
            SearchParam { name: "d".into(), domain: Domain::Float { low: 0.0, high: 1.0, log: false, step: None } };
        assert_eq!(grid_size(&[int, open]), None);
        assert_eq!(domain_words(&float.domain), "0 to 1, uniform in steps of 0.25");
    }
}
