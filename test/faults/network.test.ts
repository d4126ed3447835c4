import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sampled, seed } from "./support/chance.js";
import { FaultProxy } from "./support/fault-proxy.js";
import { newRoot } from "./support/files.js";
import { command, type LocalRelay, serve } from "./support/in-process.js";
import { changeIds, claimedBlocks, readRelay, readSpace, viewOf } from "./support/space-reads.js";

const root = newRoot();
const template = join(root, "template");
const place = join(root, "place");
let relay: LocalRelay;
let proxy: FaultProxy;

/** Ada's and Bob's spaces, linked through the proxy, each with something that the other lacks. */
beforeAll(async () => {
  const data = join(place, "relay");
  mkdirSync(data, { recursive: true });
  relay = await serve(data);
  proxy = await FaultProxy.start(relay.port);
  await does("ada", "init", join(place, "ada"), "--as", "Ada", "--owner", "Acme");
  await does("ada", "sync", "--relay", proxy.url);
  await does("bob", "join", proxy.url, join(place, "bob"), "--as", "Bob");
  for (const member of ["ada", "bob"]) {
    await does(member, "sync", "--strategy", "lazy");
    for (const number of [1, 2, 3]) await saves(member, `Acme.${member}${number}`, number);
  }
  await does("bob", "sync");
  await relay.close();
  cpSync(place, template, { recursive: true });
}, 60_000);

afterAll(async () => {
  await proxy.stop();
  rmSync(root, { recursive: true, force: true });
});

afterEach(async () => {
  proxy.faults = {};
  proxy.reset();
  await relay.close();
});

async function does(member: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, json, stdout, stderr } = await command("--json", "--space", join(place, member), ...args);
  if (code !== 0) throw new Error(`${member}: ${args.join(" ")}: ${stdout}${stderr}`);
  return json;
}

async function saves(member: string, location: string, value: number): Promise<void> {
  const file = join(root, "input.dark");
  writeFileSync(file, `let ${location.split(".").at(-1)} = ${value}L\n`);
  await does(member, "--offline", "save", location, "--file", file);
}

/** Puts everything back to the beginning, and starts the relay. */
async function begin(): Promise<void> {
  rmSync(place, { recursive: true, force: true });
  cpSync(template, place, { recursive: true });
  relay = await serve(join(place, "relay"), relay.port);
}

/** What Ada says of sync now. */
async function statusOfAda(): Promise<Record<string, unknown>> {
  return (await does("ada", "status")).sync as Record<string, unknown>;
}

/** What Ada shows as synced is with the relay (L5), and after one good sync each both have all, once. */
async function expectNothingLost(): Promise<void> {
  const { blocks } = readRelay(join(place, "relay"));
  const claimed = readSpace(join(place, "ada"), claimedBlocks) ?? [];
  expect(claimed.filter((block) => !blocks.has(block))).toEqual([]);
  for (const member of ["ada", "bob"])
    expect((await does(member, "sync")).sync).toMatchObject({ state: "synced", pending: 0 });
  const [ada, bob] = ["ada", "bob"].map((member) => join(place, member));
  expect(readSpace(bob ?? "", viewOf)).toEqual(readSpace(ada ?? "", viewOf));
  const { changes } = readRelay(join(place, "relay"));
  expect(new Set(changes).size).toBe(changes.length);
  expect((readSpace(ada ?? "", changeIds) ?? []).toSorted()).toEqual(changes.toSorted());
}

/** How many bytes a whole sync takes each way. */
async function bytesOfSync(): Promise<{ readonly up: number; readonly down: number }> {
  await begin();
  const before = { ...proxy.passed };
  await does("ada", "sync");
  const after = { ...proxy.passed };
  await relay.close();
  return { up: after.up - before.up, down: after.down - before.down };
}

test("S3, L5: a sync that is cut after any byte, either way, is not shown as done, and the next one ends it", async () => {
  const bytes = await bytesOfSync();
  const points = (["up", "down"] as const).flatMap((direction) =>
    Array.from({ length: bytes[direction] }, (_, afterBytes) => ({ direction, afterBytes })),
  );
  const tried = sampled(points, 120);
  let wholeInSpite = 0;
  for (const cut of tried) {
    await begin();
    proxy.faults = { cut };
    const { code, json } = await command("--json", "--space", join(place, "ada"), "sync");
    proxy.faults = {};
    const where = `seed ${seed}, ${cut.direction} after ${cut.afterBytes} of ${bytes[cut.direction]} bytes`;
    if (code === 0) wholeInSpite += 1;
    else expect(json, where).toMatchObject({ error: { code: "relay-unreachable" } });
    const { state, pending } = await statusOfAda();
    expect(state, where).toBe(code === 0 ? "synced" : "offline");
    if (code === 0) expect(pending, where).toBe(0);
    await expectNothingLost().catch((error: unknown) => {
      throw new Error(where, { cause: error });
    });
    await relay.close();
  }
  await begin();
  console.log(`${tried.length} of ${points.length} cuts; ${wholeInSpite} after all was done`);
  // The last bytes only say good-bye.
  expect(wholeInSpite).toBeLessThan(tried.length / 4);
}, 3_600_000);

test("S6: a relay that cannot be reached is told as that, and nothing is shown as synced", async () => {
  await begin();
  proxy.faults = { refuses: true };
  const { code, json } = await command("--json", "--space", join(place, "ada"), "sync");
  expect(code).toBe(1);
  expect(json).toMatchObject({ error: { code: "relay-unreachable" } });
  expect(await statusOfAda()).toMatchObject({ state: "offline", pending: 3 });
  proxy.faults = {};
  await expectNothingLost();
});

test("M9: a link that swallows everything in the middle of a sync is given up within three looks", async () => {
  await begin();
  proxy.faults = { latencyMs: 20 };
  const before = proxy.passed.up;
  const syncing = command("--json", "--space", join(place, "ada"), "sync");
  while (proxy.passed.up - before < 300) await new Promise((resolve) => setTimeout(resolve, 1));
  const startMs = performance.now();
  proxy.faults = { blackhole: true };
  const { code, json } = await syncing;
  const tookMs = performance.now() - startMs;
  proxy.faults = {};
  expect(code).toBe(1);
  expect(json).toMatchObject({ error: { code: "relay-silent" } });
  expect(tookMs).toBeLessThan(15_000);
  expect(await statusOfAda()).toMatchObject({ state: "offline" });
  await expectNothingLost();
});

test("S3: over a slow and distant link a sync takes its time and comes to its end", async () => {
  await begin();
  proxy.faults = { latencyMs: 150, bytesPerSecond: 4000 };
  const startMs = performance.now();
  expect((await does("ada", "sync")).sync).toMatchObject({ state: "synced", pending: 0 });
  expect(performance.now() - startMs).toBeGreaterThan(450);
  proxy.faults = {};
  await expectNothingLost();
});
