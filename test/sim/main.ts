// `npm run sim`: runs seeds of the simulator. See README.md beside this.
import { parseArgs } from "node:util";
import { checks } from "./checks.ts";
import { moves } from "./moves.ts";
import { run, type Verdict } from "./run.ts";

const help = `Runs the simulator: each seed is a team, its relay and all that goes wrong, replayed exactly.

  npm run sim -- --seed N            one seed: what happened, and the verdict
  npm run sim -- --runs N            N seeds, from a fresh one on
  npm run sim -- --runs N --from S   N seeds, from S on

Exit code 1 if a seed broke a rule.`;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    runs: { type: "string" },
    from: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.runs !== undefined) await runMany(Number(values.runs), Number(values.from ?? freshSeed()));
else console.log(help);

function freshSeed(): number {
  return Math.floor(Math.random() * 1_000_000_000);
}

async function runOne(seed: number): Promise<void> {
  const verdict = await run({ seed, moves, checks });
  for (const line of verdict.trace) console.log(line);
  console.log(`\n${describe(verdict)}`);
  if (verdict.violation !== null) process.exitCode = 1;
}

function describe({ seed, violation, events, simulatedMs, changes, hash }: Verdict): string {
  const size = `${changes} changes, ${events} events, ${Math.round(simulatedMs / 1000)} s simulated, trace ${hash}`;
  return violation === null
    ? `Seed ${seed}: in order (${size}).`
    : `Seed ${seed} (${size}):\n${violation.checker}: ${violation.message}`;
}

async function runMany(count: number, from: number): Promise<void> {
  console.log(`${count} seeds from ${from} on`);
  const millis: number[] = [];
  let failed = 0;
  const beganMs = performance.now();
  for (let seed = from; seed < from + count; seed += 1) {
    const startMs = performance.now();
    const { violation } = await run({ seed, moves, checks });
    millis.push(performance.now() - startMs);
    if (violation !== null) {
      failed += 1;
      console.log(
        `\n${violation.checker}: ${violation.message.slice(0, 600)}\n  npm run sim -- --seed ${seed}`,
      );
    }
    if (millis.length % 500 === 0) console.log(`${millis.length} run, ${failed} failed`);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  const median = millis.sort((left, right) => left - right)[Math.floor(millis.length / 2)] ?? 0;
  const most = millis.at(-1) ?? 0;
  console.log(
    `${count} seeds, ${failed} failed; ${(count / seconds).toFixed(1)} seeds/s, median ${median.toFixed(0)} ms, longest ${most.toFixed(0)} ms`,
  );
  if (failed > 0) process.exitCode = 1;
}
