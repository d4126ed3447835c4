import { applyChangeBundle, decodeChangeBundle } from "@darksync/runtime/replica/change-bundle";
import { bundleOf, dropChanges, droppableChanges } from "@darksync/runtime/replica/drop";
import { unparkAll } from "@darksync/runtime/replica/park";
import { moveItem } from "@darksync/runtime/replica/queue-order";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** Somebody discards an item of the queue; a file that brings it back is written first. */
export const discardMove: Move = {
  name: "discard",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const items = device?.read(({ queue }) => queue.list()) ?? [];
    if (device === null || items.length === 0) return;
    const item = chance.pick(items);
    void device.actAlone(`discard ${item.id}`, async (replica) => {
      const records = replica.store.read((tables) => droppableChanges(replica, tables, item));
      if (!records.ok) return records.problem.code;
      const ids = new Set(records.value.map(({ id }) => id));
      world.bundles.push({ device, bytes: bundleOf(replica, records.value) });
      device.discarding = ids;
      return `${await dropChanges(replica, ids)} changes`;
    });
  },
};

/** Somebody applies a bundle of what was discarded. */
export const applyBundleMove: Move = {
  name: "apply-bundle",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device?.replica == null || world.bundles.length === 0) return;
    const bundle = decodeChangeBundle(device.replica.hash, chance.pick(world.bundles).bytes);
    if (!bundle.ok) return;
    void device.act("apply a bundle", async (replica) =>
      describe(
        await applyChangeBundle(replica, bundle.value),
        ({ queued, known }) => `${queued} queued, ${known} known`,
      ),
    );
  },
};

/** Somebody lets an item of the queue go earlier or later. */
export const queueMoveMove: Move = {
  name: "queue-move",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const items = device?.read(({ queue }) => queue.list()) ?? [];
    if (device === null || items.length < 2) return;
    const [item, before] = [chance.pick(items), chance.pick(items)];
    void device.act(`queue ${item.id} before ${before.id}`, async (replica) =>
      describe(await moveItem(replica, item.id, before.id), (moved) => `${moved.length} moved`),
    );
  },
};

/** Somebody lets what was refused wait for the next sync again. */
export const retryMove: Move = {
  name: "retry",
  kind: "intent",
  weight: 2,
  run: (world, chance) => {
    void deviceUp(world, chance)?.actAlone("retry", async (replica) => `${await unparkAll(replica)} changes`);
  },
};
