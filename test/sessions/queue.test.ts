import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openSpaceIn, saveInBatches } from "../bench/spaces.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

interface Item {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly log?: string;
  readonly count?: number;
  readonly error: string | null;
}

async function queueOf(mate: Teammate): Promise<readonly Item[]> {
  return (await mate.do("queue")).queue as Item[];
}

async function linked(owner = "Acme"): Promise<{ folder: string; ada: Teammate; url: string }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init(owner);
  await ada.do("sync", "--strategy", "lazy");
  await ada.do("sync", "--relay", relay.url);
  return { folder, ada, url: relay.url };
}

test("saves in a row are one item with a count; done items go (S2)", async () => {
  const { ada } = await linked();
  for (const value of [1, 2, 3]) await ada.saveValue("Acme.a", value);
  const [item] = await queueOf(ada);
  expect(item).toMatchObject({
    type: "push_ops",
    status: "pending",
    retryCount: 0,
    error: null,
    count: 3,
    nextTryAt: null,
  });
  const shown = await ada.do("queue", "show", String(item?.id).slice(0, 5));
  expect(shown.changes).toMatchObject([{ state: "waiting" }, { state: "waiting" }, { state: "waiting" }]);
  await ada.sync();
  expect(await queueOf(ada)).toEqual([]);
});

test("what a relay took before it died is not counted as waiting any more (S3)", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--strategy", "lazy");
  const replica = await openSpaceIn(ada.folder, "normal");
  const values = Array.from({ length: 20_000 }, (_, index) => ({
    location: `Acme.value${index}`,
    text: { kind: "value", head: "let ", tail: ` = ${index}L` } as const,
  }));
  await saveInBatches(replica, values, 500);
  replica.store.close();
  const syncing = ada.try("sync", "--relay", relay.url);
  await eventually(
    () => relay.metric("darksync_changes_admitted_total"),
    (count) => count > 2000,
  );
  await relay.kill();
  expect((await syncing).code).toBe(1);
  const { pending } = await ada.fields();
  expect(pending).toBeLessThan(values.length);
  const counts = (await queueOf(ada)).map(({ count = 0 }) => count);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(pending);
});

test("an item moves before another, and what it depends on goes along (S2)", async () => {
  const { ada } = await linked();
  await ada.saveValue("Acme.a", 1);
  await ada.saveValue("Other.b", 1);
  await ada.saveValue("Acme.a", 2);
  await ada.saveValue("Third.c", 1);
  const logs = async () => (await queueOf(ada)).map(({ log }) => log);
  expect(await logs()).toEqual(["main/Acme", "main/Other", "main/Acme", "main/Third"]);
  const [first, other, second, third] = await queueOf(ada);
  expect(await ada.do("queue", "move", String(third?.id), "--before", String(first?.id))).toMatchObject({
    moved: [third?.id],
  });
  expect(await logs()).toEqual(["main/Third", "main/Acme", "main/Other", "main/Acme"]);
  expect(await ada.do("queue", "move", String(second?.id), "--before", String(third?.id))).toMatchObject({
    moved: [first?.id, second?.id],
  });
  expect((await queueOf(ada)).map(({ id }) => id)).toEqual([first?.id, second?.id, third?.id, other?.id]);
  const sync = await ada.sync();
  expect(sync).toMatchObject({ pushed: 4, failed: 0 });
});

test("discarding writes a bundle first; applying it queues the same changes again, on this device only", async () => {
  const { folder, ada, url } = await linked();
  const bob = new Teammate("Bob", folder);
  await bob.join(url);
  await ada.saveValue("Acme.a", 1);
  await ada.sync();
  const ids = [await ada.saveValue("Acme.a", 2), await ada.saveValue("Acme.b", 1)];
  const before = await ada.view();
  const { dropped, bundle } = await ada.do("sync", "--clear-queue");
  expect(dropped).toBe(2);
  expect(statSync(String(bundle)).mode & 0o777).toBe(0o600);
  expect(await ada.fields()).toMatchObject({ state: "synced", pending: 0 });
  expect(await ada.view()).toMatchObject({
    "Acme.a": { mark: "synced", source: expect.stringContaining("1L") },
  });
  expect(Object.keys(await ada.view())).toEqual(["Acme.a"]);
  expect(await queueOf(ada)).toEqual([]);
  const wrongDevice = await bob.try("--json", "bundle", "apply", String(bundle));
  expect(wrongDevice.code).toBe(1);
  expect(wrongDevice.json.error).toMatchObject({ code: "other-device" });
  expect(await ada.do("bundle", "apply", String(bundle))).toMatchObject({ queued: 2, known: 0 });
  expect(await ada.do("bundle", "apply", String(bundle))).toMatchObject({ queued: 0, known: 2 });
  expect(await ada.view()).toEqual(before);
  expect(await ada.sync()).toMatchObject({ pushed: 2 });
  const { changes } = await ada.do("log");
  expect((changes as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  await bob.sync();
  expect(await bob.view()).toEqual(await ada.view());
});

test("a bundle that is none, is damaged or of another format is refused, and nothing changes", async () => {
  const { folder, ada } = await linked();
  await ada.saveValue("Acme.a", 1);
  const { bundle } = await ada.do("sync", "--clear-queue");
  const bytes = readFileSync(String(bundle));
  const cases: readonly [Buffer, string][] = [
    [Buffer.from("hello"), "not-a-bundle"],
    [Buffer.alloc(0), "not-a-bundle"],
    [bytes.subarray(0, bytes.length - 1), "bundle-damaged"],
    [Buffer.from(bytes.map((byte, index) => (index === 40 ? byte ^ 1 : byte))), "bundle-damaged"],
    [Buffer.from(bytes.map((byte, index) => (index === 18 ? 9 : byte))), "bundle-version"],
  ];
  for (const [content, code] of cases) {
    writeFileSync(`${folder}/bad`, content);
    const result = await ada.try("--json", "bundle", "apply", `${folder}/bad`);
    expect(result.json.error).toMatchObject({ code });
  }
  const missing = await ada.try("--json", "bundle", "apply", `${folder}/missing`);
  expect(missing.json.error).toMatchObject({ code: "no-such-file" });
  expect(await ada.fields()).toMatchObject({ pending: 0 });
});

test("dropping one item takes what depends on it and leaves the others", async () => {
  const { ada } = await linked();
  await ada.saveValue("Acme.a", 1);
  await ada.saveValue("Other.b", 1);
  await ada.saveValue("Acme.a", 2);
  const [first] = await queueOf(ada);
  const { dropped, bundle } = await ada.do("queue", "drop", String(first?.id));
  expect(dropped).toBe(2);
  expect(existsSync(String(bundle))).toBe(true);
  expect((await queueOf(ada)).map(({ log }) => log)).toEqual(["main/Other"]);
  expect(await ada.sync()).toMatchObject({ pushed: 1 });
});

test("a pull is done when the location is here after a sync, and fails with a reason when it is nowhere", async () => {
  const { folder, ada, url } = await linked();
  const bob = new Teammate("Bob", folder);
  await bob.join(url);
  await bob.do("sync", "--strategy", "lazy");
  await ada.saveValue("Acme.a", 1);
  await bob.do("queue", "pull", "Acme.a");
  expect(await queueOf(bob)).toMatchObject([{ type: "pull", status: "pending", what: "Acme.a" }]);
  await ada.sync();
  await bob.sync();
  expect(await queueOf(bob)).toEqual([]);
  await bob.do("queue", "pull", "Acme.nowhere");
  const failed = await bob.try("--json", "sync");
  expect(failed.code).toBe(1);
  expect(failed.json).toMatchObject({ failed: 1, sync: { state: "failed" } });
  const [item] = await queueOf(bob);
  expect(item).toMatchObject({ status: "failed", error: expect.stringContaining("Acme.nowhere") });
  await ada.saveValue("Acme.nowhere", 1);
  await ada.sync();
  expect(await bob.do("sync", "--retry-failed")).toMatchObject({ failed: 0 });
});
