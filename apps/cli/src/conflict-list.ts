import type { ConflictKind } from "@darksync/core/conflict";
import { type DetailedConflict, detailConflicts } from "@darksync/runtime/conflict/details";
import { type ConflictFilter, conflictsIn } from "@darksync/runtime/conflict/filter";
import type { Answer } from "./command.js";
import { conflictSummary, mostListed } from "./conflict-summary.js";
import {
  type ConflictView,
  conflictJson,
  conflictView,
  earlierWords,
  plannedLines,
} from "./conflict-view.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { oneLine } from "./step-choices.js";
import { shortId } from "./wording.js";

/** Which conflicts are meant, as the options say. */
export interface FilterOptions {
  readonly in?: string;
  readonly kind?: ConflictKind;
  readonly by?: string;
}

export function filterOf({ in: prefix, kind, by }: FilterOptions): ConflictFilter {
  return { prefix: (prefix ?? "").replace(/\.+$/, ""), kind: kind ?? null, author: by ?? null };
}

/** The conflicts, or where they are many a summary of them. */
export function listOfConflicts(
  { replica }: Space,
  options: FilterOptions & { readonly list?: true },
): Answer {
  const { details, views } = replica.store.read((tables) => {
    const found = detailConflicts(replica, tables, conflictsIn(replica, tables, filterOf(options)));
    return { details: found, views: found.map((each) => conflictView(tables, each)) };
  });
  return { json: { conflicts: views.map(conflictJson) }, text: textOf(details, views, options) };
}

function textOf(
  details: readonly DetailedConflict[],
  views: readonly ConflictView[],
  { list, ...filter }: FilterOptions & { readonly list?: true },
): string {
  const isFiltered = Object.keys(filter).length > 0;
  if (views.length === 0) return isFiltered ? "There are no such conflicts." : "There are no conflicts.";
  if (views.length > mostListed && list !== true) return conflictSummary(details).join("\n");
  return views.flatMap((view) => [conflictLine(view), ...furtherLines(view)]).join("\n");
}

/** A conflict in one line. */
function conflictLine({
  id,
  kind,
  location,
  heads,
}: Pick<ConflictView, "id" | "kind" | "location"> & {
  readonly heads: readonly { readonly author: string }[];
}): string {
  const authors = heads.map(({ author }) => oneLine(author)).join(", ");
  return `${shortId(id)}  ${kind.padEnd(12)}  ${oneLine(location)}  (${authors})`;
}

function furtherLines(view: ConflictView): readonly string[] {
  const { earlier } = view;
  const words = [
    ...(earlier === null ? [] : [`Earlier: ${earlierWords(earlier)}. The sides have changed since.`]),
    ...plannedLines(view),
    ...(view.superseded === null ? [] : [view.superseded]),
  ];
  return words.map((line) => paint.dim(`  ${oneLine(line)}`));
}
