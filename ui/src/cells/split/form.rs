//! The form of a split: how rows are drawn, by which columns, into which parts and folds. What a method does not
//! use is not shown.

use cairn_protocol::{
    notebook::{CellBody, NamedPart, SplitCell, SplitMethod},
    table::ColumnType,
};
use egui::{Ui, vec2};

use super::{Card, part_title};
use crate::{
    cells::{field, prefill},
    theme::Theme,
    widgets::{self, glyph},
};

const NO_COLUMN: &str = "no column";

/// Draws the form and commits what changed.
pub(super) fn form_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell) {
    let theme = card.theme();
    let schema = prefill::schema_of(card.view, &split.input);
    let mut changed = split.clone();
    // The shares stay on one line; the seed goes where there is room.
    let narrow = ui.available_width() < 860.0;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        method_ui(ui, card, split, &schema, &mut changed);
        if split.method != SplitMethod::Column && split.cuts.is_empty() {
            ui.add_space(6.0);
            shares_ui(ui, theme, split, &mut changed);
        }
        if !narrow {
            seed_ui(ui, theme, split, &mut changed);
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        details_ui(ui, theme, split, &mut changed);
        if split.method != SplitMethod::Column && split.cuts.is_empty() {
            folds_ui(ui, theme, split, &mut changed);
        }
        if narrow {
            seed_ui(ui, theme, split, &mut changed);
        }
    });
    if changed != *split {
        card.commit(ui, CellBody::Split(changed));
    }
}

fn seed_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, changed: &mut SplitCell) {
    if !is_drawn(split) {
        return;
    }
    ui.add_space(6.0);
    widgets::field_label(ui, theme, "Seed");
    if let Some(seed) = field::whole(ui, theme, "Seed", split.seed, 0..=u64::from(u32::MAX), 64.0) {
        changed.seed = seed;
    }
}

/// Whether a seed has a meaning.
fn is_drawn(split: &SplitCell) -> bool {
    split.shuffle && !matches!(split.method, SplitMethod::Chronological | SplitMethod::Ordered | SplitMethod::Column)
}

fn is_stratified(method: SplitMethod) -> bool {
    matches!(method, SplitMethod::Stratified | SplitMethod::StratifiedGroup)
}

fn method_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell, schema: &[(String, ColumnType)], changed: &mut SplitCell) {
    let theme = card.theme();
    let (method_width, column_width) = if ui.available_width() < 780.0 { (120.0, 104.0) } else { (136.0, 122.0) };
    widgets::field_label(ui, theme, "Rows are drawn");
    let methods = [
        (SplitMethod::Random, "All alike"),
        (SplitMethod::Stratified, "Class by class"),
        (SplitMethod::Group, "By group"),
        (SplitMethod::StratifiedGroup, "By group and class"),
        (SplitMethod::Chronological, "By time"),
        (SplitMethod::Ordered, "As they stand"),
        (SplitMethod::Column, "By a column"),
    ];
    if let Some(method) = field::choice(ui, theme, "Method", split.method, &methods, method_width) {
        changed.method = method;
        if is_stratified(method) && changed.by.is_none() {
            changed.by = Some(prefill::guess_target(card.view, schema)).filter(|by| !by.is_empty());
        }
        if method == SplitMethod::Chronological && changed.time.is_none() {
            changed.time = first_of(schema, &[ColumnType::Datetime, ColumnType::Date]);
        }
        if !matches!(method, SplitMethod::Chronological | SplitMethod::Ordered) {
            changed.gap = None;
        }
        if method != SplitMethod::Chronological {
            changed.cuts = Vec::new();
            changed.window = None;
        }
        if method == SplitMethod::Column {
            (changed.folds, changed.fold) = (0, 0);
        }
        if changed.folds == 0 || !is_drawn(changed) {
            changed.repeats = 0;
        }
        changed.inner = if changed.folds == 0 { 0 } else { changed.inner };
        clamp_fold(changed);
    }
    let column = |ui: &mut Ui, label: &str, name: &str, current: &mut Option<String>| {
        ui.add_space(6.0);
        widgets::field_label(ui, theme, label);
        if let Some(chosen) =
            field::column(ui, theme, name, current.as_deref().unwrap_or_default(), schema, column_width)
        {
            *current = Some(chosen);
        }
    };
    match split.method {
        SplitMethod::Group | SplitMethod::StratifiedGroup => column(ui, "of", "Group column", &mut changed.group),
        SplitMethod::Chronological => column(ui, "of", "Time column", &mut changed.time),
        SplitMethod::Column => column(ui, "of", "Part column", &mut changed.column),
        _ => {}
    }
    ui.add_space(6.0);
    let label = match split.method {
        SplitMethod::Stratified => "of",
        SplitMethod::StratifiedGroup => "classes of",
        _ => "Shares of",
    };
    widgets::field_label(ui, theme, label);
    let mut names: Vec<String> = schema.iter().map(|(name, _)| name.clone()).collect();
    let none = if is_stratified(split.method) { "" } else { NO_COLUMN };
    if !none.is_empty() {
        names.insert(0, none.into());
    }
    let current = split.by.as_deref().unwrap_or(none);
    if let Some(chosen) = field::name_choice(ui, theme, "Class column", current, &names, column_width) {
        changed.by = Some(chosen).filter(|name| name != NO_COLUMN);
        if changed.by.is_none() {
            changed.also_by = Vec::new();
        }
    }
}

fn first_of(schema: &[(String, ColumnType)], kinds: &[ColumnType]) -> Option<String> {
    schema.iter().find(|(_, kind)| kinds.contains(kind)).map(|(name, _)| name.clone())
}

fn shares_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, changed: &mut SplitCell) {
    let shares: Vec<f64> = split.shares().into_iter().map(|(_, share)| share).collect();
    for (part, (name, share)) in split.shares().into_iter().enumerate() {
        let title = part_title(&name);
        if part < 3 {
            widgets::field_label(ui, theme, &title);
        } else if let Some(name) = field::text(ui, theme, &format!("Name of part {}", part + 1), &name, "name", 88.0) {
            changed.more[part - 3].name = name.trim().to_owned();
        }
        let label = format!("{title} share in percent");
        let given = field::checked(ui, theme, &label, &percent_text(share), 48.0, |text| percent(text, part));
        if let Some(share) = given {
            set_shares(changed, &link_shares(&shares, part, share));
        }
        widgets::field_label(ui, theme, "%");
        if part >= 3 && widgets::icon_button(ui, theme, glyph::X, &format!("Remove part {name}")).clicked() {
            let linked = link_shares(&shares, part, 0.0);
            set_shares(changed, &linked);
            changed.more.remove(part - 3);
        }
    }
    if widgets::icon_button(ui, theme, glyph::PLUS, "Add a part").clicked() {
        let known = split.shares();
        let name = ["calibration", "holdout"].into_iter().find(|name| known.iter().all(|(other, _)| other != name));
        let name = name.map_or_else(|| format!("part_{}", known.len() + 1), str::to_owned);
        changed.more.push(NamedPart { name, share: 0.0 });
        let mut grown = shares.clone();
        grown.push(0.0);
        let last = grown.len() - 1;
        set_shares(changed, &link_shares(&grown, last, 0.1));
    }
}

fn set_shares(split: &mut SplitCell, shares: &[f64]) {
    if let [train, valid, test, more @ ..] = shares {
        (split.train, split.valid, split.test) = (*train, *valid, *test);
        for (part, share) in split.more.iter_mut().zip(more) {
            part.share = *share;
        }
    }
}

fn details_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, changed: &mut SplitCell) {
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if split.by.is_some() && is_stratified(split.method) {
        widgets::field_label(ui, theme, "and of");
        let words = split.also_by.join(", ");
        if let Some(text) = field::text(ui, theme, "Further class columns", &words, "more columns", 122.0) {
            changed.also_by = list(&text);
        }
        widgets::field_label(ui, theme, "Bins of numbers");
        if let Some(bins) = optional(ui, theme, "Bins", split.bins.map(u64::from), 2..=1_000, 48.0) {
            changed.bins = bins.map(|bins| bins as u32);
        }
        ui.add_space(6.0);
    }
    if matches!(split.method, SplitMethod::Chronological | SplitMethod::Ordered) {
        if split.method == SplitMethod::Chronological && split.folds == 0 {
            widgets::field_label(ui, theme, "Cut at");
            let hint = "by shares, or 2024-03-01, …";
            if let Some(text) = field::text(ui, theme, "Cut dates", &split.cuts.join(", "), hint, 190.0) {
                changed.cuts = list(&text);
            }
        }
        widgets::field_label(ui, theme, "Gap");
        let hint = if split.method == SplitMethod::Chronological { "7d or rows" } else { "rows" };
        if let Some(text) = field::text(ui, theme, "Gap", split.gap.as_deref().unwrap_or_default(), hint, 72.0) {
            changed.gap = Some(text.trim().to_owned()).filter(|gap| !gap.is_empty());
        }
        ui.add_space(6.0);
    }
    if split.method == SplitMethod::Column {
        widgets::field_label(ui, theme, "Values");
        let words: Vec<String> = split.values.iter().map(|(value, part)| format!("{value} = {part}")).collect();
        let hint = "train, valid and test by their names; A = train, B = holdout";
        if let Some(text) = field::text(ui, theme, "Parts of values", &words.join(", "), hint, 360.0) {
            let pair = |part: &str| part.split_once('=').map(|(value, part)| (value.trim().into(), part.trim().into()));
            changed.values = list(&text).iter().filter_map(|part| pair(part)).collect();
        }
    }
}

fn folds_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, changed: &mut SplitCell) {
    let count = |ui: &mut Ui, label: &str, current: u32, least: u64, most: u64| {
        widgets::field_label(ui, theme, label);
        let check = |text: &str| match text.trim() {
            "" | "0" | "none" => Ok(0),
            text => match text.parse::<u64>() {
                Ok(value) if (least..=most).contains(&value) => Ok(value),
                _ => Err(format!("A whole number from {least} to {most} is needed, or 0 for none")),
            },
        };
        field::checked(ui, theme, label, &current.to_string(), 40.0, check).map(|value| value as u32)
    };
    if let Some(folds) = count(ui, "Folds", split.folds, 2, 100) {
        changed.folds = folds;
        if folds == 0 {
            (changed.inner, changed.repeats) = (0, 0);
        }
        clamp_fold(changed);
    }
    if split.folds < 2 {
        return;
    }
    if is_drawn(split)
        && let Some(repeats) = count(ui, "Repeats", split.repeats, 1, 100)
    {
        changed.repeats = repeats;
        clamp_fold(changed);
    }
    if let Some(inner) = count(ui, "Inner folds", split.inner, 2, 100) {
        changed.inner = inner;
        clamp_fold(changed);
    }
    if split.method == SplitMethod::Chronological {
        widgets::field_label(ui, theme, "Train on at most");
        if let Some(window) = optional(ui, theme, "Window in rows", split.window, 1..=u64::from(u32::MAX), 72.0) {
            changed.window = window;
        }
        widgets::field_label(ui, theme, "rows");
    }
    widgets::field_label(ui, theme, "Validate on fold");
    let most = u64::from(split.fold_count().max(1));
    if let Some(fold) = field::whole(ui, theme, "Fold", u64::from(split.fold.max(1)), 1..=most, 48.0) {
        changed.fold = fold as u32;
    }
}

/// Keeps the chosen fold among those there are.
fn clamp_fold(split: &mut SplitCell) {
    split.fold = split.fold.min(split.fold_count());
}

/// A whole number, or nothing.
fn optional(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: Option<u64>,
    limits: std::ops::RangeInclusive<u64>,
    width: f32,
) -> Option<Option<u64>> {
    let shown = current.map(|value| value.to_string()).unwrap_or_default();
    field::checked(ui, theme, name, &shown, width, |text| match text.replace([',', ' '], "").as_str() {
        "" => Ok(None),
        text => match text.parse::<u64>() {
            Ok(value) if limits.contains(&value) => Ok(Some(value)),
            _ => Err(format!("A whole number from {} to {} is needed, or nothing", limits.start(), limits.end())),
        },
    })
}

fn percent_text(share: f64) -> String {
    field::plain((share * 1e6).round() / 1e4)
}

fn percent(text: &str, part: usize) -> Result<f64, String> {
    let range = if part == 0 { 1.0..=98.0 } else { 0.0..=98.0 };
    match text.trim_end_matches('%').trim().parse::<f64>() {
        Ok(value) if range.contains(&value) => Ok(value / 100.0),
        _ => Err(format!("A share from {} to {} % is needed", range.start(), range.end())),
    }
}

/// Sets one of several shares that add to 1; the training part gives or takes what the others change, and when it
/// is changed itself the others keep their proportion.
#[must_use]
fn link_shares(parts: &[f64], changed: usize, share: f64) -> Vec<f64> {
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let share = share.clamp(0.0, 1.0);
    let mut linked = parts.to_vec();
    linked[changed] = share;
    let others: f64 = (1..parts.len()).filter(|part| *part != changed).map(|part| parts[part]).sum();
    if changed == 0 {
        let last = parts.iter().rposition(|part| *part > 0.0).filter(|last| *last > 0).unwrap_or(parts.len() - 1);
        let mut rest = 1.0 - share;
        for part in (1..parts.len()).filter(|part| *part != last) {
            linked[part] = if others > 0.0 { round((1.0 - share) * parts[part] / others) } else { 0.0 };
            rest -= linked[part];
        }
        linked[last] = round(rest).max(0.0);
    } else {
        let room = (1.0 - share - 0.01).max(0.0);
        if others > room {
            for part in (1..parts.len()).filter(|part| *part != changed) {
                linked[part] = round(parts[part] * room / others);
            }
        }
        linked[0] = round(1.0 - linked[1..].iter().sum::<f64>());
    }
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_always_add_to_one() {
        for parts in [&[0.7, 0.15, 0.15][..], &[0.5, 0.2, 0.1, 0.1, 0.1], &[0.9, 0.0, 0.1], &[1.0, 0.0, 0.0, 0.0]] {
            for (changed, share) in [(0, 0.8), (0, 0.5), (1, 0.2), (2, 0.3), (1, 0.97), (0, 0.98)] {
                let linked = link_shares(parts, changed, share);
                assert!((linked.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{changed} {share}: {linked:?}");
                assert!(linked.iter().all(|part| *part >= -1e-9), "{linked:?}");
                assert!((linked[changed] - share).abs() < 1e-9);
            }
        }
        assert_eq!(link_shares(&[0.7, 0.15, 0.15], 0, 0.8), [0.8, 0.1, 0.1]);
        assert_eq!(link_shares(&[0.7, 0.15, 0.15], 2, 0.2), [0.65, 0.15, 0.2]);
        assert_eq!(link_shares(&[0.7, 0.15, 0.15, 0.0], 3, 0.1), [0.6, 0.15, 0.15, 0.1]);
        assert!(percent("0", 0).is_err(), "a training part is needed");
    }

    #[test]
    fn the_chosen_fold_is_one_there_is() {
        let mut split = SplitCell { folds: 5, fold: 5, ..SplitCell::default() };
        split.folds = 3;
        clamp_fold(&mut split);
        assert_eq!(split.fold, 3);
    }
}
