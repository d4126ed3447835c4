/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Milliseconds that some work takes. */
export async function timeMs(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What a benchmark found, for the table and the JSON file. */
export interface Finding {
  /** Row of the table of targets, like T1. */
  readonly target: string;
  readonly work: string;
  readonly unit: string;
  readonly darksync: number;
  /** What it is measured beside, in the same run; null if there is no such thing. */
  readonly raw: number | null;
  /** `darksync / raw`. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly reached: boolean | null;
  /** Every single measurement, in the order they were made. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** Rounds to three digits that count. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
