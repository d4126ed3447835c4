import type { Conflict } from "@darksync/core/conflict";
import { describe, expect, test } from "vitest";
import type { Choice } from "../src/conflict/decision.js";
import { detailConflicts } from "../src/conflict/details.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { undo } from "../src/edit/undo.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, disagree, kinds, meet, must, newPair, textsOf } from "./support/conflicted.js";
import { saveValue, viewOf } from "./support/team.js";

const everyChoice = ["mine", "theirs", "base", "delete", "both", "file"] as const;

function choiceOf(type: (typeof everyChoice)[number]): Choice {
  return type === "file" ? { type, source: "let rate = 9L\n" } : { type };
}

/** A conflict without ids: kind, places, and what each side is. */
function meaningOf({ kind, location, locations, heads, base }: Conflict): unknown {
  const sides = heads.map(({ value }) =>
    value.type === "definition" ? `${value.kind} ${value.hash}` : "nothing",
  );
  const before = base?.value.type === "definition" ? base.value.hash : "nothing";
  return { kind, location, locations, sides: sides.sort(), before };
}

/** Who wrote each side, and whether that is this device's member. */
function writersOf(replica: Replica): readonly string[] {
  const open = conflictsOf(replica);
  const [details] = replica.store.read((tables) => detailConflicts(replica, tables, open));
  return (details?.heads ?? []).map(({ author, isMine }) => `${author} ${isMine}`).sort();
}

describe.each(kinds)("R20: an undo brings a settled conflict back: %s", (kind) => {
  test.each(everyChoice)("settled by %s", async (type) => {
    const pair = await newPair();
    const conflict = await disagree(pair, kind);
    const resolved = await resolveConflict(pair.ada, conflict.id, choiceOf(type));
    if (!resolved.ok) return;
    await meet(pair);
    const settled = viewOf(pair.ada);
    const { conflicts } = await must(undo(pair.ada, null));
    await meet(pair);
    expect(writersOf(pair.bob)).toEqual(["Ada false", "Bob true"]);
    for (const replica of [pair.ada, pair.bob]) {
      expect(conflictsOf(replica).map(meaningOf)).toEqual([meaningOf(conflict)]);
      expect(conflictsOf(replica).map(({ id }) => id)).toEqual(conflicts.map(({ id }) => id));
    }
    const texts = textsOf(pair.ada);
    await must(undo(pair.ada, null));
    await meet(pair);
    for (const replica of [pair.ada, pair.bob]) {
      expect(conflictsOf(replica)).toEqual([]);
      expect(viewOf(replica)).toEqual(settled);
    }
    await must(undo(pair.ada, null));
    await meet(pair);
    expect(conflictsOf(pair.bob).map(meaningOf)).toEqual([meaningOf(conflict)]);
    expect(textsOf(pair.bob)).toEqual(texts);
  });
});

test("R20: what was changed since is not taken back", async () => {
  const pair = await newPair();
  const conflict = await disagree(pair, "edit-edit");
  const { changes } = await must(resolveConflict(pair.ada, conflict.id, { type: "mine" }));
  await meet(pair);
  await saveValue(pair.bob, "Acme.rate", 5);
  await meet(pair);
  const undone = await undo(pair.ada, changes[0] ?? "");
  expect(undone).toMatchObject({ ok: false, problem: { code: "changed-since" } });
  expect(textsOf(pair.ada)).toEqual({ "Acme.rate": "= 5L" });
});

function expectNoConflict(replica: Replica): void {
  expect(conflictsOf(replica)).toEqual([]);
}

test("R20: an undo of a save over merged texts brings the sides back, which merge as before", async () => {
  const pair = await newPair();
  const lines = (first: string, last: string) =>
    `let rate (a: Int) : Int =\n  let x = ${first}\n  let y = 2L\n  let z = 3L\n  let w = ${last}\n  x + y + z + w\n`;
  const { save } = await import("../src/edit/save.js");
  await must(save(pair.ada, "Acme.rate", lines("1L", "4L")));
  await meet(pair);
  await must(save(pair.ada, "Acme.rate", lines("10L", "4L")));
  await must(save(pair.bob, "Acme.rate", lines("1L", "40L")));
  await meet(pair);
  const merged = textsOf(pair.ada);
  expect(merged["Acme.rate"]).toContain("10L");
  expect(merged["Acme.rate"]).toContain("40L");
  expectNoConflict(pair.ada);
  await saveValue(pair.ada, "Acme.rate", 7);
  await must(undo(pair.ada, null));
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) {
    expectNoConflict(replica);
    expect(textsOf(replica)).toEqual(merged);
  }
});
