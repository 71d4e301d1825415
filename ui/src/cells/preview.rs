//! The preview of a recipe under way as a source of rows for the grid. The newest recipe that rested is asked for;
//! until its answer is there, the one before stays on screen, whole.

use std::{cell::RefCell, ops::Range, rc::Rc};

use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::StepPreview,
    steps::{OneHot, Step, StepOp},
    table::{ColumnChange, ColumnProfile},
};
use egui::Ui;

use super::draft::{Compare, WrangleDraft};
use crate::{
    ctx::Ctx,
    widgets::{
        format,
        grid::{BLOCK_ROWS, GridColumn, GridSource},
    },
};

/// The preview on screen: the recipe it belongs to and its first rows.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    shown: Option<Shown>,
    /// Why the newest recipe cannot be previewed.
    pub error: Option<Rc<ErrorInfo>>,
    /// Whether a newer one is on its way.
    pub loading: bool,
}

#[derive(Debug, Clone)]
struct Shown {
    steps: Rc<Vec<Step>>,
    upto: usize,
    compare: Compare,
    first: Rc<Response>,
}

impl Preview {
    /// Asks for the preview of a draft once it rested, and keeps what is on screen meanwhile.
    pub fn update(&mut self, ui: &Ui, ctx: &Ctx, path: &str, cell: &str, draft: &mut WrangleDraft) {
        if let Some(left) = draft.settle(ctx.now_secs) {
            ui.ctx().request_repaint_after_secs(left.max(0.02) as f32);
        }
        let Some((steps, upto)) = &draft.asked else { return };
        let request = request(path, cell, steps, *upto, draft.compare, 0, BLOCK_ROWS);
        let fetched = ctx.read(&request);
        self.loading = fetched.loading;
        self.error = fetched.error;
        if let Some(value) = fetched.value
            && matches!(value.as_ref(), Response::Preview(_))
        {
            let same = self.shown.as_ref().is_some_and(|shown| Rc::ptr_eq(&shown.first, &value));
            if !same || self.shown.as_ref().is_some_and(|shown| shown.compare != draft.compare) {
                let (steps, compare) = (Rc::new(steps.clone()), draft.compare);
                self.shown = Some(Shown { steps, upto: *upto, compare, first: value });
            }
        }
    }

    /// What is on screen.
    #[must_use]
    pub fn answer(&self) -> Option<&StepPreview> {
        match self.shown.as_ref()?.first.as_ref() {
            Response::Preview(preview) => Some(preview),
            _ => None,
        }
    }

    /// The recipe and the step that are on screen.
    #[must_use]
    pub fn recipe(&self) -> Option<(&[Step], usize)> {
        self.shown.as_ref().map(|shown| (shown.steps.as_slice(), shown.upto))
    }
}

fn request(
    path: &str,
    cell: &str,
    steps: &[Step],
    upto: usize,
    compare: Compare,
    first_row: u64,
    rows: u64,
) -> Request {
    Request::PreviewSteps {
        path: path.to_owned(),
        cell: cell.to_owned(),
        steps: steps.to_vec(),
        upto,
        against_input: compare == Compare::CardInput,
        first_row,
        rows,
    }
}

/// The grid's view of a preview.
pub struct PreviewSource<'a> {
    ctx: &'a Ctx<'a>,
    path: &'a str,
    cell: &'a str,
    preview: &'a Preview,
    /// Whether columns that differ stand before the others.
    changed_first: bool,
    /// The last window without marks of change.
    plain: RefCell<Option<(Rc<Response>, Rc<Response>)>>,
}

impl<'a> PreviewSource<'a> {
    /// A source over what is on screen.
    #[must_use]
    pub fn new(ctx: &'a Ctx<'a>, path: &'a str, cell: &'a str, preview: &'a Preview, changed_first: bool) -> Self {
        Self { ctx, path, cell, preview, changed_first, plain: RefCell::new(None) }
    }

    fn without_marks(&self, answer: Rc<Response>) -> Rc<Response> {
        if let Some((from, plain)) = self.plain.borrow().as_ref()
            && Rc::ptr_eq(from, &answer)
        {
            return Rc::clone(plain);
        }
        let mut plain = answer.as_ref().clone();
        if let Response::Preview(preview) = &mut plain {
            for column in &mut preview.page.columns {
                column.changed.clear();
            }
        }
        let plain = Rc::new(plain);
        *self.plain.borrow_mut() = Some((answer, Rc::clone(&plain)));
        plain
    }
}

/// The level alone of a column that an encoding made: «never» of `smoking_never`.
#[must_use]
pub fn level_of<'n>(name: &'n str, steps: &[Step], upto: usize) -> &'n str {
    let made = upto.checked_sub(1).and_then(|index| steps.get(index));
    let sources: Vec<&str> = match made.map(|step| &step.op) {
        Some(StepOp::OneHot(OneHot { columns, .. })) => columns.iter().map(String::as_str).collect(),
        Some(StepOp::SplitFlags { column, .. }) => vec![column],
        _ => return name,
    };
    let level = sources.iter().find_map(|source| name.strip_prefix(source)?.strip_prefix('_'));
    level.filter(|level| !level.is_empty()).unwrap_or(name)
}

impl GridSource for PreviewSource<'_> {
    fn columns(&self) -> Vec<GridColumn<'_>> {
        let (Some(shown), Some(preview)) = (&self.preview.shown, self.preview.answer()) else { return Vec::new() };
        let rows = preview.profile.rows_profiled;
        let marks = shown.compare != Compare::Off;
        let single = |index: usize| preview.profile.columns.get(index);
        let figures = |index: usize, name: &str| -> Option<&ColumnProfile> {
            single(index)
                .filter(|column| column.name == name)
                .or_else(|| preview.profile.columns.iter().find(|column| column.name == name))
        };
        let mut columns: Vec<GridColumn<'_>> = Vec::new();
        for (index, column) in preview.page.columns.iter().enumerate() {
            if !marks && column.change == ColumnChange::Removed {
                continue;
            }
            let change = if marks { column.change } else { ColumnChange::Same };
            let mut shown_column = GridColumn::new(&column.name, column.column_type)
                .profile(figures(index, &column.name), rows)
                .change(change);
            if change == ColumnChange::Added {
                shown_column.label = level_of(&column.name, &shown.steps, shown.upto);
            }
            if change == ColumnChange::Changed {
                let changed = column.changed.iter().filter(|changed| **changed).count();
                // The window is only the first rows: figures over all of it are the engine's to give.
                if changed > 0 && preview.page.rows_total <= column.changed.len() as u64 {
                    shown_column.note = Some(format!("{} changed", format::count(changed as u64)));
                }
            }
            columns.push(shown_column);
        }
        if self.changed_first {
            columns.sort_by_key(|column| column.change == ColumnChange::Same);
        }
        columns
    }

    fn rows_total(&self) -> Option<u64> {
        self.preview.answer().map(|preview| preview.page.rows_total)
    }

    fn page(&self, first_row: u64, rows: u64, _columns: Range<usize>) -> Option<Rc<Response>> {
        let shown = self.preview.shown.as_ref()?;
        let answer = if first_row == 0 && rows <= BLOCK_ROWS {
            Rc::clone(&shown.first)
        } else {
            let request = request(self.path, self.cell, &shown.steps, shown.upto, shown.compare, first_row, rows);
            self.ctx.value(&request)?
        };
        Some(if shown.compare == Compare::Off { self.without_marks(answer) } else { answer })
    }

    fn scope(&self) -> String {
        self.preview.answer().map_or_else(String::new, |preview| {
            let rows = format::count(preview.page.rows_total);
            format!("Preview of {rows} rows, {}", format::secs(preview.elapsed_secs))
        })
    }

    fn can_query(&self) -> bool {
        false
    }

    fn can_edit(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_column_is_headed_by_its_level() {
        let text = r#"{"op": "one_hot", "columns": ["smoking", "sex"]}"#;
        let steps: Vec<Step> = vec![serde_json::from_str(text).unwrap()];
        assert_eq!(level_of("smoking_never", &steps, 1), "never");
        assert_eq!(level_of("sex_F", &steps, 1), "F");
        assert_eq!(level_of("age", &steps, 1), "age");
        assert_eq!(level_of("smoking_never", &steps, 0), "smoking_never");
    }
}
