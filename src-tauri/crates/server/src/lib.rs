//! The same engine over HTTP and WebSocket, with the window's files: how a browser, or a laptop beside a GPU machine,
//! uses Cairn.
//!
//! ```text
//! GET  /                     the window (static files, a strict content security policy)
//! POST /api/call             a Request as JSON; answers {"ok":Response} or {"err":ErrorInfo}
//! GET  /api/events           WebSocket: one Event as JSON a message
//! PUT  /api/upload?name=     raw bytes of a dropped file; answers {"path"}
//! GET  /api/report?path=     a report of the project
//! ```
//! Everything under `/api` needs the token: as `Authorization: Bearer`, or as `?token=` where a browser cannot set a
//! header. It listens on loopback unless told otherwise, and refuses requests whose `Host` or `Origin` is not its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod files;
mod guard;

use std::{net::SocketAddr, sync::Arc};

use cairn_engine::Engine;
use cairn_protocol::{ErrorInfo, ErrorKind};
use rand::Rng;

/// A server that listens.
pub struct Server {
    listener: tokio::net::TcpListener,
    state: Arc<api::State>,
}

impl Server {
    /// Binds an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub async fn bind(engine: Engine, address: SocketAddr) -> Result<Self, ErrorInfo> {
        let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
            ErrorInfo::new(ErrorKind::Usage, format!("cannot listen on {address}: {error}"))
                .hint("choose another port with --listen, or 0 for a free one")
        })?;
        let local =
            listener.local_addr().map_err(|error| ErrorInfo::internal(format!("the address is not known: {error}")))?;
        let mut bytes = [0u8; 24];
        rand::rng().fill_bytes(&mut bytes);
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { listener, state: Arc::new(api::State { engine, token, address: local }) })
    }

    /// Where the window is, with its token.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/#token={}", self.state.address, self.state.token)
    }

    /// The token alone.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.state.token
    }

    /// Serves until `stop` is there.
    ///
    /// # Errors
    /// The listener broke.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ErrorInfo> {
        axum::serve(self.listener, api::router(self.state))
            .with_graceful_shutdown(stop)
            .await
            .map_err(|error| ErrorInfo::internal(format!("the server broke: {error}")))
    }
}
