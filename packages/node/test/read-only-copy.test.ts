import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCopy } from "../src/sqlite/read-only-copy.js";
import { openReplicaStore, replicaStoreOver } from "../src/sqlite/replica-store.js";
import { replicaSchema } from "../src/sqlite/schema.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();

function copiesLeft(): number {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("darklang-copy-")).length;
}

test("a database that cannot be written is read from a copy, with what stands in its write-ahead log; nothing is left of it", async () => {
  const path = join(folder(), "replica.db");
  const writer = openReplicaStore(path);
  await writer.write(({ meta }) => meta.set("key", "in the log"));
  const before = ["", "-wal"].map((part) => readFileSync(path + part));
  const left = copiesLeft();
  const copy = replicaStoreOver(openCopy(path, replicaSchema), path);
  expect(copiesLeft()).toBe(left);
  expect(copy.read(({ meta }) => meta.get("key"))).toBe("in the log");
  await expect(copy.write(({ meta }) => meta.set("key", "other"))).rejects.toThrow("readonly");
  expect(copy.read(({ meta }) => meta.get("key"))).toBe("in the log");
  copy.close();
  expect(["", "-wal"].map((part) => readFileSync(path + part))).toEqual(before);
  writer.close();
});
