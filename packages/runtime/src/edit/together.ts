import type { ChangeId } from "@darksync/core/op-id";
import type { ReplicaTables } from "../store/store.js";

/** Remembers that changes were made as one: an undo takes back all of them. Not for others: each undoes its own. */
export function noteTogether({ meta }: Pick<ReplicaTables, "meta">, changes: readonly ChangeId[]): void {
  if (changes.length < 2) return;
  const [first = ""] = changes;
  for (const change of changes) meta.set(keyOf(change), first === change ? JSON.stringify(changes) : first);
}

/** The changes that were made as one with a change, in order; mostly that one alone. */
export function madeTogether({ meta }: Pick<ReplicaTables, "meta">, change: ChangeId): readonly ChangeId[] {
  const noted = meta.get(keyOf(change));
  if (noted === null) return [change];
  const list = noted.startsWith("[") ? noted : meta.get(keyOf(noted));
  return list === null ? [change] : (JSON.parse(list) as ChangeId[]);
}

function keyOf(change: ChangeId): string {
  return `together ${change}`;
}
