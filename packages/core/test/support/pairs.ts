import { readFileSync } from "node:fs";
import type { Intent } from "./intent.js";

/** Where the definition is that both sides work on, and where they move it. */
export const places = { A: "Acme.M.a", B: "Acme.N.b", C: "Acme.N.c" } as const;

/** What two sides have in common before they part. */
export type Start = "one base" | "each imported the same tree" | "nothing in common";
export const starts: readonly Start[] = ["one base", "each imported the same tree", "nothing in common"];

export const sideNames = [
  "nothing",
  "edit",
  "merging edit",
  "overlapping edit",
  "same edit",
  "delete",
  "move",
  "move elsewhere",
  "move and edit",
  "kind change",
] as const;
/** What a side does over the base; with nothing in common, what it creates and then does. */
export type SideName = (typeof sideNames)[number];

/** A cell of the tables of SPEC.md: `left` is its row, `right` its column. */
export interface Pair {
  readonly start: Start;
  readonly left: SideName;
  readonly right: SideName;
  /** As `describeOutcome` puts it. */
  readonly outcome: string;
}

function lines(name: string, first: string, second: string, third: string): string {
  return `let ${name} (x: Int64) : Int64 =\n  let one = ${first}\n  let two = ${second}\n  let three = ${third}\n  x`;
}

const sources = {
  t: (name: string) => lines(name, "1L", "2L", "3L"),
  e: (name: string) => lines(name, "10L", "2L", "3L"),
  m: (name: string) => lines(name, "1L", "2L", "30L"),
  o: (name: string) => lines(name, "11L", "2L", "3L"),
  "e+m": (name: string) => lines(name, "10L", "2L", "30L"),
  "o+m": (name: string) => lines(name, "11L", "2L", "30L"),
  v: (name: string) => `val ${name} = 5L`,
  x: (name: string) => lines(name, "1L", "21L", "3L"),
  y: (name: string) => lines(name, "1L", "22L", "3L"),
} as const;
/** The texts of SPEC.md's tables. `x` is what the row's side created, `y` what the column's side did. */
export type TextName = keyof typeof sources;
export const textNames: readonly TextName[] = Object.keys(sources) as TextName[];

/** A text of the tables under the name it has at a place. */
export function sourceOf(text: TextName, location: string): string {
  return sources[text](location.split(".").at(-1) ?? "");
}

function save(text: TextName, location: string): Intent {
  return { type: "save", location, source: sourceOf(text, location) };
}

/** What each side did before they parted: `both` by somebody whom both saw, or by each. */
export function intentsBefore(start: Start): {
  readonly both: readonly Intent[];
  readonly each: readonly Intent[];
} {
  const base = [save("t", places.A)];
  switch (start) {
    case "one base":
      return { both: base, each: [] };
    case "each imported the same tree":
      return { both: [], each: base };
    case "nothing in common":
      return { both: [], each: [] };
  }
}

/** What a side does then, one change each; `own` is the text that it creates where nothing is in common. */
export function intentsOf(side: SideName, start: Start, own: "x" | "y"): readonly Intent[] {
  const { A, B, C } = places;
  const creates: readonly Intent[] = start === "nothing in common" ? [save(own, A)] : [];
  switch (side) {
    case "nothing":
      return [];
    case "edit":
    case "same edit":
      return [save("e", A)];
    case "merging edit":
      return [save("m", A)];
    case "overlapping edit":
      return [save("o", A)];
    case "delete":
      return [...creates, { type: "remove", location: A }];
    case "move":
      return [...creates, { type: "move", from: A, to: B }];
    case "move elsewhere":
      return [...creates, { type: "move", from: A, to: C }];
    case "move and edit":
      return [...creates, { type: "move", from: A, to: B }, save("e", B)];
    case "kind change":
      return [save("v", A)];
  }
}

/** Every cell of the tables that stand in SPEC.md, half of them, since sides can be swapped. */
export function readPairs(): readonly Pair[] {
  const spec = readFileSync(new URL("../../SPEC.md", import.meta.url), "utf8");
  const tables = [...spec.matchAll(/^\| row × column \|(?:.*\n)+?(?!\|)/gm)].map(([table]) => rowsOf(table));
  const [overBase = [], apart = []] = tables;
  return starts.flatMap((start) => pairsOf(start, start === "nothing in common" ? apart : overBase));
}

function rowsOf(table: string): readonly (readonly string[])[] {
  return table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function pairsOf(start: Start, [header = [], , ...rows]: readonly (readonly string[])[]): readonly Pair[] {
  return rows.flatMap(([left, ...cells]) =>
    cells.flatMap((outcome, index) => {
      const right = header[index + 1];
      return outcome === "" ? [] : [{ start, left: sideName(left), right: sideName(right), outcome }];
    }),
  );
}

function sideName(text: string | undefined): SideName {
  const name = sideNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no side ${text}`);
  return name;
}

/** What is shown, and which conflicts there are, in the words of the tables. */
export function describeOutcome(
  viewOf: (location: string) => { readonly source: string | null; readonly conflict: string | null },
): string {
  const words = new Map<string, string[]>();
  for (const [place, location] of Object.entries(places)) {
    const { source, conflict } = viewOf(location);
    const text = textNames.find((name) => source === sourceOf(name, location));
    const word = conflict ?? text ?? source;
    if (word !== null) words.set(word, [...(words.get(word) ?? []), place]);
  }
  const parts = [...words].map(([word, found]) => `${found.join(" ")} ${word}`).sort();
  return parts.length === 0 ? "–" : parts.join(", ");
}
