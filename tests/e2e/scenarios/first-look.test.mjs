// The page loads, the window draws, and its main command is there by role and name and can be pressed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../browser.mjs";

test("the window draws and «Run all» can be pressed", { timeout: 180_000 }, async (t) => {
  const window = await open(t, { sample: "stroke" });
  const before = await window.shot("first-look");
  assert.ok((await window.colours(before)) > 16, "the canvas is blank");

  await window.press("button", /^Run all/);
  await window.page.waitForTimeout(1500);
  const after = await window.shot("first-look-pressed");
  assert.ok(!before.equals(after), "pressing the button changed nothing on the screen");
  window.healthy();
});
