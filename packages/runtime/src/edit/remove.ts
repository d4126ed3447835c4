import type { ChangeId } from "@darksync/core/op-id";
import { type Result, success } from "@darksync/core/result";
import { commitChange } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import { checkShown, logOf } from "./naming.js";
import { Namings } from "./namings.js";

/** Removes the definition at a location. Its history stays, and `undo` brings it back. */
export function remove(replica: Replica, location: string): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const shown = checkShown(tables, location);
    if (!shown.ok) return shown;
    const namings = new Namings(replica, tables).free(location);
    return success({ log: logOf(tables, location), ops: namings.ops() });
  });
}
