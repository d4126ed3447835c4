import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a run of the built command came to. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The document that `--json` printed; throws if stdout is none. */
  readonly json: Record<string, unknown>;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What stdin gives; without it stdin is empty. */
  readonly input?: string | Uint8Array;
  /** Beside the environment of the tests; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));

/** Runs the built `darklang` in a process of its own, with no terminal. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, DARKLANG_SPACE: undefined, DARKLANG_BRANCH: undefined, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that reads no stdin may be gone before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [code, signal] = await once(child, "close");
  if (typeof code !== "number") throw new Error(`darklang ${args.join(" ")} was ended by ${signal}`);
  const printed = Buffer.concat(stdout).toString();
  return {
    code,
    stdout: printed,
    stderr: Buffer.concat(stderr).toString(),
    get json() {
      return JSON.parse(printed) as Record<string, unknown>;
    },
  };
}
