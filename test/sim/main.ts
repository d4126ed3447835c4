// `npm run sim`: runs seeds of the simulator. See README.md beside this.
import { parseArgs } from "node:util";
import { checks } from "./checks.ts";
import { moves } from "./moves.ts";
import { run, type Verdict } from "./run.ts";
import { runMany } from "./run-many.ts";
import { shrink } from "./shrink.ts";

const help = `Runs the simulator: each seed is a team, its relay and all that goes wrong, replayed exactly.

  npm run sim -- --seed N            one seed: what happened, and the verdict
  npm run sim -- --seed N --shrink   the same, and if it breaks a rule, a small run that does
  npm run sim -- --runs N            N seeds, from a fresh one on
  npm run sim -- --runs N --from S   N seeds, from S on

Exit code 1 if a seed broke a rule.`;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    shrink: { type: "boolean", default: false },
    runs: { type: "string" },
    from: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const seed = wholeNumber("seed", values.seed);
const runs = wholeNumber("runs", values.runs);
const from = wholeNumber("from", values.from);
if (values.help || (seed === null && runs === null)) console.log(help);
else if (seed !== null) await runOne(seed, values.shrink);
else await runAll(runs ?? 0, from ?? Math.floor(Math.random() * 1_000_000_000));

function wholeNumber(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  console.error(`--${name} takes a whole number, and not ${value}`);
  process.exit(2);
}

async function runOne(number: number, isToShrink: boolean): Promise<void> {
  const scenario = { seed: number, moves, checks };
  const verdict = await run(scenario);
  if (verdict.violation === null || !isToShrink) {
    print(verdict);
    return;
  }
  let tries = 0;
  const small = await shrink(scenario, verdict, (steps) => {
    tries += 1;
    if (tries % 20 === 0) console.error(`${tries} tries, ${steps} steps now`);
  });
  print(small);
  const steps = small.steps.map((step) => [step.number, step.atMs, step.move]);
  const swarm = { ...small.swarm, weights: { evict: small.swarm.weights.evict ?? 0 } };
  console.log(
    `\nTo be kept in regressions.ts:\n${JSON.stringify({ seed: number, wrong: "", swarm, steps })}`,
  );
}

function print(verdict: Verdict): void {
  for (const line of verdict.trace) console.log(line);
  const { violation, events, simulatedMs, changes, hash } = verdict;
  const size = `${changes} changes, ${events} events, ${Math.round(simulatedMs / 1000)} s simulated, trace ${hash}`;
  console.log(`\nSeed ${verdict.seed}: ${violation === null ? "in order" : "BROKEN"} (${size})`);
  if (violation === null) return;
  console.log(`${violation.checker}: ${violation.message}`);
  process.exitCode = 1;
}

async function runAll(count: number, first: number): Promise<void> {
  console.log(`${count} seeds from ${first} on`);
  const { failed, medianMs, longestMs, seconds } = await runMany(count, first, {
    onFailed: (verdict) => {
      const { checker = "", message = "" } = verdict.violation ?? {};
      console.log(`\n${checker}: ${message.slice(0, 600)}\n  npm run sim -- --seed ${verdict.seed} --shrink`);
    },
    onProgress: (done, wrong) => {
      if (done % 500 === 0) console.log(`${done} run, ${wrong} broken`);
    },
  });
  const speed = `${(count / seconds).toFixed(1)} seeds/s, processor time of a seed: median ${medianMs.toFixed(0)} ms, longest ${longestMs.toFixed(0)} ms`;
  console.log(`${count} seeds, ${failed.length} broken; ${speed}`);
  if (failed.length > 0) process.exitCode = 1;
}
