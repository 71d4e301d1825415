//! The one stream of events: numbered, to any number of listeners.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use cairn_protocol::{
    ErrorInfo,
    door::{Event, EventBody, MessageLevel},
};
use crossbeam_channel::{Receiver, Sender, bounded};

/// How many events a listener may lag behind before it is let go; its channel closes then, and it asks anew.
const BACKLOG: usize = 20_000;

/// Where events are said and heard.
#[derive(Default)]
pub struct Events {
    next: AtomicU64,
    listeners: Mutex<Vec<Sender<Event>>>,
}

impl Events {
    /// Says that something happened. Never blocks.
    pub fn say(&self, body: EventBody) {
        let mut listeners = self.listeners.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let event = Event { seq: self.next.fetch_add(1, Ordering::Relaxed), body };
        listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }

    /// A line for the person.
    pub fn message(&self, level: MessageLevel, text: impl Into<String>, error: Option<ErrorInfo>) {
        self.say(EventBody::Message { level, text: text.into(), error });
    }

    /// Everything said from now on.
    pub fn listen(&self) -> Receiver<Event> {
        let (sender, receiver) = bounded(BACKLOG);
        self.listeners.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(sender);
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listener_hears_every_event_in_order_from_when_it_came() {
        let events = Events::default();
        let early = events.listen();
        events.say(EventBody::Kernels);
        let late = events.listen();
        events.say(EventBody::Project { paths: vec![] });
        assert_eq!(early.try_iter().map(|event| event.seq).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(late.try_iter().map(|event| event.seq).collect::<Vec<_>>(), [1]);
    }
}
