import type { Mark } from "@darksync/core/status";
import { paint } from "./paint.js";

const symbols: Readonly<Record<Mark, string>> = {
  conflict: "!",
  failed: "✗",
  local: "+",
  pending: "↑",
  synced: "●",
};

const painters: Readonly<Record<Mark, (text: string) => string>> = {
  conflict: paint.yellow,
  failed: paint.red,
  local: paint.cyan,
  pending: paint.cyan,
  synced: paint.green,
};

const meanings: Readonly<Record<Mark, string>> = {
  conflict: "in conflict",
  failed: "refused by the relay",
  local: "only here",
  pending: "changed here",
  synced: "synced",
};

/** The symbol of a mark, in its colour. */
export function markSymbol(mark: Mark): string {
  return painters[mark](symbols[mark]);
}

/** What the symbols of these marks mean, on one line. */
export function markLegend(marks: Iterable<Mark>): string {
  const present = new Set(marks);
  return (Object.keys(symbols) as Mark[])
    .filter((mark) => present.has(mark))
    .map((mark) => `${markSymbol(mark)} ${meanings[mark]}`)
    .join("   ");
}
