import { deprecationOf } from "@darksync/core/deprecation";
import type { ChangeId } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { commitChange, supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import { checkShown, logOf } from "./naming.js";

/** Marks a definition as deprecated, with a word on what to use instead (may be empty). */
export function deprecate(replica: Replica, location: string, message: string): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const shown = checkShown(tables, location);
    if (!shown.ok) return shown;
    const heads = tables.packages.heads({ type: "deprecation", key: location });
    const supersedes = supersededBy(replica, tables, heads);
    return success({
      log: logOf(tables, location),
      ops: [{ type: "Deprecate", location, message, supersedes }],
    });
  });
}

/** Takes a deprecation back. */
export function undeprecate(replica: Replica, location: string): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const shown = checkShown(tables, location);
    if (!shown.ok) return shown;
    const heads = tables.packages.heads({ type: "deprecation", key: location });
    if (deprecationOf(heads) === null) {
      return failure("not-deprecated", `${location} is not deprecated`, "There is nothing to take back.");
    }
    const supersedes = supersededBy(replica, tables, heads);
    return success({ log: logOf(tables, location), ops: [{ type: "Undeprecate", location, supersedes }] });
  });
}
