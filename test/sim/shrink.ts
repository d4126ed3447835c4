import { run, type Scenario, type Verdict } from "./run.ts";
import type { Step } from "./script.ts";
import type { Swarm } from "./swarm.ts";

/**
 * Looks for a smaller run that breaks the same rule: leaves out steps, half of them at first and single ones in the
 * end (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"), then makes the world simpler.
 */
export async function shrink(
  scenario: Scenario,
  found: Verdict,
  onTry: (steps: number) => void,
): Promise<Verdict> {
  const checker = found.violation?.checker;
  const attempt = async (swarm: Swarm, steps: readonly Step[]): Promise<Verdict | null> => {
    onTry(steps.length);
    const verdict = await run({ ...scenario, swarm, steps });
    return verdict.violation?.checker === checker ? verdict : null;
  };
  let best = await withFewerSteps(found, attempt);
  for (const simpler of simplerSwarms) {
    const swarm = { ...best.swarm, ...simpler(best.swarm) };
    if (JSON.stringify(swarm) !== JSON.stringify(best.swarm))
      best = (await attempt(swarm, best.steps)) ?? best;
  }
  return withFewerSteps(best, attempt);
}

type Attempt = (swarm: Swarm, steps: readonly Step[]) => Promise<Verdict | null>;

async function withFewerSteps(found: Verdict, attempt: Attempt): Promise<Verdict> {
  let best = found;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.steps.length; ) {
      const steps = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
      const smaller = await attempt(best.swarm, steps);
      if (smaller === null) at += size;
      else best = smaller;
    }
  }
  return best;
}

const simplerSwarms: readonly ((swarm: Swarm) => Partial<Swarm>)[] = [
  () => ({ moreDevices: 0 }),
  () => ({ relays: 1 }),
  ({ members }) => ({ members: Math.min(members, 2) }),
  () => ({ isFounded: false }),
  () => ({ ownSpaceShare: 0 }),
  () => ({ onlyShare: 0 }),
  () => ({ driftShare: 0 }),
  () => ({ sealingChanges: 4096 }),
  () => ({ flushMs: 0 }),
  () => ({ fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 } }),
  ({ disk }) => ({ disk: { ...disk, slowShare: 0 } }),
  ({ disk }) => ({ disk: { ...disk, againShare: 0 } }),
  ({ network }) => ({ network: { ...network, mostMs: 1 } }),
];
