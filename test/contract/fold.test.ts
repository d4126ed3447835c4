import { decodeChange, encodeChange } from "@darksync/core/change";
import type { DefinitionText } from "@darksync/core/definition";
import { effectsOfChange, Fold } from "@darksync/core/fold";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { opId } from "@darksync/core/op-id";
import { registerTypes } from "@darksync/core/register";
import type { ReplicaStore, ReplicaTables } from "@darksync/runtime/store/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyHistory } from "../../packages/core/test/support/history.js";
import { deviceKey, newChange, type PlacedBytes, place } from "../../packages/core/test/support/placed.js";
import { foldPorts, sha256 } from "../../packages/core/test/support/ports.js";
import { adapters } from "./support/adapters.js";
import { streamOf } from "./support/samples.js";

type KeptTexts = "all" | "current";

/** Adds and folds a batch in one transaction, each change once. */
function receive(
  { changes, packages }: ReplicaTables,
  batch: readonly PlacedBytes[],
  texts: KeptTexts,
): void {
  const fold = new Fold(packages, foldPorts, texts);
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
  texts: KeptTexts = "all",
): Promise<unknown> {
  const history = textsIn(batches.flat());
  store.read((tables) => tables.texts.readEvictedWith((hash) => history.get(hash) ?? null));
  for (const batch of batches) await store.write((tables) => receive(tables, batch, texts));
  return store.read(stateOf);
}

/** The texts that changes bring, as they are read again where they were brought. */
function textsIn(changes: readonly PlacedBytes[]): ReadonlyMap<string, DefinitionText> {
  const texts = new Map<string, DefinitionText>();
  for (const { device, log, bytes } of changes) {
    const decoded = decodeChange(bytes);
    if (decoded.type !== "change") continue;
    const effects = effectsOfChange(sha256, { device, log, change: decoded.change });
    for (const { effect } of typeof effects === "string" ? [] : effects)
      if (effect.type === "text" && effect.text !== null) texts.set(effect.hash, effect.text);
  }
  return texts;
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

test("the fold gives one state on every adapter, in any order and batches, whichever texts it keeps (O8, O8.7)", async () => {
  await fc.assert(
    fc.asyncProperty(anyDelivery, async ({ made, shuffled, batchSize }) => {
      const states: unknown[] = [];
      for (const adapter of adapters) {
        for (const batches of [[made], inBatches(shuffled, batchSize)]) {
          for (const texts of ["all", "current"] as const) {
            const opened = adapter.replica();
            try {
              states.push(await receiveAll(opened.store, batches, texts));
            } finally {
              opened.dispose();
            }
          }
        }
      }
      for (const state of states) expect(state).toEqual(states[0]);
    }),
    { numRuns: 60 },
  );
});

test.each(adapters)(
  "of a line of edits in one batch the last text is kept, the others are noted ($name)",
  async (adapter) => {
    const made: PlacedBytes[] = [];
    let before: readonly string[] = [];
    for (const number of [1, 2, 3]) {
      const ops: Op[] = [
        { type: "AddFn", head: "let ", tail: ` () = ${number}L` },
        {
          ...{ type: "SetName", location: "Acme.a", kind: "fn", target: previousOp, movedFrom: null },
          supersedes: before,
        },
      ];
      const placed = place(deviceKey(1), "main/Acme", encodeChange(newChange(number, ops)));
      before = [opId(placed.id, 1)];
      made.push(placed);
    }
    const opened = adapter.replica();
    await receiveAll(opened.store, [made], "current");
    const hashes = [...textsIn(made).keys()];
    opened.store.read(({ texts, packages }) => {
      expect(hashes.map((hash) => texts.isEvicted(hash))).toEqual([true, true, false]);
      expect(hashes.map((hash) => texts.broughtBy(hash))).toEqual(made.map(({ id }) => opId(id, 0)));
      expect(hashes.map((hash) => packages.text(hash)?.tail)).toEqual([1, 2, 3].map((n) => ` () = ${n}L`));
    });
    opened.dispose();
  },
);

function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
