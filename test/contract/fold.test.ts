import { decodeChange } from "@darksync/core/change";
import { Fold } from "@darksync/core/fold";
import { registerTypes } from "@darksync/core/register";
import type { ReplicaStore, ReplicaTables } from "@darksync/runtime/store/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyHistory } from "../../packages/core/test/support/history.js";
import type { PlacedBytes } from "../../packages/core/test/support/placed.js";
import { foldPorts } from "../../packages/core/test/support/ports.js";
import { adapters } from "./support/adapters.js";
import { streamOf } from "./support/samples.js";

/** Adds and folds a batch in one transaction, each change once. */
function receive({ changes, packages }: ReplicaTables, batch: readonly PlacedBytes[]): void {
  const fold = new Fold(packages, foldPorts);
  for (const { id, device, log, bytes } of batch) {
    if (changes.has(id)) continue;
    const decoded = decodeChange(bytes);
    const place = { stream: streamOf(1), seq: 1, index: 0 };
    const time = { wallMs: 1, counter: 0 };
    const fields = { id, device, log, time, receivedAtMs: 1, isSkewed: false, place, bytes: null };
    changes.add({ ...fields, setAside: decoded.type === "change" ? null : decoded.reason });
    if (decoded.type !== "change") continue;
    const reason = fold.fold({ id, device, log, change: decoded.change });
    if (reason !== null) changes.setSetAside(id, reason);
  }
  fold.finish();
}

function stateOf({ packages }: ReplicaTables): unknown {
  const registers = registerTypes.map((type) =>
    packages.registers(type).map(({ key, heads }) => ({
      key,
      heads: [...heads].sort((left, right) => (left.id < right.id ? -1 : 1)),
    })),
  );
  const names = packages.names("", 1000);
  const texts = names.map(({ shown }) =>
    shown?.value.type === "definition" ? packages.text(shown.value.hash) : null,
  );
  return { registers, names, texts, conflicts: packages.conflicts(), count: packages.countConflicts() };
}

async function receiveAll(
  store: ReplicaStore,
  batches: readonly (readonly PlacedBytes[])[],
): Promise<unknown> {
  for (const batch of batches) await store.write((tables) => receive(tables, batch));
  return store.read(stateOf);
}

/** The changes of a history, each id once: a store of changes knows them by id. */
const anyChanges = anyHistory(25).map(({ changes }) => [
  ...new Map(changes.map((change) => [change.id, change])).values(),
]);

const anyDelivery = anyChanges.chain((made) =>
  fc.record({
    made: fc.constant(made),
    shuffled: fc.shuffledSubarray(made, { minLength: made.length }),
    batchSize: fc.integer({ min: 1, max: 12 }),
  }),
);

test("the fold gives one state on every adapter, in any order and batches (O8)", async () => {
  await fc.assert(
    fc.asyncProperty(anyDelivery, async ({ made, shuffled, batchSize }) => {
      const states: unknown[] = [];
      for (const adapter of adapters) {
        for (const batches of [[made], inBatches(shuffled, batchSize)]) {
          const opened = adapter.replica();
          try {
            states.push(await receiveAll(opened.store, batches));
          } finally {
            opened.dispose();
          }
        }
      }
      for (const state of states) expect(state).toEqual(states[0]);
    }),
    { numRuns: 60 },
  );
});

function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
