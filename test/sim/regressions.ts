import type { Step } from "./script.ts";
import type { Swarm } from "./swarm.ts";

/** A run that once broke a rule, made small. Its steps are kept, since later moves change what a seed draws. */
export interface Regression {
  readonly seed: number;
  /** What was wrong. */
  readonly wrong: string;
  readonly swarm: Swarm;
  readonly steps: readonly (readonly [number: number, atMs: number, move: string])[];
}

/** The steps of a regression, as a run takes them. */
export function stepsOf({ steps }: Regression): readonly Step[] {
  return steps.map(([number, atMs, move]) => ({ number, atMs, move }));
}

/** All of them. `npm run sim -- --seed N --shrink` prints what to add here. */
export const regressions: readonly Regression[] = [];
