import { toHex } from "@darksync/core/bytes";
import { memoryReplicaStore } from "@darksync/runtime/memory/replica-store";
import { readOutbox } from "@darksync/runtime/outbox/outbox-content";
import { rebuild } from "@darksync/runtime/replica/rebuild";
import { openReplica } from "@darksync/runtime/replica/replica";
import { Salvage } from "@darksync/runtime/replica/salvage";
import { damagedStore } from "./damage.ts";
import { blockPorts, type Device, describe } from "./device.ts";

/** Copies its files. */
export function copyFiles(device: Device): void {
  const restore = device.disk.memory.checkpoint();
  const outbox = device.outbox.read();
  device.backup = () => {
    restore();
    device.outbox.replace(outbox);
  };
}

/** Goes over to the copy of its database, and keeps the other one: both go on in turn. */
export function swapFiles(device: Device): void {
  const { backup } = device;
  if (backup === null) return;
  device.process?.die();
  copyFiles(device);
  const other = device.backup;
  device.backup = backup;
  putBack(device);
  device.backup = other;
}

/** Puts the copy of its database back: what was only there since is lost. */
export function putBack(device: Device): void {
  if (device.backup === null) return;
  device.tell("the copy of its database is put back");
  device.process?.die();
  device.world.forgiveDurable(null);
  device.backup();
  device.world.onRestored(device);
}

/** Its database is as a version left it that knew no op at all: all of it waits for an upgrade, which comes now. */
export async function upgrade(device: Device): Promise<void> {
  device.tell("is upgraded");
  device.process?.die();
  await device.disk.memory.write((tables) => {
    for (const { id } of tables.changes.after(0, Number.MAX_SAFE_INTEGER))
      tables.changes.setSetAside(id, "ops that this version did not know");
    tables.packages.clear();
    tables.dependencies.clear();
    tables.meta.set("knownOps", "");
  });
  device.disk.writes += 1;
}

/**
 * Its database cannot be used: it is made anew from the outbox and from what can be read of the old one, of which
 * `damagedShare` out of a hundred rows cannot; null: it is gone.
 */
export async function makeAnew(device: Device, damagedShare: number | null): Promise<void> {
  device.tell(
    damagedShare === null ? "its database is gone" : `${damagedShare} % of its database are damaged`,
  );
  device.process?.die();
  device.world.forgiveAcknowledged(device);
  const own = { ...blockPorts, device: toHex(device.signer.publicKey) };
  const chance = device.nextChance("damage");
  const salvage =
    damagedShare === null ? null : new Salvage(own, damagedStore(device.disk, damagedShare, chance));
  const memory = memoryReplicaStore(blockPorts);
  const replica = await openReplica({ ...device.ports, store: memory });
  const outbox = readOutbox(own.hash, device.outbox, own.device);
  const rebuilt = await rebuild(replica, { salvage, outbox }, async () => {});
  device.tell(`made anew: ${describe(rebuilt, ({ kept, queued }) => `${kept} kept, ${queued} queued`)}`);
  if (!rebuilt.ok)
    device.world.fail("unexpected-error", `${device.name} cannot be made anew: ${rebuilt.problem.message}`);
  device.disk.memory = memory;
  device.backup = null;
  device.world.onRestored(device);
}
