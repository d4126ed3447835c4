import { Chance } from "./chance.ts";
import type { Move } from "./move.ts";
import type { Swarm } from "./swarm.ts";

/** One step of act one. It draws from a generator of its own, so that leaving out others moves nothing in it. */
export interface Step {
  /** Its number in the script that the seed draws; also names its generator. */
  readonly number: number;
  readonly atMs: number;
  readonly move: string;
}

const gapsMs = [0, 0, 20, 20, 200, 200, 1000, 1000, 4000, 20_000] as const;

/** Draws the steps of a seed's act one. */
export function drawScript(seed: number, swarm: Swarm, moves: readonly Move[]): readonly Step[] {
  const chance = new Chance(`script of seed ${seed}`);
  const weighed = moves.map(({ name }) => ({ name, weight: swarm.weights[name] ?? 0 }));
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  let atMs = 0;
  return Array.from({ length: swarm.steps }, (_, number) => {
    const gapMs = chance.pick(gapsMs);
    atMs += gapMs === 0 ? 0 : chance.between(1, gapMs);
    let at = (chance.below(1_000_000) / 1_000_000) * total;
    const drawn = weighed.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    return { number, atMs, move: drawn?.name ?? "save" };
  });
}
