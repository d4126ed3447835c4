import type { ChangeId } from "@darksync/core/op-id";
import { type Result, success } from "@darksync/core/result";
import { commitChange } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import { checkShown, logOf, unsetNameOp } from "./naming.js";

/** Removes the definition at a location. Its history stays, and `undo` brings it back. */
export function remove(replica: Replica, location: string): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const shown = checkShown(tables, location);
    if (!shown.ok) return shown;
    return success({ log: logOf(tables, location), ops: [unsetNameOp(replica, tables, location)] });
  });
}
