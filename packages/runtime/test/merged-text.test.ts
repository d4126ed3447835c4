import { type ChangeId, changeOf } from "@darksync/core/op-id";
import { expect, test } from "vitest";
import { resolveConflict } from "../src/conflict/resolve.js";
import { rename } from "../src/edit/rename.js";
import { replacedAt } from "../src/edit/replaced.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { lineageOf } from "../src/read/past.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, meet, must, newPair, type Pair, textsOf } from "./support/conflicted.js";
import { mustSync, newReplica, viewOf } from "./support/team.js";

/** A definition whose lines merge with each other. */
function sourceOf(location: string, first: number, last: number, middle = 2): string {
  const name = location.split(".").at(-1) ?? "";
  return `let ${name} (n: Int) : Int =\n  let x = ${first}L\n\n  let y = ${middle}L\n\n  let z = ${last}L\n\n  x\n`;
}

/** Ada and Bob edit a definition of both at once, one line each, and both know of it. */
async function mergedAt(pair: Pair, location: string, first: number, last: number): Promise<void> {
  await must(save(pair.ada, location, sourceOf(location, first, 3)));
  await must(save(pair.bob, location, sourceOf(location, 1, last)));
  await meet(pair);
  expectText(pair.ada, location, first, last);
}

function expectText(replica: Replica, location: string, first: number, last: number): void {
  expect(sourceOf(location, first, last)).toContain(textsOf(replica)[location]);
}

async function begun(): Promise<Pair> {
  const pair = await newPair();
  await must(save(pair.ada, "Acme.a", sourceOf("Acme.a", 1, 3)));
  await meet(pair);
  return pair;
}

/** The locations at some time of whose past a text is nowhere. */
function placesWithoutText({ store }: Replica): readonly string[] {
  return store.read((tables) =>
    tables.packages.registers("name").flatMap(({ key }) =>
      lineageOf(tables, { type: "name", key }).flatMap(({ assignment: { value } }) => {
        const isThere = value.type === "nothing" || tables.packages.text(value.hash) !== null;
        return isThere ? [] : [key];
      }),
    ),
  );
}

/** Who joins gets all at once, and so never makes the merges that others saw; what is shown is the same. */
async function expectToReachAll(pair: Pair): Promise<void> {
  await meet(pair);
  const joiner = await newReplica("Cleo", "");
  await mustSync(joiner, pair.wire);
  expect(placesWithoutText(joiner)).toEqual([]);
  expect(viewOf(joiner)).toEqual(viewOf(pair.ada));
  expect(textsOf(joiner)).toEqual(textsOf(pair.ada));
}

test("R19: a merged text that is moved goes with the move", async () => {
  const pair = await begun();
  await mergedAt(pair, "Acme.a", 5, 6);
  await must(rename(pair.ada, "Acme.a", "Acme.b"));
  await expectToReachAll(pair);
});

test("R19: the sides of what was settled stand again on the text that they were edits of, be it a merged one", async () => {
  const pair = await begun();
  await mergedAt(pair, "Acme.a", 5, 6);
  await must(save(pair.ada, "Acme.a", sourceOf("Acme.a", 7, 6)));
  await must(save(pair.bob, "Acme.a", sourceOf("Acme.a", 5, 8)));
  await meet(pair);
  await must(save(pair.ada, "Acme.a", sourceOf("Acme.a", 9, 9)));
  await must(undo(pair.ada, null));
  expectText(pair.ada, "Acme.a", 7, 8);
  await expectToReachAll(pair);
});

/**
 * One definition at two places, moved there from `Acme.a`: at `Acme.b` merged, and at `Acme.c` with a text that does not
 * merge with that one. `isTaken`: at `Acme.a` is another one since, merged too. Gives the change that made what is at
 * `Acme.c`.
 */
async function scatter(pair: Pair, isTaken: boolean): Promise<ChangeId> {
  const cleo = await newReplica("Cleo", "");
  await mustSync(cleo, pair.wire);
  await must(rename(cleo, "Acme.a", "Acme.c"));
  const { change } = await must(save(cleo, "Acme.c", sourceOf("Acme.c", 8, 8)));
  await must(rename(pair.ada, "Acme.a", "Acme.b"));
  await meet(pair);
  await mergedAt(pair, "Acme.b", 5, 6);
  if (isTaken) {
    await must(save(pair.ada, "Acme.a", sourceOf("Acme.a", 1, 3)));
    await meet(pair);
    await mergedAt(pair, "Acme.a", 4, 4);
  }
  await mustSync(cleo, pair.wire);
  await meet(pair);
  expect(conflictsOf(pair.ada)).toMatchObject([{ kind: "move-move", locations: ["Acme.b", "Acme.c"] }]);
  return change;
}

test("R19: a merged text is written where its place is kept, and where its moves started from", async () => {
  const pair = await begun();
  await scatter(pair, true);
  const [conflict] = conflictsOf(pair.ada);
  const head = conflict?.heads.find(({ location }) => location === "Acme.b");
  await must(
    resolveConflict(pair.ada, conflict?.id ?? "", { type: "head", prefix: changeOf(head?.id ?? "") }),
  );
  expectText(pair.ada, "Acme.a", 4, 4);
  expectText(pair.ada, "Acme.b", 5, 6);
  await expectToReachAll(pair);
});

test("R20: a place that stands again has the text that merging had made there", async () => {
  const pair = await begun();
  const prefix = await scatter(pair, false);
  const [conflict] = conflictsOf(pair.ada);
  await must(resolveConflict(pair.ada, conflict?.id ?? "", { type: "head", prefix }));
  await must(undo(pair.ada, null));
  expect(conflictsOf(pair.ada)).toMatchObject([{ kind: "move-move", locations: ["Acme.b", "Acme.c"] }]);
  await expectToReachAll(pair);
});

test("R20: what goes back to where its moves started has the text that merging had made there", async () => {
  const pair = await begun();
  const seen = [pair.ada, pair.bob].map((replica) =>
    replica.store.read((tables) => replacedAt(replica, tables, "Acme.a")),
  );
  await mergedAt(pair, "Acme.a", 5, 6);
  // Each moves what is merged with one more edit of their own, so that nobody names what was merged before.
  for (const [index, replica] of [pair.ada, pair.bob].entries()) {
    await must(save(replica, "Acme.a", sourceOf("Acme.a", 1, 3, 7 + index), seen[index]));
    await must(rename(replica, "Acme.a", index === 0 ? "Acme.b" : "Acme.c"));
  }
  await meet(pair);
  const [conflict] = conflictsOf(pair.ada);
  expect(conflict).toMatchObject({ kind: "move-move", locations: ["Acme.b", "Acme.c"] });
  await must(resolveConflict(pair.ada, conflict?.id ?? "", { type: "mine" }));
  await must(undo(pair.ada, null));
  await expectToReachAll(pair);
});
