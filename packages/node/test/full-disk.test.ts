import { join } from "node:path";
import { StoreError } from "@darksync/runtime/store/store";
import { expect, test } from "vitest";
import { openDatabase } from "../src/sqlite/open-database.js";
import { openReplicaStore, replicaStoreOver } from "../src/sqlite/replica-store.js";
import { replicaSchema } from "../src/sqlite/schema.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();

test("a full disk is named, what is there stays readable, and small writes go on when there is room", async () => {
  const path = join(folder(), "replica.db");
  const database = openDatabase(path, replicaSchema, {});
  const store = replicaStoreOver(database, path);
  await store.write(({ meta }) => meta.set("before", "here"));
  database.pragma(`max_page_count = ${Number(database.pragma("page_count", { simple: true })) + 10}`);

  const fill = store.write(({ meta, queue }) => {
    meta.set("half", "done");
    for (let number = 0; number < 1000; number += 1) meta.set(`key ${number}`, "x".repeat(1000));
    return queue.list();
  });
  const error: unknown = await fill.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "disk-full", hint: expect.stringContaining("free some space") });

  expect(store.read(({ meta }) => [meta.get("before"), meta.get("half")])).toEqual(["here", null]);
  await store.write(({ meta }) => meta.set("after", "small"));
  database.pragma("max_page_count = 100000");
  await store.write(({ meta }) => meta.set("large", "x".repeat(100_000)));
  store.close();

  const again = openReplicaStore(path, { create: false });
  expect(again.read(({ meta }) => [meta.get("after"), meta.get("large")?.length])).toEqual([
    "small",
    100_000,
  ]);
  again.close();
});
