//! A table of the door as a source of rows.

use std::{ops::Range, rc::Rc};

use cairn_protocol::{
    ErrorInfo, Request, Response as Answer,
    table::{Profile, TableQuery, TableRef},
};

use super::{BLOCK_COLUMNS, BLOCK_ROWS, GridColumn, GridSource, page_of};
use crate::{store::Store, widgets::format};

/// A table of the door, in an order and under conditions.
pub struct TableSource<'a> {
    store: &'a Store,
    table: TableRef,
    query: TableQuery,
    profile: Option<Rc<Answer>>,
    first: Option<Rc<Answer>>,
    error: Option<Rc<ErrorInfo>>,
    editable: bool,
    keepable: bool,
}

impl<'a> TableSource<'a> {
    /// Asks for the table's figures and its first rows.
    #[must_use]
    pub fn new(store: &'a Store, table: TableRef, query: TableQuery) -> Self {
        let profile = store.read(&Request::TableProfile { table: table.clone() });
        let mut source = Self {
            store,
            table,
            query,
            profile: profile.value,
            first: None,
            error: None,
            editable: false,
            keepable: false,
        };
        let first = store.read(&source.request(0, BLOCK_ROWS, 0..BLOCK_COLUMNS));
        source.error = first.error.or(profile.error);
        source.first = first.value;
        source
    }

    /// Of a table whose cells can be changed by a step.
    #[must_use]
    pub fn editable(mut self, editable: bool) -> Self {
        self.editable = editable;
        self
    }

    /// Of a table whose view can become steps of a recipe.
    #[must_use]
    pub fn keepable(mut self, keepable: bool) -> Self {
        self.keepable = keepable;
        self
    }

    /// Why the table cannot be shown.
    #[must_use]
    pub fn error(&self) -> Option<&ErrorInfo> {
        self.error.as_deref()
    }

    /// Asks again after an error.
    pub fn retry(&self) {
        self.store.retry(&Request::TableProfile { table: self.table.clone() });
        self.store.retry(&self.request(0, BLOCK_ROWS, 0..BLOCK_COLUMNS));
    }

    /// The figures of all columns.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        match self.profile.as_deref()? {
            Answer::Profiled(profile) => Some(profile),
            _ => None,
        }
    }

    fn request(&self, first_row: u64, rows: u64, columns: Range<usize>) -> Request {
        Request::Page {
            table: self.table.clone(),
            query: self.query.clone(),
            first_row,
            rows,
            first_column: columns.start as u64,
            columns: columns.len() as u64,
        }
    }
}

impl GridSource for TableSource<'_> {
    fn columns(&self) -> Vec<GridColumn<'_>> {
        if let Some(profile) = self.profile() {
            let rows = profile.rows_profiled;
            return profile
                .columns
                .iter()
                .map(|column| GridColumn::new(&column.name, column.column_type).profile(Some(column), rows))
                .collect();
        }
        let page = self.first.as_deref().and_then(page_of);
        page.map(|page| page.columns.iter().map(|column| GridColumn::new(&column.name, column.column_type)).collect())
            .unwrap_or_default()
    }

    fn rows_total(&self) -> Option<u64> {
        let page = self.first.as_deref().and_then(page_of).map(|page| page.rows_total);
        page.or_else(|| {
            self.profile()
                .filter(|_| self.query.conditions.is_empty() && self.query.part.is_none())
                .map(|profile| profile.rows)
        })
    }

    fn page(&self, first_row: u64, rows: u64, columns: Range<usize>) -> Option<Rc<Answer>> {
        self.store.read(&self.request(first_row, rows, columns)).value
    }

    fn table(&self) -> Option<TableRef> {
        Some(self.table.clone())
    }

    fn can_edit(&self) -> bool {
        self.editable
    }

    fn can_keep(&self) -> bool {
        self.keepable
    }

    fn scope(&self) -> String {
        let Some(profile) = self.profile() else { return String::new() };
        let rows = format::count(profile.rows_profiled);
        let time = format::secs(profile.elapsed_secs);
        if profile.rows_profiled == profile.rows {
            format!("Profile: exact, all {rows} rows, {time}")
        } else {
            format!("Profile: sample of {rows} of {} rows, {time}", format::count(profile.rows))
        }
    }
}
