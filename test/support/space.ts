import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type CliRun, type RunOptions, run } from "./cli.js";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "darksync-session-"));
  made.push(folder);
  return folder;
}

/** A space in a folder of its own, with commands run in it. */
export interface TestSpace {
  readonly folder: string;
  /** Runs a command; it may fail. */
  try(args: readonly string[], options?: RunOptions): Promise<CliRun>;
  /** Runs a command that must succeed. */
  do(...args: string[]): Promise<CliRun>;
  /** Saves a definition. */
  save(location: string, source: string): Promise<CliRun>;
  /** Runs a command with `--json` that must succeed; the document. */
  ask(...args: string[]): Promise<Record<string, unknown>>;
}

/** Makes a space with no relay, for Ada and the owner Acme. */
export async function newSpace(): Promise<TestSpace> {
  const folder = newFolder();
  const attempt = (args: readonly string[], options: RunOptions = {}) =>
    run(args, { cwd: folder, ...options });
  const succeed = async (args: readonly string[], options: RunOptions = {}) => {
    const result = await attempt(args, options);
    if (result.code !== 0) throw new Error(`darklang ${args.join(" ")} failed: ${result.stderr}`);
    return result;
  };
  await succeed(["init", "--as", "Ada", "--owner", "Acme"]);
  return {
    folder,
    try: attempt,
    do: (...args) => succeed(args),
    save: (location, source) => succeed(["save", location], { input: source }),
    ask: async (...args) => (await succeed([...args, "--json"])).json,
  };
}

/** An editor, for $EDITOR: a Node program that finds its file's path in `path`. */
export function editorOf(folder: string, program: string): string {
  const script = join(folder, "editor.mjs");
  writeFileSync(
    script,
    `import * as fs from "node:fs";\nimport { spawnSync } from "node:child_process";\nconst path = process.argv[2];\n${program}\n`,
  );
  return `'${process.execPath}' '${script}'`;
}
