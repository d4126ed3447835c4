import { isAccepted } from "@darksync/core/acceptance";
import { branchLog } from "@darksync/core/branch";
import { isArchived, sharedAccess } from "@darksync/core/branch-state";
import { greatest } from "@darksync/core/deprecation";
import { knownOps, type Op } from "@darksync/core/op/op";
import { type ChangeId, opId } from "@darksync/core/op-id";
import { branchedKey, registerTypes } from "@darksync/core/register";
import { success } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { onBranch } from "../src/branch/on-branch.js";
import { undo } from "../src/edit/undo.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { checkChanges } from "../src/read/check-changes.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import type { Replica } from "../src/replica/replica.js";
import type { ReplicaStore } from "../src/store/store.js";
import { mustSync, newRelay, newReplica, newSigner, reopen, testFolder } from "./support/team.js";
import { Wire } from "./support/wire.js";

const branch = "0b".repeat(16);
const log = branchLog(branch);
const conflict = "cc".repeat(32);

/** Commits a change; the id of its op 0. */
async function commit(replica: Replica, ...ops: readonly Op[]): Promise<string> {
  const committed = await commitChange(replica, () => success({ log, ops }));
  if (!committed.ok) throw new Error(committed.problem.message);
  return opId(committed.value, 0);
}

function everyOp(replica: Replica): readonly Op[] {
  const stream = `${replica.device}.${"00".repeat(8)}`;
  return [
    { type: "CreateBranch", parent: null },
    { type: "NameBranch", name: "fix", supersedes: [] },
    { type: "SetBase", logs: new Map([["main/Acme", new Map([[stream, 1]])]]), supersedes: [] },
    { type: "ArchiveBranch", supersedes: [] },
    { type: "ShareBranch", member: "Ben", access: "read", supersedes: [] },
    { type: "Merged", branch: "0c".repeat(16), vector: new Map([[stream, 1]]), request: "" },
    { type: "Accept", conflict, supersedes: [] },
  ];
}

function registersOf({ store }: Replica): unknown {
  return store.read(({ packages }) => registerTypes.map((type) => packages.registers(type)));
}

describe("undo of branch ops", () => {
  let ada: Replica;
  beforeEach(async () => {
    ada = await newReplica("Ada", newSpaceId(systemRandom));
  });

  const accepted = () =>
    ada.store.read(({ packages }) => isAccepted(packages.heads({ type: "acceptance", key: conflict })));
  const archived = () =>
    ada.store.read(({ packages }) => isArchived(packages.heads({ type: "branchArchived", key: branch })));
  const name = () =>
    ada.store.read(
      ({ packages }) => greatest(packages.heads({ type: "branchName", key: branch }))?.value.name,
    );
  const access = () =>
    ada.store.read(({ packages }) =>
      sharedAccess(packages.heads({ type: "branchShare", key: branchedKey(branch, "Ben") })),
    );
  const mustUndo = async (change: ChangeId | null = null): Promise<void> => {
    expect(await undo(onBranch(ada, branch), change)).toMatchObject({ ok: true });
  };

  test("Accept and Reopen, and back again", async () => {
    await commit(ada, { type: "Accept", conflict, supersedes: [] });
    await mustUndo();
    expect(accepted()).toBe(false);
    await mustUndo();
    expect(accepted()).toBe(true);
  });

  test("an op that names also what its predecessor replaced goes back to the predecessor (O1)", async () => {
    const reopened = await commit(ada, { type: "Reopen", conflict, supersedes: [] });
    const again = await commit(ada, { type: "Accept", conflict, supersedes: [reopened] });
    await commit(ada, { type: "Reopen", conflict, supersedes: [reopened, again] });
    await mustUndo();
    expect(accepted()).toBe(true);
  });

  test("ArchiveBranch and RestoreBranch", async () => {
    const first = await commit(ada, { type: "ArchiveBranch", supersedes: [] });
    await commit(ada, { type: "RestoreBranch", supersedes: [first] });
    await mustUndo();
    expect(archived()).toBe(true);
    await mustUndo();
    expect(archived()).toBe(false);
  });

  test("what stood before concurrent ones comes back by their rule", async () => {
    const first = await commit(ada, { type: "ArchiveBranch", supersedes: [] });
    const second = await commit(ada, { type: "RestoreBranch", supersedes: [] });
    await commit(ada, { type: "ArchiveBranch", supersedes: [first, second] });
    await mustUndo();
    expect(archived()).toBe(false);
  });

  test("NameBranch: the earlier name", async () => {
    const first = await commit(ada, { type: "NameBranch", name: "fix", supersedes: [] });
    await commit(ada, { type: "NameBranch", name: "repair", supersedes: [first] });
    await mustUndo();
    expect(name()).toBe("fix");
  });

  test("ShareBranch: the earlier access, none if there was none", async () => {
    const first = await commit(ada, { type: "ShareBranch", member: "Ben", access: "write", supersedes: [] });
    await commit(ada, { type: "ShareBranch", member: "Ben", access: "read", supersedes: [first] });
    await mustUndo();
    expect(access()).toBe("write");
    const alone = await commit(ada, { type: "ShareBranch", member: "Cy", access: "read", supersedes: [] });
    await mustUndo();
    expect(
      ada.store.read(({ packages }) =>
        packages.heads({ type: "branchShare", key: branchedKey(branch, "Cy") }),
      ),
    ).toMatchObject([{ value: { access: "none" }, supersedes: [alone] }]);
  });

  test("nothing that was changed since", async () => {
    const first = await commit(ada, { type: "ArchiveBranch", supersedes: [] });
    await commit(ada, { type: "RestoreBranch", supersedes: [first] });
    expect(await undo(onBranch(ada, branch), first.slice(0, 64))).toMatchObject({
      problem: { code: "changed-since", hint: expect.not.stringContaining("text") },
    });
    expect(archived()).toBe(false);
  });

  const stay: readonly (readonly [name: string, ops: (replica: Replica) => readonly Op[], hint: string])[] = [
    ["the beginning of a branch", (replica) => everyOp(replica).slice(0, 3), "branch archive"],
    ["a first name", (replica) => everyOp(replica).slice(1, 2), "branch rename"],
    ["a base", (replica) => everyOp(replica).slice(2, 3), "--branch main undo"],
    [
      "a merge that was taken back",
      () => [{ type: "Unmerged", branch: "0c".repeat(16), supersedes: [] }],
      "darklang merge",
    ],
  ];
  test.each(stay)("%s stays, and the hint tells what to do instead", async (_, ops, hint) => {
    await commit(ada, ...ops(ada));
    expect(await undo(onBranch(ada, branch), null)).toMatchObject({
      problem: { code: "nothing-to-undo", hint: expect.stringContaining(hint) },
    });
  });
});

describe("branch ops of a replica", () => {
  test("S3 arrive at another replica as they were, and are what the changes come to", async () => {
    const wire = new Wire(newRelay());
    const ada = await newReplica("Ada", newSpaceId(systemRandom));
    await commit(ada, ...everyOp(ada));
    await mustSync(ada, wire);
    const bob = await newReplica("Bob", "");
    await mustSync(bob, wire);
    await mustSync(ada, wire);
    expect(registersOf(bob)).toEqual(registersOf(ada));
    for (const replica of [ada, bob])
      expect(replica.store.read((tables) => checkChanges(replica, tables))).toEqual([]);
  });

  test("a register that differs from what the changes come to is found, whatever its type", async () => {
    const ada = await newReplica("Ada", newSpaceId(systemRandom));
    await commit(ada, ...everyOp(ada));
    await ada.store.write(({ packages }) => packages.setHeads({ type: "merge", key: "0c".repeat(16) }, []));
    expect(ada.store.read((tables) => checkChanges(ada, tables))).toMatchObject([
      { code: "fold-differs", message: expect.stringContaining(`the merge ${"0c".repeat(16)}`) },
    ]);
  });

  const stores: readonly (readonly [name: string, open: () => ReplicaStore])[] = [
    ["memory", memoryReplicaStore],
    [
      "SQLite",
      () => {
        const store = openReplicaStore(`${testFolder()}/space.db`);
        onTestFinished(() => store.close());
        return store;
      },
    ],
  ];
  test.each(stores)(
    "O7.1 set aside by the version before, they take effect when this one opens the space (%s)",
    async (_, open) => {
      const store = open();
      const signer = newSigner();
      const ada = await newReplica("Ada", newSpaceId(systemRandom), store, signer);
      const change = (await commit(ada, ...everyOp(ada))).slice(0, 64);
      const before = registersOf(ada);
      await store.write(({ packages, changes, meta }) => {
        packages.clear();
        changes.setSetAside(change, "ops of kind 16");
        meta.set("knownOps", "1,2,3,4,5,6,7,8,9,32,33");
      });
      const again = await reopen(store, signer);
      expect(registersOf(again)).toEqual(before);
      expect(
        store.read(({ changes, meta }) => [changes.get(change)?.setAside, meta.get("knownOps")]),
      ).toEqual([null, knownOps]);
    },
  );
});
