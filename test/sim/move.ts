import type { Chance } from "./chance.ts";
import type { World } from "./world.ts";

/** Something that may happen in a run: what a person does, or what goes wrong. */
export interface Move {
  readonly name: string;
  readonly kind: "intent" | "fault";
  /** How often beside other moves, before the swarm has its say. */
  readonly weight: number;
  /** Begins it. What it needs and cannot find makes it nothing. `chance` is this step's own. */
  readonly run: (world: World, chance: Chance) => void;
}
