import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { saveAll, saveDefinition, saveTogether } from "@darksync/runtime/edit/save";
import { readClock } from "@darksync/runtime/replica/commit-change";
import { countQueued, type PushItem } from "@darksync/runtime/replica/push-queue";
import type { Replica } from "@darksync/runtime/replica/replica";
import { describe, expect, onTestFinished, test } from "vitest";
import { newReplica } from "../../packages/runtime/test/support/team.js";
import { adapters } from "./support/adapters.js";

describe.each(adapters)("saving ($name)", (adapter) => {
  const newSpace = (): Promise<Replica> => {
    const opened = adapter.replica();
    onTestFinished(() => opened.dispose());
    return newReplica("Ada", "ab".repeat(16), opened.store);
  };
  const value = (location: string, number: number): DefinitionToSave => ({
    location,
    text: { kind: "value", head: "val ", tail: ` = ${number}L` },
  });
  const pushes = (replica: Replica): readonly PushItem[] =>
    replica.store.read(({ queue }) => queue.list()) as readonly PushItem[];

  test("S2: saves in a row to one log are one item, which is closed when another log's comes", async () => {
    const replica = await newSpace();
    const others = pushes(replica).length;
    for (const location of ["Acme.a", "Acme.b", "Beta.a", "Acme.c"])
      expect((await saveDefinition(replica, value(location, 1))).ok).toBe(true);
    const found = pushes(replica).slice(others);
    const last = replica.store.read(({ changes }) => changes.latest(1)[0]?.number ?? 0);
    expect(found.map(({ task }) => [task.log, task.first, task.last])).toEqual([
      ["main/Acme", last - 3, last - 2],
      ["main/Beta", last - 1, last - 1],
      ["main/Acme", last, null],
    ]);
    const counts = replica.store.read((tables) =>
      found.map(({ task }) => countQueued(replica, tables, task)),
    );
    expect(counts).toEqual([2, 1, 1]);
  });

  test("C1: definitions saved together are one change of each log, with a second one of a location after it", async () => {
    const replica = await newSpace();
    await saveAll(replica, [value("Acme.same", 7)]);
    const before = replica.store.read(({ changes }) => changes.count());
    const saved = await saveTogether(replica, [
      value("Acme.a", 1),
      value("Acme.same", 7),
      value("Beta.a", 2),
      value("Acme.b", 3),
      value("Acme.a", 4),
    ]);
    if (!saved.ok) throw new Error(saved.problem.message);
    const [first, same, beta, second, again] = saved.value;
    expect(first?.change).toMatch(/^[0-9a-f]{64}$/);
    expect(second?.change).toBe(first?.change);
    expect(beta?.change).not.toBe(first?.change);
    expect(again?.change).not.toBe(first?.change);
    expect([first?.isUnchanged, same?.isUnchanged]).toEqual([false, true]);
    replica.store.read(({ changes, packages }) => {
      expect(changes.count()).toBe(before + 3);
      const heads = packages.heads({ type: "name", key: "Acme.a" });
      expect(heads.map(({ value: bound }) => bound)).toMatchObject([{ hash: again?.hash }]);
      expect(heads[0]?.supersedes).toHaveLength(1);
      expect(packages.countConflicts()).toBe(0);
    });
  });

  test("definitions that are too many for one change become a few, and one that is refused takes all with it", async () => {
    const replica = await newSpace();
    const before = replica.store.read(({ changes }) => changes.count());
    const many = Array.from({ length: 1500 }, (_, index) => value(`Acme.n${index}`, index));
    expect((await saveTogether(replica, many)).ok).toBe(true);
    const made = replica.store.read(({ changes }) => changes.count()) - before;
    expect(made).toBeGreaterThan(1);
    expect(made).toBeLessThan(10);
    const bad: DefinitionToSave = {
      location: "Beta.bad",
      text: { kind: "value", head: "val ", tail: "\ud800" },
    };
    const refused = await saveTogether(replica, [value("Acme.good", 1), bad]);
    expect(refused.ok).toBe(false);
    expect(replica.store.read(({ packages }) => packages.nameRow("Acme.good"))).toBeNull();
  });

  test("C4: the clock goes on from the last save without being written", async () => {
    const replica = await newSpace();
    await saveDefinition(replica, value("Acme.a", 1));
    const { last, clock } = replica.store.read((tables) => ({
      last: tables.changes.latest(1)[0]?.time,
      clock: readClock(replica, tables),
    }));
    expect(clock).toEqual(last);
    await replica.store.write(({ meta }) => meta.set("clock", "9000000000000:3"));
    await saveDefinition(replica, value("Acme.a", 2));
    expect(replica.store.read(({ changes }) => changes.latest(1)[0]?.time)).toEqual({
      wallMs: 9_000_000_000_000,
      counter: 4,
    });
  });
});
