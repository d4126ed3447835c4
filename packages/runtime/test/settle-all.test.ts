import { describe, expect, test } from "vitest";
import { detailConflicts } from "../src/conflict/details.js";
import { allConflicts } from "../src/conflict/filter.js";
import { resolveAll, resolveConflict } from "../src/conflict/resolve.js";
import { rules } from "../src/conflict/rule.js";
import { undo } from "../src/edit/undo.js";
import { readHistory } from "../src/read/history.js";
import {
  conflictsOf,
  disagree,
  disagreements,
  kinds,
  meet,
  must,
  newPair,
  textsOf,
} from "./support/conflicted.js";
import { changesOf, mustSync, newReplica, saveValue, viewOf } from "./support/team.js";

/** A pair in conflict of every kind, at `Acme.KIND`. */
async function inEveryConflict() {
  const pair = await newPair();
  const names = kinds.map((kind, index) => ({ kind, name: `${"abcdef"[index]}x` }));
  for (const { kind, name } of names) await disagreements[kind].before(pair.ada, name);
  await meet(pair);
  for (const { kind, name } of names) {
    await disagreements[kind].ada(pair.ada, name);
    await disagreements[kind].bob(pair.bob, name);
  }
  await meet(pair);
  expect(
    conflictsOf(pair.ada)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([...kinds].sort());
  return pair;
}

describe("R18: many at once", () => {
  test("all kinds by one rule, in one change; one undo brings all back", async () => {
    const pair = await inEveryConflict();
    const { settled, left, changes } = await must(resolveAll(pair.ada, allConflicts, "theirs", "write"));
    expect([settled.length, left.length, changes.length]).toEqual([kinds.length, 0, 1]);
    const notes = pair.ada.store.read((tables) => readHistory(pair.ada, tables, 1)[0]?.ops ?? []);
    const rules = notes.flatMap((op) => (op.type === "Resolve" ? [`${op.choice} ${op.rule}`] : []));
    expect(rules).toEqual(kinds.map(() => "theirs theirs"));
    await meet(pair);
    for (const replica of [pair.ada, pair.bob]) expect(conflictsOf(replica)).toEqual([]);
    const { conflicts } = await must(undo(pair.ada, null));
    expect(conflicts).toHaveLength(kinds.length);
    await meet(pair);
    const open = (replica: typeof pair.ada) =>
      conflictsOf(replica).map(({ kind, location }) => `${kind} ${location}`);
    expect(open(pair.ada)).toHaveLength(kinds.length);
    expect(open(pair.bob)).toEqual(open(pair.ada));
  });

  test("a filter leaves the others; a dry run leaves all", async () => {
    const pair = await inEveryConflict();
    const before = [viewOf(pair.ada), changesOf(pair.ada)];
    const dry = await must(resolveAll(pair.ada, allConflicts, "both", "dry-run"));
    expect(dry.changes).toEqual([]);
    expect([viewOf(pair.ada), changesOf(pair.ada)]).toEqual(before);
    const filter = { ...allConflicts, kind: "edit-edit" };
    const wet = await must(resolveAll(pair.ada, filter, "both", "write"));
    expect(wet.settled.map(({ conflict }) => conflict.kind)).toEqual(["edit-edit"]);
    expect(conflictsOf(pair.ada)).toHaveLength(kinds.length - 1);
    const none = await must(resolveAll(pair.ada, { ...allConflicts, author: "Eve" }, "mine", "write"));
    expect(none).toEqual({ settled: [], left: [], changes: [] });
    const within = await must(resolveAll(pair.ada, { ...allConflicts, prefix: "Acme.bx" }, "mine", "write"));
    expect(within.settled).toHaveLength(1);
  });

  test.each(rules)(
    "what %s chose is noted with the rule, and shown to whom it concerns later",
    async (rule) => {
      const pair = await newPair();
      if (rule === "keep-edit-over-delete") await disagree(pair, "edit-delete", "a");
      else {
        await saveValue(pair.ada, "Acme.a", 1);
        await meet(pair);
        await saveValue(pair.ada, "Acme.a", 2);
        // Two devices may save in one millisecond; the second save of one of them is later in any case.
        for (const value of [3, 4]) await saveValue(pair.bob, "Acme.a", value);
      }
      await meet(pair);
      await saveValue(pair.bob, "Acme.a", 8);
      const { settled } = await must(resolveAll(pair.ada, allConflicts, rule, "write"));
      expect(settled).toHaveLength(1);
      await meet(pair);
      const open = conflictsOf(pair.bob);
      const details = pair.bob.store.read((tables) => detailConflicts(pair.bob, tables, open));
      expect(details.map(({ earlier }) => earlier)).toMatchObject([{ rule, author: "Ada" }]);
    },
  );

  test("the same new name is given once", async () => {
    const pair = await newPair();
    await disagree(pair, "both-created", "a");
    await saveValue(pair.ada, "Acme.a_2", 8);
    const { settled } = await must(resolveAll(pair.ada, allConflicts, "both", "write"));
    expect(settled.map(({ madeAt }) => madeAt)).toEqual([["Acme.a_3"]]);
    expect(textsOf(pair.ada)).toEqual({ "Acme.a": "= 2L", "Acme.a_2": "= 8L", "Acme.a_3": "= 3L" });
  });

  test("owners: one change for each log, taken back as one", async () => {
    const pair = await newPair();
    for (const location of ["Acme.a", "Beta.a"]) await saveValue(pair.ada, location, 1);
    await meet(pair);
    for (const location of ["Acme.a", "Beta.a"]) {
      await saveValue(pair.ada, location, 2);
      await saveValue(pair.bob, location, 3);
    }
    await meet(pair);
    const { changes } = await must(resolveAll(pair.ada, allConflicts, "mine", "write"));
    expect(changes).toHaveLength(2);
    expect((await must(undo(pair.ada, changes[0] ?? ""))).conflicts).toHaveLength(2);
    expect(conflictsOf(pair.ada)).toHaveLength(2);
  });
});

test("R16: mine is what the member wrote, on whatever device", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  const laptop = await newReplica("Ada", "");
  await mustSync(laptop, pair.wire);
  await saveValue(laptop, "Acme.a", 2);
  await mustSync(laptop, pair.wire);
  await saveValue(pair.bob, "Acme.a", 3);
  await meet(pair);
  const [conflict] = conflictsOf(pair.ada);
  await must(resolveConflict(pair.ada, conflict?.id ?? "", { type: "mine" }));
  expect(textsOf(pair.ada)).toEqual({ "Acme.a": "= 2L" });
});

test("R16: where one side is not told by mine and theirs, the sides are listed for --head", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  const carol = await newReplica("Carol", "");
  await mustSync(carol, pair.wire);
  await saveValue(carol, "Acme.a", 4);
  await saveValue(pair.bob, "Acme.a", 3);
  await saveValue(pair.ada, "Acme.a", 2);
  await mustSync(carol, pair.wire);
  await meet(pair);
  const [conflict] = conflictsOf(pair.ada);
  const id = conflict?.id ?? "";
  const refused = await resolveConflict(pair.ada, id, { type: "theirs" });
  expect(refused).toMatchObject({
    problem: { code: "ambiguous-head", hint: expect.stringContaining("--head") },
  });
  const hashes = conflict?.heads.map(({ value }) => (value.type === "definition" ? value.hash : "")) ?? [];
  for (const hash of hashes) expect(JSON.stringify(refused)).toContain(hash.slice(0, 12));
  await must(resolveConflict(pair.ada, id, { type: "head", prefix: hashes[1]?.slice(0, 10) ?? "" }));
  expect(conflictsOf(pair.ada)).toEqual([]);
});
