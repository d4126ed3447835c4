import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionKind, DefinitionText } from "@darksync/core/definition";
import { type Location, ownerOf, splitLocation } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import type { Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** The log that a location's approved changes go to. */
export function mainLogOf(location: Location): LogName {
  return `main/${ownerOf(location)}`;
}

/** Whether a text is a location, with words for when it is not. */
export function checkLocation(location: string): Result<Location> {
  if (splitLocation(location) !== null) return success(location);
  return failure(
    "bad-location",
    `${location} is not a location`,
    "A location has an owner, modules and a name, like Acme.Money.add.",
  );
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
  const moved = binding?.type === "nothing" ? binding.movedTo : null;
  return failure(
    "unknown-location",
    `there is nothing at ${location}`,
    moved === null
      ? "`darklang ls` and `darklang search TEXT` show what there is."
      : `It was moved to ${moved}.`,
  );
}

/** The op that brings a definition's text. */
export function addOp({ kind, head, tail }: DefinitionText): Op {
  switch (kind) {
    case "fn":
      return { type: "AddFn", head, tail };
    case "type":
      return { type: "AddType", head, tail };
    case "value":
      return { type: "AddValue", head, tail };
  }
}

/** Binds a location in place of all heads that this replica sees. */
export function setNameOp(
  replica: Replica,
  tables: ReplicaTables,
  location: Location,
  target: { readonly kind: DefinitionKind; readonly hash: ContentHash },
  movedFrom: Location | null = null,
): Op {
  const supersedes = supersededBy(replica, tables, tables.packages.heads({ type: "name", key: location }));
  return { type: "SetName", location, kind: target.kind, target: target.hash, movedFrom, supersedes };
}

/** Frees a location in place of all heads that this replica sees. */
export function unsetNameOp(
  replica: Replica,
  tables: ReplicaTables,
  location: Location,
  movedTo: Location | null = null,
): Op {
  const supersedes = supersededBy(replica, tables, tables.packages.heads({ type: "name", key: location }));
  return { type: "UnsetName", location, movedTo, supersedes };
}
