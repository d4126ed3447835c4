import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newSpace } from "../support/space.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

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
  for (const limit of ["lots", "-5MB", "5XB", "", "1e99TB"]) {
    const { code, stderr } = await space.try(["cache", `--limit=${limit}`]);
    expect(code, limit).toBe(2);
    expect(stderr, limit).toContain("Give a size, like 500MB or 2GB.");
  }
  const unknown = await space.try(["cache", "--keep", "Stripe", "Nobody", "--json"]);
  expect(unknown.code).toBe(1);
  expect(unknown.json).toMatchObject({
    error: { code: "unknown-owner", hint: "There are Acme, Stripe." },
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
