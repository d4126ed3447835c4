import { join } from "node:path";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { opId } from "@darksync/core/op-id";
import { success } from "@darksync/core/result";
import { commitChange } from "@darksync/runtime/replica/commit-change";
import type { Replica } from "@darksync/runtime/replica/replica";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { must } from "../../runtime/test/support/conflicted.js";
import { newReplica, testFolder } from "../../runtime/test/support/team.js";
import { openReplicaStore, replicaStoreOver } from "../src/sqlite/replica-store.js";

const count = 400;

const commit = (replica: Replica, ops: readonly Op[]) =>
  must(commitChange(replica, () => success({ log: "main/Acme", ops })));

test("a change is written once, not again for each of others that its ops look at", async () => {
  const path = join(testFolder(), "replica.db");
  openReplicaStore(path).close();
  const database = new Database(path);
  const replica = await newReplica("Ada", "5a".repeat(16), replicaStoreOver(database, path));
  const locations = Array.from({ length: count }, (_, index) => `Acme.a${index}`);
  const first = await commit(
    replica,
    locations.flatMap((location, index): readonly Op[] => [
      { type: "AddValue", head: "let ", tail: ` = ${index}L` },
      { type: "SetName", location, kind: "value", target: previousOp, movedFrom: null, supersedes: [] },
    ]),
  );
  const remove = () =>
    commit(
      replica,
      locations.map((location, index): Op => {
        return { type: "UnsetName", location, movedTo: null, supersedes: [opId(first, 2 * index + 1)] };
      }),
    );
  await remove();
  const written = () => database.prepare<[], { rows: number }>("select total_changes() as rows").get()?.rows;
  const before = written() ?? 0;
  // What it replaces is no head any more, so that each op has to look at the first change.
  await remove();
  // Of each register its heads, and what they come to; the change.
  expect((written() ?? 0) - before).toBeLessThan(count * 2 + 10);
  replica.store.close();
});
