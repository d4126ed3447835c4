import { toHex } from "@darksync/core/bytes";
import { systemRandom } from "@darksync/node/crypto";
import { decodeMessage } from "@darksync/sync/message";
import { expect, test } from "vitest";
import { detailConflicts } from "../src/conflict/details.js";
import { dropPlan, listPlans, planConflict } from "../src/conflict/plan.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { remove } from "../src/edit/remove.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { readHistory } from "../src/read/history.js";
import type { Replica } from "../src/replica/replica.js";
import { SyncSession } from "../src/replica/sync-session.js";
import type { Transport } from "../src/transport.js";
import { conflictsOf, meet, must, newPair, type Pair, textsOf } from "./support/conflicted.js";
import { mustSync, newReplica, pendingOf, saveValue } from "./support/team.js";
import { noTimers } from "./support/wire.js";

/** A pair that knows `Acme.a`; Ada has changed it and plans for it, and Bob has not met that. */
async function planned(rule: Parameters<typeof planConflict>[2]): Promise<Pair> {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  await saveValue(pair.ada, "Acme.a", 2);
  await must(planConflict(pair.ada, "Acme.a", rule));
  return pair;
}

function plannedOf(replica: Replica): unknown {
  const conflicts = conflictsOf(replica);
  return replica.store.read((tables) =>
    detailConflicts(replica, tables, conflicts).map((each) => each.planned),
  );
}

test("R22: a conflict that was foreseen is settled in the sync that brings it, and pushed in it", async () => {
  const pair = await planned("theirs");
  await saveValue(pair.bob, "Acme.a", 3);
  await mustSync(pair.bob, pair.wire);
  const outcome = await mustSync(pair.ada, pair.wire);
  expect(outcome.plansApplied).toBe(1);
  expect(pendingOf(pair.ada)).toBe(0);
  expect(textsOf(pair.ada)).toEqual({ "Acme.a": "= 3L" });
  const [last] = pair.ada.store.read((tables) => readHistory(pair.ada, tables, 1));
  expect(last?.ops).toMatchObject([{ type: "SetName" }, { type: "Resolve", rule: "theirs" }]);
  await mustSync(pair.bob, pair.wire);
  expect(conflictsOf(pair.bob)).toEqual([]);
  // Who takes it back is asked, not overruled again.
  expect(pair.ada.store.read(listPlans)).toEqual([]);
  await must(undo(pair.ada, null));
  await meet(pair);
  expect(conflictsOf(pair.ada)).toHaveLength(1);
});

test("R22: another kind than foreseen, a further head, or an own change since: the person is asked", async () => {
  const removed = await planned("mine");
  await must(remove(removed.bob, "Acme.a"));
  await meet(removed);
  expect(plannedOf(removed.ada)).toEqual([{ rule: "mine", reason: "edit-edit was foreseen" }]);

  const several = await planned("mine");
  const carol = await newReplica("Carol", "");
  await mustSync(carol, several.wire);
  await saveValue(carol, "Acme.a", 4);
  await saveValue(several.bob, "Acme.a", 3);
  for (const replica of [carol, several.bob]) await mustSync(replica, several.wire);
  expect((await mustSync(several.ada, several.wire)).plansApplied).toBe(0);
  expect(plannedOf(several.ada)).toEqual([{ rule: "mine", reason: "several others changed it" }]);

  // What one edits on top of another's edit is another side than the one that was planned for.
  const changed = await planned("mine");
  await meet(changed);
  await saveValue(changed.bob, "Acme.a", 4);
  await meet(changed);
  await saveValue(changed.ada, "Acme.a", 5);
  await saveValue(changed.bob, "Acme.a", 3);
  await meet(changed);
  expect(plannedOf(changed.ada)).toEqual([{ rule: "mine", reason: "your side has changed since" }]);
});

test("R22: a plan moves along with what one edits on this device afterwards", async () => {
  const pair = await planned("mine");
  for (const value of [5, 6]) await saveValue(pair.ada, "Acme.a", value);
  await saveValue(pair.bob, "Acme.a", 3);
  await mustSync(pair.bob, pair.wire);
  expect((await mustSync(pair.ada, pair.wire)).plansApplied).toBe(1);
  expect(textsOf(pair.ada)).toEqual({ "Acme.a": "= 6L" });
});

test("R22: what others have already is planned for ahead of one's own edit", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  expect(await must(planConflict(pair.ada, "Acme.a", "mine"))).toMatchObject({
    plan: { kind: "both-created" },
    isAhead: false,
  });
  await meet(pair);
  expect(await must(planConflict(pair.ada, "Acme.a", "mine"))).toMatchObject({
    plan: { kind: "edit-edit" },
    isAhead: true,
  });
  await saveValue(pair.ada, "Acme.a", 2);
  await saveValue(pair.bob, "Acme.a", 3);
  await mustSync(pair.bob, pair.wire);
  expect((await mustSync(pair.ada, pair.wire)).plansApplied).toBe(1);
});

test("R22: why what was planned could not be written is told; the conflict stays, and so does the plan", async () => {
  const { ada, bob, wire } = await planned("mine");
  await saveValue(bob, "Acme.a", 3);
  await mustSync(bob, wire);
  // As if somebody had restricted the copy while it syncs: nothing may be written there any more.
  const transport: Transport = {
    connect: (url, handler) =>
      wire.transport.connect(url, {
        ...handler,
        onMessage: async (bytes) => {
          if (decodeMessage(bytes)?.type === "update")
            await ada.store.write(({ meta }) => meta.set("only", JSON.stringify(["Other"])));
          return handler.onMessage(bytes);
        },
      }),
  };
  const outcome = await new SyncSession(ada, { transport, timers: noTimers }, "memory", "once").run();
  expect(outcome).toMatchObject({ problem: null, plansApplied: 0, plansProblem: { code: "not-kept" } });
  expect(conflictsOf(ada)).toHaveLength(1);
  expect(ada.store.read(listPlans)).toHaveLength(1);
});

test("R22: plans are listed, replaced and taken back; only an own change can be planned for", async () => {
  const pair = await planned("mine");
  await must(planConflict(pair.ada, "Acme.a", "both"));
  expect(pair.ada.store.read(listPlans)).toMatchObject([
    { location: "Acme.a", rule: "both", kind: "edit-edit" },
  ]);
  await must(dropPlan(pair.ada, "Acme.a"));
  expect(pair.ada.store.read(listPlans)).toEqual([]);
  expect(await dropPlan(pair.ada, "Acme.a")).toMatchObject({ problem: { code: "no-plan" } });
  await saveValue(pair.bob, "Acme.b", 1);
  await meet(pair);
  expect(await planConflict(pair.ada, "Acme.b", "mine")).toMatchObject({
    problem: { code: "not-yours", message: "you have not changed Acme.b: what is there is Bob's" },
  });
  expect(await planConflict(pair.ada, "Acme.none", "mine")).toMatchObject({ ok: false });
});

test("R22: a conflict that others settled is left to them, though it comes an update before their resolution", async () => {
  const pair = await planned("mine");
  await meet(pair);
  const [carol, dora] = [await newReplica("Carol", ""), await newReplica("Dora", "")];
  await saveValue(pair.bob, "Acme.a", 3);
  // What Bob and Dora write fills an update, so that Carol's stream comes in the next one.
  const fill = (replica: Replica, name: string) =>
    must(save(replica, `Acme.${name}`, `let ${name} = "${toHex(systemRandom(120_000))}"\n`));
  for (const name of ["t", "u", "v"]) await fill(pair.bob, name);
  await fill(dora, "w");
  await saveValue(pair.ada, "Acme.a", 4);
  for (const replica of [pair.ada, pair.bob, dora, carol]) await mustSync(replica, pair.wire);
  const [conflict] = conflictsOf(carol);
  await must(resolveConflict(carol, conflict?.id ?? "", { type: "delete" }));
  await mustSync(carol, pair.wire);
  const before = pair.wire.passed.length;
  const outcome = await mustSync(pair.ada, pair.wire);
  const updates = pair.wire.passed
    .slice(before)
    .filter(({ from, bytes }) => from === "relay" && decodeMessage(bytes)?.type === "update");
  expect(updates.length).toBeGreaterThan(1);
  expect(outcome).toMatchObject({ plansApplied: 0, plansProblem: null });
  await mustSync(carol, pair.wire);
  for (const replica of [pair.ada, carol]) {
    expect(conflictsOf(replica)).toEqual([]);
    expect(textsOf(replica)).not.toHaveProperty("Acme.a");
  }
});
