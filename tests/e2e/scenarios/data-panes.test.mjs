// The panes that analysts live in, by role and name: a guess of the importer corrected, a finding mended by its step, the
// grid searched and sorted by two columns, an encoding previewed, a split with its proof, two tables compared.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "../browser.mjs";
import { until } from "../programs.mjs";

// Days that can be read in two ways, a row that has a field too many every tenth time.
function tills() {
  const lines = ["day,shop,amount"];
  for (let row = 0; row < 200; row++) {
    const day = `${String((row % 12) + 1).padStart(2, "0")}/${String((row % 11) + 1).padStart(2, "0")}/2026`;
    lines.push(row % 10 === 7 ? `${day},=shop ${row % 4},${row},late` : `${day},shop ${row % 4},${row}`);
  }
  return lines.join("\n") + "\n";
}

async function drop(window, name, text) {
  const data = await window.page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name, { type: "text/csv" }));
      return data;
    },
    [name, text],
  );
  await window.page.dispatchEvent("canvas", "drop", { dataTransfer: data });
}

// Chooses one of a list.
async function choose(window, list, option) {
  await window.press("combobox", list);
  await window.press("menuitem", option);
  await window.find("menuitem", option).waitFor({ state: "detached", timeout: 10_000 });
}

test("a guess of the importer is corrected and rejects are written", { timeout: 180_000 }, async (t) => {
  const window = await open(t, { sample: null });
  await drop(window, "tills.csv", tills());
  // Twenty records do not fit, so the dialog opens by itself and shows them.
  await window.waitForText("How data/tills.csv is read");
  await window.wait("radio", "Rejected 20");
  await window.shot("import-rejects");
  await window.press("radio", "Preview");
  await window.wait("columnheader", "day, text");
  await choose(window, "Dates such as 03/04/2024", "3 April: day first");
  await window.wait("columnheader", "day, date");
  await window.waitForText("1 change not applied yet");
  await window.shot("import-corrected");
  await window.press("button", "Read like this");
  await window.waitForText("180 × 3");
  await window.wait("columnheader", "day, date");
  await window.press("button", "Export rejects…");
  await window.press("button", "Export");
  const file = join(window.dir, "exports", "tills-rejects.csv");
  await until("the rejects", () => existsSync(file));
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 21);
  assert.deepEqual(lines.slice(0, 2), [
    "line,byte_offset,reason,text",
    `9,${tills().indexOf("08/08/2026")},4 fields instead of 3,"08/08/2026,=shop 3,7,late"`,
  ]);
  window.healthy();
});

test("a finding is mended, the grid is searched and sorted", { timeout: 240_000 }, async (t) => {
  const window = await open(t, { sample: "stroke" });
  const notebook = () => readFileSync(join(window.dir, "stroke.cairn"), "utf8");
  await window.press("button", "Run Patients");
  await window.press("button", "Maximise Patients");
  await window.press("radio", "Quality");
  await window.wait("button", /^Apply: /, 60_000);
  await window.shot("quality");
  const before = notebook();
  await window.find("button", /^Apply: /).first().evaluate((element) => element.click());
  await until("the step in the notebook", () => notebook() !== before);
  assert.ok(notebook().split("[[cell.step]]").length > before.split("[[cell.step]]").length, "a step was added");

  await window.press("radio", "Grid");
  await window.click("columnheader", "sex, text", { button: "right" });
  await window.press("menuitem", "Sort ascending");
  await window.wait("columnheader", "sex, text, sorted ascending");
  await window.page.keyboard.down("Shift");
  await window.click("columnheader", "age, int");
  await window.page.keyboard.up("Shift");
  await window.wait("columnheader", "age, int, sorted ascending, key 2 of 2");
  await window.wait("row", /^Row 1: \d+, F,/);
  const ages = await window.find("row", /^Row \d+: \d+, F,/).evaluateAll((rows) =>
    rows.map((row) => Number(/: (\d+),/.exec(row.getAttribute("aria-label"))[1])),
  );
  assert.ok(ages.length > 10 && ages.every((age, row) => row === 0 || age >= ages[row - 1]), `${ages}`);
  await window.shot("grid-sorted");

  await window.click("row", /^Row 5: /);
  await window.page.keyboard.press("ControlOrMeta+KeyF");
  await window.fill("Find in the table", ":12,000");
  await window.page.keyboard.press("Enter");
  await window.wait("row", /^Row 12,000: /);
  await window.fill("Find in the table", "occasional");
  await window.page.keyboard.press("Enter");
  await window.waitForText(/^Row [\d,]+ · [\d,]+ in all/);
  await window.shot("grid-found");
  await window.press("button", /^sex ↑, age ↑/);
  await window.wait("columnheader", "sex, text");
  window.healthy();
});

test("an encoding is previewed, a split proves itself, parts are compared", { timeout: 240_000 }, async (t) => {
  const window = await open(t, { sample: "stroke" });
  await window.press("button", "Run Split");
  await window.waitForText("Certificate", 60_000);
  await window.waitForText("No row in two parts");
  await window.waitForText("0 shared");
  await window.press("treeitem", "Cell Split");
  await window.shot("split");
  await window.press("treeitem", "Cell Encode");
  await window.press("button", "Maximise Encode");
  await window.press("option", /^Step \d+: One-hot encode, smoking/);
  await window.wait("columnheader", "smoking_never, int", 60_000);
  await window.wait("columnheader", "smoking, text");
  await window.waitForText("Predicted width");
  await window.waitForText(/^\d+ columns, .* as u8$/);
  await window.shot("wrangle-one-hot");

  await window.press("treeitem", "Cell Split");
  await window.press("button", "Maximise Split");
  await window.press("radio", "Compare");
  await choose(window, "First table", "Split · train");
  await choose(window, "Second table", "Split · test");
  await window.press("button", "Compare");
  await window.wait("radio", /^Drift/, 60_000);
  await window.wait("radio", /^Rows/);
  await window.shot("compare");
  window.healthy();
});
