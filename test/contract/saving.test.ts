import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { saveDefinition } from "@darksync/runtime/edit/save";
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
