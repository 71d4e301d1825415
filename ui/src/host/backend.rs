//! The backend over the bridge: JSON texts go out with a number, and come back with it.

use std::{cell::RefCell, rc::Rc};

use cairn_protocol::{ErrorInfo, Event, Request, Response};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::repaint;
use crate::backend::{Arrival, Backend, CallId, Choose};

#[wasm_bindgen]
extern "C" {
    /// What `boot.js` hands over.
    pub type Bridge;

    /// Begins; `sink` gets kind, number and text of whatever arrives.
    #[wasm_bindgen(method)]
    fn start(this: &Bridge, sink: &Closure<dyn FnMut(String, f64, String)>);

    /// Sends a request.
    #[wasm_bindgen(method)]
    fn call(this: &Bridge, call: f64, body: &str);

    /// Opens a dialog; false where the host has none.
    #[wasm_bindgen(method)]
    fn choose(this: &Bridge, what: &str) -> bool;

    /// Shows a report outside; false where the host cannot.
    #[wasm_bindgen(method, js_name = openOutside)]
    fn open_outside(this: &Bridge, path: &str) -> bool;
}

/// An answer on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Box<Response>),
    Err(ErrorInfo),
}

/// The engine behind the bridge.
pub struct WebBackend {
    bridge: Bridge,
    arrived: Rc<RefCell<Vec<Arrival>>>,
    /// Kept, since the bridge calls it as long as the page lives.
    _sink: Closure<dyn FnMut(String, f64, String)>,
}

impl WebBackend {
    /// Begins to hear.
    pub fn start(bridge: Bridge) -> Self {
        let arrived = Rc::new(RefCell::new(Vec::new()));
        let inbox = Rc::clone(&arrived);
        let sink = Closure::new(move |kind: String, call: f64, text: String| {
            if let Some(arrival) = read(&kind, call, text) {
                inbox.borrow_mut().push(arrival);
                repaint();
            }
        });
        bridge.start(&sink);
        Self { bridge, arrived, _sink: sink }
    }
}

fn read(kind: &str, call: f64, text: String) -> Option<Arrival> {
    Some(match kind {
        "answer" => {
            let result = match serde_json::from_str::<Answer>(&text) {
                Ok(Answer::Ok(response)) => Ok(response),
                Ok(Answer::Err(error)) => Err(error),
                Err(error) => Err(ErrorInfo::internal(format!("the engine's answer cannot be read: {error}"))),
            };
            Arrival::Answer { call: call as CallId, result }
        }
        "event" => Arrival::Event(Box::new(serde_json::from_str::<Event>(&text).ok()?)),
        "files" => Arrival::Files(serde_json::from_str(&text).ok()?),
        "folder" => Arrival::Folder(text),
        "lost" => Arrival::Lost(text),
        "back" => Arrival::Back,
        _ => return None,
    })
}

impl Backend for WebBackend {
    fn send(&mut self, call: CallId, request: &Request) {
        match serde_json::to_string(request) {
            Ok(body) => self.bridge.call(call as f64, &body),
            Err(error) => self.arrived.borrow_mut().push(Arrival::Answer {
                call,
                result: Err(ErrorInfo::internal(format!("a request cannot be written: {error}"))),
            }),
        }
    }

    fn poll(&mut self) -> Vec<Arrival> {
        self.arrived.take()
    }

    fn choose(&mut self, what: Choose) -> bool {
        self.bridge.choose(match what {
            Choose::DataFile => "data",
            Choose::Folder => "folder",
        })
    }

    fn open_outside(&mut self, path: &str) -> bool {
        self.bridge.open_outside(path)
    }
}
