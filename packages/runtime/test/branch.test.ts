import { systemRandom } from "@darksync/node/crypto";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveBranch, rebaseBranch } from "../src/branch/branch-edit.js";
import { mergeState } from "../src/branch/merge-state.js";
import { onBranch } from "../src/branch/on-branch.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { deprecate } from "../src/edit/deprecate.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { undo } from "../src/edit/undo.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { newSpaceId } from "../src/relay/relay.js";
import type { Replica } from "../src/replica/replica.js";
import type { ReplicaStore } from "../src/store/store.js";
import { conflictsOf, merge, must, newBranch, saveSource, sourcesOf } from "./support/branching.js";
import { mustSync, newRelay, newReplica, testFolder } from "./support/team.js";
import { Wire } from "./support/wire.js";

const two = "let f (x: Int64): Int64 =\n  let a = x + 1L\n\n  let b = a * 2L\n\n  b";
const twoTop = two.replace("x + 1L", "x + 10L");
const twoBottom = two.replace("a * 2L", "a * 20L");
const twoBoth = twoTop.replace("a * 2L", "a * 20L");

const adapters: readonly (readonly [string, () => ReplicaStore])[] = [
  ["memory", memoryReplicaStore],
  [
    "SQLite",
    () => {
      const store = openReplicaStore(`${testFolder()}/space.db`, { create: true });
      onTestFinished(() => store.close());
      return store;
    },
  ],
];

for (const [adapter, newStore] of adapters) {
  const newAda = (): Promise<Replica> => newReplica("Ada", newSpaceId(systemRandom), newStore());

  describe(`a branch's view (${adapter})`, () => {
    test("is main at its base with its own edits; main sees nothing of them, and it nothing of main's later ones", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.a", "let a = 1L");
      await saveSource(ada, "Acme.b", "let b = 1L");
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      await saveSource(ada, "Acme.c", "let c = 1L", fix);
      await saveSource(ada, "Acme.b", "let b = 3L");
      must(await remove(ada, "Acme.a"));
      await saveSource(ada, "Acme.d", "let d = 1L");
      expect(sourcesOf(ada)).toEqual({ "Acme.b": "let b = 3L", "Acme.d": "let d = 1L" });
      expect(sourcesOf(ada, fix)).toEqual({
        "Acme.a": "let a = 2L",
        "Acme.b": "let b = 1L",
        "Acme.c": "let c = 1L",
      });
    });

    test("an owner that no base names follows main (section 7)", async () => {
      const ada = await newAda();
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.a", "let a = 1L");
      await saveSource(ada, "Beta.a", "let a = 1L");
      expect(sourcesOf(ada, fix)).toEqual({ "Acme.a": "let a = 1L", "Beta.a": "let a = 1L" });
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      must(await rebaseBranch(ada, fix));
      await saveSource(ada, "Beta.a", "let a = 2L");
      expect(sourcesOf(ada, fix)).toEqual({ "Acme.a": "let a = 2L", "Beta.a": "let a = 1L" });
    });

    test("B1 rebase moves the base: what main changed elsewhere appears, what both changed merges or is a conflict here alone", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.f", two);
      await saveSource(ada, "Acme.a", "let a = 1L");
      await saveSource(ada, "Acme.b", "let b = 1L");
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.f", twoTop, fix);
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      await saveSource(ada, "Acme.f", twoBottom);
      await saveSource(ada, "Acme.a", "let a = 3L");
      await saveSource(ada, "Acme.b", "let b = 3L");
      expect(conflictsOf(ada, fix)).toEqual([]);
      must(await rebaseBranch(ada, fix));
      expect(conflictsOf(ada)).toEqual([]);
      expect(conflictsOf(ada, fix)).toMatchObject([{ kind: "edit-edit", location: "Acme.a" }]);
      expect(sourcesOf(ada, fix)).toMatchObject({ "Acme.f": twoBoth, "Acme.b": "let b = 3L" });
      expect(sourcesOf(ada)).toMatchObject({ "Acme.f": twoBottom, "Acme.a": "let a = 3L" });
    });
  });

  describe(`merging a branch (${adapter})`, () => {
    test("B2 writes what the branch shows, and both are alike then; a dry run writes nothing", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.a", "let a = 1L");
      await saveSource(ada, "Acme.b", "let b = 1L");
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      await saveSource(ada, "Beta.c", "let c = 1L", fix);
      must(await remove(onBranch(ada, fix), "Acme.b"));
      must(await deprecate(onBranch(ada, fix), "Acme.a", "use c"));
      const before = sourcesOf(ada);
      expect((await merge(ada, fix, true)).merged).toEqual(["Acme.a", "Acme.b", "Beta.c"]);
      expect(sourcesOf(ada)).toEqual(before);
      const done = await merge(ada, fix);
      expect(done).toMatchObject({ into: null, merged: ["Acme.a", "Acme.b", "Beta.c"], conflicts: [] });
      expect(done.changes).toHaveLength(2);
      expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 2L", "Beta.c": "let c = 1L" });
      expect(sourcesOf(ada, fix)).toEqual(sourcesOf(ada));
      const deprecated = ada.store.read(({ packages }) =>
        packages.heads({ type: "deprecation", key: "Acme.a" }),
      );
      expect(deprecated).toMatchObject([{ value: { message: "use c" } }]);
      expect(await merge(ada, fix)).toMatchObject({ merged: [], conflicts: [], changes: [] });
    });

    test("a merge with conflicts writes nothing to main; settled on the branch, it is finished, with no network", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.a", "let a = 1L");
      await saveSource(ada, "Acme.f", two);
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      await saveSource(ada, "Acme.f", twoTop, fix);
      await saveSource(ada, "Acme.a", "let a = 3L");
      await saveSource(ada, "Acme.f", twoBottom);
      const tried = await merge(ada, fix);
      expect(tried).toMatchObject({ merged: [], conflicts: [{ location: "Acme.a" }] });
      expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 3L", "Acme.f": twoBottom });
      const [conflict] = conflictsOf(ada, fix);
      expect(conflict?.id).toBe(tried.conflicts[0]?.id);
      must(
        await resolveConflict(onBranch(ada, fix), conflict?.id ?? "", { type: "file", source: "let a = 5L" }),
      );
      expect((await merge(ada, fix)).merged).toEqual(["Acme.a", "Acme.f"]);
      expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 5L", "Acme.f": twoBoth });
      expect(conflictsOf(ada)).toEqual([]);
      expect(conflictsOf(ada, fix)).toEqual([]);
    });

    test("what comes to a branch after its merge is merged again, against what was merged", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.f", two);
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.f", twoTop, fix);
      await merge(ada, fix);
      await saveSource(ada, "Acme.f", twoBoth);
      const later = twoTop.replace("\n\n  b", "\n\n  b + a");
      await saveSource(ada, "Acme.f", later, fix);
      expect((await merge(ada, fix)).conflicts).toEqual([]);
      expect(sourcesOf(ada)).toEqual({ "Acme.f": twoBoth.replace("\n\n  b", "\n\n  b + a") });
    });

    test("a merge is taken back as a whole, and the branch has its work again and can be merged again", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.a", "let a = 1L");
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.a", "let a = 2L", fix);
      await saveSource(ada, "Beta.c", "let c = 1L", fix);
      const before = sourcesOf(ada);
      const onFix = sourcesOf(ada, fix);
      await merge(ada, fix);
      const late = sourcesOf(ada);
      must(await undo(ada, null));
      expect(sourcesOf(ada)).toEqual(before);
      must(await rebaseBranch(ada, fix));
      expect(sourcesOf(ada, fix)).toEqual(onFix);
      expect(ada.store.read((tables) => mergeState(ada, tables, fix))).toMatchObject({
        merged: "never",
        differing: ["Acme.a", "Beta.c"],
        late: [],
      });
      expect((await merge(ada, fix)).merged).toEqual(["Acme.a", "Beta.c"]);
      expect(sourcesOf(ada)).toEqual(late);
    });

    test("a branch of a branch sees that one as it was, and merges into it; after that is put away, into main", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.a", "let a = 1L");
      const outer = await newBranch(ada, "outer");
      await saveSource(ada, "Acme.a", "let a = 2L", outer);
      const inner = await newBranch(ada, "inner", outer);
      await saveSource(ada, "Acme.b", "let b = 1L", inner);
      await saveSource(ada, "Acme.c", "let c = 1L", outer);
      await saveSource(ada, "Acme.d", "let d = 1L");
      expect(sourcesOf(ada, inner)).toEqual({ "Acme.a": "let a = 2L", "Acme.b": "let b = 1L" });
      expect(await merge(ada, inner)).toMatchObject({ into: outer, merged: ["Acme.b"] });
      expect(sourcesOf(ada, outer)).toEqual({
        "Acme.a": "let a = 2L",
        "Acme.b": "let b = 1L",
        "Acme.c": "let c = 1L",
      });
      await merge(ada, outer);
      expect(Object.keys(sourcesOf(ada))).toEqual(["Acme.a", "Acme.b", "Acme.c", "Acme.d"]);
      await saveSource(ada, "Acme.b", "let b = 2L", inner);
      must(await archiveBranch(ada, outer, true));
      expect(await merge(ada, inner)).toMatchObject({ into: null, merged: ["Acme.b"], conflicts: [] });
      expect(sourcesOf(ada)).toMatchObject({ "Acme.b": "let b = 2L" });
    });

    test("moves: a branch's edit follows main's move, and main's edit the branch's; merged once, for good", async () => {
      const ada = await newAda();
      await saveSource(ada, "Acme.f", two);
      await saveSource(ada, "Acme.a", "let a = 1L");
      const fix = await newBranch(ada, "fix");
      await saveSource(ada, "Acme.f", twoTop, fix);
      must(await rename(onBranch(ada, fix), "Acme.a", "Acme.z"));
      must(await rename(ada, "Acme.f", "Acme.g"));
      await saveSource(ada, "Acme.a", "let a = 2L");
      const done = await merge(ada, fix);
      expect(done.conflicts).toEqual([]);
      const moved = twoTop.replace("let f", "let g");
      expect(sourcesOf(ada)).toEqual({ "Acme.g": moved, "Acme.z": "let z = 2L" });
      expect(sourcesOf(ada, fix)).toEqual(sourcesOf(ada));
      await saveSource(ada, "Acme.g", moved.replace("x + 10L", "x + 11L"));
      must(await rebaseBranch(ada, fix));
      expect(conflictsOf(ada, fix)).toEqual([]);
      expect(sourcesOf(ada, fix)).toEqual(sourcesOf(ada));
    });
  });

  test(`B1, O8: a branch that two share converges, and two merges of it are one (${adapter})`, async () => {
    const wire = new Wire(newRelay());
    const ada = await newAda();
    await saveSource(ada, "Acme.f", two);
    await saveSource(ada, "Acme.a", "let a = 1L");
    const fix = await newBranch(ada, "fix");
    await mustSync(ada, wire);
    const bob = await newReplica("Bob", "", newStore());
    await mustSync(bob, wire);
    expect(sourcesOf(bob, fix)).toEqual(sourcesOf(ada, fix));
    await saveSource(ada, "Acme.f", twoTop, fix);
    await saveSource(bob, "Acme.f", twoBottom, fix);
    await saveSource(bob, "Acme.b", "let b = 1L", fix);
    must(await rebaseBranch(bob, fix));
    must(await rebaseBranch(ada, fix));
    for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
    expect(sourcesOf(ada, fix)).toEqual(sourcesOf(bob, fix));
    expect(sourcesOf(ada, fix)).toMatchObject({ "Acme.f": twoBoth });
    expect((await merge(ada, fix)).merged).toEqual(["Acme.b", "Acme.f"]);
    expect((await merge(bob, fix)).merged).toEqual(["Acme.b", "Acme.f"]);
    for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
    expect(conflictsOf(ada)).toEqual([]);
    expect(sourcesOf(ada)).toEqual(sourcesOf(bob));
    expect(sourcesOf(ada)).toMatchObject({ "Acme.f": twoBoth, "Acme.b": "let b = 1L" });
    expect(sourcesOf(bob, fix)).toEqual(sourcesOf(ada, fix));
    expect(conflictsOf(bob, fix)).toEqual([]);
  });
}
