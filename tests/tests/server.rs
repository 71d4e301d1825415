//! The door over HTTP: only with the token, only under its own name, and the same answers as inside.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use cairn_tests::{cairn, command};
use serde_json::{Value, json};

struct Served {
    process: Child,
    address: String,
    token: String,
    _temp: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Served {
    fn start() -> Self {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(cairn(temp.path(), &["new", "p", "--sample", "digits", "--json"]).code, 0);
        let mut process = command(temp.path(), &["serve", "--project", "p", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        assert!(text("url").contains(&text("token")));
        Self { process, address: text("address"), token: text("token"), _temp: temp }
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into()
    }

    fn call(&self, request: &Value) -> Value {
        let mut response = Self::agent()
            .post(format!("{}/api/call", self.address))
            .header("Authorization", format!("Bearer {}", self.token))
            .send(request.to_string())
            .unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }
}

#[test]
fn the_door_opens_only_with_the_token_and_under_its_own_name() {
    let served = Served::start();
    let status = |path: &str, headers: &[(&str, &str)]| {
        let mut request = Served::agent().get(format!("{}{path}", served.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().unwrap().status().as_u16()
    };
    let token = format!("Bearer {}", served.token);
    assert_eq!(status("/api/report?path=reports/x.html", &[]), 401);
    assert_eq!(status("/api/report?path=reports/x.html", &[("Authorization", "Bearer 0000")]), 401);
    assert_eq!(status("/api/report?path=reports/x.html", &[("Authorization", &token)]), 404);
    assert_eq!(status("/api/report?path=../secret.html", &[("Authorization", &token)]), 404);
    assert_eq!(status("/", &[("Host", "evil.example")]), 403);
    assert_eq!(status("/", &[("Origin", "http://evil.example")]), 403);
    assert_eq!(status("/", &[]), 200);
    let page = Served::agent().get(&served.address).call().unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains(" 'unsafe-eval'"), "{policy}");
}

#[test]
fn requests_events_and_uploads_go_through() {
    let served = Served::start();
    let welcome = served.call(&json!({"request": "welcome"}));
    assert_eq!(welcome["ok"]["response"], "welcome");
    assert_eq!(welcome["ok"]["value"]["project"]["name"], "p");
    let refused = served.call(&json!({"request": "open_notebook", "path": "../x.cairn"}));
    assert_eq!(refused["err"]["kind"], "usage");

    let socket = format!("{}/api/events?token={}", served.address.replace("http", "ws"), served.token);
    let (mut events, _) = tungstenite::connect(socket).unwrap();
    let uploaded = Served::agent()
        .put(format!("{}/api/upload?name=tiny.csv&token={}", served.address, served.token))
        .send("a,b\n1,2\n")
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let path = serde_json::from_str::<Value>(&uploaded).unwrap()["path"].clone();
    let added = served.call(&json!({"request": "add_data", "path": path, "notebook": "digits.cairn"}));
    assert!(added["ok"]["value"]["notebook"]["cell"].to_string().contains("data/tiny.csv"), "{added}");
    let mut seen = Vec::new();
    while !seen
        .iter()
        .any(|event: &Value| event["body"]["event"] == "cell" && event["body"]["cell"]["state"] == "up_to_date")
    {
        let text = events.read().unwrap().into_text().unwrap();
        seen.push(serde_json::from_str(&text).unwrap());
    }
    let numbers: Vec<u64> = seen.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "no event is lost: {numbers:?}");
}
