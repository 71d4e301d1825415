// Programs and folders of a scenario: found, started, and ended again whatever happens.

import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const exe = process.platform === "win32" ? ".exe" : "";

export function program(name, variable) {
  const path = process.env[variable] ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug", name + exe);
  if (!existsSync(path)) throw new Error(`${path} is not there; build it with cargo xtask build, or set ${variable}`);
  return path;
}

// What to undo at the end of a scenario: the last thing started is the first to go, so that no program outlives its folder.
const endings = new WeakMap();

export function atEnd(t, ending) {
  if (!endings.has(t)) {
    const list = [];
    endings.set(t, list);
    t.after(async () => {
      for (const end of list.reverse()) await end();
    });
  }
  endings.get(t).push(ending);
}

// A folder that goes when the scenario ends; `t` is the test context.
export function temporaryFolder(t) {
  const dir = mkdtempSync(join(tmpdir(), "cairn-e2e-"));
  atEnd(t, () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

// A fresh project in a temporary folder; the sample named, or an empty one.
export function newProject(t, sample) {
  const dir = join(temporaryFolder(t), sample ?? "project");
  execFileSync(program("cairn", "CAIRN"), ["new", dir, ...(sample ? ["--sample", sample] : [])], { stdio: "pipe" });
  return dir;
}

// Runs the command line in a project and returns its JSON.
export function cairn(dir, ...args) {
  return JSON.parse(execFileSync(program("cairn", "CAIRN"), [...args, "--project", dir, "--json"], { stdio: ["ignore", "pipe", "pipe"] }));
}

// Starts a program in a process group of its own and ends the whole group when the scenario ends. Its output is kept
// for the error of a scenario that fails.
export function start(t, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: process.platform !== "win32", ...options });
  child.log = "";
  child.stdout?.on("data", (data) => (child.log += data));
  child.stderr?.on("data", (data) => (child.log += data));
  child.ended = new Promise((done) => {
    child.on("exit", (code, signal) => done(signal ?? code));
    child.on("error", (error) => done(String(error)));
  });
  const signal = (name) => {
    try {
      if (process.platform === "win32") child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  child.stop = async () => {
    signal("SIGTERM");
    const late = setTimeout(() => signal("SIGKILL"), 3000);
    await child.ended;
    clearTimeout(late);
    // Children that left with their parent still running.
    signal("SIGKILL");
  };
  atEnd(t, child.stop);
  return child;
}

// Waits until `look` returns something other than undefined, null or false.
export async function until(what, look, { timeout = 30_000, every = 100 } = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${timeout / 1000} s in vain for ${what}`);
    await new Promise((done) => setTimeout(done, every));
  }
}

// Where a screenshot goes: CAIRN_E2E_OUT, or a folder that goes with the scenario.
export function shotPath(t, name) {
  const dir = process.env.CAIRN_E2E_OUT ?? temporaryFolder(t);
  mkdirSync(dir, { recursive: true });
  return join(dir, `${name}.png`);
}
