import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StoreError } from "@darksync/runtime/store/store";
import { expect, test } from "vitest";
import { openDatabase } from "../src/sqlite/open-database.js";
import { openReplicaStore, replicaStoreOver } from "../src/sqlite/replica-store.js";
import { replicaSchema } from "../src/sqlite/schema.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();
const fileBeside = (name: string) => fileURLToPath(new URL(`./support/${name}`, import.meta.url));

/** Runs a process that adds `count` changes with numbers from `first` on; its exit code and what it complained of. */
function runAddingProcess(
  path: string,
  first: number,
  count: number,
): Promise<readonly [number | null, string]> {
  const child = spawn(
    process.execPath,
    [
      "--conditions=@darksync/source",
      "--import",
      fileBeside("source-hooks.ts"),
      fileBeside("adding-process.ts"),
      path,
      `${first}`,
      `${count}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve([code, complaints])));
}

test("processes make one database together and write at once: nothing is lost or doubled", async () => {
  const path = join(folder(), "replica.db");
  const runs = await Promise.all([0, 1, 2].map((run) => runAddingProcess(path, 1 + run * 1000, 300)));
  for (const [code, complaints] of runs) expect([code, complaints]).toEqual([0, complaints]);
  const store = openReplicaStore(path, { create: false });
  store.read(({ changes, meta }) => {
    expect(changes.count()).toBe(900);
    expect(meta.get("count")).toBe("900");
    expect(changes.after(0, 1000).map((change) => change.number)).toEqual(
      Array.from({ length: 900 }, (_, index) => index + 1),
    );
    expect(changes.logsWithUnsigned()).toHaveLength(5);
    for (const change of changes.after(0, 1000)) {
      const made = Number.parseInt(change.id, 16);
      expect(change.log).toBe(`main/Owner${made % 5}`);
      expect(Number(change.device)).toBe(Math.floor(made / 1000) * 1000 + 1);
    }
  });
  store.close();
});

test("what one connection writes the other sees at once", async () => {
  const path = join(folder(), "replica.db");
  const one = openReplicaStore(path);
  const two = openReplicaStore(path);
  await one.write(({ blocks }) => blocks.close("main/Acme", `${"1".repeat(64)}.${"2".repeat(16)}`, 4));
  expect(two.read(({ blocks }) => blocks.closedAt("main/Acme", `${"1".repeat(64)}.${"2".repeat(16)}`))).toBe(
    4,
  );
  await two.write(({ blocks }) => blocks.close("main/Acme", `${"1".repeat(64)}.${"2".repeat(16)}`, 5));
  expect(one.read(({ blocks }) => blocks.closedAt("main/Acme", `${"1".repeat(64)}.${"2".repeat(16)}`))).toBe(
    5,
  );
  one.close();
  two.close();
});

test("a reader keeps its state while another writes", async () => {
  const path = join(folder(), "replica.db");
  const one = openReplicaStore(path);
  const two = openReplicaStore(path);
  await one.write(({ meta }) => meta.set("clock", "1"));
  let written: Promise<void> | null = null;
  const seen = two.read(({ meta }) => {
    const before = meta.get("clock");
    written = one.write((tables) => tables.meta.set("clock", "2"));
    return [before, meta.get("clock")];
  });
  await written;
  expect(seen).toEqual(["1", "1"]);
  expect(two.read(({ meta }) => meta.get("clock"))).toBe("2");
  one.close();
  two.close();
});

test("a writer that waits too long is told so", async () => {
  const path = join(folder(), "replica.db");
  const one = openReplicaStore(path);
  const database = openDatabase(path, replicaSchema, {});
  database.pragma("busy_timeout = 50");
  const two = replicaStoreOver(database, path);
  let failed: Promise<unknown> | null = null;
  await one.write(() => {
    failed = two.write(({ meta }) => meta.set("clock", "1")).catch((error: unknown) => error);
  });
  const error: unknown = await failed;
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "database-busy" });
  await two.write(({ meta }) => meta.set("clock", "2"));
  one.close();
  two.close();
});
