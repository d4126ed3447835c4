/** The middle one. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value that this percentage of all lies below. */
export function percentile(values: readonly number[], percentage: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length * percentage) / 100)] ?? Number.NaN;
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
  readonly darksync: number | null;
  /** What it is measured beside, in the same run; null if there is no such thing. */
  readonly raw: number | null;
  /** `darksync / raw`. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly reached: boolean | null;
  /** The others in the same run: a figure, or why there is none. */
  readonly peers?: Readonly<Record<string, number | string>>;
  /** What has to be known of the row: sizes that differ, what is counted. */
  readonly note?: string;
  /** Every single measurement, in the order they were made. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** Rounds to three digits that count. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
