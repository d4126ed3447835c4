import { branchLog } from "@darksync/core/branch";
import { mainBranch } from "@darksync/core/conflict";
import { type Location, ownerOf, splitLocation } from "@darksync/core/location";
import { invalidOwner } from "@darksync/core/op/create-namespace";
import type { Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { nearNames } from "../read/near-names.js";
import { notKept } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** The log that a location's approved changes go to. */
function mainLogOf(location: Location): LogName {
  return `main/${ownerOf(location)}`;
}

/** The log that what is edited at a location goes to: on a branch that one's own. */
export function logOf(tables: Pick<ReplicaTables, "packages">, location: Location): LogName {
  return logOfOwner(tables, ownerOf(location));
}

/** The log that what is edited of an owner's goes to. */
export function logOfOwner({ packages }: Pick<ReplicaTables, "packages">, owner: string): LogName {
  return packages.branch === mainBranch ? `main/${owner}` : branchLog(packages.branch);
}

/** Whether a text is a location, with words for when it is not. */
export function checkLocation(location: string): Result<Location> {
  if (splitLocation(location) !== null) return success(location);
  return failure(
    "bad-location",
    `${location === "" ? "an empty word" : location} is not a location`,
    locationHint,
  );
}

const locationHint = "A location has an owner, modules and a name, like Acme.Money.add.";

/** Whether something may be put at a location: whoever saves first into an owner's namespace makes it. */
export function checkPlace(location: string): Result<Location> {
  const checked = checkLocation(location);
  const badOwner = checked.ok ? invalidOwner(ownerOf(location)) : null;
  return badOwner === null ? checked : failure("bad-location", badOwner, locationHint);
}

/** What a location shows now, or why it shows nothing. */
export function checkShown(
  tables: ReplicaTables,
  location: Location,
): Result<Extract<Binding, { type: "definition" }>> {
  const checked = checkLocation(location);
  if (!checked.ok) return checked;
  const binding = tables.packages.nameRow(location)?.shown?.value;
  if (binding?.type === "definition") return success(binding);
  return unknownLocation(tables, location);
}

/** The failure of a location that holds nothing, with what may have been meant. */
export function unknownLocation(
  tables: ReplicaTables,
  location: Location,
): Extract<Result<never>, { ok: false }> {
  const elsewhere = notKept(tables, mainLogOf(location));
  if (elsewhere !== null) return elsewhere;
  const message = `there is nothing at ${location}`;
  const binding = tables.packages.nameRow(location)?.shown?.value;
  if (binding?.type === "nothing") {
    const hint =
      binding.movedTo === null
        ? `It was removed: \`darklang log ${location}\` tells when, \`view --at\` shows it as it was.`
        : `It was moved to ${binding.movedTo}.`;
    return failure("unknown-location", message, hint);
  }
  const near = nearNames(tables, location);
  const hint =
    near.length === 0
      ? "`darklang ls` and `darklang search TEXT` show what there is."
      : `Did you mean ${near.join(", ")}?`;
  return failure("unknown-location", message, hint);
}
