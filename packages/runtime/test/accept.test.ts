import { expect, test } from "vitest";
import { detailConflicts } from "../src/conflict/details.js";
import { allConflicts } from "../src/conflict/filter.js";
import { resolveAll, resolveConflict } from "../src/conflict/resolve.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { conflictsOf, meet, must, newPair, type Pair } from "./support/conflicted.js";

/** Ada gave `Acme.f` another parameter while Bob came to use it. */
async function dependent(): Promise<Pair> {
  const pair = await newPair();
  await must(save(pair.ada, "Acme.f", "let f (a: Int) : Int = a\n"));
  await meet(pair);
  await must(save(pair.ada, "Acme.f", "let f (a: Int) (b: Int) : Int = a + b\n"));
  await must(save(pair.bob, "Acme.user", "let user (x: Int) : Int = f x\n"));
  await meet(pair);
  expect(conflictsOf(pair.ada)).toMatchObject([{ kind: "dependency", location: "Acme.user" }]);
  return pair;
}

test("R16: a dependency is accepted for everybody, and an undo opens it again", async () => {
  const pair = await dependent();
  const [conflict] = conflictsOf(pair.ada);
  const { changes } = await must(resolveConflict(pair.ada, conflict?.id ?? "", { type: "accept" }));
  expect(changes).toHaveLength(1);
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) expect(conflictsOf(replica)).toEqual([]);
  await must(undo(pair.ada, null));
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) expect(conflictsOf(replica)).toEqual([conflict]);
});

test("R16: a new text of what uses it ends a dependency; sides there are none", async () => {
  const pair = await dependent();
  const [conflict] = conflictsOf(pair.ada);
  const id = conflict?.id ?? "";
  for (const type of ["mine", "theirs", "base", "delete", "both"] as const)
    expect(await resolveConflict(pair.ada, id, { type })).toMatchObject({
      problem: { code: "unfit-choice" },
    });
  const { left } = await must(resolveAll(pair.ada, allConflicts, "mine", "write"));
  expect(left).toHaveLength(1);
  const details = pair.ada.store.read((tables) => detailConflicts(pair.ada, tables, conflictsOf(pair.ada)));
  expect(details).toMatchObject([{ planned: null, earlier: null }]);
  const source = "let user (x: Int) : Int = f x 1L\n";
  await must(resolveConflict(pair.ada, id, { type: "file", source }));
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) expect(conflictsOf(replica)).toEqual([]);
});
