//! What a pane gets to see, and what it may ask for. A pane takes `&Ctx` and an egui `Ui`, draws, and pushes
//! [`Action`]s; the app carries them out after the frame.

use std::cell::RefCell;

use cairn_protocol::{Request, Response, notebook::Edit};

use crate::{
    store::{Fetched, Store},
    theme::Theme,
};

/// Read-only context of a frame.
pub struct Ctx<'a> {
    /// What is known of the engine.
    pub store: &'a Store,
    /// Colours and sizes.
    pub theme: &'a Theme,
    /// What is selected; the inspector shows it.
    pub selection: &'a Selection,
    /// Seconds since the Unix epoch, for relative times.
    pub now_secs: f64,
    /// Name of the open project; empty without one.
    pub project: &'a str,
    actions: RefCell<Vec<Action>>,
}

/// What a pane asks of the app.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a few a frame, drained at its end")]
pub enum Action {
    /// Send a request; an error becomes a toast.
    Call(Request),
    /// Open a tab, or bring it to the front.
    Open(Tab),
    /// Close a tab.
    Close(Tab),
    /// Select something.
    Select(Selection),
    /// Carry out a command of the registry.
    Run(crate::command::Command),
    /// Show a line at the lower right, with an undo button where something can be taken back in that notebook.
    Toast {
        /// The line.
        text: String,
        /// Path of the notebook whose last change can be taken back.
        undo: Option<String>,
    },
    /// Scroll a cell of a notebook into view and select it.
    Reveal {
        /// Path of the notebook.
        notebook: String,
        /// Name of the cell.
        cell: String,
    },
    /// Put text on the clipboard.
    Copy(String),
    /// Show a file of the project outside the window.
    OpenOutside(String),
}

/// A tab of the tiles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tab {
    /// First start.
    Welcome,
    /// A notebook.
    Notebook(String),
    /// A wrangle cell over the whole tile.
    Wrangle {
        /// Path of the notebook.
        notebook: String,
        /// Name of the cell.
        cell: String,
    },
    /// A file of data, as it is.
    Data(String),
    /// What a cell holds, over the whole tile.
    Table {
        /// Path of the notebook.
        notebook: String,
        /// Name of the cell.
        cell: String,
    },
    /// The tracker.
    Runs,
    /// The lineage graph, around a node or of everything.
    Lineage(Option<String>),
    /// A sweep by id; none: the list.
    Sweep(Option<String>),
    /// Models of finished runs.
    Models,
    /// A report by path; none: the list.
    Report(Option<String>),
    /// Kernels.
    Kernels,
    /// Settings.
    Settings,
}

/// What is selected.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// A cell.
    Cell {
        /// Path of the notebook.
        notebook: String,
        /// Name.
        cell: String,
    },
    /// A column of a table.
    Column {
        /// The table.
        table: cairn_protocol::table::TableRef,
        /// Name.
        column: String,
    },
    /// A run.
    Run(String),
    /// A trial of a sweep.
    Trial {
        /// The sweep.
        sweep: String,
        /// Number of the trial.
        number: usize,
    },
    /// A node of the lineage graph.
    Node(String),
}

impl<'a> Ctx<'a> {
    /// The context of one frame.
    pub fn new(store: &'a Store, theme: &'a Theme, selection: &'a Selection, project: &'a str, now_secs: f64) -> Self {
        Self { store, theme, selection, now_secs, project, actions: RefCell::new(Vec::new()) }
    }

    /// Asks the app for something.
    pub fn push(&self, action: Action) {
        self.actions.borrow_mut().push(action);
    }

    /// Sends a request.
    pub fn call(&self, request: Request) {
        self.push(Action::Call(request));
    }

    /// Changes a notebook, as one undo point.
    pub fn edit(&self, notebook: &str, edits: Vec<Edit>) {
        self.call(Request::EditNotebook { path: notebook.to_owned(), edits });
    }

    /// What is known about the answer to a read; fetched where needed.
    pub fn read(&self, request: &Request) -> Fetched {
        self.store.read(request)
    }

    /// The same, when only the value matters.
    pub fn value(&self, request: &Request) -> Option<std::rc::Rc<Response>> {
        self.store.read(request).value
    }

    /// The actions of the frame, taken out.
    pub fn take_actions(&self) -> Vec<Action> {
        self.actions.take()
    }
}
