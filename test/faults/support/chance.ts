const { DARKSYNC_FAULTS, DARKSYNC_SEED } = process.env;

/** Whether every case is run, as `npm run faults -- --all` does; else a seeded sample of them. */
export const runsAll: boolean = DARKSYNC_FAULTS === "all";

/** What the samples and the cuts of this run are drawn by. */
export const seed: number = Number(DARKSYNC_SEED ?? Date.now() % 1_000_000);

console.log(`seed ${seed} (DARKSYNC_SEED=${seed} repeats it)`);

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function seededChance(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All of these, or by chance so many of them, in their order. */
export function sampled<Case>(cases: readonly Case[], count: number): readonly Case[] {
  if (runsAll || cases.length <= count) return cases;
  const chance = seededChance(seed);
  const drawn = cases.map((_, index) => ({ index, draw: chance() })).sort((a, b) => a.draw - b.draw);
  const kept = new Set(drawn.slice(0, count).map(({ index }) => index));
  return cases.filter((_, index) => kept.has(index));
}
