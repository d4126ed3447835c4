import { type BranchId, branchLog } from "@darksync/core/branch";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import type { OpId } from "@darksync/core/op-id";
import { success } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { rebaseBranch } from "../src/branch/branch-edit.js";
import { listDifferences } from "../src/branch/differences.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, must, newBranch, saveSource, sourcesOf } from "./support/branching.js";
import { signAll } from "./support/exchange.js";
import { newReplica } from "./support/team.js";

// What no client of ours writes, and anybody may: merges that claim more than there is.

const location = "Acme.a";
const farSeq = 1_000_000_000;

/** A change that gives the location a value and claims to have merged all of a branch, whatever is yet to come to it. */
async function claimMerge(
  replica: Replica,
  log: string,
  branch: BranchId,
  value: number,
  supersedes: readonly OpId[],
): Promise<void> {
  await signAll(replica);
  const streams = replica.store.read(({ blocks }) => [...blocks.tips(branchLog(branch)).keys()]);
  const ops: readonly Op[] = [
    { type: "AddValue", head: "let ", tail: ` = ${value}L` },
    { type: "SetName", location, kind: "value", target: previousOp, movedFrom: null, supersedes },
    { type: "Merged", branch, vector: new Map(streams.map((stream) => [stream, farSeq])), request: "" },
  ];
  must(await commitChange(replica, () => success({ log, ops })));
  await signAll(replica);
}

const newAda = () => newReplica("Ada", newSpaceId(systemRandom));

const headsOf = ({ store }: Replica) =>
  store.read(({ packages }) => packages.heads({ type: "name", key: location }).map(({ id }) => id));

test("R33: a merge replaces nothing that came after it, whatever it claims to cover", async () => {
  const ada = await newAda();
  await saveSource(ada, location, "let a = 1L");
  const branch = await newBranch(ada, "fix");
  await saveSource(ada, location, "let a = 2L", branch);
  await claimMerge(ada, "main/Acme", branch, 3, headsOf(ada));
  await rebaseBranch(ada, branch);
  expect(sourcesOf(ada, branch)).toEqual({ [location]: "let a = 3L" });
  for (const value of [4, 5]) {
    await saveSource(ada, location, `let a = ${value}L`, branch);
    await signAll(ada);
    expect(conflictsOf(ada, branch)).toEqual([]);
    expect(sourcesOf(ada, branch)).toEqual({ [location]: `let a = ${value}L` });
  }
});

test("R33: merges that claim to replace each other both stand, in a conflict that can be settled", async () => {
  const ada = await newAda();
  await saveSource(ada, location, "let a = 1L");
  const parent = await newBranch(ada, "parent");
  const child = await newBranch(ada, "child", parent);
  const before = headsOf(ada);
  await claimMerge(ada, branchLog(child), parent, 3, before);
  await claimMerge(ada, branchLog(parent), child, 4, before);
  await rebaseBranch(ada, child);
  const [conflict] = conflictsOf(ada, child);
  expect(conflict).toMatchObject({ location, heads: [{}, {}] });
  expect(ada.store.read((tables) => listDifferences(ada, tables, child))).toMatchObject([{ location }]);
  await saveSource(ada, location, "let a = 5L", child);
  await signAll(ada);
  expect(conflictsOf(ada, child)).toEqual([]);
  expect(sourcesOf(ada, child)).toEqual({ [location]: "let a = 5L" });
});
