import { createHash } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RelayProcess } from "../support/relay.js";
import { newSpace } from "../support/space.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

/** A text of some kilobytes. */
function source(name: string, value: number): string {
  const lines = Array.from(
    { length: 60 },
    (_, line) => `  let step${line} = Stdlib.List.map${value} things "of ${name}"`,
  );
  return `let ${name} (things: List<Int64>) : Int64 =\n${lines.join("\n")}\n  ${value}L`;
}

/** Ada with forty versions of one definition, all of which the relay has. */
async function manyVersions(): Promise<{ ada: Teammate; first: string; folder: string; url: string }> {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await ada.do("sync", "--strategy", "lazy");
  const file = join(folder, "Acme.dark");
  let first = "";
  for (let value = 0; value < 8; value += 1) {
    const definitions = [0, 1, 2, 3, 4].map((name) => source(`work${name}`, value));
    writeFileSync(file, `module Acme.Jobs\n\n${definitions.join("\n\n")}\n`);
    await ada.do("import", file);
    if (value === 0) first = latestOf(await ada.do("log"));
  }
  await ada.sync();
  return { ada, first, folder, url: relay.url };
}

function latestOf(log: Record<string, unknown>): string {
  const [latest] = log.changes as readonly { readonly id: string }[];
  return latest?.id ?? "";
}

test("S7: cache tells what the space takes; --evict frees it, and all can be read as before", async () => {
  const { ada, first } = await manyVersions();
  const before = await ada.do("cache");
  expect(before).toMatchObject({
    limitBytes: 2_000_000_000,
    keep: [],
    texts: { count: 40, evicted: 0 },
    essential: { count: 5 },
    evictable: { texts: 35 },
  });
  const after = await ada.do("--offline", "cache", "--evict");
  expect(after).toMatchObject({ evicted: 35, texts: { count: 5, evicted: 35 }, evictable: { texts: 0 } });
  expect(after.freedBytes).toBeGreaterThan(100_000);
  expect(after.usedBytes).toBe(Number(before.usedBytes) - Number(after.freedBytes));
  const { size } = statSync(join(ada.folder, ".darklang", "space.db"));
  expect(size, "the file itself is smaller").toBe(after.usedBytes);
  const viewed = await ada.do("--offline", "view", "Acme.Jobs.work3", "--at", first);
  expect(viewed.definition).toMatchObject({ source: source("work3", 0) });
  const found = await ada.do("--offline", "search", "map7 THINGS");
  expect(found.items).toHaveLength(5);
  expect(await ada.do("doctor")).toMatchObject({ ok: true });
  expect(await ada.do("cache", "--evict")).toMatchObject({ evicted: 0 });
});

test("S7: a sync makes room by itself, once the space is over its limit, and spares who is kept", async () => {
  const { ada, folder, url } = await manyVersions();
  await ada.do("cache", "--limit", "1kB", "--keep", "Acme");
  await ada.saveValue("Other.a", 1);
  await ada.sync();
  expect(await ada.do("cache")).toMatchObject({ keep: ["Acme"], texts: { evicted: 0 } });
  await ada.do("cache", "--unkeep", "Acme");
  await ada.saveValue("Other.a", 2);
  await ada.sync();
  expect(await ada.do("cache")).toMatchObject({ keep: [], texts: { count: 6, evicted: 36 } });
  const bob = new Teammate("Bob", folder);
  await bob.join(url);
  expect(await ada.view()).toEqual(await bob.view());
});

test("S7: nothing goes that no relay has", async () => {
  const space = await newSpace();
  for (const value of [1, 2, 3]) await space.save("Acme.a", source("a", value));
  const { stdout } = await space.do("cache", "--evict");
  expect(stdout).toContain("3 texts");
  expect(stdout).not.toContain("evicted");
  expect(await space.ask("cache")).toMatchObject({
    texts: { count: 3, evicted: 0 },
    evictable: { texts: 0 },
  });
});

test("cache refuses what makes no sense, and says what would", async () => {
  const space = await newSpace();
  await space.save("Stripe.Charge.make", "let make = 1L\n");
  for (const limit of ["lots", "-5MB", "5XB", "", "1e99TB", "5"]) {
    const { code, stderr } = await space.try(["cache", `--limit=${limit}`]);
    expect(code, limit).toBe(2);
    expect(stderr, limit).toContain("Give a size, like 500MB or 2GB.");
  }
  const unknown = await space.try(["cache", "--keep", "Stripe", "Nobody", "--json"]);
  expect(unknown.code).toBe(1);
  expect(unknown.json).toMatchObject({
    error: { code: "unknown-owner", hint: "It has Acme, Stripe." },
  });
  expect((await space.ask("cache")).keep, "all or none").toEqual([]);
  expect((await space.try(["cache", "--unkeep", "Stripe"])).stderr).toContain("None is kept now.");
  expect(await space.ask("cache", "--limit", "1.5GB", "--keep", "Stripe", "Acme")).toMatchObject({
    limitBytes: 1_500_000_000,
    keep: ["Acme", "Stripe"],
  });
  const { stdout } = await space.do("cache", "--limit", "0");
  expect(stdout).toContain("What is always kept takes more than the limit.");
  expect(stdout).toContain("Kept whole: Acme, Stripe");
});

/** A text that compresses badly, so that a relay seals it soon. */
function noise(name: string, seed: string): string {
  const lines = Array.from({ length: 100 }, (_, line) => {
    const word = createHash("sha512").update(`${seed} ${name} ${line}`).digest("base64url");
    return `  let line${line} = "${word}"`;
  });
  return `let ${name} (x: Int64) : Int64 =\n${lines.join("\n")}\n  x`;
}

interface Sealed {
  readonly bob: Teammate;
  readonly relay: RelayProcess;
  /** The change that brought the first version of `Acme.Jobs.work0`. */
  readonly first: string;
}

/** Bob has a copy of a space whose history the relay has sealed; `Acme.Jobs.work0` has a second version. */
async function sealedSpace(): Promise<Sealed> {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await ada.do("sync", "--strategy", "lazy");
  const file = join(folder, "Acme.dark");
  const definitions = Array.from({ length: 160 }, (_, index) => noise(`work${index}`, "first"));
  writeFileSync(file, `module Acme.Jobs\n\n${definitions.join("\n\n")}\n`);
  await ada.do("import", file);
  const first = latestOf(await ada.do("log"));
  await ada.sync();
  await eventually(
    () => relay.metric("darksync_segments_sealed_total"),
    (sealed) => sealed > 0,
  );
  await ada.save("Acme.Jobs.work0", noise("work0", "second"));
  await ada.sync();
  await bob.join(relay.url);
  await bob.do("sync", "--strategy", "lazy");
  return { bob, relay, first };
}

async function evictedBytes(mate: Teammate): Promise<number> {
  const { history } = await mate.do("cache");
  return (history as { evictedBytes: number }).evictedBytes;
}

test("S7: sealed history goes too, and comes back from the relay when a command needs it", {
  timeout: 120_000,
}, async () => {
  const { bob, relay, first } = await sealedSpace();
  const old = ["view", "Acme.Jobs.work0", "--at", first] as const;
  const before = await bob.do("cache");
  expect((before.evictable as { historyBytes: number }).historyBytes).toBeGreaterThan(500_000);
  expect(await bob.do("cache", "--evict")).toMatchObject({ segments: 1, evicted: 1 });
  expect(await evictedBytes(bob)).toBeGreaterThan(500_000);
  const shown = await bob.do("--offline", "view", "Acme.Jobs.work0");
  expect(shown.definition).toMatchObject({ source: noise("work0", "second") });
  expect(await bob.do("doctor")).toMatchObject({ ok: true });
  expect((await bob.try("doctor")).stdout).toContain("of history that was evicted");
  const word = noise("work7", "first").split("\n")[50]?.trim() ?? "";
  expect((await bob.do("--offline", "search", word)).items).toMatchObject([{ location: "Acme.Jobs.work7" }]);
  await bob.save("Acme.Jobs.work1", "let work1 = 1L\n");

  const offline = await bob.try("--offline", "--json", ...old);
  expect(offline.code).toBe(1);
  expect(offline.json).toMatchObject({
    error: {
      code: "not-cached",
      message: "not here: what this needs was evicted to save space, and --offline allows no traffic",
      hint: "When online: darklang view Acme.Jobs.work0, or queue it: darklang queue pull Acme.Jobs.work0",
    },
  });
  await bob.do("offline", "on");
  expect((await bob.try(...old)).stderr).toContain("this space works offline by choice");
  expect((await bob.try("log")).stderr).toContain("hint: When online: darklang log\n");
  await bob.do("offline", "off");

  const viewed = await bob.do(...old);
  expect(viewed.definition).toMatchObject({ source: noise("work0", "first") });
  expect(await evictedBytes(bob)).toBe(0);
  await bob.do("--offline", ...old);

  await bob.do("cache", "--evict");
  await bob.do("--offline", "queue", "pull", "Acme.Jobs.work0");
  await bob.sync();
  expect((await bob.do("queue")).queue).toEqual([]);
  await bob.do("--offline", ...old);

  await bob.do("cache", "--evict");
  await bob.do("sync", "--full");
  expect(await evictedBytes(bob)).toBe(0);
  expect(await bob.do("doctor")).toMatchObject({ ok: true });

  await bob.do("cache", "--evict");
  await relay.stop();
  const cut = await bob.try(...old);
  expect(cut.code).toBe(1);
  expect(cut.stderr).toContain("could not be fetched");
  const resolved = await bob.do("resolve", "Acme.Jobs.work0");
  expect(resolved).toMatchObject({ location: "Acme.Jobs.work0" });
});
