import { Chance } from "./chance.ts";
import type { DiskHabits } from "./disk.ts";
import type { Move } from "./move.ts";
import type { NetworkHabits } from "./network.ts";
import type { FetchHabits } from "./segment-source.ts";

/**
 * What a seed's run is like. Each draws which moves it has at all and how often (Groce et al., "Swarm Testing"): runs
 * that leave much out find what runs of everything never get to.
 */
export interface Swarm {
  readonly members: number;
  /** Devices of members beyond their first. */
  readonly moreDevices: number;
  readonly relays: number;
  readonly steps: number;
  /** Whether the team begins with definitions that all have. */
  readonly isFounded: boolean;
  readonly weights: Readonly<Record<string, number>>;
  readonly disk: DiskHabits;
  /** How long a relay takes to flush, at most. */
  readonly flushMs: number;
  /** How many changes make a relay seal a log. */
  readonly sealingChanges: number;
  readonly fetch: FetchHabits;
  readonly network: NetworkHabits;
  /** Devices with a clock that goes wrong, out of a hundred. */
  readonly driftShare: number;
  /** How many places the team writes to: few make conflicts. */
  readonly places: number;
  /** Members who begin with a space of their own and join the team's later, out of a hundred. */
  readonly ownSpaceShare: number;
  /** Members who keep some owners' packages alone (`join --only`), out of a hundred. */
  readonly onlyShare: number;
}

/** Draws the swarm of a seed. `moves` are all there are. */
export function drawSwarm(seed: number, moves: readonly Move[]): Swarm {
  const chance = new Chance(`swarm of seed ${seed}`);
  const isLong = chance.percent(2);
  const isCalm = chance.percent(15);
  return {
    members: isLong ? chance.between(3, 8) : chance.pick([2, 2, 3, 3, 4]),
    moreDevices: chance.percent(30) ? 1 : 0,
    relays: chance.percent(15) ? 2 : 1,
    steps: isLong ? chance.between(80, 200) : chance.between(10, 36),
    isFounded: chance.percent(70),
    weights: drawWeights(chance, moves, isCalm),
    disk: {
      slowShare: chance.percent(40) ? chance.between(5, 40) : 0,
      slowMs: chance.pick([5, 50, 400]),
      againShare: chance.percent(40) ? chance.between(2, 20) : 0,
    },
    flushMs: chance.pick([0, 5, 100]),
    sealingChanges: chance.pick([3, 12, 4096]),
    fetch: {
      cutShare: chance.percent(30) ? 30 : 0,
      corruptShare: chance.percent(20) ? 15 : 0,
      missingShare: chance.percent(20) ? 15 : 0,
    },
    network: { leastMs: 1, mostMs: chance.pick([1, 20, 80, 400, 1200]), isDown: false },
    driftShare: chance.percent(40) ? 50 : 0,
    places: chance.pick([2, 4, 8]),
    ownSpaceShare: chance.percent(20) ? 50 : 0,
    onlyShare: chance.percent(25) ? 60 : 0,
  };
}

function drawWeights(
  chance: Chance,
  moves: readonly Move[],
  isCalm: boolean,
): Readonly<Record<string, number>> {
  const weights: Record<string, number> = {};
  for (const { name, kind, weight } of moves) {
    const isOn =
      kind === "intent" ? name === "save" || name === "sync" || chance.percent(65) : chance.percent(30);
    const isLeftOut = !isOn || (isCalm && kind === "fault");
    weights[name] = isLeftOut ? 0 : weight * chance.pick([0.3, 1, 1, 3]);
  }
  return weights;
}
