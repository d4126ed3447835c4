import { expect, test } from "vitest";
import { canaries } from "./canary.ts";
import { checks } from "./checks.ts";
import { moves } from "./moves.ts";
import { regressions, stepsOf } from "./regressions.ts";
import { run } from "./run.ts";
import { runMany } from "./run-many.ts";
import { shrink } from "./shrink.ts";

const seeds = 2000;
/** No canary of a check may need more seeds than this. */
const canarySeeds = 60;

test("a seed replays a run exactly, another one is another run", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [one, again] = [await run({ seed, moves, checks }), await run({ seed, moves, checks })];
    expect(again.trace).toEqual(one.trace);
    expect(again.hash).toBe(one.hash);
  }
  expect((await run({ seed: 1, moves, checks })).hash).not.toBe((await run({ seed: 2, moves, checks })).hash);
});

test("every check has a canary", () => {
  const found = new Set(canaries.map(({ checker }) => checker));
  for (const { name } of checks) expect(found).toContain(name);
});

test.each(canaries)("$checker finds: $name", async ({ checker, checks: only, sabotage }) => {
  for (let seed = 1; seed <= canarySeeds; seed += 1) {
    const { violation } = await run({ seed, moves, checks: only, sabotage });
    if (violation?.checker === checker) return;
  }
  expect.unreachable(`none of ${canarySeeds} seeds found it`);
});

test("a broken run is made smaller, and breaks the same rule", async () => {
  const [canary] = canaries;
  if (canary === undefined) throw new Error("no canary");
  for (let seed = 1; ; seed += 1) {
    const scenario = { seed, moves, checks: canary.checks, sabotage: canary.sabotage };
    const found = await run(scenario);
    if (found.violation === null) continue;
    const small = await shrink(scenario, found, () => {});
    expect(small.violation?.checker).toBe(canary.checker);
    expect(small.steps.length).toBeLessThan(Math.min(found.steps.length, 10));
    return;
  }
});

for (const regression of regressions) {
  test(`what was wrong stays right: ${regression.wrong} (seed ${regression.seed})`, async () => {
    const { seed, swarm } = regression;
    const verdict = await run({ seed, moves, checks, swarm, steps: stepsOf(regression) });
    expect(verdict.violation).toBeNull();
  });
}

test(`${seeds} fresh seeds break no rule`, { timeout: 20 * 60_000 }, async () => {
  const first = Math.floor(Math.random() * 1_000_000_000);
  console.log(`seeds from ${first} on`);
  const broken: string[] = [];
  const { medianMs } = await runMany(seeds, first, {
    onFailed: ({ seed, violation }) =>
      broken.push(
        `npm run sim -- --seed ${seed} --shrink: ${violation?.checker}: ${violation?.message.slice(0, 300)}`,
      ),
    onProgress: () => {},
  });
  console.log(`${seeds} seeds, median ${medianMs.toFixed(0)} ms`);
  expect(broken).toEqual([]);
});
