/** How a merge compares with what people committed. */
export type Outcome = "same" | "white space" | "conflict" | "one side" | "different";

export const outcomes: readonly Outcome[] = ["same", "white space", "conflict", "one side", "different"];

/** The texts of one definition. */
export interface Sources {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  readonly people: string;
}

/**
 * Judges a merged text, null being a conflict: the same as people's, to the byte or but for white space; else people
 * kept one side as it was, or made something different.
 */
export function outcomeOf(merged: string | null, { ours, theirs, people }: Sources): Outcome {
  if (merged === null) return "conflict";
  if (merged === people) return "same";
  if (merged.replace(/\s+/g, "") === people.replace(/\s+/g, "")) return "white space";
  return people === ours || people === theirs ? "one side" : "different";
}

/** Counts of outcomes for two tools on the same triples. */
export class Tally {
  triples = 0;
  /** Merges of git's that are not one well-formed definition. */
  illFormed = 0;
  readonly git: Record<Outcome, number> = zeroes();
  readonly darksync: Record<Outcome, number> = zeroes();

  add(git: Outcome, darksync: Outcome, isIllFormed: boolean): void {
    this.triples += 1;
    this.git[git] += 1;
    this.darksync[darksync] += 1;
    if (isIllFormed) this.illFormed += 1;
  }

  /** One line of a table, as `tableHead` names its columns. */
  row(name: string): string {
    const share = this.git.conflict === 0 ? 0 : 1 - this.darksync.conflict / this.git.conflict;
    const cells = [
      name,
      this.triples,
      ...outcomes.map((outcome) => `${this.git[outcome]} / ${this.darksync[outcome]}`),
      `${(100 * share).toFixed(1)} %`,
    ];
    return `| ${cells.join(" | ")} |`;
  }
}

export const tableHead: string = [
  "| git merge-file / darksync | triples | as people did | but for white space | conflict | people kept one side | merged differently | fewer conflicts |",
  "|---|--:|--:|--:|--:|--:|--:|--:|",
].join("\n");

function zeroes(): Record<Outcome, number> {
  return { same: 0, "white space": 0, conflict: 0, "one side": 0, different: 0 };
}
