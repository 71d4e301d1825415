// The desktop window on a virtual display: it opens a project, draws it, and runs it to a report from the keyboard.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { missing, open } from "../desktop.mjs";
import { newProject, until } from "../programs.mjs";

test("the desktop window runs the sample to a report", { timeout: 240_000, skip: missing() ?? false }, async (t) => {
  const project = newProject(t, "stroke");
  const window = await open(t, project);
  assert.ok(window.colours(window.shot("desktop")) > 16, "the window is blank");

  const env = { ...process.env, DISPLAY: window.display };
  const report = join(project, "reports", "stroke - Review.html");
  const hand = (...args) => execFileSync("xdotool", args, { env });
  await until(
    "the report",
    () => {
      if (existsSync(report)) return true;
      // Onto the status bar, so that it has the keyboard; then «Run all stale».
      hand("mousemove", "700", "892", "click", "1");
      hand("key", "ctrl+shift+Return");
      return false;
    },
    { timeout: 120_000, every: 4000 },
  ).catch((error) => {
    window.shot("desktop-stuck");
    throw new Error(`${error.message}\n${window.app.log}`);
  });
  await until("the end of the run to be drawn", () => window.colours(window.shot("desktop-run")) > 64, { timeout: 20_000, every: 1000 });
});
