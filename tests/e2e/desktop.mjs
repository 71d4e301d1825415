// The desktop window on a virtual display: Xvfb, a session bus, cairn-desktop, and screenshots of the whole display.
// Linux only; elsewhere `available()` says why not.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { program, shotPath, start, temporaryFolder, until } from "./programs.mjs";

const TOOLS = ["Xvfb", "dbus-run-session", "import", "convert", "xdotool"];

// Why the desktop window cannot be tested here, or nothing.
export function missing() {
  if (process.platform !== "linux") return "a virtual display is used on Linux only";
  for (const tool of TOOLS) {
    try {
      execFileSync("which", [tool], { stdio: "ignore" });
    } catch {
      return `${tool} is not installed: cargo xtask setup`;
    }
  }
}

// Opens a project in the desktop window and waits until it draws.
export async function open(t, project, { width = 1440, height = 900 } = {}) {
  const xvfb = start(t, "Xvfb", ["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "+extension", "GLX", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let number = "";
  xvfb.stdio[3].on("data", (data) => (number += data));
  await until("a virtual display", () => number.includes("\n"), { timeout: 10_000 });

  const home = temporaryFolder(t);
  const env = {
    ...process.env,
    DISPLAY: `:${number.trim()}`,
    WAYLAND_DISPLAY: "",
    GDK_BACKEND: "x11",
    // Software GL, and the way to the screen that needs no graphics driver.
    LIBGL_ALWAYS_SOFTWARE: "1",
    WEBKIT_DISABLE_DMABUF_RENDERER: "1",
    NO_AT_BRIDGE: "1",
    // Nothing of the user's own settings, and nothing left behind in them.
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
    XDG_CACHE_HOME: join(home, "cache"),
  };
  const app = start(t, "dbus-run-session", ["--", program("cairn-desktop", "CAIRN_DESKTOP"), project], { env });
  let end;
  app.ended.then((code) => (end = code));

  const shot = (name) => {
    const path = shotPath(t, name);
    execFileSync("import", ["-display", env.DISPLAY, "-window", "root", path], { env });
    return path;
  };
  const colours = (path) => Number(execFileSync("convert", [path, "-format", "%k", "info:"]));
  await until(
    "the desktop window to draw",
    () => {
      if (end !== undefined) throw new Error(`cairn-desktop ended with ${end}:\n${app.log}`);
      return colours(shot("desktop-start")) > 16;
    },
    { timeout: 90_000, every: 1000 },
  ).catch((error) => {
    throw new Error(`${error.message}\n${app.log}`);
  });
  return { app, shot, colours, display: env.DISPLAY, home };
}
