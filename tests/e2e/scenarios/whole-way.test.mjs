// The whole way in a browser, by role and name: every cell runs, every place shows what came of it, a report is there.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "../browser.mjs";

for (const theme of ["light", "dark"]) {
  test(`from a table to a report, ${theme}`, { timeout: 240_000 }, async (t) => {
    const window = await open(t, { sample: "stroke", theme });
    await window.press("button", /^Run all/);
    // The last cell of the notebook is up to date: everything before it is, too.
    await window.waitForText(/reports\/stroke - Review\.html/, 120_000);
    const reports = readdirSync(join(window.dir, "reports"));
    assert.deepEqual(reports, ["stroke - Review.html"]);
    await window.shot(`notebook-${theme}`);

    await window.press("treeitem", "Cell Boosted trees");
    await window.waitForText("Learning rate");
    await window.shot(`train-${theme}`);
    await window.press("button", "Runs");
    await window.wait("row", /^Run Search\/15, finished/);
    await window.shot(`runs-${theme}`);
    await window.press("button", "Lineage");
    await window.wait("button", /^File data\/patients\.csv/);
    await window.shot(`lineage-${theme}`);
    await window.press("button", "Sweeps");
    await window.press("button", "Open the sweep Search");
    await window.wait("button", "Train again");
    await window.page.waitForTimeout(500);
    await window.shot(`sweep-${theme}`);
    await window.press("button", "Reports");
    await window.press("button", "Show reports/stroke - Review.html");
    await window.page.waitForTimeout(500);
    await window.shot(`report-${theme}`);
    window.healthy();
  });
}

test("a dropped file becomes a cell, and an undo takes it away", { timeout: 180_000 }, async (t) => {
  const window = await open(t, { sample: "digits" });
  const data = await window.page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["day,amount\n2026-01-01,3\n2026-01-02,4\n"], "sales.csv", { type: "text/csv" }));
    return data;
  });
  await window.page.dispatchEvent("canvas", "drop", { dataTransfer: data });
  await window.wait("treeitem", "Cell Sales");
  await window.waitForText("2 × 2");
  assert.ok(existsSync(join(window.dir, "data", "sales.csv")));
  await window.shot("dropped");
  await window.press("button", "Undo");
  await window.find("treeitem", "Cell Sales").waitFor({ state: "detached", timeout: 10_000 });
  window.healthy();
});
