import { branchLog } from "@darksync/core/branch";
import { success } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { rebaseBranch } from "../src/branch/branch-edit.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import { createReplica } from "../src/replica/create-space.js";
import { merge, must, newBranch, saveSource, sourcesOf } from "./support/branching.js";
import { mustSync, newRelay, newReplica, newSigner, reopen } from "./support/team.js";
import { Wire } from "./support/wire.js";

test("R31: who keeps only some owners rebases a branch, and takes nothing of the others' from it", async () => {
  const wire = new Wire(newRelay());
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await mustSync(ada, wire);
  await saveSource(ada, "Acme.a", "let a = 1L");
  await saveSource(ada, "Beta.b", "let b = 1L");
  const branch = await newBranch(ada, "fix");
  await mustSync(ada, wire);
  const partial = await reopen(memoryReplicaStore(), newSigner());
  must(
    await createReplica(partial, {
      space: "",
      member: "Ada",
      owners: [],
      relay: "memory",
      only: ["Acme"],
    }),
  );
  await mustSync(partial, wire);
  await saveSource(ada, "Beta.b", "let b = 2L");
  await saveSource(partial, "Acme.a", "let a = 2L");
  for (let count = 0; count < 2; count += 1) must(await rebaseBranch(partial, branch));
  for (const replica of [partial, ada]) await mustSync(replica, wire);
  expect(sourcesOf(ada, branch)).toEqual({ "Acme.a": "let a = 2L", "Beta.b": "let b = 1L" });
  must(await rebaseBranch(ada, branch));
  expect(sourcesOf(ada, branch)).toEqual({ "Acme.a": "let a = 2L", "Beta.b": "let b = 2L" });
  const bases = (replica: typeof ada) =>
    replica.store.read(({ packages }) => packages.heads({ type: "branchBase", key: branch }).length);
  expect([bases(partial), bases(ada)]).toEqual([2, 1]);
});

test("R31: bases that name more logs than fit in a change keep nobody from rebasing and merging", async () => {
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await saveSource(ada, "Acme.a", "let a = 1L");
  const branch = await newBranch(ada, "fix");
  await saveSource(ada, "Acme.a", "let a = 2L", branch);
  for (const start of [0, 1]) {
    const madeUp = Array.from({ length: 16_000 }, (_, index) =>
      branchLog((2 * index + start).toString(16).padStart(32, "0")),
    );
    const logs = new Map(madeUp.map((log) => [log, new Map()]));
    must(
      await commitChange(ada, () =>
        success({ log: branchLog(branch), ops: [{ type: "SetBase", logs, supersedes: [] }] }),
      ),
    );
  }
  must(await rebaseBranch(ada, branch));
  expect((await merge(ada, branch)).merged).toEqual(["Acme.a"]);
  expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 2L" });
});
