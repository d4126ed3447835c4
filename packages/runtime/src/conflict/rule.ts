import type { ConflictKind } from "@darksync/core/conflict";
import { compareTimestamps } from "@darksync/core/hlc";
import type { Side } from "./side.js";

/** A rule that settles conflicts without asking. */
export type Rule = "mine" | "theirs" | "newest" | "owner" | "keep-edit-over-delete" | "both";

const isRule: { readonly [Name in Rule]: true } = {
  mine: true,
  theirs: true,
  newest: true,
  owner: true,
  "keep-edit-over-delete": true,
  both: true,
};

/** Every rule, in the order of the help. */
export const rules: readonly Rule[] = Object.keys(isRule) as Rule[];

/** What a `Resolve` op calls a rule: it has room for 20 letters. */
export function noteOfRule(rule: Rule): string {
  return rule === "keep-edit-over-delete" ? "keep-edit" : rule;
}

/** The rule that a `Resolve` op tells of; what is none of these stays as it is. */
export function ruleOfNote(note: string): string {
  return rules.find((rule) => noteOfRule(rule) === note) ?? note;
}

/** What a rule comes to for a conflict. */
export type Verdict =
  | { readonly type: "keep"; readonly side: Side }
  /** All sides stay; where they are at one place, this one stays there. */
  | { readonly type: "both"; readonly kept: Side }
  | { readonly type: "undecided"; readonly reason: string };

/** A conflict as far as rules go. */
export interface RuledConflict {
  readonly kind: ConflictKind;
  readonly sides: readonly Side[];
}

/** Applies a rule to a conflict. */
export function applyRule(rule: Rule, { kind, sides }: RuledConflict): Verdict {
  if (kind === "dependency")
    return undecided("there are no sides to choose between: it can be accepted, or the text changed");
  switch (rule) {
    case "mine":
      return onlyOne(sides, ({ isMine }) => isMine, "yours");
    case "theirs":
      return onlyOne(sides, ({ isMine }) => !isMine, "theirs");
    case "newest":
      return newest(sides);
    case "owner":
      return onlyOne(sides, ({ isOwners }) => isOwners, "of who made the namespace");
    case "keep-edit-over-delete":
      return kind === "edit-delete"
        ? onlyOne(sides, (side) => !isRemoval(side), "an edit")
        : undecided("nothing was removed");
    case "both":
      return both(kind, sides);
  }
}

function onlyOne(sides: readonly Side[], fits: (side: Side) => boolean, what: string): Verdict {
  const fitting = sides.filter(fits);
  const [only] = fitting;
  if (only === undefined) return undecided(`no side is ${what}`);
  return fitting.length === 1
    ? { type: "keep", side: only }
    : undecided(`${fitting.length} sides are ${what}`);
}

function newest(sides: readonly Side[]): Verdict {
  const dated = sides.flatMap((side) => (side.time === null ? [] : [{ side, time: side.time }]));
  if (dated.length < sides.length) return undecided("the time of a side is not known");
  const [first, second] = dated.sort((left, right) => compareTimestamps(right.time, left.time));
  if (first === undefined) return undecided("there are no sides");
  if (second !== undefined && compareTimestamps(first.time, second.time) === 0)
    return undecided("two sides are of the same time");
  return { type: "keep", side: first.side };
}

function both(kind: ConflictKind, sides: readonly Side[]): Verdict {
  if (kind !== "move-move" && sides.some(isRemoval))
    return undecided("one side removed it, and that cannot stand beside a text");
  const mine = sides.filter(({ isMine }) => isMine);
  const kept = mine.length === 1 ? mine[0] : sides[0];
  return kept === undefined ? undecided("there are no sides") : { type: "both", kept };
}

/** Whether a side is that there be nothing. */
function isRemoval({ heads }: Pick<Side, "heads">): boolean {
  return heads.every(({ value }) => value.type === "nothing");
}

function undecided(reason: string): Verdict {
  return { type: "undecided", reason };
}
