import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type CliRun, run } from "./cli.js";
import { type RelayProcess, startRelay } from "./relay.js";

/** A folder that goes when the test is over. Call it within a test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "darksync-session-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A relay that ends when the test is over. */
export async function testRelay(data: string, port = 0): Promise<RelayProcess> {
  const relay = await startRelay(data, port);
  onTestFinished(() => relay.kill());
  return relay;
}

/** What is true of sync, as every command says. */
export interface SyncFields {
  readonly state: string;
  readonly workOffline: boolean;
  readonly pending: number;
  readonly conflicts: number;
  readonly failed: number;
  readonly lastSyncedAt: string | null;
}

/** One teammate with a space in a folder, who types commands. */
export class Teammate {
  readonly name: string;
  readonly folder: string;

  constructor(name: string, parent: string) {
    this.name = name;
    this.folder = join(parent, name);
  }

  /** Runs a command in the space, whatever comes of it. */
  try(...args: readonly string[]): Promise<CliRun> {
    return run(["--space", this.folder, ...args]);
  }

  /** Runs a command that must succeed; gives what `--json` says. */
  async do(...args: readonly string[]): Promise<Record<string, unknown>> {
    const result = await this.try("--json", ...args);
    expect(result.code, `${args.join(" ")}: ${result.stdout}${result.stderr}`).toBe(0);
    return result.json;
  }

  init(owner: string): Promise<Record<string, unknown>> {
    return this.do("init", "--as", this.name, "--owner", owner);
  }

  async join(url: string): Promise<Record<string, unknown>> {
    const result = await run(["--json", "join", url, this.folder, "--as", this.name]);
    expect(result.code, result.stderr).toBe(0);
    return result.json;
  }

  /** Saves a definition with no traffic. */
  async save(location: string, source: string): Promise<string> {
    const input = { input: source };
    const result = await run(["--space", this.folder, "--json", "--offline", "save", location], input);
    expect(result.code, result.stderr).toBe(0);
    return String(result.json.change);
  }

  /** `let NAME = VALUE` at a location. */
  saveValue(location: string, value: number): Promise<string> {
    return this.save(location, `let ${location.split(".").at(-1)} = ${value}L\n`);
  }

  async sync(): Promise<Record<string, unknown>> {
    return this.do("sync");
  }

  /** The `sync` field of the last word on it. */
  async fields(): Promise<SyncFields> {
    return (await this.do("status")).sync as SyncFields;
  }

  /** What the space shows: locations with their texts and marks. `options`: for every command. */
  async view(...options: readonly string[]): Promise<Record<string, unknown>> {
    const { items } = await this.do(...options, "ls");
    const view: Record<string, unknown> = {};
    for (const { location } of items as { location: string }[]) {
      const { definition } = await this.do(...options, "view", location);
      const { source, mark, conflict } = definition as Record<string, unknown>;
      view[location] = { source, mark, conflict };
    }
    return view;
  }
}

const limitMs = 30_000;
const lookAgainMs = 25;

/** Waits until something holds, and fails with what was seen last if it does not in half a minute. */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
): Promise<Value> {
  const deadlineMs = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadlineMs) throw new Error(`still not so: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
}
