import { expect, test } from "vitest";
import { followedEdits } from "../src/conflict/followed.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { replacedAt } from "../src/edit/replaced.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { viewDefinition } from "../src/read/definition.js";
import { readHistory } from "../src/read/history.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, meet, must, newPair, type Pair, textsOf } from "./support/conflicted.js";
import { saveValue, viewOf } from "./support/team.js";

/** Ada edited `Acme.a` while Bob moved it to `Acme.b`; both know of both. */
async function followed(): Promise<Pair> {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  await saveValue(pair.ada, "Acme.a", 2);
  await must(rename(pair.bob, "Acme.a", "Acme.b"));
  await meet(pair);
  expect(textsOf(pair.bob)).toEqual({ "Acme.b": "= 2L" });
  return pair;
}

function headCounts({ store }: Replica): readonly number[] {
  return store.read(({ packages }) =>
    ["Acme.a", "Acme.b"].map((location) => packages.heads({ type: "name", key: location }).length),
  );
}

test("R19: a save where edits followed a move settles them, for everybody", async () => {
  const pair = await followed();
  expect(headCounts(pair.bob)).toEqual([2, 1]);
  await saveValue(pair.bob, "Acme.b", 3);
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) {
    expect(headCounts(replica)).toEqual([1, 1]);
    expect(textsOf(replica)).toEqual({ "Acme.b": "= 3L" });
    expect(conflictsOf(replica)).toEqual([]);
  }
});

test("R19: a save of the text that is shown writes it where that is what several come to, and else nothing", async () => {
  const pair = await followed();
  const again = () => must(save(pair.bob, "Acme.b", "let b = 2L\n"));
  expect((await again()).isUnchanged).toBe(false);
  expect(headCounts(pair.bob)).toEqual([1, 1]);
  expect((await again()).isUnchanged).toBe(true);
});

test("R19: a removal and a move take along what followed", async () => {
  const removed = await followed();
  await must(remove(removed.bob, "Acme.b"));
  await meet(removed);
  for (const replica of [removed.ada, removed.bob]) {
    expect(textsOf(replica)).toEqual({});
    expect(conflictsOf(replica)).toEqual([]);
  }
  const moved = await followed();
  await must(rename(moved.bob, "Acme.b", "Acme.a"));
  await meet(moved);
  for (const replica of [moved.ada, moved.bob]) {
    expect(textsOf(replica)).toEqual({ "Acme.a": "= 2L" });
    expect(conflictsOf(replica)).toEqual([]);
  }
});

test("R19: a new definition where something was moved from leaves what followed alone", async () => {
  const pair = await followed();
  await saveValue(pair.bob, "Acme.a", 9);
  await meet(pair);
  expect(textsOf(pair.ada)).toEqual({ "Acme.a": "= 9L", "Acme.b": "= 2L" });
});

test("R19: what came while the author wrote is not superseded", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  const seen = pair.ada.store.read((tables) => replacedAt(pair.ada, tables, "Acme.a"));
  await saveValue(pair.bob, "Acme.a", 2);
  await meet(pair);
  await must(save(pair.ada, "Acme.a", "let a = 3L\n", seen));
  expect(conflictsOf(pair.ada)).toMatchObject([{ kind: "edit-edit" }]);
});

test("R20: what settled edits that followed is taken back with them", async () => {
  const pair = await followed();
  const before = textsOf(pair.bob);
  await saveValue(pair.bob, "Acme.b", 3);
  await must(undo(pair.bob, null));
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) expect(textsOf(replica)).toEqual(before);
  expect(viewOf(pair.ada)).toEqual(viewOf(pair.bob));
});

test("R21: whose edit followed where is told, and from whom a text was merged", async () => {
  const { ada, bob } = await followed();
  const told = (replica: Replica) =>
    replica.store.read((tables) => followedEdits(replica, tables, ["Acme.a"]));
  expect(told(ada)).toEqual([{ from: "Acme.a", to: "Acme.b", mover: "Bob" }]);
  expect(told(bob)).toEqual([]);
  const viewed = await must(bob.store.read((tables) => viewDefinition(bob, tables, "Acme.b")));
  expect(viewed.merged).toBe(true);
  expect(viewed.mergedFrom.map(({ author }) => author).sort()).toEqual(["Ada", "Bob"]);
  const changes = bob.store.read((tables) => readHistory(bob, tables, 10, "Acme.b")).map(({ id }) => id);
  for (const { change } of viewed.mergedFrom) expect(changes).toContain(change);
});
