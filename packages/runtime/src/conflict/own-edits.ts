import type { ConflictHead } from "@darksync/core/conflict";
import { changeOf, type OpId } from "@darksync/core/op-id";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/**
 * Whether a head is an earlier one, or what this device made of that alone since. Whatever of another's it replaced as
 * well makes it another side.
 */
export function isOwnEditOf(
  { device }: Pick<Replica, "device">,
  { packages, changes }: Pick<ReplicaTables, "packages" | "changes">,
  head: ConflictHead,
  earlier: OpId,
): boolean {
  const register = { type: "name", key: head.location } as const;
  const replacedBefore = new Set(packages.assignment(register, earlier)?.supersedes);
  const waiting = [head.id];
  const seen = new Set(waiting);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    // A save names what an unacknowledged head of another device had replaced too.
    if (id === earlier || replacedBefore.has(id)) continue;
    const replaced = packages.assignment(register, id)?.supersedes ?? [];
    if (changes.origin(changeOf(id))?.device !== device || replaced.length === 0) return false;
    for (const next of replaced) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return seen.has(earlier);
}
