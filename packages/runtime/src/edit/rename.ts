import { type Location, ownerOf } from "@darksync/core/location";
import type { ChangeId } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { commitChange } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import { checkPlace, checkShown, logOf } from "./naming.js";
import { Namings } from "./namings.js";
import { withMergedText } from "./with-merged-text.js";

/** Moves a definition to another location: one change of two ops (O1). */
export function rename(replica: Replica, from: string, to: string): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const shown = checkShown(tables, from);
    if (!shown.ok) return shown;
    const place = checkPlace(to);
    if (!place.ok) return place;
    const refusal = refusalOf(from, to);
    if (refusal !== null) return refusal;
    if (tables.packages.nameRow(to)?.shown?.value.type === "definition") {
      return failure(
        "location-taken",
        `there is a definition at ${to} already`,
        `Remove it first: darklang rm ${to}`,
      );
    }
    const target = withMergedText(replica, tables, from, shown.value);
    const namings = new Namings(replica, tables).free(from, to).bind(to, target, from);
    return success({ log: logOf(tables, from), ops: namings.ops() });
  });
}

function refusalOf(from: Location, to: Location): ReturnType<typeof failure> | null {
  if (from === to) return failure("same-location", "the two locations are the same", "Name another one.");
  if (ownerOf(from) === ownerOf(to)) return null;
  return failure(
    "other-owner",
    `${from} and ${to} have different owners`,
    `Save it as ${to}, then: darklang rm ${from}`,
  );
}
