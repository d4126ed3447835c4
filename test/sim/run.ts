import { toHex } from "@darksync/core/bytes";
import { save } from "@darksync/runtime/edit/save";
import { Chance } from "./chance.ts";
import type { Check } from "./check.ts";
import type { Device } from "./device.ts";
import { heal } from "./heal.ts";
import type { Move } from "./move.ts";
import { pass, passUntil } from "./pass.ts";
import { placesOf, sourceFor } from "./places.ts";
import { drawScript, type Step } from "./script.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";

/** What to run. */
export interface Scenario {
  readonly seed: number;
  readonly moves: readonly Move[];
  readonly checks: readonly Check[];
  /** Instead of what the seed draws. */
  readonly swarm?: Swarm;
  readonly steps?: readonly Step[];
  /** Breaks something in the world before it begins: what a check must find. */
  readonly sabotage?: (world: World) => void;
}

/** How a run ended. */
export interface Verdict {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly steps: readonly Step[];
  readonly swarm: Swarm;
  readonly trace: readonly string[];
  /** The same for the same seed, always. */
  readonly hash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly changes: number;
}

const names = ["Ada", "Bob", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana"] as const;
const restMs = 60_000;

/** Runs a seed: act one, with all that goes wrong, then act two, which heals everything and looks at what is left. */
export async function run(scenario: Scenario): Promise<Verdict> {
  const { seed, moves, checks, sabotage } = scenario;
  const swarm = scenario.swarm ?? drawSwarm(seed, moves);
  const steps = scenario.steps ?? drawScript(seed, swarm, moves);
  const world = new World(seed, swarm, checks);
  sabotage?.(world);
  await gather(world);
  const byName = new Map(moves.map((move) => [move.name, move]));
  const beginMs = world.agenda.nowMs;
  for (const { number, atMs, move } of steps) {
    world.agenda.after(beginMs + atMs - world.agenda.nowMs, () => {
      byName.get(move)?.run(world, new Chance(`step ${number} of seed ${seed}`));
    });
  }
  await pass(world, (steps.at(-1)?.atMs ?? 0) + 5000);
  if (world.violation === null) await heal(world);
  if (world.violation === null) await world.checkEnd();
  const { violation, trace, agenda, ledger } = world;
  return {
    seed,
    violation,
    steps,
    swarm,
    trace: trace.lines,
    hash: trace.hash,
    events: agenda.count,
    simulatedMs: agenda.nowMs,
    changes: ledger.saved.size,
  };
}

/** The team: the first has made the space, the others join it, or begin with one of their own. */
async function gather(world: World): Promise<void> {
  const { swarm, chance } = world;
  for (const relay of world.relays) relay.start();
  const members = names.slice(0, swarm.members);
  const devices = members.map((member) => world.addDevice(member));
  for (let count = 0; count < swarm.moreDevices; count += 1)
    devices.push(world.addDevice(chance.pick(members)));
  for (const [index, device] of devices.entries()) {
    const isFirst = index === 0;
    const hasSpace = isFirst || chance.percent(swarm.ownSpaceShare);
    const space = hasSpace ? toHex(chance.bytes(16)) : "";
    await passUntil(world, device.start(), restMs);
    const only = !hasSpace && chance.percent(swarm.onlyShare) ? [chance.pick(["Acme", "Beta"])] : [];
    const owners = isFirst ? ["Acme"] : hasSpace ? ["Beta"] : [];
    await passUntil(world, device.create(space, owners, only), restMs);
    if (isFirst && swarm.isFounded) await found(world, device);
    if (isFirst || !hasSpace) await passUntil(world, device.sync(), restMs);
  }
  world.checkStep();
}

/** Something at every place that the team writes to. */
async function found(world: World, device: Device): Promise<void> {
  const { replica } = device;
  if (replica === null) return;
  const saved = device.act("found", async () => {
    for (const place of placesOf(world)) await save(replica, place, sourceFor(world, world.chance, place));
    return "what all begin with";
  });
  await passUntil(world, saved, restMs);
}
