//! Runs by page: only pages in view are fetched, and what was known stays on screen until the new is there.

use std::{collections::BTreeMap, rc::Rc};

use cairn_protocol::{
    Request, Response,
    runs::{Run, RunsPage, RunsQuery},
};

use crate::{ctx::Ctx, store::Fetched};

/// Runs in a page.
pub const PAGE: usize = 500;

/// The runs that a question selects.
#[derive(Debug, Default)]
pub struct Pages {
    /// The filter that is asked.
    pub filter: String,
    /// The key to sort by.
    pub sort: String,
    kept: BTreeMap<usize, Rc<Response>>,
}

impl Pages {
    /// The request for a page.
    #[must_use]
    pub fn request(&self, page: usize) -> Request {
        Request::Runs(RunsQuery {
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            limit: PAGE,
            offset: page * PAGE,
        })
    }

    /// Fetches a page; what is known of the answer.
    pub fn fetch(&mut self, ctx: &Ctx<'_>, page: usize) -> Fetched {
        let fetched = ctx.read(&self.request(page));
        if let Some(value) = &fetched.value {
            self.kept.insert(page, Rc::clone(value));
            // Pages of an earlier question that reach beyond the new end are gone.
            if page == 0 {
                let pages = self.total().div_ceil(PAGE as u64) as usize;
                self.kept.retain(|kept, _| *kept < pages.max(1));
            }
        }
        fetched
    }

    fn page(&self, page: usize) -> Option<&RunsPage> {
        match self.kept.get(&page)?.as_ref() {
            Response::Runs(runs) => Some(runs),
            _ => None,
        }
    }

    /// How many runs there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.page(0).map_or(0, |page| page.total)
    }

    /// Whether anything was ever known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.page(0).is_some()
    }

    /// A run by its place in the order; none while its page is on its way.
    #[must_use]
    pub fn run(&self, row: usize) -> Option<&Run> {
        self.page(row / PAGE)?.runs.get(row % PAGE)
    }

    /// The first page: what columns and charts are made from.
    #[must_use]
    pub fn first(&self) -> &[Run] {
        self.page(0).map_or(&[], |page| &page.runs)
    }

    /// The answer with the first page, to be held while the pane changes: see [`runs_in`].
    #[must_use]
    pub fn first_answer(&self) -> Option<Rc<Response>> {
        self.kept.get(&0).map(Rc::clone)
    }

    /// All runs at hand.
    pub fn known(&self) -> impl Iterator<Item = &Run> {
        self.kept.keys().filter_map(|page| self.page(*page)).flat_map(|page| page.runs.iter())
    }
}

/// The runs in an answer.
#[must_use]
pub fn runs_in(answer: Option<&Response>) -> Vec<&Run> {
    match answer {
        Some(Response::Runs(page)) => page.runs.iter().collect(),
        _ => Vec::new(),
    }
}
