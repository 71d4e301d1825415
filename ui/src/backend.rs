//! The handle through which the window reaches the engine: requests go out, answers and events come in.

use cairn_protocol::{ErrorInfo, Event, Request, Response};

/// Numbers a request, so that its answer finds its way back.
pub type CallId = u64;

/// The engine, as the window sees it. Neither method blocks.
pub trait Backend {
    /// Sends a request; its answer arrives later as [`Arrival::Answer`].
    fn send(&mut self, call: CallId, request: &Request);

    /// Everything that has arrived since the last call, in order.
    fn poll(&mut self) -> Vec<Arrival>;

    /// Opens the system's dialog for a file or folder; the choice arrives as [`Arrival::Files`].
    /// False where the host has none.
    fn choose(&mut self, what: Choose) -> bool;

    /// Takes a table as text (from the clipboard) for a file; arrives as [`Arrival::Files`]. False where the host
    /// cannot.
    fn take_text(&mut self, name: &str, text: &str) -> bool {
        let _ = (name, text);
        false
    }

    /// Shows a page or a file of the project (a report) outside the window; false where the host cannot.
    fn open_outside(&mut self, path: &str) -> bool;
}

/// What a dialog asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// Data files.
    DataFile,
    /// A project folder.
    Folder,
}

/// What comes in.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// The answer to a request.
    Answer {
        /// The request's number.
        call: CallId,
        /// The answer.
        result: Result<Box<Response>, ErrorInfo>,
    },
    /// Something the engine says by itself.
    Event(Box<Event>),
    /// Files dropped on the window, or chosen in a dialog: paths that the engine can read.
    Files(Vec<String>),
    /// A folder chosen in a dialog.
    Folder(String),
    /// Files are held over the window, or no longer.
    Hovering(bool),
    /// The engine cannot be reached; the host tries again by itself.
    Lost(String),
    /// The engine is back; everything known may be out of date.
    Back,
}
