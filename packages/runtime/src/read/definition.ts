import { type DefinitionText, renderDefinition } from "@darksync/core/definition";
import { deprecationOf } from "@darksync/core/deprecation";
import { type JudgedName, judgeGroup } from "@darksync/core/judge";
import { type Location, nameOf } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";
import type { Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { Mark } from "@darksync/core/status";
import { checkLocation, checkShown, unknownLocation } from "../edit/naming.js";
import type { Replica } from "../replica/replica.js";
import type { NameRow } from "../store/package-store.js";
import type { ReplicaTables } from "../store/store.js";
import { Marks } from "./marks.js";
import { type MergedVersion, mergedFrom } from "./merged-from.js";
import { headsAt, type Moment, namingSourceAt } from "./past.js";
import { soundText } from "./sound-text.js";

/** A definition as people see it. */
export interface ViewedDefinition {
  readonly location: Location;
  readonly kind: "fn" | "type" | "value";
  readonly hash: string;
  readonly source: string;
  readonly doc: string;
  readonly mark: Mark;
  /** Id of its conflict. */
  readonly conflict: string | null;
  /** Whether the text was merged from several heads. */
  readonly merged: boolean;
  /** The versions it was merged from; one, where that was written elsewhere and followed a move. */
  readonly mergedFrom: readonly MergedVersion[];
  /** Null if it is not deprecated. */
  readonly deprecation: string | null;
  /** Id of the naming op that is shown. */
  readonly head: OpId;
}

type Viewer = Pick<Replica, "language" | "hash">;

/** The definition at a location, as of now. */
export function viewDefinition(
  replica: Viewer,
  tables: ReplicaTables,
  location: string,
): Result<ViewedDefinition> {
  const shown = checkShown(tables, location);
  if (!shown.ok) return shown;
  const row = tables.packages.nameRow(location);
  return row === null ? unknownLocation(tables, location) : viewRow(replica, tables, row, null);
}

/** The definition at a location as this replica had it at a moment, whatever came later. */
export function viewDefinitionAt(
  replica: Viewer,
  tables: ReplicaTables,
  location: string,
  moment: Moment,
): Result<ViewedDefinition> {
  const checked = checkLocation(location);
  if (!checked.ok) return checked;
  const source = namingSourceAt(tables, (place) => headsAt(tables, place, moment));
  const judged = judgeGroup(replica, tables.packages.branch, source, location).names.get(location);
  const row = rowOf(location, judged);
  if (row.shown?.value.type === "definition")
    return viewRow(replica, tables, row, judged?.mergedText ?? null);
  if (tables.packages.heads({ type: "name", key: location }).length === 0)
    return unknownLocation(tables, location);
  return failure(
    "unknown-location",
    `there was nothing at ${location} then`,
    `\`darklang log ${location}\` tells when it came and went.`,
  );
}

function rowOf(location: Location, judged: JudgedName | undefined): NameRow {
  const { shown = null, isMerged = false, conflict = null } = judged?.view ?? {};
  return { location, shown, isMerged, conflict };
}

/** `mergedText`: the text where merging made it and the store does not have it. */
function viewRow(
  viewer: Viewer,
  tables: ReplicaTables,
  row: NameRow,
  mergedText: DefinitionText | null,
): Result<ViewedDefinition> {
  const { location, shown, conflict } = row;
  if (shown?.value.type !== "definition") return unknownLocation(tables, location);
  const source =
    mergedText === null
      ? sourceOf(viewer, tables, location, shown.value)
      : success(renderText(location, mergedText));
  if (!source.ok) return source;
  const parsed = viewer.language.parseDefinition(source.value);
  return success({
    location,
    kind: shown.value.kind,
    hash: shown.value.hash,
    source: source.value,
    doc: "doc" in parsed ? parsed.doc : "",
    mark: new Marks(tables).markOf(row),
    conflict: conflict?.id ?? null,
    merged: row.isMerged,
    mergedFrom: mergedFrom(tables, row),
    deprecation:
      deprecationOf(tables.packages.heads({ type: "deprecation", key: location }))?.message ?? null,
    head: shown.id,
  });
}

/** The text that a binding gives a location. */
function sourceOf(
  viewer: Viewer,
  tables: ReplicaTables,
  location: Location,
  binding: Extract<Binding, { type: "definition" }>,
): Result<string> {
  const text = soundText(viewer, tables, binding.hash);
  if (text !== null) return success(renderText(location, text));
  return failure(
    "text-missing",
    `the text of ${location} is not on this device`,
    "Go online and run `darklang sync`; whoever wrote it has to bring it.",
  );
}

/** A definition's text with the name that its location gives it. */
export function renderText(location: Location, text: DefinitionText): string {
  return renderDefinition(text, nameOf(location));
}
