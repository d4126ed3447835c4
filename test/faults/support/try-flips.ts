import { expect } from "vitest";
import { sampled, seed } from "./chance.js";
import { describeFlip, type Flip } from "./damage.js";

/** Tries each of these; tells of the first that come to a bad end, and how many came to which good one. */
export async function tryFlips(
  flips: readonly Flip[],
  inSample: number,
  attempt: (flip: Flip) => Promise<string>,
): Promise<void> {
  const tried = sampled(flips, inSample);
  const counts: Record<string, number> = {};
  const failed: string[] = [];
  for (const flip of tried) {
    try {
      const outcome = await attempt(flip);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (error) {
      failed.push(`${describeFlip(flip)}: ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(`${tried.length} of ${flips.length} flips: ${JSON.stringify(counts)}, ${failed.length} failed`);
  expect(failed.slice(0, 8), `${failed.length} of ${tried.length}, seed ${seed}`).toEqual([]);
}
