import { toHex } from "@darksync/core/bytes";
import { memoryReplicaStore } from "@darksync/runtime/memory/replica-store";
import { readOutbox } from "@darksync/runtime/outbox/outbox-content";
import { queueAgain } from "@darksync/runtime/replica/change-bundle";
import { rebuild } from "@darksync/runtime/replica/rebuild";
import { openReplica, type Replica, readFacts } from "@darksync/runtime/replica/replica";
import { Salvage } from "@darksync/runtime/replica/salvage";
import type { Chance } from "./chance.ts";
import { damagedStore } from "./damage.ts";
import { blockPorts, type Device, describe, describeOutcome } from "./device.ts";
import { Disk } from "./disk.ts";
import type { Process } from "./process.ts";

/** What is wrong with a database. */
interface Damage {
  /** So many out of a hundred of its rows cannot be read; null: it is gone. */
  readonly share: number | null;
  /** Tells which ones: the same to every repair. */
  readonly rows: Chance;
}

/** A device's database cannot be used from now on; it is repaired when its process comes back, and before all else. */
export function damageDatabase(device: Device, share: number | null): void {
  device.tell(share === null ? "its database is gone" : `${share} % of its database are damaged`);
  const damage = { share, rows: device.nextChance("damage") };
  device.repair = (process) => repairOnce(device, process, damage);
  device.process?.die();
}

/**
 * Makes a database anew as `doctor --repair` does (S8), beside the old one: from what can be read of that and from the
 * outbox, then from the relay, if it is asked. Only when it is whole it takes the other one's place. A repair that dies
 * leaves nothing but what the relay was given; the next one begins again.
 */
async function repairOnce(device: Device, process: Process, { share, rows }: Damage): Promise<void> {
  const { world, disk } = device;
  const chance = device.nextChance("repair");
  if (!world.isHealed && chance.percent(50)) process.dieAfter(chance.below(50));
  const own = { ...blockPorts, device: toHex(device.signer.publicKey) };
  const salvage = share === null ? null : new Salvage(own, damagedStore(disk, share, rows));
  const beside = new Disk(memoryReplicaStore(blockPorts), disk.habits, world.agenda, chance.fork("disk"));
  beside.isFull = disk.isFull;
  const store = beside.open(process, () => {});
  const readOwn = () => readOutbox(own.hash, device.outbox, own.device);
  const replica = await openReplica({ ...device.ports, store });
  const rebuilt = await rebuild(replica, { salvage, outbox: readOwn() }, async () => {});
  device.tell(`made anew: ${describe(rebuilt, ({ kept, queued }) => `${kept} kept, ${queued} queued`)}`);
  if (!rebuilt.ok)
    world.fail("unexpected-error", `${device.name} cannot be made anew: ${rebuilt.problem.message}`);
  if (chance.percent(70)) await askRelay(device, replica);
  await store.write((tables) => queueAgain(replica, tables, readOwn().changes));
  if (!process.reach()) return;
  world.forgiveAcknowledged(device);
  disk.memory = beside.memory;
  device.backup = null;
  device.repair = null;
  device.tell("is repaired");
  world.onRestored(device);
}

async function askRelay(device: Device, replica: Replica): Promise<void> {
  if (replica.store.read(readFacts).relay === null) return;
  const outcome = await device.session(replica, "once", false).run();
  device.tell(`asks ${device.relay.name}: ${describeOutcome(outcome)}`);
}
