import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** A device's process dies, at once or between two of its next effects. It comes back after a while. */
export const crashMove: Move = {
  name: "crash",
  kind: "fault",
  weight: 6,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device === null) return;
    const effects = chance.percent(20) ? 0 : chance.below(25);
    device.tell(`dies after ${effects} more effects`);
    device.process?.dieAfter(effects);
  },
};

/** A device is away for long: what the others do meanwhile comes at once. */
export const absenceMove: Move = {
  name: "absence",
  kind: "fault",
  weight: 2,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device === null) return;
    device.awayUntilMs = world.agenda.nowMs + chance.between(10_000, 200_000);
    device.tell("goes away for long");
    device.process?.die();
  },
};

/** A relay's machine loses power: what was not flushed is lost. */
export const powerMove: Move = {
  name: "power",
  kind: "fault",
  weight: 4,
  run: (world, chance) => chance.pick(world.relays).losePower(),
};

/** A relay's process dies, at once or between two of its next effects. */
export const relayCrashMove: Move = {
  name: "relay-crash",
  kind: "fault",
  weight: 5,
  run: (world, chance) => {
    const relay = chance.pick(world.relays);
    const effects = chance.percent(20) ? 0 : chance.below(30);
    world.tell(relay.name, `dies after ${effects} more effects`);
    relay.process?.dieAfter(effects);
  },
};
