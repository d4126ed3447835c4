import type { Device } from "./device.ts";

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
