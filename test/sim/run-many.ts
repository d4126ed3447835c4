import { checks } from "./checks.ts";
import { moves } from "./moves.ts";
import { run, type Verdict } from "./run.ts";

/** What came of many seeds. */
export interface ManyVerdicts {
  readonly failed: readonly number[];
  /** Of processor time, as `longestMs` is. */
  readonly medianMs: number;
  readonly longestMs: number;
  readonly seconds: number;
}

/** Runs so many seeds, one after the other. */
export async function runMany(
  count: number,
  first: number,
  {
    onFailed,
    onProgress,
  }: {
    readonly onFailed: (verdict: Verdict) => void;
    readonly onProgress: (done: number, failed: number) => void;
  },
): Promise<ManyVerdicts> {
  const takenMs: number[] = [];
  const failed: number[] = [];
  const beganMs = performance.now();
  for (let seed = first; seed < first + count; seed += 1) {
    const start = process.cpuUsage();
    const verdict = await run({ seed, moves, checks });
    const { user, system } = process.cpuUsage(start);
    takenMs.push((user + system) / 1000);
    if (verdict.violation !== null) {
      failed.push(seed);
      onFailed(verdict);
    }
    onProgress(takenMs.length, failed.length);
  }
  takenMs.sort((left, right) => left - right);
  return {
    failed,
    medianMs: takenMs[takenMs.length >> 1] ?? 0,
    longestMs: takenMs.at(-1) ?? 0,
    seconds: (performance.now() - beganMs) / 1000,
  };
}
