import { decodeChange } from "@darksync/core/change";
import { judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import { changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { deviceOf } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { ChangeReader } from "../replica/change-bytes.js";
import { logsOf } from "../replica/push-queue.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { Marks } from "./marks.js";
import { lineageOf, namingSourceAt } from "./past.js";
import { type Version, versionOf } from "./version.js";

/** A location that this replica changed and whose new value the relay does not durably have. */
export interface Unpublished {
  readonly location: Location;
  /** What the relay durably has; null: nothing. */
  readonly from: Version | null;
  /** What is shown here; null: nothing. */
  readonly to: Version | null;
}

/** What this device changed and the relay does not durably have, in order of location; of one location, if given. */
export function listUnpublished(
  replica: Pick<Replica, "hash" | "language" | "device" | "compression">,
  tables: ReplicaTables,
  location: Location | null = null,
): readonly Unpublished[] {
  const marks = new Marks(tables);
  const changed = location === null ? [...changedLocations(replica, tables)].sort() : [location];
  return changed
    .map((place) => differenceAt(replica, tables, marks, place))
    .filter(({ from, to }) => from?.hash !== to?.hash);
}

function changedLocations(
  replica: Pick<Replica, "device" | "compression">,
  tables: ReplicaTables,
): ReadonlySet<Location> {
  const reader = new ChangeReader(tables, replica.compression);
  const locations = new Set<Location>();
  for (const record of notDurable(replica.device, tables)) {
    const decoded = decodeChange(reader.bytesOf(record));
    if (decoded.type !== "change") continue;
    for (const op of decoded.change.ops)
      if (op.type === "SetName" || op.type === "UnsetName") locations.add(op.location);
  }
  return locations;
}

function notDurable(device: string, tables: ReplicaTables): readonly ChangeRecord[] {
  const everything = Number.MAX_SAFE_INTEGER;
  return [
    ...tables.changes.parked(),
    ...logsOf(tables).flatMap((log) => [
      ...tables.changes.unsigned(log, 0, everything, everything),
      ...signedNotDurable(device, tables, log),
    ]),
  ];
}

function signedNotDurable(device: string, tables: ReplicaTables, log: LogName): readonly ChangeRecord[] {
  const durable = tables.durable.durable(log);
  const found: ChangeRecord[] = [];
  for (const [stream, tip] of tables.blocks.tips(log)) {
    const seq = durable.get(stream) ?? 0;
    // Asking for changes after a place is a look at every change.
    if (deviceOf(stream) === device && tip.seq > seq)
      found.push(...tables.changes.placedAfter(stream, log, seq));
  }
  return found;
}

function differenceAt(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
  marks: Marks,
  location: Location,
): Unpublished {
  const source = namingSourceAt(tables, (place) => durableHeads(tables, marks, place));
  const judged = judgeGroup(replica, tables.packages.branch, source, location).names.get(location);
  return {
    location,
    from: versionOf(replica, tables, location, judged?.view.shown ?? null, judged?.mergedText ?? null),
    to: versionOf(replica, tables, location, tables.packages.nameRow(location)?.shown ?? null),
  };
}

function durableHeads(
  tables: ReplicaTables,
  marks: Marks,
  location: Location,
): readonly Assignment<"name">[] {
  const durable = lineageOf(tables, { type: "name", key: location })
    .map(({ assignment }) => assignment)
    .filter((assignment) => marks.isDurable(changeOf(assignment.id)));
  const superseded = new Set(durable.flatMap(({ supersedes }) => supersedes));
  return durable.filter(({ id }) => !superseded.has(id));
}
