import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { timeMs } from "./measure.ts";

const runFile = promisify(execFile);

/** A git repository with one file for each definition, and two branches whose edits are in conflict. */
export class GitMerge {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the repository: `base` is committed, then what each side edits on a branch of its own. */
  static async make(
    folder: string,
    base: readonly DefinitionToSave[],
    ours: readonly DefinitionToSave[],
    theirs: readonly DefinitionToSave[],
  ): Promise<GitMerge> {
    mkdirSync(folder, { recursive: true });
    const made = new GitMerge(folder);
    await made.#git("init", "-q", "-b", "main");
    for (const [branch, definitions] of [
      ["main", base],
      ["theirs", theirs],
      ["ours", ours],
    ] as const) {
      if (branch !== "main") await made.#git("checkout", "-q", "-b", branch, "main");
      writeFiles(folder, definitions);
      await made.#git("add", "-A");
      await made.#git("commit", "-q", "-m", branch);
    }
    return made;
  }

  /** Merges theirs into ours; milliseconds until git has listed `conflicts` conflicts. */
  async merge(conflicts: number): Promise<number> {
    await this.#git("reset", "-q", "--hard", "ours");
    let listed = "";
    const ms = await timeMs(async () => {
      listed = await this.#git("merge", "theirs").catch((refused: { stdout: string }) => refused.stdout);
    });
    const found = listed.split("\n").filter((line) => line.startsWith("CONFLICT")).length;
    if (found !== conflicts) throw new Error(`git lists ${found} conflicts and not ${conflicts}`);
    return ms;
  }

  /** Settles all conflicts of a merge with our side; milliseconds until that is committed. */
  async keepOurs(): Promise<number> {
    const before = await this.#git("rev-parse", "HEAD");
    const ms = await timeMs(async () => {
      await this.#git("checkout", "--ours", ".");
      await this.#git("add", "-A");
      await this.#git("commit", "-q", "-m", "keep ours");
    });
    const left = await this.#git("status", "--porcelain");
    if (left !== "") throw new Error(`git has not settled all: ${left}`);
    // The next round begins where this one began.
    await this.#git("branch", "-f", "ours-before", before.trim());
    await this.#git("checkout", "-q", "-B", "ours", "ours-before");
    return ms;
  }

  async #git(...args: readonly string[]): Promise<string> {
    const { stdout } = await runFile("git", ["-C", this.#folder, ...settings, ...args], {
      maxBuffer: 1 << 28,
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    });
    return stdout;
  }
}

const settings = [
  "user.name=Bench",
  "user.email=bench@example.com",
  "gc.auto=0",
  "commit.gpgsign=false",
].flatMap((setting) => ["-c", setting]);

function writeFiles(folder: string, definitions: readonly DefinitionToSave[]): void {
  for (const { location, text } of definitions) {
    const path = join(folder, `${location.replaceAll(".", "/")}.dark`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${renderDefinition(text, nameOf(location))}\n`);
  }
}
