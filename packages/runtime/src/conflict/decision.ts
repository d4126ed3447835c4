import type { Conflict } from "@darksync/core/conflict";
import type { DefinitionText } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import { changeOf } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { parseFor } from "../edit/save.js";
import type { Replica } from "../replica/replica.js";
import { applyRule } from "./rule.js";
import type { Side } from "./side.js";

/** What a person says about one conflict. */
export type Choice =
  | { readonly type: "mine" }
  | { readonly type: "theirs" }
  | { readonly type: "both" }
  | { readonly type: "base" }
  | { readonly type: "delete" }
  | { readonly type: "accept" }
  /** The side whose hash, or the id of whose change, begins like this; `deleted`: the one that removed it. */
  | { readonly type: "head"; readonly prefix: string }
  | { readonly type: "file"; readonly source: string };

/** What is to become of a conflict. */
export type Decision =
  | { readonly type: "keep"; readonly side: Side }
  | { readonly type: "both"; readonly kept: Side }
  | { readonly type: "base" }
  | { readonly type: "delete" }
  | { readonly type: "accept" }
  | { readonly type: "text"; readonly text: DefinitionText };

/** What a choice means for a conflict, or why it does not fit. */
export function decide(
  replica: Pick<Replica, "language">,
  conflict: Conflict,
  sides: readonly Side[],
  choice: Choice,
): Result<Decision> {
  const refusal = refusalOf(conflict, choice);
  if (refusal !== null) return refusal;
  switch (choice.type) {
    case "mine":
    case "theirs":
    case "both": {
      const verdict = applyRule(choice.type, { kind: conflict.kind, sides });
      if (verdict.type !== "undecided") return success(verdict);
      return choice.type === "both"
        ? unfit(conflict, verdict.reason)
        : ambiguous(conflict, sides, verdict.reason);
    }
    case "base":
      return conflict.base === null
        ? unfit(conflict, "there is no one text before all sides")
        : success({ type: "base" });
    case "delete":
    case "accept":
      return success({ type: choice.type });
    case "head":
      return chooseHead(conflict, sides, choice.prefix);
    case "file": {
      const parsed = parseFor(replica, conflict.location, choice.source);
      return parsed.ok ? success({ type: "text", text: parsed.value }) : parsed;
    }
  }
}

function refusalOf(conflict: Conflict, { type }: Choice): Extract<Result<never>, { ok: false }> | null {
  const isDependency = conflict.kind === "dependency";
  if (isDependency && type !== "accept" && type !== "file")
    return unfit(conflict, "no sides disagree: a definition was changed that another one uses");
  if (!isDependency && type === "accept")
    return unfit(conflict, `only a dependency conflict can be accepted, and this one is ${conflict.kind}`);
  if (conflict.kind === "move-move" && type === "file")
    return unfit(conflict, "the places disagree, not the texts");
  return null;
}

function chooseHead(conflict: Conflict, sides: readonly Side[], prefix: string): Result<Decision> {
  const fitting = sides.filter(({ heads }) =>
    heads.some(({ id, value }) =>
      value.type === "nothing"
        ? prefix === "deleted" || changeOf(id).startsWith(prefix)
        : value.hash.startsWith(prefix) || changeOf(id).startsWith(prefix),
    ),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return success({ type: "keep", side: only });
  const count = fitting.length === 0 ? "no side" : `more than one side`;
  return ambiguous(conflict, sides, `${count} is named by ${prefix}`);
}

const shownDigits = 12;

function ambiguous(conflict: Conflict, sides: readonly Side[], reason: string): Result<never> {
  const listed = sides.map((side) => describeSide(conflict, side)).join(", ");
  return failure(
    "ambiguous-head",
    `${reason}: there are ${listed}`,
    `Name one: darklang conflicts resolve ${conflict.id.slice(0, shownDigits)} --head HASH`,
  );
}

function describeSide({ kind }: Conflict, { place, heads }: Side): string {
  const [head] = heads;
  const change = head === undefined ? "" : changeOf(head.id).slice(0, shownDigits);
  // Where the places differ, the texts are mostly the same.
  if (kind === "move-move") return `${change} (at ${place})`;
  return head?.value.type === "definition"
    ? head.value.hash.slice(0, shownDigits)
    : `deleted (${nameOf(place)} removed)`;
}

function unfit({ id, kind }: Conflict, reason: string): Extract<Result<never>, { ok: false }> {
  return failure(
    "unfit-choice",
    reason,
    `Give ${fittingOptions(kind)}: darklang conflicts show ${id.slice(0, shownDigits)}`,
  );
}

function fittingOptions(kind: Conflict["kind"]): string {
  switch (kind) {
    case "dependency":
      return "--accept, or --file F with a new text";
    case "move-move":
      return "--mine, --theirs, --both, --head HASH, --base or --delete";
    case "both-created":
    case "kind-changed":
    case "name-taken":
      return "--mine, --theirs, --both, --head HASH, --delete or --file F";
    case "edit-edit":
    case "edit-delete":
      return "--mine, --theirs, --head HASH, --delete or --file F";
  }
}
