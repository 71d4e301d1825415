// The window in a browser: `cairn serve` on a fresh project, and a page to find, press, type and look at things in.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { atEnd, newProject, program, shotPath, start, temporaryFolder, until } from "./programs.mjs";

// Debian's Chromium without a screen or a GPU; WebGL 2 is drawn in software.
const FLAGS = [
  "--no-sandbox", "--disable-gpu-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
  "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

function browserPath() {
  const path = process.env.CHROMIUM ?? PLACES.find(existsSync);
  if (!path) throw new Error("no browser found; set CHROMIUM to the path of Chromium or Chrome");
  return path;
}

// Serves a project and returns its address with the token. `{ sample }` names a sample, `{ project }` a folder.
export async function serve(t, { project, sample = "stroke" } = {}) {
  const dir = project ?? newProject(t, sample);
  const server = start(t, program("cairn", "CAIRN"), ["serve", "--project", dir, "--listen", "127.0.0.1:0", "--json"]);
  let end;
  server.ended.then((code) => (end = code));
  const url = await until("the server's address", () => {
    if (end !== undefined) throw new Error(`cairn serve ended with ${end}:\n${server.log}`);
    return server.log.match(/https?:\/\/[^\s"'<>\\]+/)?.[0];
  });
  return { url, dir, server };
}

// Opens the window in a browser and waits until it draws.
export async function open(t, options = {}) {
  const served = await serve(t, options);
  const context = await chromium.launchPersistentContext(temporaryFolder(t), {
    executablePath: browserPath(),
    headless: true,
    args: FLAGS,
    viewport: options.viewport ?? { width: 1440, height: 900 },
    colorScheme: options.theme ?? "light",
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  atEnd(t, () => context.close());
  const page = context.pages()[0] ?? (await context.newPage());
  const faults = [];
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("crash", () => faults.push("the page crashed"));
  await page.goto(served.url);
  const window = new Window(t, context, page, served, faults);
  await window.drawn();
  return window;
}

// What a scenario does with the window. Controls are named by role and accessible name.
export class Window {
  constructor(t, context, page, served, faults) {
    Object.assign(this, { t, context, page, faults, ...served });
  }

  // The control with a role and a name; a string must be the whole name, a regular expression a part of it.
  find(role, name) {
    return this.page.getByRole(role, { name, exact: typeof name === "string" });
  }

  // Waits for a control and returns it.
  async wait(role, name, timeout = 30_000) {
    const control = this.find(role, name).first();
    await control.waitFor({ state: "attached", timeout });
    return control;
  }

  // Waits until a text stands somewhere in the window.
  async waitForText(text, timeout = 30_000) {
    await this.page.getByText(text).first().waitFor({ state: "attached", timeout });
  }

  // Presses a control as assistive technology does.
  async press(role, name) {
    await (await this.wait(role, name)).evaluate((element) => element.click());
  }

  // Presses a control with the pointer, in the middle of where it is drawn.
  async click(role, name, options = {}) {
    const box = await (await this.wait(role, name)).boundingBox();
    if (!box) throw new Error(`${role} ${name} is not on the screen`);
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, options);
  }

  // Writes into a text field: presses it, replaces what is there.
  async fill(name, text) {
    await this.click("textbox", name);
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.type(text);
  }

  // Roles and names of all that is there, for looking around while writing a scenario.
  async controls() {
    return this.page.locator("body").ariaSnapshot();
  }

  // A screenshot, kept under this name when CAIRN_E2E_OUT says where.
  async shot(name) {
    return this.page.screenshot({ path: shotPath(this.t, name) });
  }

  // How many different colours a screenshot holds: one or two when nothing was drawn.
  async colours(png) {
    const blank = await this.context.newPage();
    try {
      return await blank.evaluate(async (base64) => {
        const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
        const image = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(image.width, image.height);
        const pen = canvas.getContext("2d");
        pen.drawImage(image, 0, 0);
        return new Set(new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer)).size;
      }, png.toString("base64"));
    } finally {
      await blank.close();
    }
  }

  // Waits until the canvas shows something.
  async drawn() {
    await this.page.locator("canvas").first().waitFor({ state: "visible", timeout: 60_000 });
    await until("the window to draw", async () => (await this.colours(await this.page.screenshot())) > 16, { timeout: 60_000, every: 250 })
      .catch((error) => {
        throw new Error([error.message, ...this.faults, this.server.log].join("\n"));
      });
  }

  // Fails when the page reported an error; the last thing a scenario does.
  healthy() {
    if (this.faults.length > 0) throw new Error(this.faults.join("\n"));
  }
}
