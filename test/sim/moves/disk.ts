import { copyFiles, putBack, swapFiles } from "../device-files.ts";
import type { Move } from "../move.ts";

/** A device's disk is full for a while. */
export const diskFullMove: Move = {
  name: "disk-full",
  kind: "fault",
  weight: 4,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    device.tell("its disk is full");
    device.disk.isFull = true;
    world.agenda.after(chance.between(50, 10_000), () => {
      device.disk.isFull = false;
    });
  },
};

/** A relay's disk is full for a while. */
export const relayDiskFullMove: Move = {
  name: "relay-disk-full",
  kind: "fault",
  weight: 3,
  run: (world, chance) => {
    const relay = chance.pick(world.relays);
    world.tell(relay.name, "its disk is full");
    relay.isFull = true;
    world.agenda.after(chance.between(50, 10_000), () => {
      relay.isFull = false;
    });
  },
};

/** Somebody copies a device's database, puts such a copy back, or goes on with it beside the other one. */
export const restoreMove: Move = {
  name: "restore",
  kind: "fault",
  weight: 14,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    const what = device.backup === null ? "copy" : chance.pick(["copy", "swap", "swap", "restore"] as const);
    if (what === "swap") swapFiles(device);
    else if (what === "restore") putBack(device);
    else {
      copyFiles(device);
      device.tell("its database is copied");
    }
  },
};

/**
 * Whoever runs a relay copies its data, or puts such a copy back. Now and then a device is copied and put back with it,
 * as where both are on one machine: then nobody but the others holds what came since.
 */
export const relayRestoreMove: Move = {
  name: "relay-restore",
  kind: "fault",
  weight: 10,
  run: (world, chance) => {
    const relay = chance.pick(world.relays);
    const device = chance.percent(40) ? chance.pick(world.devices) : null;
    if (relay.backup === null || chance.percent(40)) {
      relay.keepBackup();
      world.tell(relay.name, "its data are copied");
      if (device !== null) copyFiles(device);
    } else {
      relay.restore();
      if (device !== null) putBack(device);
    }
  },
};
