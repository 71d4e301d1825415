//! `cairn serve`: the same window in a browser.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use cairn_engine::{Access, Engine, Options};
use cairn_protocol::{ErrorInfo, Request};
use cairn_server::Server;
use serde::Serialize;

use crate::{output::Output, project};

#[derive(Serialize)]
struct Started<'a> {
    url: String,
    address: String,
    token: &'a str,
    project: Option<String>,
}

/// Serves until interrupted. Without a project the window opens on its first page.
///
/// # Errors
/// The address cannot be used, or somebody else holds the project.
pub fn serve(given: Option<&Path>, listen: &str, output: Output) -> Result<ExitCode, ErrorInfo> {
    let address: SocketAddr = listen.parse().map_err(|_| {
        ErrorInfo::usage(format!("{listen:?} is no address and port"))
            .hint("e.g. --listen 127.0.0.1:7227, or port 0 for a free one")
    })?;
    let engine = Engine::new(Options { access: Access::Exclusive, watch: true, ..Options::default() });
    if let Ok(root) = project::find(given, None) {
        engine.call(Request::OpenProject { path: root.display().to_string() })?;
    } else if let Some(given) = given {
        return Err(ErrorInfo::usage(format!("{} is no folder", given.display())).hint("make a project with cairn new"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| ErrorInfo::internal(format!("no runtime: {error}")))?;
    let result = runtime.block_on(async {
        let server = Server::bind(engine.clone(), address).await?;
        let started = Started {
            url: server.url(),
            address: server.url().split("/#").next().unwrap_or_default().to_owned(),
            token: server.token(),
            project: engine.project_root().map(|root| root.display().to_string()),
        };
        let code = output.result(&started, || format!("Cairn is at {}\nStop it with Ctrl+C.", started.url));
        if !address.ip().is_loopback() {
            output.say(
                "warning: this is reachable from other machines; whoever has the token can read and change the project",
            );
        }
        server.serve(interrupted()).await?;
        Ok(code)
    });
    // Open event streams must not hold the process.
    runtime.shutdown_background();
    engine.shut_down();
    result
}

async fn interrupted() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! {
                () = ctrl_c => {}
                _ = terminated.recv() => {}
            },
            Err(_) => ctrl_c.await,
        }
    }
    #[cfg(not(unix))]
    ctrl_c.await;
}
