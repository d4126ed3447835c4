import type { ReplicaStore } from "@darksync/runtime/store/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { adapters, type Opened } from "./support/adapters.js";
import { anyCommand, type Command } from "./support/commands.js";
import { snapshot } from "./support/snapshot.js";

interface Transaction {
  readonly commands: readonly Command[];
  readonly isGivenUp: boolean;
  readonly reopensAfter: boolean;
}

const anyTransaction: fc.Arbitrary<Transaction> = fc.record({
  commands: fc.array(anyCommand, { minLength: 1, maxLength: 8 }),
  isGivenUp: fc.integer({ min: 0, max: 4 }).map((die) => die === 0),
  reopensAfter: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
});

/** What the commands gave, up to the first that failed; a failure or a change of mind rolls all of them back. */
async function play(opened: Opened<ReplicaStore>, { commands, isGivenUp }: Transaction): Promise<unknown> {
  const outcomes: unknown[] = [];
  const written = opened.store.write((tables) => {
    for (const { name, run } of commands) outcomes.push([name, run(tables) ?? null]);
    if (isGivenUp) throw new Error("given up");
    return "kept";
  });
  return [await written.catch(() => "rolled back"), outcomes];
}

test("every adapter answers any run of commands alike", async () => {
  const histories = fc.array(anyTransaction, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(histories, async (transactions) => {
      const opened = adapters.map((adapter) => adapter.replica());
      try {
        for (const transaction of transactions) {
          const [first, ...others] = await Promise.all(opened.map((each) => play(each, transaction)));
          for (const other of others) expect(other).toEqual(first);
          if (transaction.reopensAfter) for (const each of opened) each.reopen();
          const [expected, ...found] = opened.map((each) => each.store.read(snapshot));
          for (const each of found) expect(each).toEqual(expected);
        }
      } finally {
        for (const each of opened) each.dispose();
      }
    }),
    { numRuns: 150 },
  );
});
