import type { BranchId } from "@darksync/core/branch";
import { systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { seededNumbers } from "../../core/test/support/ports.js";
import { archiveBranch, createBranch, rebaseBranch } from "../src/branch/branch-edit.js";
import { listBranches } from "../src/branch/branch-list.js";
import { mergeBranch } from "../src/branch/merge-branch.js";
import { onBranch } from "../src/branch/on-branch.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { save } from "../src/edit/save.js";
import { newSpaceId } from "../src/relay/relay.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, sourcesOf } from "./support/branching.js";
import { expectSound } from "./support/check.js";
import { mustSync, newRelay, newReplica } from "./support/team.js";
import { Wire } from "./support/wire.js";

const steps = 60;
const locations = ["Acme.a", "Acme.b", "Acme.M.c", "Beta.a", "Beta.d"];
const lines = ["let x = 1L", "let y = 2L", "let z = 3L"];

type Pick = (bound: number) => number;

/** Text of several lines, of which one differs: some of these merge and some do not. */
function sourceOf(location: string, pick: Pick): string {
  const name = location.split(".").at(-1) ?? "";
  const changed = pick(lines.length);
  const body = lines.map((line, at) => (at === changed ? line.replace("L", `${pick(4)}L`) : line));
  return `let ${name} =\n  ${body.join("\n\n  ")}\n\n  x`;
}

/** One random intent. What is refused (nothing there, a place that is taken) changes nothing, and that is fine. */
async function act(replica: Replica, branches: BranchId[], pick: Pick): Promise<void> {
  const branch = pick(3) === 0 ? undefined : branches[pick(Math.max(1, branches.length))];
  const there = branch === undefined ? replica : onBranch(replica, branch);
  const knows =
    branch === undefined ||
    replica.store.read(({ packages }) => packages.heads({ type: "branch", key: branch })).length > 0;
  if (!knows) return;
  const [one = "", other = ""] = [locations[pick(locations.length)], locations[pick(locations.length)]];
  switch (pick(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      await save(there, one, sourceOf(one, pick));
      return;
    case 4:
      await remove(there, one);
      return;
    case 5:
    case 6:
      await rename(there, one, other);
      return;
    case 7: {
      const created = branches.length < 4 ? await createBranch(replica, "fix", branch ?? null) : null;
      if (created?.ok) branches.push(created.value);
      return;
    }
    case 8:
      if (branch !== undefined) await rebaseBranch(replica, branch);
      return;
    case 9:
      if (branch !== undefined) await mergeBranch(replica, branch, false);
      return;
    case 10: {
      const [conflict] = conflictsOf(replica, branch ?? null);
      if (conflict !== undefined)
        await resolveConflict(there, conflict.id, { type: pick(2) === 0 ? "mine" : "theirs" });
      return;
    }
    default:
      if (branch !== undefined) await archiveBranch(replica, branch, pick(2) === 0);
  }
}

for (let seed = 1; seed <= 40; seed += 1) {
  test(`O8, B1, B2: random work on branches of branches converges (seed ${seed})`, async () => {
    const pick = seededNumbers(seed);
    const wire = new Wire(newRelay());
    const ada = await newReplica("Ada", newSpaceId(systemRandom));
    await mustSync(ada, wire);
    // Two devices of one member, who sees all branches.
    const other = await newReplica("Ada", "");
    await mustSync(other, wire);
    const team: readonly Replica[] = [ada, other];
    const branches: BranchId[] = [];
    for (let step = 0; step < steps; step += 1) {
      const replica = team[pick(2)] ?? ada;
      if (pick(6) === 0) await mustSync(replica, wire);
      else await act(replica, branches, pick);
    }
    for (const replica of [ada, other, ada, other]) await mustSync(replica, wire);
    const late = await newReplica("Ada", "");
    await mustSync(late, wire);
    for (const replica of [other, late]) {
      for (const branch of [null, ...branches]) {
        expect(sourcesOf(replica, branch)).toEqual(sourcesOf(ada, branch));
        expect(conflictsOf(replica, branch)).toEqual(conflictsOf(ada, branch));
      }
      expect(replica.store.read((tables) => listBranches(replica, tables))).toEqual(
        ada.store.read((tables) => listBranches(ada, tables)),
      );
      await expectSound(replica);
    }
    for (const branch of branches) {
      const merged = await mergeBranch(ada, branch, false);
      if (!merged.ok || merged.value.conflicts.length > 0) continue;
      expect((await mergeBranch(ada, branch, true)).ok).toBe(true);
      const again = await mergeBranch(ada, branch, false);
      expect(again).toMatchObject({ ok: true, value: { merged: [], conflicts: [], changes: [] } });
      if (merged.value.into !== null) await rebaseBranch(ada, merged.value.into);
      await rebaseBranch(ada, branch);
      expect(sourcesOf(ada, branch)).toEqual(sourcesOf(ada, merged.value.into));
    }
  });
}
