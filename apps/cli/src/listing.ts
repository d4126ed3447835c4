import { type Location, moduleOf, nameOf } from "@darksync/core/location";
import type { Mark } from "@darksync/core/status";
import { Marks } from "@darksync/runtime/read/marks";
import type { NameRow } from "@darksync/runtime/store/package-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Answer } from "./command.js";
import { markLegend, markSymbol } from "./mark-symbol.js";
import { paint } from "./paint.js";
import { countOf } from "./wording.js";

/** A definition in a list. */
export interface ListedItem {
  readonly location: Location;
  /** Null where a conflict shows none. */
  readonly kind: "fn" | "type" | "value" | null;
  readonly mark: Mark;
}

/** The items of rows. */
export function itemsOf(tables: ReplicaTables, rows: readonly NameRow[]): readonly ListedItem[] {
  const marks = new Marks(tables);
  return rows.map((row) => {
    const value = row.shown?.value;
    const kind = value?.type === "definition" ? value.kind : null;
    return { location: row.location, kind, mark: marks.markOf(row) };
  });
}

/** The answer of `ls` and `search`; `nothing`: what to say if there is none. */
export function answerOfItems(items: readonly ListedItem[], nothing: string): Answer {
  if (items.length === 0) return { json: { items }, text: "", note: nothing };
  const lines = process.stdout.isTTY ? grouped(items) : items.map(lineOf);
  return { json: { items }, text: lines.join("\n") };
}

// One line for each, to be searched and cut by other programs.
function lineOf({ location, kind, mark }: ListedItem): string {
  return `${markSymbol(mark)} ${(kind ?? "-").padEnd(5)} ${location}`;
}

function grouped(items: readonly ListedItem[]): readonly string[] {
  const lines: string[] = [];
  for (const [module, members] of Map.groupBy(items, ({ location }) => moduleOf(location))) {
    lines.push(paint.bold(module));
    for (const { location, kind, mark } of members)
      lines.push(`  ${markSymbol(mark)} ${paint.dim((kind ?? "-").padEnd(5))} ${nameOf(location)}`);
  }
  lines.push(
    paint.dim(`${countOf(items.length, "definition")}   `) + markLegend(items.map(({ mark }) => mark)),
  );
  return lines;
}
