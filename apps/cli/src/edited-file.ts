import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nameOf } from "@darksync/core/location";
import { ProblemError, wrongUsage } from "./problem-error.js";
import { decodeText } from "./text-input.js";

/** A definition's text in a file for an editor. */
export class EditedFile {
  readonly path: string;
  readonly #initial: string;

  /** `source`: its text; null: a template for a new one. */
  constructor(spaceDir: string, location: string, source: string | null) {
    const name = nameOf(location);
    const folder = mkdtempSync(join(spaceDir, "edit-"));
    this.path = join(folder, `${name.replace(/[^\p{L}\p{N}_-]/gu, "-")}.dark`);
    this.#initial = `${source ?? templateOf(name)}\n`;
    try {
      writeFileSync(this.path, this.#initial);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Opens the editor and waits; returns the text, or null if it was left as it was. */
  edit(isStdoutTaken: boolean): string | null {
    const ended = this.#openEditor(isStdoutTaken);
    const decoded = decodeText(readFileSync(this.path));
    if (!decoded.ok)
      throw new ProblemError({ ...decoded.problem, hint: `What you wrote is in ${this.path}` });
    const text = decoded.value;
    const isChanged = text.trimEnd() !== this.#initial.trimEnd();
    if (ended === null) return isChanged ? text : null;
    if (!isChanged) this.remove();
    throw new ProblemError({
      code: "editor-failed",
      message: `the editor ${ended}: nothing was saved`,
      hint: isChanged ? `What you wrote is in ${this.path}` : "Set $VISUAL or $EDITOR to one that works.",
    });
  }

  remove(): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }

  /** Null, or how it failed. */
  #openEditor(isStdoutTaken: boolean): string | null {
    const editor = process.env.VISUAL || process.env.EDITOR;
    if (!editor && !process.stdin.isTTY) {
      this.remove();
      wrongUsage("there is no terminal to edit on", "Use `darklang save`, or set $EDITOR to a program.");
    }
    const stdio = ["inherit", isStdoutTaken ? 2 : "inherit", "inherit"] as const;
    // By the shell, since the variable may hold arguments.
    const open = () =>
      process.platform === "win32"
        ? spawnSync(`${editor ?? "notepad"} "${this.path}"`, { stdio: [...stdio], shell: true })
        : spawnSync("/bin/sh", ["-c", `${editor || "vi"} "$1"`, "sh", this.path], { stdio: [...stdio] });
    const ended = whileInterruptIsNotOurs(open);
    if (ended.error !== undefined) return `could not be started (${ended.error.message})`;
    if (ended.signal !== null) return `was ended by ${ended.signal}`;
    return ended.status === 0 ? null : `ended with code ${ended.status}`;
  }
}

/** Ctrl-C is the editor's while that has the terminal; what it has written by then is told of. */
function whileInterruptIsNotOurs<Value>(work: () => Value): Value {
  const leaveToEditor = () => {};
  process.on("SIGINT", leaveToEditor);
  try {
    return work();
  } finally {
    process.off("SIGINT", leaveToEditor);
  }
}

function templateOf(name: string): string {
  if (/^\p{Lu}/u.test(name)) return `type ${name} =\n  `;
  return `/// What it does.\nlet ${name} (input: String) : String =\n  input`;
}
