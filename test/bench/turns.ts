import { type Finding, median, rounded } from "./measure.ts";
import { stopAll } from "./processes.ts";

/** A measurement that takes longer is stopped, and the report says so. */
const mostMs = 60_000;

/** What one side came to: the figures of each round by name, and why there are none if it was stopped. */
export interface Outcome {
  readonly figures: Map<string, number[]>;
  stopped: string | null;
}

export type Outcomes = ReadonlyMap<string, Outcome>;

interface Named {
  readonly name: string;
}

type Measure<Side> = (side: Side, round: number) => Promise<Readonly<Record<string, number>>>;

/** Measures each side once a round, sides taking turns. A side that fails or takes too long is left out from then on. */
export async function takeTurns<Side extends Named>(
  sides: readonly Side[],
  rounds: number,
  measure: Measure<Side>,
  limitMs: number = mostMs,
): Promise<Outcomes> {
  const outcomes = outcomesOf(sides);
  for (let round = 0; round < rounds; round += 1) {
    for (const side of sides) {
      await measureOne(outcomes, side, round, measure, limitMs);
      if (outcomes.get(side.name)?.stopped != null) stopAll();
    }
  }
  return outcomes;
}

/** The same with all sides at once: for what neither time nor load of the machine changes. */
export async function allAtOnce<Side extends Named>(
  sides: readonly Side[],
  rounds: number,
  measure: Measure<Side>,
  limitMs: number,
): Promise<Outcomes> {
  const outcomes = outcomesOf(sides);
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(sides.map((side) => measureOne(outcomes, side, round, measure, limitMs)));
    stopAll();
  }
  return outcomes;
}

function outcomesOf(sides: readonly Named[]): ReadonlyMap<string, Outcome> {
  return new Map(sides.map(({ name }) => [name, { figures: new Map(), stopped: null }]));
}

async function measureOne<Side extends Named>(
  outcomes: Outcomes,
  side: Side,
  round: number,
  measure: Measure<Side>,
  limitMs: number,
): Promise<void> {
  const outcome = outcomes.get(side.name);
  if (outcome === undefined || outcome.stopped !== null) return;
  try {
    const figures = await within(limitMs, measure(side, round));
    for (const [name, value] of Object.entries(figures))
      outcome.figures.set(name, [...(outcome.figures.get(name) ?? []), value]);
  } catch (error) {
    outcome.stopped = reasonOf(error);
    console.log(`     ${side.name}: ${outcome.stopped}`);
  }
}

/** What went wrong, in one line without folders of this machine. */
export function reasonOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replaceAll(/\/\S*\//g, "");
}

/** Fails when the work takes longer. */
export async function within<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`stopped after ${Math.round(limitMs / 1000)} s`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // What goes on after it was stopped fails once its server is gone.
    work.catch(() => {});
  }
}

/** What kept raw and darksync from being measured, which their columns have no words for. */
function troublesOf(outcomes: Outcomes): readonly string[] {
  return ["raw", "darksync"].flatMap((name) => {
    const stopped = outcomes.get(name)?.stopped ?? null;
    return stopped === null ? [] : [`${name}: ${stopped}`];
  });
}

/** One row of the report from one figure of all sides. `judge`: whether the goal is reached, of all medians. */
export function compared(
  outcomes: Outcomes,
  figure: string,
  row: Pick<Finding, "target" | "work" | "unit" | "goal" | "note">,
  judge: ((darksync: number, raw: number, peers: readonly number[]) => boolean) | null,
): Finding {
  const samples: Record<string, readonly number[]> = {};
  const peers: Record<string, number | string> = {};
  for (const [name, { figures, stopped }] of outcomes) {
    const values = figures.get(figure) ?? [];
    samples[name] = values.map(rounded);
    if (name !== "darksync" && name !== "raw")
      peers[name] = values.length > 0 ? rounded(median(values)) : (stopped ?? "not measured");
  }
  const medianOf = (name: string): number | null => {
    const values = outcomes.get(name)?.figures.get(figure) ?? [];
    return values.length === 0 ? null : median(values);
  };
  const [darksync, raw] = [medianOf("darksync"), medianOf("raw")];
  const others = Object.values(peers).filter((value) => typeof value === "number");
  return {
    ...row,
    darksync: darksync === null ? null : rounded(darksync),
    raw: raw === null ? null : rounded(raw),
    ratio: darksync === null || raw === null || raw === 0 ? null : rounded(darksync / raw),
    reached: judge === null ? null : darksync !== null && judge(darksync, raw ?? Number.NaN, others),
    peers,
    note: [row.note, ...troublesOf(outcomes)].filter((part) => part !== undefined && part !== "").join("; "),
    samples,
  };
}
