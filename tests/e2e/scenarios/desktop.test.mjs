// The desktop window opens a project on a virtual display and draws it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { missing, open } from "../desktop.mjs";
import { newProject } from "../programs.mjs";

test("the desktop window opens the sample", { timeout: 180_000, skip: missing() ?? false }, async (t) => {
  const window = await open(t, newProject(t, "stroke"));
  assert.ok(window.colours(window.shot("desktop")) > 16, "the window is blank");
});
