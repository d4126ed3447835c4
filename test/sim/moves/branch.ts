import {
  archiveBranch,
  createBranch,
  rebaseBranch,
  renameBranch,
  shareBranch,
} from "@darksync/runtime/branch/branch-edit";
import { type BranchView, listBranches } from "@darksync/runtime/branch/branch-list";
import { currentBranch, switchBranch } from "@darksync/runtime/branch/current-branch";
import { mergeBranch } from "@darksync/runtime/branch/merge-branch";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { Chance } from "../chance.ts";
import { type Device, describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";
import type { World } from "../world.ts";

const maxBranches = 6;

/** Somebody makes a branch, of main or of the branch they are on, and goes there. */
export const branchCreateMove: Move = {
  name: "branch-create",
  kind: "intent",
  weight: 4,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device === null || device.read(({ packages }) => packages.registers("branch").length) >= maxBranches)
      return;
    const parent = device.read(currentBranch);
    const name = chance.pick(["fix", "try", "new"]);
    void device.act(
      `branch ${name}${parent === null ? "" : ` of ${parent.slice(0, 4)}`}`,
      async (replica) => {
        const made = await createBranch(replica, name, parent);
        if (made.ok) await switchBranch(replica, made.value);
        return describe(made, (id) => id.slice(0, 4));
      },
    );
  },
};

/** Somebody goes to a branch, or back to main. */
export const branchSwitchMove: Move = {
  name: "branch-switch",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device?.replica == null) return;
    const branch = chance.percent(50) ? null : branchOf(device, device.replica, chance);
    void device.act(`go to ${branch?.label ?? "main"}`, async (replica) => {
      await switchBranch(replica, branch?.id ?? null);
      return "there";
    });
  },
};

/** Something done to a branch that somebody sees. */
function onSomeBranch(
  name: string,
  weight: number,
  work: (replica: Replica, branch: BranchView, chance: Chance, world: World) => Promise<string>,
): Move {
  return {
    name,
    kind: "intent",
    weight,
    run: (world, chance) => {
      const device = deviceUp(world, chance);
      if (device?.replica == null) return;
      const branch = branchOf(device, device.replica, chance);
      if (branch === null) return;
      void device.act(`${name} ${branch.label}`, (replica) => work(replica, branch, chance, world));
    },
  };
}

function branchOf(device: Device, replica: Replica, chance: Chance): BranchView | null {
  const branches = device.read((tables) => listBranches(replica, tables));
  return branches.length === 0 ? null : chance.pick(branches);
}

/** Somebody shares a branch, or takes that back. */
export const branchShareMove: Move = onSomeBranch(
  "branch-share",
  4,
  async (replica, { id }, chance, world) => {
    const member = chance.pick(world.devices).member;
    const access = chance.pick(["read", "write", "write", "none"] as const);
    return describe(await shareBranch(replica, id, member, access), () => `${access} for ${member}`);
  },
);

/** Somebody gives a branch another name. */
export const branchRenameMove: Move = onSomeBranch("branch-rename", 1, async (replica, { id }, chance) =>
  describe(await renameBranch(replica, id, chance.pick(["fix", "other"])), () => "renamed"),
);

/** Somebody puts a branch away, or takes it out again. */
export const branchArchiveMove: Move = onSomeBranch("branch-archive", 2, async (replica, { id }, chance) =>
  describe(await archiveBranch(replica, id, chance.percent(60)), () => "done"),
);

/** Somebody brings a branch up to what is there now. */
export const rebaseMove: Move = onSomeBranch("rebase", 4, async (replica, { id }) =>
  describe(await rebaseBranch(replica, id), () => "done"),
);

/** Somebody merges a branch. */
export const mergeMove: Move = onSomeBranch("merge", 6, async (replica, { id }) =>
  describe(
    await mergeBranch(replica, id, false),
    ({ merged, conflicts }) => `${merged.length} merged, ${conflicts.length} to settle first`,
  ),
);
