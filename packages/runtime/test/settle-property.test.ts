import fc from "fast-check";
import { expect, test } from "vitest";
import type { Choice } from "../src/conflict/decision.js";
import { allConflicts } from "../src/conflict/filter.js";
import { resolveAll, resolveConflict } from "../src/conflict/resolve.js";
import { rules } from "../src/conflict/rule.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { undo } from "../src/edit/undo.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, disagree, kinds, meet, must, newPair, type Pair } from "./support/conflicted.js";
import { changesOf, mustSync, saveValue, viewOf } from "./support/team.js";

const places = ["Acme.a", "Acme.b", "Acme.c"] as const;
const place = fc.constantFrom(...places);
const side = fc.constantFrom("ada", "bob");
const choices: readonly Choice["type"][] = ["mine", "theirs", "base", "delete", "both"];

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("save" as const), side, place, value: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move" as const), side, place, to: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), side, place }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sync" as const), side }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function take(pair: Pair, one: Step): Promise<void> {
  const replica = pair[one.side as "ada" | "bob"];
  switch (one.do) {
    case "save":
      await saveValue(replica, one.place, one.value);
      return;
    case "move":
      await rename(replica, one.place, one.to);
      return;
    case "remove":
      await remove(replica, one.place);
      return;
    case "sync":
      await mustSync(replica, pair.wire);
  }
}

async function disagreeing(steps: readonly Step[]): Promise<Pair> {
  const pair = await newPair();
  for (const location of places.slice(0, 2)) await saveValue(pair.ada, location, 100);
  await meet(pair);
  for (const one of steps) await take(pair, one);
  await meet(pair);
  return pair;
}

function expectAgreement({ ada, bob }: Pair): void {
  expect(viewOf(ada)).toEqual(viewOf(bob));
  expect(changesOf(ada)).toEqual(changesOf(bob));
}

/** Kind and locations of the conflicts, with what each side is. */
function meaningsOf(replica: Replica): readonly string[] {
  return conflictsOf(replica).map(({ kind, locations, heads }) => {
    const sides = heads.map(({ value }) => (value.type === "definition" ? value.hash : "nothing"));
    return [kind, ...locations, ...sides.sort()].join(" ");
  });
}

test("R16: whatever happened and whatever is chosen, the conflict is gone everywhere", async () => {
  const scenario = fc.tuple(fc.array(step, { maxLength: 14 }), fc.constantFrom(...choices));
  await fc.assert(
    fc.asyncProperty(scenario, async ([steps, type]) => {
      const pair = await disagreeing(steps);
      for (const { id } of conflictsOf(pair.ada)) {
        const known = conflictsOf(pair.ada).some((conflict) => conflict.id === id);
        const resolved = await resolveConflict(pair.ada, id, { type } as Choice);
        if (!resolved.ok) continue;
        expect(known).toBe(true);
        expect(conflictsOf(pair.ada).map((conflict) => conflict.id)).not.toContain(id);
        await meet(pair);
        expectAgreement(pair);
      }
    }),
    { numRuns: 60 },
  );
});

test("R18, R20: what rules settled at once comes back at once by an undo, and goes again by another", async () => {
  const scenario = fc.tuple(fc.array(step, { maxLength: 14 }), fc.constantFrom(...rules));
  await fc.assert(
    fc.asyncProperty(scenario, async ([steps, rule]) => {
      const pair = await disagreeing(steps);
      const { settled, changes } = await must(resolveAll(pair.ada, allConflicts, rule, "write"));
      if (settled.length === 0) return;
      const after = viewOf(pair.ada);
      const undone = await undo(pair.ada, changes[0] ?? "");
      if (!undone.ok) {
        expect(["settled-conflict", "changed-since"]).toContain(undone.problem.code);
        expect(viewOf(pair.ada)).toEqual(after);
        return;
      }
      const again = meaningsOf(pair.ada);
      expect(undone.value.conflicts.length).toBeLessThanOrEqual(again.length);
      await meet(pair);
      expectAgreement(pair);
      expect(meaningsOf(pair.bob)).toEqual(again);
      await must(undo(pair.ada, null));
      expect(viewOf(pair.ada)).toEqual(after);
    }),
    { numRuns: 60 },
  );
});

test("R16: a head that a resolution had not seen is still there, and the earlier choice with it", async () => {
  const scenario = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...choices));
  await fc.assert(
    fc.asyncProperty(scenario, async ([kind, type]) => {
      const pair = await newPair();
      const conflict = await disagree(pair, kind);
      const at = conflict.locations.at(-1) ?? "";
      const late = await saveValue(pair.bob, at, 77);
      const resolved = await resolveConflict(pair.ada, conflict.id, { type } as Choice);
      if (!resolved.ok) return;
      await meet(pair);
      expectAgreement(pair);
      const texts = pair.ada.store.read(({ packages }) => {
        const shown = packages.names("", 100).map((row) => row.shown?.value);
        const heads = conflictsOf(pair.ada).flatMap((open) => open.heads.map(({ value }) => value));
        return [...shown, ...heads].flatMap((value) =>
          value?.type === "definition" ? (packages.text(value.hash)?.tail ?? "") : [],
        );
      });
      expect(late).not.toBe("");
      expect(texts.some((text) => text.includes("77L"))).toBe(true);
    }),
    { numRuns: 30 },
  );
});
