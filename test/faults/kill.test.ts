import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeBlock, readPayload } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import { deviceOf } from "@darksync/core/stream";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { batchBytes } from "@darksync/sync/message";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/cli.js";
import { type RelayProcess, startRelay } from "../support/relay.js";
import { seed, seededChance } from "./support/chance.js";
import { makeChanges } from "./support/many-changes.js";

const changeCount = 10_000;
const points = 50;
const pointsPerTest = 10;
const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));

/** A space with changes that were never sent, and the relay it is linked to: copied for each point. */
interface Template {
  readonly folder: string;
  readonly port: number;
  readonly space: string;
  /** How long the whole push takes when nothing is killed. */
  readonly pushMs: number;
}

let template: Template;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "darksync-kill-"));
  const relay = await startRelay(join(folder, "relay"));
  try {
    const made = await run(["--json", "init", join(folder, "ada"), "--as", "Ada", "--owner", "Acme"]);
    await run(["--space", join(folder, "ada"), "sync", "--relay", relay.url]);
    await relay.stop();
    // Texts that hardly compress, so that the push takes many batches.
    await makeChanges(join(folder, "ada"), changeCount, () => Buffer.from(systemRandom(200)).toString("hex"));
    const { port } = relay;
    template = { folder, port, space: String(made.json.space), pushMs: 0 };
    template = { ...template, pushMs: await timePush() };
  } finally {
    await relay.kill();
  }
}, 120_000);

afterAll(() => rmSync(template.folder, { recursive: true, force: true }));

async function timePush(): Promise<number> {
  const point = copyTemplate();
  const relay = await startRelay(point.data, template.port);
  const startMs = Date.now();
  const { code } = await run(["--space", point.space, "sync"]);
  const pushMs = Date.now() - startMs;
  expect(code).toBe(0);
  await relay.kill();
  point.remove();
  return pushMs;
}

interface Point {
  readonly data: string;
  readonly space: string;
  remove(): void;
}

function copyTemplate(): Point {
  const folder = mkdtempSync(join(tmpdir(), "darksync-point-"));
  cpSync(join(template.folder, "relay"), join(folder, "relay"), { recursive: true });
  cpSync(join(template.folder, "ada"), join(folder, "ada"), { recursive: true });
  return {
    data: join(folder, "relay"),
    space: join(folder, "ada"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function startSync(space: string): ChildProcess {
  return spawn(process.execPath, [program, "--space", space, "sync"], { stdio: "ignore" });
}

/** What the relay's rows hold: each stream's block hashes, all change ids, and the sizes of blocks. */
function readRelay(data: string) {
  const spaces = openRelaySpaces(data);
  const held = { hashes: new Map<string, string>(), changes: [] as string[], sizes: [] as number[] };
  spaces.open(template.space)?.read(({ blocks }) => {
    for (const log of blocks.logs()) {
      for (const stream of blocks.tips(log).keys()) {
        for (const { seq, hash, bytes } of blocks.read(log, stream, 1, Number.MAX_SAFE_INTEGER)) {
          held.hashes.set(`${log} ${stream} ${seq}`, hash);
          held.sizes.push(bytes.length);
          const block = decodeBlock(bytes);
          const changes = block === null ? null : readPayload(nodeCompression, block);
          for (const change of changes ?? []) {
            held.changes.push(changeId(sha256, deviceOf(stream), log, change));
          }
        }
      }
    }
  });
  spaces.close();
  return held;
}

/** What the replica says is durable is on the relay, block for block (L5). */
function expectNothingMissing(point: Point): number {
  const { hashes } = readRelay(point.data);
  const store = openReplicaStore(join(point.space, ".darklang", "space.db"));
  let durableBlocks = 0;
  store.read(({ blocks, durable }) => {
    for (const log of blocks.logs()) {
      for (const [stream, seq] of durable.durable(log)) {
        durableBlocks += seq;
        for (let at = 1; at <= seq; at += 1) {
          expect(hashes.get(`${log} ${stream} ${at}`)).toBe(blocks.hashAt(log, stream, at));
        }
      }
    }
  });
  store.close();
  return durableBlocks;
}

/** The most blocks in a row that one batch may hold. */
function mostPerBatch(sizes: readonly number[]): number {
  let most = 1;
  for (let first = 0; first < sizes.length; first += 1) {
    let bytes = 0;
    let count = 0;
    for (const size of sizes.slice(first)) {
      bytes += size;
      count += 1;
      if (bytes >= batchBytes) break;
    }
    most = Math.max(most, count);
  }
  return most;
}

/** Kills the relay or the command in the middle of the push; returns how far it had come, in durable blocks. */
async function killAndFinish(chance: () => number): Promise<number> {
  const point = copyTemplate();
  const killsRelay = chance() < 0.5;
  let relay: RelayProcess = await startRelay(point.data, template.port);
  try {
    const command = startSync(point.space);
    const ended = once(command, "exit");
    const delayMs = chance() * template.pushMs;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, delayMs)), ended]);
    if (killsRelay) await relay.kill();
    else command.kill("SIGKILL");
    await ended;
    const durableBlocks = expectNothingMissing(point);
    if (killsRelay) relay = await startRelay(point.data, template.port);
    const { code, json } = await run(["--space", point.space, "--json", "sync"]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ failed: 0, sync: { state: "synced", pending: 0 } });
    const repeated = await relay.metric("darksync_blocks_repeated_total");
    expectNothingMissing(point);
    const { changes, sizes } = readRelay(point.data);
    expect(changes.length).toBe(changeCount + 1);
    expect(new Set(changes).size).toBe(changes.length);
    expect(repeated).toBeLessThanOrEqual(mostPerBatch(sizes));
    return durableBlocks;
  } finally {
    await relay.kill();
    point.remove();
  }
}

for (let first = 0; first < points; first += pointsPerTest) {
  test(`S3, L5: kill -9 in the middle of a push loses and doubles nothing (points ${first + 1} to ${first + pointsPerTest})`, async () => {
    const reached = new Set<number>();
    for (let point = first; point < first + pointsPerTest; point += 1) {
      const durable = await killAndFinish(seededChance(seed * points + point)).catch((error: unknown) => {
        throw new Error(`seed ${seed}, point ${point + 1}`, { cause: error });
      });
      reached.add(durable);
    }
    console.log(`durable blocks when killed: ${[...reached].sort((left, right) => left - right).join(", ")}`);
  });
}
