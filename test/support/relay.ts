import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A relay process of the built `darklang-relay`. */
export interface RelayProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What it printed so far, a line each. */
  readonly lines: readonly string[];
  /** Ends it politely; gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** The value of a metric. */
  metric(name: string): Promise<number>;
}

const program = fileURLToPath(new URL("../../apps/relay/bin/darklang-relay.js", import.meta.url));

/** Starts a relay on this folder; fulfilled when it listens. Port 0 takes any. */
export async function startRelay(data: string, port = 0): Promise<RelayProcess> {
  const child = spawnRelay(["--open", "--port", `${port}`, "--data", data]);
  const lines: string[] = [];
  const printed = createInterface({ input: child.stdout ?? process.stdin });
  printed.on("line", (line) => lines.push(line));
  const ended = once(child, "exit");
  await Promise.race([once(printed, "line"), ended]);
  const first = lines[0];
  if (first === undefined) throw new Error("the relay did not start");
  const { url } = JSON.parse(first) as { url: string };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    lines,
    stop: async () => {
      child.kill("SIGTERM");
      return (await ended)[0] as number | null;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    metric: (name) => readMetric(url, name),
  };
}

/** What a relay that ends by itself says. */
export interface RelayRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built relay to its end; for wrong usage and what keeps it from starting. */
export async function runRelay(args: readonly string[]): Promise<RelayRun> {
  const child = spawnRelay(args);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [code] = await once(child, "close");
  return {
    code: code as number | null,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

function spawnRelay(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the relay has no metric ${name}`);
  return Number(line.split(" ")[1]);
}
