import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { NameRow } from "../store/package-store.js";
import type { ReplicaTables } from "../store/store.js";
import { authorOf } from "./members.js";

/** A version that went into what is shown. */
export interface MergedVersion {
  readonly author: string;
  readonly change: ChangeId;
}

/** The versions that a location shows the merge of, in the order of their merge; none if it shows one as it is. */
export function mergedFrom(
  tables: ReplicaTables,
  { shown, isMerged }: Pick<NameRow, "shown" | "isMerged">,
): readonly MergedVersion[] {
  if (!isMerged || shown === null) return [];
  return shown.supersedes.map((id) => {
    const change = changeOf(id);
    const record = tables.changes.get(change);
    return { author: record === null ? "unknown" : authorOf(tables, record.device), change };
  });
}
