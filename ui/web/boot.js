// Starts the window, and gives it a bridge to the engine: Tauri's invoke where there is Tauri, HTTP otherwise.
import init, { start } from "./cairn_ui.js";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

// In the desktop window: requests and answers as raw bytes, events and dropped files from the shell.
class TauriBridge {
  constructor(tauri) {
    this.tauri = tauri;
  }

  start(sink) {
    this.sink = sink;
    this.listen("cairn-event", (payload) => sink("event", 0, payload));
    this.listen("cairn-files", (payload) => sink("files", 0, JSON.stringify(payload)));
  }

  listen(event, heard) {
    const handler = this.tauri.transformCallback((message) => heard(message.payload));
    this.tauri.invoke("plugin:event|listen", { event, target: { kind: "Any" }, handler });
  }

  call(call, body) {
    this.tauri.invoke("call", encoder.encode(body)).then(
      (bytes) => this.sink("answer", call, decoder.decode(bytes)),
      (error) => this.sink("answer", call, fault(String(error))),
    );
  }

  choose(what) {
    this.tauri.invoke("choose", { what }).then((path) => {
      if (path === null) return;
      if (what === "folder") this.sink("folder", 0, path);
      else this.sink("files", 0, JSON.stringify([path]));
    });
    return true;
  }

  openOutside(path) {
    this.tauri.invoke("open_outside", { path }).catch((error) => console.error(error));
    return true;
  }
}

// In a browser: the door over HTTP, events over a WebSocket, dropped files as uploads.
class HttpBridge {
  constructor() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      sessionStorage.setItem("token", given);
      history.replaceState(null, "", location.pathname);
    }
    this.token = given ?? sessionStorage.getItem("token") ?? "";
    this.wait = 250;
  }

  start(sink) {
    this.sink = sink;
    this.connect(false);
    const take = (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.upload([...event.dataTransfer.files]);
    };
    document.addEventListener("drop", take, true);
    document.addEventListener("dragover", (event) => event.preventDefault());
  }

  connect(again) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/events?token=${this.token}`);
    socket.onopen = () => {
      this.wait = 250;
      if (again) this.sink("back", 0, "");
    };
    socket.onmessage = (message) => this.sink("event", 0, message.data);
    socket.onclose = () => {
      this.sink("lost", 0, "The engine cannot be reached. Is cairn serve still running?");
      setTimeout(() => this.connect(true), this.wait);
      this.wait = Math.min(this.wait * 2, 8000);
    };
  }

  async call(call, body) {
    try {
      const response = await fetch("/api/call", { method: "POST", headers: { Authorization: `Bearer ${this.token}` }, body });
      const text = await response.text();
      this.sink("answer", call, response.ok ? text : fault(text));
    } catch (error) {
      this.sink("answer", call, fault(`the engine cannot be reached: ${error.message}`));
    }
  }

  async upload(files) {
    const paths = [];
    for (const file of files) {
      const url = `/api/upload?name=${encodeURIComponent(file.name)}`;
      const response = await fetch(url, { method: "PUT", headers: { Authorization: `Bearer ${this.token}` }, body: file });
      if (response.ok) paths.push((await response.json()).path);
    }
    if (paths.length) this.sink("files", 0, JSON.stringify(paths));
  }

  choose(what) {
    if (what === "folder") return false;
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.onchange = () => this.upload([...input.files]);
    input.click();
    return true;
  }

  openOutside(path) {
    const query = new URLSearchParams({ path, token: this.token });
    window.open(`/api/report?${query}`, "_blank", "noopener");
    return true;
  }
}

function fault(message) {
  return JSON.stringify({ err: { kind: "failed", message } });
}

function show(message) {
  const fault = document.getElementById("fault");
  fault.textContent = message;
  fault.hidden = false;
}

try {
  await init();
  const tauri = window.__TAURI_INTERNALS__;
  await start(document.getElementById("window"), tauri ? new TauriBridge(tauri) : new HttpBridge());
  performance.mark("cairn-started");
} catch (error) {
  show(`The window cannot start: ${error.message ?? error}\nIt needs WebAssembly and WebGL 2.`);
  throw error;
}
