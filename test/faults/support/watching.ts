import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../../apps/cli/bin/darklang.js", import.meta.url));

/** A `darklang sync --watch` in a process of its own. */
export interface Watching {
  readonly child: ChildProcess;
  /** What it printed so far. */
  printed(): string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Ends it politely; gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it; it ends with the test at the latest. */
export function startWatching(folder: string, env: Readonly<Record<string, string>> = {}): Watching {
  const child = spawn(process.execPath, [program, "--space", folder, "sync", "--watch"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  return {
    child,
    printed: () => printed,
    kill,
    stop: async () => {
      child.kill("SIGTERM");
      return (await ended)[0] as number | null;
    },
  };
}
