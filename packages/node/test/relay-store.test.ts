import { closeSync, cpSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRelaySpaces } from "../src/sqlite/relay-spaces.js";
import { WalFlush } from "../src/sqlite/wal-flush.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();
const space = "ab".repeat(16);

/** The salts of a write-ahead log: new ones whenever it begins anew (SQLite's file format, 4.1). */
function saltsOf(wal: string): string {
  const header = Buffer.alloc(32);
  const file = openSync(wal, "r");
  readSync(file, header, 0, header.length, 0);
  closeSync(file);
  return header.toString("hex", 16, 24);
}

test("what is durable is in the files, and a relay that is killed finds it there", async () => {
  const dir = folder();
  const spaces = openRelaySpaces(dir);
  const store = spaces.create(space);
  await store.write(({ meta }) => meta.set("a", "1"));
  await store.durable();
  const copy = join(dir, "copy");
  for (const suffix of [".db", ".db-wal"]) cpSync(join(dir, space + suffix), join(copy, space + suffix));
  spaces.close();
  const found = openRelaySpaces(copy);
  expect(found.open(space)?.read(({ meta }) => meta.get("a"))).toBe("1");
  found.close();
});

test("a log that is written without end begins anew: it is copied by another thread, and writes wait for the rest", async () => {
  const dir = folder();
  const spaces = openRelaySpaces(dir);
  const store = spaces.create(space);
  await store.write(({ meta }) => meta.set("first", "1"));
  const wal = join(dir, `${space}.db-wal`);
  const before = saltsOf(wal);
  let count = 0;
  for (; saltsOf(wal) === before && count < 3000; count += 1) {
    await store.write(({ meta }) => meta.set(`key ${count % 50}`, `${count} ${"x".repeat(200_000)}`));
    await new Promise(setImmediate);
  }
  expect(count).toBeLessThan(3000);
  await store.durable();
  expect(store.read(({ meta }) => meta.get("first"))).toBe("1");
  expect(store.read(({ meta }) => meta.get(`key ${(count - 1) % 50}`))).toContain(`${count - 1} x`);
  spaces.close();
});

test("R81: a space that is closed leaves no log behind, and opens again with all it had", async () => {
  const dir = folder();
  const spaces = openRelaySpaces(dir);
  const store = spaces.create(space);
  // Long enough that the other thread has to copy it.
  await store.write(({ meta }) => {
    for (let number = 0; number < 40; number += 1) meta.set(`key ${number}`, "x".repeat(100_000));
  });
  store.close();
  const again = spaces.open(space);
  expect(again).not.toBe(store);
  await again?.write(({ meta }) => meta.set("last", "1"));
  expect(again?.read(({ meta }) => [meta.get("key 39")?.length, meta.get("last")])).toEqual([100_000, "1"]);
  again?.close();
  expect(readdirSync(dir)).toEqual([`${space}.db`]);
  spaces.close();
});

test("R82: after one flush has failed nothing is durable any more, and all who ask hear why", async () => {
  const flush = new WalFlush(join(folder(), "missing.db"));
  const asked = await Promise.allSettled([flush.durable(), flush.durable()]);
  expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(flush.durable()).rejects.toMatchObject({ code: "disk-failed" });
  expect(flush.failure).not.toBeNull();
});
